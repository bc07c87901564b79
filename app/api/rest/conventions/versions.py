"""The version of the interface, by date, and how what will go is announced (RFC 9745, RFC 8594)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import TYPE_CHECKING

from app.api.rest.conventions.errors import VersionUnknown

if TYPE_CHECKING:
    from app.api.rest.conventions.operations import Operation

CURRENT = "2026-11-01"
VERSIONS = (CURRENT,)


def headers(operation: Operation | None = None) -> dict[str, str]:
    """What every answer says of the interface; of an operation that will go, since when and until when."""
    said = {"api-version": CURRENT}
    if operation is not None and operation.sunset:
        announced, ends = operation.sunset.split("/")
        said["deprecation"] = f"@{int(_midnight(announced).timestamp())}"
        said["sunset"] = format_datetime(_midnight(ends), usegmt=True)
    return said


def check(wanted: str | None) -> None:
    """Refuse a version that never was; none asked for means the newest."""
    if wanted is not None and wanted not in VERSIONS:
        raise VersionUnknown


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
