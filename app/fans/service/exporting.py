"""Everything that is kept about a fan, as one archive for them alone (GDPR, articles 15 and 20)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.fans.models import Fan, FanSession
from app.fans.policies import exports_of, fan_actor, own_fan
from app.fans.service import consents, following, keeping, letters
from app.kernel import activity, clock, jobs
from app.kernel.files import StoredFile, note_object
from app.kernel.files.store import delete_object, put_object
from app.kernel.tenant import Tenant

KEPT: Final = timedelta(days=7)
MOST_BYTES: Final = 256 * 1024 * 1024
NAME: Final = "my-data.zip"

Part = Callable[[Session, Tenant, Fan], Any]
"""Gives what another slice keeps about a fan, as JSON values."""

_parts: dict[str, Part] = {}


def part(name: str, gives: Part) -> Part:
    """Register what belongs into every export, under a name."""
    _parts[name] = gives
    return gives


def ask(session: Session, tenant: Tenant, fan: Fan) -> None:
    """Have the fan's data put together; the fan gets a mail when it is."""
    owner = own_fan(session, fan)
    jobs.ask(session, "fans.export", {"fan": str(owner.id)})
    activity.record(session, fan_actor(tenant, owner), "fan.export_asked", subject_type="fan", subject_id=owner.id)


def make(session: Session, tenant: Tenant, fan_id: UUID) -> None:
    """Put a fan's data together, in place of what was put together before, and tell them."""
    fan = session.get(Fan, fan_id)
    if fan is None or fan.erased_at is not None:
        return
    content = _zipped(gathered(session, tenant, fan))
    forget(session, tenant, fan_id)
    sha256, size = put_object(tenant, [content], most_bytes=MOST_BYTES)
    actor = fan_actor(tenant, fan)
    note_object(session, actor, sha256=sha256, size=size, name=NAME, media_type="application/zip", is_derived=True)
    link = f"{letters.store_address(tenant)}/{fan.language}/account/data"
    letters.write(session, tenant, fan, "export", link=link)


def gathered(session: Session, tenant: Tenant, fan: Fan) -> dict[str, Any]:
    """A fan's data as JSON values: what is kept here, and what other slices keep."""
    known = {
        "fan": _plain(fan, "id", "email", "name", "language", "country", "created_at", "confirmed_at"),
        "addresses": [msgspec.to_builtins(address) for _, address in keeping.addresses(session, tenant, fan)],
        "agreements": [
            _plain(row, "kind", "is_given", "sentence", "source", "at") for row in consents.history(session, fan)
        ],
        "follows": [whom.name for whom in following.followed(session, tenant, fan)],
        "sessions": [_plain(row, "agent", "created_at", "seen_at", "ended_at") for row in _sessions(session, fan)],
    }
    return known | {name: gives(session, tenant, fan) for name, gives in _parts.items()}


def newest(session: Session, fan: Fan) -> StoredFile | None:
    """The file that waits for the fan, if one does."""
    query = select(StoredFile).where(*exports_of(fan.id)).order_by(StoredFile.created_at.desc())
    return session.scalars(query.limit(1)).first()


def forget(session: Session, tenant: Tenant, fan_id: UUID) -> None:
    """Delete what was put together for a fan: the rows, and what they name unless another row names the same."""
    gone = session.execute(delete(StoredFile).where(*exports_of(fan_id)).returning(StoredFile.sha256)).scalars().all()
    _delete_objects(session, tenant, gone)


def forget_old(session: Session, tenant: Tenant, before: datetime) -> None:
    """Delete what waited for its fan long enough."""
    made = StoredFile.created_by.in_(select(Fan.id)) & (StoredFile.created_at < before)
    old = made & StoredFile.is_derived & (StoredFile.media_type == "application/zip")
    gone = session.execute(delete(StoredFile).where(old).returning(StoredFile.sha256)).scalars().all()
    _delete_objects(session, tenant, gone)


def _delete_objects(session: Session, tenant: Tenant, gone: list[str] | Any) -> None:
    named = set(session.scalars(select(StoredFile.sha256).where(StoredFile.sha256.in_(gone))))
    for sha256 in set(gone) - named:
        delete_object(tenant.id, sha256)


def _sessions(session: Session, fan: Fan) -> list[FanSession]:
    query = select(FanSession).where(FanSession.fan_id == fan.id).order_by(FanSession.created_at)
    return list(session.scalars(query))


def _plain(row: object, *names: str) -> dict[str, Any]:
    return {name: msgspec.to_builtins(getattr(row, name)) for name in names}


def _zipped(data: dict[str, Any]) -> bytes:
    """An archive with one JSON document for each part."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in data.items():
            info = zipfile.ZipInfo(f"{name}.json", date_time=clock.now().timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, msgspec.json.format(msgspec.json.encode(value), indent=2))
    return content.getvalue()
