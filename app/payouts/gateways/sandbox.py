"""A bank of our own that behaves as banks do: it takes its time, refuses, returns, and has a daily cap.

Its books are its own: whatever it does, it commits before it answers, so that an answer can be lost and the money gone.
Accounts that end in some digits make it misbehave in a known way (`ENDINGS`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import failpoint, jobs
from app.kernel.db import moment, tenant_read, tenant_work
from app.kernel.money import exponent
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant, TenantState
from app.payouts.gateways.rail import Limits, Order, RailState, Report
from app.payouts.models import SandboxTransfer

EVEN: Final = frozenset({TenantState.SUSPENDED})
INSTANT_TAKES: Final = timedelta(seconds=20)
LATE_TAKES: Final = timedelta(hours=2)
RETURNS_AFTER: Final = timedelta(days=1)
OPENS: Final = time(6, 0, tzinfo=UTC)
DAILY_CAP_UNITS: Final = 250_000
"""What the bank pays instantly in a day, in whole units of a currency."""

ENDINGS: Final = {
    "0001": sentence("refuses: the account is not known"),
    "0002": sentence("pays, and a day later the money comes back"),
    "0003": sentence("takes two hours for an instant payment"),
    "0004": sentence("pays, but its answer is lost"),
    "0005": sentence("takes the order and cannot pay: the account is closed"),
}


class SandboxRail:
    """The sandbox's bank as a rail."""

    name = "sandbox"
    is_shared = False
    batch = 250
    lease = timedelta(seconds=45)

    def limits(self, tenant: Tenant, currency: str) -> Limits:
        """One unit at least; what is left of today's instant cap."""
        cap = int(DAILY_CAP_UNITS * 10 ** exponent(currency))
        used = select(func.coalesce(func.sum(SandboxTransfer.amount_minor), 0)).where(
            SandboxTransfer.currency == currency,
            SandboxTransfer.speed == "instant",
            SandboxTransfer.state != "refused",
        )
        with tenant_read(tenant) as session:
            midnight = datetime.combine(moment(session).date(), time(0), UTC)
            left = max(0, cap - int(session.scalar(used.where(SandboxTransfer.created_at >= midnight)) or 0))
        return Limits(int(10 ** exponent(currency)), None, left, has_instant=True)

    def send(self, tenant: Tenant, orders: Sequence[Order]) -> Iterator[Report]:
        """Take orders on, each key once; the bank has committed before it says so."""
        with tenant_work(tenant, even=EVEN) as session:
            now = moment(session)
            rows = [_row(order, now) for order in orders]
            session.execute(insert(SandboxTransfer).on_conflict_do_nothing(), rows)
            kept = {row.key: row for row in session.scalars(_of([order.key for order in orders]))}
            soonest = [row["moves_at"] for row in rows if row["moves_at"]]
            if soonest:
                jobs.ask(session, "payouts.bank", {}, run_at=min(soonest) + timedelta(seconds=1))
        failpoint.reach("payouts.bank_committed")
        for order, row in zip(orders, rows, strict=True):
            found = kept[order.key]
            if found.body_hash != row["body_hash"]:
                yield Report(order.payout_id, "unknown", facts={"said": "the key was used for another order"})
            elif found.ending == "0004":
                yield Report(order.payout_id, "unknown")
            else:
                yield _first_answer(found)

    def find(self, tenant: Tenant, order: Order) -> Report:
        """What became of an order, by its key."""
        with tenant_read(tenant) as session:
            found = session.scalar(_of([order.key]))
        return _report(found) if found else Report(order.payout_id, "refused")

    def read(self, tenant: Tenant, reference: str) -> Report:
        """What the bank now says of a transfer."""
        with tenant_read(tenant) as session:
            found = session.scalar(select(SandboxTransfer).where(SandboxTransfer.reference == reference))
        return _report(found) if found else Report(None, "unknown", reference)

    def movements(self, tenant: Tenant, since: datetime) -> Iterable[Report]:
        """Everything that changed since."""
        with tenant_read(tenant) as session:
            query = select(SandboxTransfer).where(SandboxTransfer.changed_at >= since)
            return [_report(row) for row in session.scalars(query.order_by(SandboxTransfer.reference))]


def move(session: Session, *, all_of_them: bool = False) -> list[SandboxTransfer]:
    """Let the bank do what is due, or, as when days go by, everything that waits; gives what changed."""
    now = moment(session)
    query = select(SandboxTransfer).where(SandboxTransfer.moves_at.is_not(None)).order_by(SandboxTransfer.created_at)
    if not all_of_them:
        query = query.where(SandboxTransfer.moves_at <= now)
    moved = list(session.scalars(query.limit(2_000).with_for_update(skip_locked=True)))
    for row in moved:
        row.state, row.problem, pause = _next(row)
        row.moves_at, row.changed_at = (now + pause) if pause else None, now
    session.flush()
    failpoint.reach("payouts.bank_moved")
    return moved


def _next(row: SandboxTransfer) -> tuple[str, str, timedelta | None]:
    if row.state == "paid":
        return "returned", "bank_refused", None
    if row.ending == "0005":
        return "failed", "account_closed", None
    return "paid", "", RETURNS_AFTER if row.ending == "0002" else None


def _row(order: Order, now: datetime) -> dict[str, Any]:
    ending = order.to.number[-4:]
    refused = ending == "0001"
    named = hashlib.sha256(order.key.encode()).hexdigest()[:16]
    body = msgspec.json.encode((order.amount_minor, order.currency, order.to.number, order.speed))
    return {
        "key": order.key,
        "reference": f"sb_{named}",
        "payout_id": order.payout_id,
        "speed": order.speed,
        "amount_minor": order.amount_minor,
        "currency": order.currency,
        "account": f"•••• {ending}",
        "ending": ending,
        "body_hash": hashlib.sha256(body).digest(),
        "state": "refused" if refused else "accepted",
        "problem": "account_unknown" if refused else "",
        "moves_at": None if refused else _moves_at(order, now, ending),
        "created_at": now,
        "changed_at": now,
    }


def _moves_at(order: Order, now: datetime, ending: str) -> datetime:
    if order.speed == "instant":
        return now + (LATE_TAKES if ending == "0003" else INSTANT_TAKES)
    return max(now, datetime.combine(order.on, OPENS))


def _of(keys: Sequence[str]) -> Any:
    return select(SandboxTransfer).where(SandboxTransfer.key.in_(keys))


def _first_answer(row: SandboxTransfer) -> Report:
    state: RailState = "refused" if row.state == "refused" else "accepted"
    return Report(row.payout_id, state, row.reference, row.problem, row.amount_minor, row.currency, row.created_at)


def _report(row: SandboxTransfer) -> Report:
    known: dict[str, RailState] = {
        "accepted": "accepted", "paid": "paid", "failed": "failed", "returned": "returned", "refused": "refused",
    }  # fmt: skip
    state = known[row.state]
    return Report(row.payout_id, state, row.reference, row.problem, row.amount_minor, row.currency, row.changed_at)
