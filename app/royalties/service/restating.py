"""Restating a period that was published: what is said now, less what was said then, line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel.money import exact
from app.royalties.errors import NothingToRestate, RestatementTooLate
from app.royalties.models import WHOLE, LineShare, RoyaltyPeriod, RoyaltyRun
from app.royalties.rules.positions import PartOf

Sharing = Callable[[UUID, UUID | None], Mapping[UUID, Decimal] | None]
"""Which part each payee of a contract has now, under a split sheet or under none."""

_SAME: Final = (
    "contract_id", "version_id", "clause", "sheet_id", "recording_id", "release_id", "store", "channel", "sold_month",
    "currency", "factor", "rate", "fx", "whole",
)  # fmt: skip
_NUMBERS: Final = ("quantity", "net", "base", "amount", "positive")

_TAKEN_BACK = text(f"""
INSERT INTO earnings (run_id, number, {", ".join(_SAME)}, lines, unpriced, sign, {", ".join(_NUMBERS)})
SELECT :run, :last + row_number() OVER (ORDER BY number), {", ".join(_SAME)}, lines, unpriced, -sign,
  {", ".join(f"-{name}" for name in _NUMBERS)}
FROM earnings WHERE run_id = :before
""")
_SOURCES = text("""
INSERT INTO earning_sources (run, number, report, asset_id, context_id)
SELECT :serial, :last + o.place, s.report, s.asset_id, s.context_id
FROM (SELECT number, row_number() OVER (ORDER BY number) AS place FROM earnings WHERE run_id = :before) o
  JOIN royalty_runs b ON b.id = :before JOIN earning_sources s ON s.run = b.serial AND s.number = o.number
""")
_UNCHANGED = text(f"""
WITH told AS (
  SELECT number, sign, row_number() OVER (PARTITION BY sign, {", ".join(_SAME)}, abs(amount), abs(quantity), abs(net)
    ORDER BY number DESC) AS place, concat_ws('|', {", ".join(f"coalesce({name}::text, '')" for name in _SAME)},
    trim_scale(amount * sign), trim_scale(quantity * sign), trim_scale(net * sign)) AS said
  FROM earnings WHERE run_id = :run
), same AS (
  SELECT a.number AS one, b.number AS other FROM told a JOIN told b ON a.said = b.said AND a.place = b.place
  WHERE a.sign = 1 AND b.sign = -1
), gone AS (SELECT one AS number FROM same UNION ALL SELECT other FROM same), sources AS (
  DELETE FROM earning_sources s USING gone WHERE s.run = :serial AND s.number = gone.number
)
DELETE FROM earnings e USING gone WHERE e.run_id = :run AND e.number = gone.number
""")
_LAST = text("SELECT coalesce(max(number), 0) FROM earnings WHERE run_id = :run")
_DIVIDED = text("""
UPDATE earnings SET sheet_id = :other
WHERE run_id = :run AND number > :last AND contract_id = :contract AND coalesce(sheet_id, :whole) = :sheet
""")


def restated(session: Session, period: RoyaltyPeriod) -> RoyaltyRun:
    """The run that a restatement of a period would restate; refused where later statements rest on it."""
    published = select(RoyaltyRun).where(RoyaltyRun.state == "published").order_by(RoyaltyRun.published_at.desc())
    own = session.scalars(published.where(RoyaltyRun.period_id == period.id).limit(1)).first()
    if own is None:
        raise NothingToRestate
    if session.scalars(published.limit(1)).one() != own:
        raise RestatementTooLate
    return own


def take_back(session: Session, run: RoyaltyRun, shares_now: Sharing) -> dict[UUID, list[PartOf]]:
    """Enter what was said of the period so far with the opposite sign; what did not change goes on both sides.

    What was divided otherwise then is taken back from whoever had it: under a sheet of its own, with the old shares.
    """
    then: dict[UUID, list[PartOf]] = {}
    for before in _published(session, run.period_id):
        last = session.scalar(_LAST, {"run": run.id})
        session.execute(_TAKEN_BACK, {"run": run.id, "before": before.id, "last": last})
        session.execute(_SOURCES, {"serial": run.serial, "before": before.id, "last": last})
        for (contract, sheet), parts in _divided(session, before.id).items():
            shares = {part.payee: part.share for part in parts}
            if shares != shares_now(contract, None if sheet == WHOLE else sheet):
                other = divided_as(contract, parts)
                where = {"run": run.id, "last": last, "contract": contract, "sheet": sheet, "whole": WHOLE}
                session.execute(_DIVIDED, {"other": other, **where})
                then[other] = parts
    session.execute(_UNCHANGED, {"run": run.id, "serial": run.serial})
    session.expire_all()
    return then


def divided_as(contract: UUID, parts: Sequence[PartOf]) -> UUID:
    """The sheet that stands for a division of earlier: who had which part, and what of it was held."""
    with exact():
        told = [(str(each.payee), f"{each.share:f}", f"{each.held.normalize():f}") for each in parts]
    return uuid5(contract, str(sorted(told)))


def _published(session: Session, period: UUID) -> Sequence[RoyaltyRun]:
    query = select(RoyaltyRun).where(RoyaltyRun.period_id == period, RoyaltyRun.state == "published")
    return session.scalars(query.order_by(RoyaltyRun.serial)).all()


def _divided(session: Session, run: UUID) -> dict[tuple[UUID, UUID], list[PartOf]]:
    """Who had which part in a run, by contract and sheet."""
    query = select(LineShare).where(LineShare.run_id == run)
    found: dict[tuple[UUID, UUID], list[PartOf]] = defaultdict(list)
    for row in session.scalars(query.order_by(LineShare.contract_id, LineShare.sheet_id, LineShare.payee_id)):
        found[row.contract_id, row.sheet_id].append(PartOf(row.payee_id, row.share, row.held_share))
    return found
