"""Checking a batch: what its table says, what is wrong with it, what it would do; each time anew from the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import polars as pl
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.catalog import queries as catalog
from app.catalog.rules import validation
from app.catalog.service.loading import take_turn
from app.catalog.service.planning import Plan, plan
from app.kernel import activity, clock, failpoint
from app.kernel.actor import Actor
from app.kernel.db import copy_rows, table_of
from app.kernel.errors import Busy, Refusal, Unavailable
from app.kernel.tenant import Tenant
from app.uploads.errors import ColumnsUnusable
from app.uploads.models import Batch, BatchCorrection, BatchFinding, BatchItem
from app.uploads.rules import findings as told
from app.uploads.rules import headers, rows
from app.uploads.rules.manifest import Manifest, read_manifest
from app.uploads.service import attaching, keeping, limiting, steps
from app.uploads.service.batches import go, manifest_bytes, remembered, take_columns

EXAMPLE_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a manifest as a person is asked about it."""

    header: str
    field: str | None
    example: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch with what is known about it: of releases and tracks what items show, of findings those that are kept.

    `counts` tells of all findings how many there are, as `rules.findings.counted` does.
    """

    releases: pl.DataFrame
    tracks: pl.DataFrame
    findings: pl.DataFrame
    counts: pl.DataFrame
    plan: Plan
    files: attaching.Attached
    basis: keeping.Basis

    @property
    def items(self) -> pl.DataFrame:
        """One row a release, with its verdict."""
        return told.items_of(self.releases, self.tracks, self.counts, self.plan.verdicts, self.plan.changes)


def proposed(session: Session, actor: Actor, batch: Batch) -> list[Column]:
    """What each column seems to mean, with an example of it."""
    manifest = manifest_of(session, actor, batch)
    found = headers.propose(manifest.headers, remembered(session, actor))
    return [Column(wish.header, wish.field, _example(manifest, wish.header)) for wish in found]


def confirm(session: Session, actor: Actor, batch: Batch, mapping: dict[str, str | None]) -> None:
    """Take the columns' meaning if rows can be read by it."""
    if flaws := headers.check(mapping):
        raise ColumnsUnusable(fields={flaw.header or "": flaw.sentence for flaw in flaws})
    take_columns(session, actor, batch, mapping)


def manifest_of(session: Session, actor: Actor, batch: Batch) -> Manifest:
    """The table of a batch as it was sent, within the label's limits."""
    assert actor.tenant is not None  # noqa: S101
    return read_manifest(manifest_bytes(session, actor, batch), limiting.of_manifest(actor.tenant))


def check(session: Session, actor: Actor, batch: Batch) -> Checked:
    """Read, correct, validate and plan a batch; nothing is written."""
    basis = keeping.basis(session)
    read = _read(session, actor, batch)
    steps.reached(actor.tenant, batch, "match")
    files = attaching.look(session, batch, read)
    releases, tracks = files.onto(read.releases, read.tracks)
    steps.reached(actor.tenant, batch, "validate")
    findings = files.told(_found(session, read, releases, tracks))
    kept, counts = told.kept(findings), told.counted(findings)
    shown = releases.select("release", "title", "artists"), tracks.select("release", "row")
    if (refused := told.refused(findings)).len():
        good = ~pl.col("release").is_in(refused.implode())
        releases, tracks = releases.filter(good), tracks.filter(good)
    del read, findings  # the plan is as large again
    steps.reached(actor.tenant, batch, "compare")
    planned = files.planned(session, plan(session, releases, tracks))
    late = files.known(session, planned, kept.clear())
    counts = pl.concat([counts, told.counted(late)])
    steps.reached(actor.tenant, batch, "write")
    return Checked(*shown, told.ordered(pl.concat([kept, told.kept(late)])), counts, planned, files, basis)


def _read(session: Session, actor: Actor, batch: Batch) -> rows.Catalogue:
    """What the batch's table says, with what people corrected in it."""
    steps.reached(actor.tenant, batch, "read")
    return rows.to_catalogue(*corrected(session, batch, manifest_of(session, actor, batch)))


def _found(session: Session, read: rows.Catalogue, releases: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """What reading and the rules have to say."""
    known = catalog.known(session, releases, tracks, today=clock.day_in(session.info["tenant"].time_zone))
    return told.gathered(read.sources, read.problems, validation.validate(releases, tracks, known))


def check_or_stop(session: Session, tenant: Tenant, batch_id: UUID) -> None:
    """Check a batch; where that is refused for good, it stops and says why."""
    try:
        with session.begin_nested():
            check_and_write(session, tenant, batch_id)
    except (Busy, Unavailable):
        raise
    except Refusal as refusal:
        batch = session.get_one(Batch, batch_id, with_for_update=True, populate_existing=True)
        go(session, batch, "stopped")
        batch.problem, batch.options = refusal.msgid, {**batch.options, "places": refusal.values}
        after = {"name": batch.name}
        actor = Actor.system(tenant)
        activity.record(session, actor, "batch.stopped", subject_type="batch", subject_id=batch.id, after=after)


def check_and_write(session: Session, tenant: Tenant, batch_id: UUID) -> None:
    """Check a batch and keep what was found; a batch that is past checking is left alone."""
    batch = session.get_one(Batch, batch_id, with_for_update=True)
    if batch.stage != "checking":
        return
    actor = Actor.system(tenant)
    take_turn(session)
    checked = check(session, actor, batch)
    write(session, tenant, batch, checked)
    failpoint.reach("batch.checked")
    go(session, batch, "ready")
    after = {"name": batch.name, **batch.counts}
    activity.record(session, actor, "batch.checked", subject_type="batch", subject_id=batch.id, after=after)


def write(session: Session, tenant: Tenant, batch: Batch, checked: Checked) -> None:
    """Keep a batch's items, findings and counts, in place of those of before."""
    items = checked.items
    write_items(session, batch, items)
    attaching.write_matches(session, batch, checked.files)
    _replace(session, batch, BatchFinding, told.as_rows(checked.findings))
    batch.counts = told.counts(items, checked.tracks)
    batch.options = {**batch.options, "rules": told.by_rule(checked.counts)}
    batch.plan_hash = checked.plan.fingerprint()
    keeping.keep(tenant, batch, checked.plan, checked.basis)


def write_items(session: Session, batch: Batch, items: pl.DataFrame) -> None:
    """Keep what becomes of each release."""
    _replace(session, batch, BatchItem, items)


def _replace(session: Session, batch: Batch, model: type[BatchItem | BatchFinding], rows: pl.DataFrame) -> None:
    table = table_of(model)
    session.execute(delete(table).where(table.c.batch_id == batch.id))
    mine = rows.select(pl.lit(str(batch.id)).alias("batch_id"), pl.all())
    copy_rows(session, table, mine.columns, mine.write_csv(include_header=False).encode())


def corrected(session: Session, batch: Batch, manifest: Manifest) -> tuple[Manifest, Mapping[str, str | None]]:
    """The manifest with what people corrected in its place; a field without a column brings a column along."""
    query = select(BatchCorrection.row, BatchCorrection.field, BatchCorrection.value)
    corrections = session.execute(query.where(BatchCorrection.batch_id == batch.id)).all()
    mapping = dict(batch.mapping)
    header_of = {field: header for header, field in mapping.items() if field}
    cells = manifest.cells
    for field in {row.field for row in corrections}:
        at = {row.row: row.value or None for row in corrections if row.field == field}
        header = header_of.get(field)
        if header is None:
            header, mapping[field] = field, field
            cells = cells.with_columns(pl.lit(None, pl.String).alias(header))
        corrected = manifest.rows.replace_strict(at, default=None, return_dtype=pl.String)
        touched = manifest.rows.is_in(list(at))
        cells = cells.with_columns(pl.when(touched).then(corrected).otherwise(header).alias(header))
    return replace(manifest, cells=cells), mapping


def _example(manifest: Manifest, header: str) -> str | None:
    said = manifest.cells[header].drop_nulls()
    return said[0][:EXAMPLE_CHARACTERS] if said.len() else None
