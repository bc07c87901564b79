"""What was refused, as a workbook to correct and send again; and what was corrected in it, taken back in."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.web.languages import say
from app.uploads.errors import NothingCorrected, WorkbookOfOtherKind
from app.uploads.models import Batch, BatchFinding
from app.uploads.rules.manifest import Manifest, read_manifest
from app.uploads.rules.rows import to_catalogue
from app.uploads.rules.told import told
from app.uploads.rules.workbook import corrections, write_workbook
from app.uploads.service import batches, checking, limiting

_ROW = "\0row"

FINDINGS = {
    "row": pl.UInt32,
    "field": pl.String,
    "severity": pl.String,
    "rule": pl.String,
    "value": pl.String,
    "suggestion": pl.String,
    "release": pl.UInt32,
}


def of_refused(session: Session, actor: Actor, batch: Batch, language: str) -> bytes:
    """An XLSX of every row of each refused release, with what is wrong as comments in the reader's language."""
    query = select(
        BatchFinding.row,
        BatchFinding.field,
        BatchFinding.severity,
        BatchFinding.rule,
        BatchFinding.value,
        BatchFinding.suggestion,
        BatchFinding.item,
    ).where(BatchFinding.batch_id == batch.id, BatchFinding.refuses)
    found = pl.DataFrame([tuple(row) for row in session.execute(query)], schema=FINDINGS, orient="row")
    manifest = checking.manifest_of(session, actor, batch)
    sources = to_catalogue(manifest, batch.mapping).sources
    rows = sources.filter(pl.col("release").is_in(found["release"].implode()))["row"]
    header_of = {field: header for header, field in batch.mapping.items() if field}
    findings = found.with_columns(
        column=pl.col("field").replace_strict(header_of, default=None, return_dtype=pl.String)
    )
    sentences = told()
    return write_workbook(manifest, findings, rows=rows, said=lambda rule: say(sentences.get(rule, rule), language))


def take_back(session: Session, actor: Actor, batch: Batch, body: bytes) -> int:
    """Take what was corrected in a workbook of this batch, and tell how many cells that is."""
    assert actor.tenant is not None  # noqa: S101
    sent = corrections(read_manifest(body, limiting.of_manifest(actor.tenant)))
    if sent is None:
        raise WorkbookOfOtherKind
    before, mapping = checking.corrected(session, batch, checking.manifest_of(session, actor, batch))
    cells = list(_changed(before, sent[0], {header: field for header, field in mapping.items() if field}))
    if not cells:
        raise NothingCorrected
    batches.correct(session, actor, batch, cells)
    return len(cells)


def _changed(before: Manifest, after: Manifest, mapping: dict[str, str]) -> Iterator[tuple[int, str, str]]:
    """Row, field and value of every cell that says something else now; a row that the batch has not is left alone."""
    held = before.cells.with_columns(before.rows.alias(_ROW))
    said = after.cells.with_columns(after.rows.alias(_ROW))
    for header, field in mapping.items():
        if header not in after.headers:
            continue
        both = said.select(_ROW, now=header).join(held.select(_ROW, then=header), on=_ROW)
        for row, now in both.filter(pl.col("now").ne_missing(pl.col("then"))).select(_ROW, "now").iter_rows():
            yield row, field, now or ""
