"""One row of a report as it was sent, found in the kept file without reading all of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel import files
from app.kernel.tenant import Tenant
from app.royalties.models import SalesReport
from app.royalties.rules.layouts import header_key
from app.royalties.rules.opening import tables
from app.royalties.rules.reading import EVERY, SheetTable, TextTable, cells_of, nth_record
from app.royalties.rules.refusals import RowUnknown
from app.royalties.service.loading import layouts

PERSONAL = "•••"
"""What stands for a cell about a buyer."""


def row_cells(session: Session, tenant: Tenant, report: SalesReport, row: int) -> list[tuple[str, str]]:
    """A row as it was sent: the name of each column and what stands in it, cells about buyers left out."""
    member, cells = _found(session, tenant, report, row)
    names = [*member["columns"], *[""] * len(cells)]
    return [(name, cell) for name, cell in zip(names, cells, strict=False) if name or cell]


def _found(session: Session, tenant: Tenant, report: SalesReport, row: int) -> tuple[dict[str, Any], list[str]]:
    member = next(
        (each for each in report.facts.get("members", []) if each["before"] < row <= each["before"] + each["rows"]),
        None,
    )
    if member is None:
        raise RowUnknown
    at = row - member["before"] - 1 - member["header"]
    cells = _cells(session, tenant, report.file_id, member, at) if at >= 0 else None
    if cells is None:
        raise RowUnknown
    hidden = _personal(session, member["layout"])
    for place, name in enumerate(member["columns"][: len(cells)]):
        if header_key(name) in hidden and cells[place]:
            cells[place] = PERSONAL
    return member, cells


def _cells(session: Session, tenant: Tenant, file_id: UUID, member: dict[str, Any], at: int) -> list[str] | None:
    """The cells of the row of a member that comes after so many below its header."""
    stored = session.get_one(files.StoredFile, file_id)
    starts = member["starts"]
    start = starts[at // EVERY] if at // EVERY < len(starts) else None
    if start is not None and member.get("is_direct"):
        return _there(files.read_object(tenant, stored.sha256, start=start), member, at)
    for table in tables(stored.name, files.read_object(tenant, stored.sha256)):
        if table.name != member["name"]:
            continue
        if isinstance(table, SheetTable):
            return [cell or "" for cell in table.cells.row(member["header"] + at)]
        if isinstance(table, TextTable):
            return _slowly(table, member, at) if start is None else _there(_from(table.text(), start), member, at)
    return None


def _there(text: Iterator[bytes], member: dict[str, Any], at: int) -> list[str] | None:
    """The cells of a row in text that begins where the last noted row before it does."""
    is_quoted = bool(member["is_quoted"])
    record = nth_record(text, at % EVERY, is_quoted=is_quoted)
    return None if record is None else cells_of(record, member["delimiter"], is_quoted=is_quoted)


def _from(text: Iterator[bytes], start: int) -> Iterator[bytes]:
    for chunk in text:
        if start < len(chunk):
            yield chunk[start:]
        start = max(0, start - len(chunk))


def _slowly(table: TextTable, member: dict[str, Any], at: int) -> list[str] | None:
    next(table.heads())
    for block in table.blocks(member["header"], len(member["columns"]) + 1):
        if at < block.cells.height:
            return [cell or "" for cell in islice(block.cells.row(at), len(member["columns"]))]
        at -= block.cells.height
    return None


def _personal(session: Session, key: str) -> set[str]:
    found = next((layout for layout in layouts(session) if layout.key == key), None)
    return set() if found is None else {header_key(name) for name in found.personal}
