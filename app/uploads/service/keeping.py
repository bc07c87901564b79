"""What a check worked out, kept for the yes: where nothing happened between, it need not be worked out again.

Only time is saved by it. The bytes lie among the label's objects without a row that names them, so the sweep takes them
away after some hours; a batch whose plan is gone, or whose label did something since, is checked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.catalog.service.planning import Plan
from app.kernel import activity, clock, files
from app.kernel.files.store import ObjectBroken
from app.kernel.tenant import Tenant
from app.uploads.models import Batch, BatchFile

MOST_BYTES = 1 << 30
HARMLESS = ("batch.opened", "batch.checked", "batch.approved", "file.stored", "member.signed_in", "ledger.sealed")
"""What a plan does not depend on, and happens all the time."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a check rests on: the label as it was at a moment, and the day."""

    moment: activity.Moment
    day: date


def basis(session: Session) -> Basis:
    """What a check that begins now rests on."""
    return Basis(activity.moment(session), clock.day_in(session.info["tenant"].time_zone))


def keep(tenant: Tenant, batch: Batch, plan: Plan, basis: Basis) -> None:
    """Keep what a batch would do, and what that rests on."""
    sha256, _ = files.put_object(tenant, plan.packed(), most_bytes=MOST_BYTES)
    kept = {"object": sha256, "since": list(basis.moment), "day": basis.day.isoformat(), "polars": pl.__version__}
    batch.options = {**batch.options, "kept": kept}


def kept(session: Session, tenant: Tenant, batch: Batch) -> Plan | None:
    """What a batch would do, if it would still do that; else nothing."""
    found = batch.options.get("kept")
    if found is None or (found["day"], found["polars"]) != (clock.day_in(tenant.time_zone).isoformat(), pl.__version__):
        return None
    if activity.has_happened(session, since=activity.Moment(*found["since"]), apart_from=HARMLESS):
        return None
    if session.scalar(select(exists().where(BatchFile.batch_id == batch.id))):
        return None  # files are looked at and matched without a word of it
    try:
        return Plan.unpacked(files.read_object(tenant, found["object"]))
    except ObjectBroken:
        return None
