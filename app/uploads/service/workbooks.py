"""What was refused, as a workbook to correct and send again."""

from __future__ import annotations

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.web.languages import say
from app.uploads.models import Batch, BatchFinding
from app.uploads.rules.manifest import read_manifest
from app.uploads.rules.rows import to_catalogue
from app.uploads.rules.told import told
from app.uploads.rules.workbook import write_workbook
from app.uploads.service.batches import manifest_bytes

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
    manifest = read_manifest(manifest_bytes(session, actor, batch))
    sources = to_catalogue(manifest, batch.mapping).sources
    rows = sources.filter(pl.col("release").is_in(found["release"].implode()))["row"]
    header_of = {field: header for header, field in batch.mapping.items() if field}
    findings = found.with_columns(
        column=pl.col("field").replace_strict(header_of, default=None, return_dtype=pl.String)
    )
    sentences = told()
    return write_workbook(manifest, findings, rows=rows, said=lambda rule: say(sentences.get(rule, rule), language))
