"""Making renditions: from the master, all at once, outside of any transaction; kept only if the master is still it."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from app.catalog.models import Recording
from app.kernel import activity, clock, failpoint, files, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.media import Fault, Unreadable, audio
from app.kernel.media.facts import Rendered, Wanted
from app.kernel.tenant import Tenant, TenantState
from app.streaming import queries
from app.streaming.models import Package, Rendition
from app.streaming.rules import excerpts
from app.streaming.rules.encodings import ENCODINGS, Encoding
from app.streaming.rules.rights import Kind

EVEN: Final = frozenset({TenantState.SUSPENDED})
KEPT_RETIRED: Final = timedelta(days=1)
"""Nobody listens to one thing for longer."""

PASSING: Final = frozenset({Fault.TOO_SLOW, Fault.TOO_HEAVY, Fault.CRASHED})
"""What a machine in trouble may say of a sound file: asked again."""


@dataclass(frozen=True)
class _Plan:
    """What is to be made of which master, and what that is called for each kind."""

    sha256: str
    name: str
    duration_ms: int
    excerpt: tuple[int, int]
    sources: dict[Kind, str]

    @property
    def encodings(self) -> list[Encoding]:
        return [encoding for kind in self.sources for encoding in ENCODINGS[kind]]


def render(tenant: Tenant, recording_id: UUID, *, again: bool = False) -> None:
    """Make what is missing of a recording's renditions; `again` tries anew what failed before.

    Called twice it makes them once; killed in the middle it leaves nothing but objects that no row names.
    """
    with tenant_read(tenant) as session:
        plan = _plan(session, recording_id, again=again)
    if plan is None:
        return
    with ExitStack() as stack:
        into: list[BinaryIO] = [stack.enter_context(tempfile.TemporaryFile()) for _ in plan.encodings]
        try:
            made: list[Rendered] | Fault = _rendered(tenant, plan, into)
        except Unreadable as refusal:
            made = refusal.fault
        stored = [] if isinstance(made, Fault) else [files.put_file(tenant, file) for file in into]
    failpoint.reach("stream.rendered")
    with tenant_work(tenant, even=EVEN) as session:
        _keep(session, tenant, recording_id, plan, made, stored)


def _plan(session: Session, recording_id: UUID, *, again: bool) -> _Plan | None:
    found = session.execute(queries.source_of(recording_id)).one_or_none()
    if found is None:
        return None
    is_held = (Rendition.recording_id == recording_id) & Rendition.retired_at.is_(None)
    held = session.execute(select(Rendition.kind, Rendition.source, Rendition.state).where(is_held))
    there = {(kind, source) for kind, source, state in held if state == "made" or not again}
    wanted: dict[Kind, str] = {"full": found.sha256, "preview": found.preview_source}
    duration_ms = int((found.audio or {}).get("duration_ms") or found.duration_ms or 0)
    plan = _Plan(
        sha256=found.sha256,
        name=found.name.rpartition(".")[0] or found.name,
        duration_ms=duration_ms,
        excerpt=_excerpt(found, duration_ms),
        sources={kind: source for kind, source in wanted.items() if (kind, source) not in there},
    )
    return plan if plan.sources else None


def _excerpt(found: Any, duration_ms: int) -> tuple[int, int]:
    if found.start_ms is not None:
        return excerpts.chosen(found.start_ms, found.length_ms, duration_ms)
    return excerpts.usual(duration_ms, excerpts.peaks(found.audio))


def _rendered(tenant: Tenant, plan: _Plan, into: list[BinaryIO]) -> list[Rendered]:
    limits = audio.limits_for(plan.duration_ms)
    wanted = [_wanted(encoding, plan.excerpt) for encoding in plan.encodings]
    with files.on_disk(tenant, plan.sha256) as path:
        try:
            return audio.render(path, wanted, into, limits)
        except Unreadable as refusal:
            if refusal.fault not in PASSING:
                raise
        for file in into:
            file.truncate(0)
        return audio.render(path, wanted, into, limits)


def _wanted(encoding: Encoding, excerpt: tuple[int, int]) -> Wanted:
    if encoding.kind == "full":
        return Wanted(codec=encoding.codec, bitrate=encoding.bitrate)
    start_ms, length_ms = excerpt  # never 0, which would be all of it
    return Wanted(codec=encoding.codec, bitrate=encoding.bitrate, start_ms=start_ms, length_ms=max(1, length_ms))


def _keep(
    session: Session,
    tenant: Tenant,
    recording_id: UUID,
    plan: _Plan,
    made: list[Rendered] | Fault,
    stored: list[tuple[str, int]],
) -> None:
    """Put what was made, or why it was not, in the place of what was there.

    The recording is locked: of two that made the same the second finds it made, and of a master that was changed
    meanwhile nothing is kept.
    """
    session.scalar(select(Recording.id).where(Recording.id == recording_id).with_for_update(key_share=True))
    now = _plan(session, recording_id, again=True)
    if now is None or now.sources != plan.sources:
        return
    is_held = (Rendition.recording_id == recording_id) & Rendition.kind.in_(plan.sources)
    retired = update(Rendition).where(is_held, Rendition.retired_at.is_(None)).values(retired_at=clock.now())
    session.execute(retired)
    for place, encoding in enumerate(plan.encodings):
        row = Rendition(
            id=ids.new_id(),
            recording_id=recording_id,
            kind=encoding.kind,
            codec=encoding.codec,
            bitrate=encoding.bitrate,
            source=plan.sources[encoding.kind],
            state="failed",
            made_at=clock.now(),
        )
        if isinstance(made, Fault):
            row.problem = made.value
        else:
            _fill(row, made[place], _named(session, tenant, f"{plan.name}-{row.name}.m4a", *stored[place]))
        session.add(row)
    if isinstance(made, Fault):
        system = Actor.system(tenant)
        after = {"problem": made.value}
        activity.record(
            session, system, "recording.not_rendered", subject_type="recording", subject_id=recording_id, after=after
        )


def _fill(row: Rendition, made: Rendered, file_id: UUID) -> None:
    row.state, row.file_id = "made", file_id
    row.rate, row.channels, row.bits, row.frames = made.rate, made.channels, made.bits, made.frames
    row.segment_frames, row.init_length, row.lengths = made.segment_frames, made.init_length, made.lengths


def _named(session: Session, tenant: Tenant, name: str, sha256: str, size: int) -> UUID:
    system = Actor.system(tenant)
    stored = files.note_object(
        session, system, sha256=sha256, size=size, name=name, media_type=audio.PREVIEW_TYPE, is_derived=True
    )
    return stored.id


def sweep(session: Session) -> None:
    """Let go of what was retired, once nobody can be in the middle of it."""
    before = clock.now() - KEPT_RETIRED
    gone: set[UUID | None] = set()
    for model in (Rendition, Package):
        old: ColumnElement[bool] = model.retired_at < before
        gone |= set(session.scalars(delete(model).where(old).returning(model.file_id)))
    removed = update(files.StoredFile).where(files.StoredFile.id.in_(gone - {None}))
    session.execute(removed.values(removed_at=clock.now()))
