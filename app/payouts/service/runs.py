"""Paying many at once: looked at line by line, submitted by one person, approved by another, sent once."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Iterator
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.identity.errors import SamePerson
from app.identity.policies import hands_of
from app.kernel import activity, clock, failpoint, ids, jobs
from app.kernel.actor import Actor
from app.kernel.db import copy_rows, moment, table_of
from app.kernel.money import from_micros, from_minor, to_minor
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.payouts.errors import RunChanged, RunEmpty, RunUnfit
from app.payouts.gateways.rail import Limits
from app.payouts.models import Payout, PayoutRun, PayoutRunLine
from app.payouts.rules import amounts, promises
from app.payouts.rules.banking_days import value_date
from app.payouts.service import apart, books, limits, quoting, requesting
from app.payouts.service.books import Source
from app.payouts.service.quoting import Ways, methods_of, policy_of, terms_for, why_json
from app.payouts.service.standing import available_of, exempt_of, sources_of
from app.roster.models import Payee
from app.royalties.models import Statement
from app.tax import service as tax


def open_run(
    session: Session, tenant: Tenant, actor: Actor, ways: Ways, payees: Collection[UUID] | None = None
) -> PayoutRun:
    """Look at what everybody, or these payees, can be paid now, and write it down line by line."""
    run = PayoutRun(id=ids.new_id(), state="open", rail=ways.rail, created_by=actor.id, created_at=clock.now())
    session.add(run)
    session.flush()
    lines = list(_lines(session, tenant, run, ways, payees))
    if lines:
        out = io.StringIO()
        csv.writer(out).writerows(line.values() for line in lines)
        copy_rows(session, table_of(PayoutRunLine), list(lines[0]), out.getvalue().encode())
    _tell(session, actor, "payout_run.opened", run, lines=len(lines))
    return run


def _lines(
    session: Session, tenant: Tenant, run: PayoutRun, ways: Ways, payees: Collection[UUID] | None
) -> Iterator[dict[str, Any]]:
    told = select(Statement.payee_id).distinct()
    wanted = list(session.scalars(told if payees is None else told.where(Statement.payee_id.in_(payees))))
    now, policy, numbers = moment(session), policy_of(session), count(1)
    methods, blocked = methods_of(session, wanted), tax.blocked(session, wanted)
    withheld, exempt = tax.withholding(session, wanted, clock.day_in(tenant.time_zone, now)), exempt_of(session, wanted)
    for (payee, currency), sources in sorted(sources_of(session, wanted).items(), key=lambda each: each[0]):
        gross = amounts.payable_minor(available_of(sources), currency)
        if not gross:
            continue
        line = {"run_id": run.id, "payee_id": payee, "currency": currency, "withheld_ppm": withheld[payee].rate_ppm}
        terms = terms_for(tenant, policy, "standard", withheld[payee])
        line["withheld_why"] = msgspec.json.encode(why_json(withheld[payee])).decode()
        limits = ways.limits.get(currency, NOTHING)
        least = promises.minimum(currency, policy.minimums, limits.minimum_minor)
        fitting = [each for each in methods.get(payee, []) if each.currency == currency and _fits(each.scheme, ways)]
        ready = [each for each in fitting if each.is_usable(now)]
        whole = to_minor(exempt.get((payee, currency), 0), currency).minor
        pieces = []
        if ready and limits.step_minor:
            pieces = quoting.pieces_of(_at_most(gross, limits), ready, terms, limits, whole)
        why_not = _why_not(
            is_blocked=payee in blocked,
            is_taken=limits.step_minor > 0,
            is_little=gross < least or bool(ready and not pieces),
            has_account=bool(fitting),
            is_ready=bool(ready),
        )
        if why_not:
            parts = amounts.parts_of(gross, terms, whole)
            yield line | _amounts(parts, currency) | {"number": next(numbers), "method_id": None, "why_not": why_not}
            continue
        for piece in pieces:
            where = {"number": next(numbers), "method_id": piece.method.id, "why_not": None}
            yield line | _amounts(piece.parts, currency) | where


NOTHING = Limits(minimum_minor=0, maximum_minor=0, instant_left_minor=0, has_instant=False, step_minor=0)
"""What a rail takes of a currency of which it was not asked."""


def _at_most(gross: int, limits: Limits) -> int:
    """What a rail takes at once; the rest stays on the balance for the next run."""
    return gross if limits.maximum_minor is None else min(gross, limits.maximum_minor)


def _fits(scheme: str, ways: Ways) -> bool:
    return (scheme == "stripe") == (ways.rail == "stripe")


def _why_not(*, is_blocked: bool, is_taken: bool, is_little: bool, has_account: bool, is_ready: bool) -> str:
    if is_blocked:
        return "blocked"
    if not is_taken:
        return "not_taken"
    if is_little:
        return "little"
    if not has_account:
        return "no_account"
    return "" if is_ready else "frozen"


def _amounts(parts: amounts.Parts, currency: str) -> dict[str, int]:
    return {
        "gross_micros": from_minor(parts.gross, currency),
        "platform_micros": from_minor(parts.platform, currency),
        "withheld_micros": from_minor(parts.withheld, currency),
        "sent_micros": from_minor(parts.sent, currency),
        "exempt_micros": from_minor(parts.exempt, currency),
    }


def set_lines(session: Session, actor: Actor, run: PayoutRun, numbers: Collection[int], *, excluded: bool) -> int:
    """Take lines out of an open run, or put them back."""
    if run.state != "open":
        raise RunUnfit
    statement = update(PayoutRunLine).where(PayoutRunLine.run_id == run.id, PayoutRunLine.number.in_(numbers))
    changed = session.execute(statement.values(excluded_by=actor.id if excluded else None))
    _tell(session, actor, "payout_run.changed", run, lines=len(numbers), excluded=excluded)
    return int(changed.rowcount)  # type: ignore[attr-defined]  # an update's result counts


def submit(session: Session, actor: Actor, run: PayoutRun) -> None:
    """Ask for approval of the lines as they stand; from now on they are fixed by their hash."""
    if run.state != "open":
        raise RunUnfit
    if not paying(session, run):
        raise RunEmpty
    run.state, run.batch_hash = "submitted", batch_hash(session, run)
    run.submitted_by, run.submitted_at = actor.id, clock.now()
    session.flush()
    _tell(session, actor, "payout_run.submitted", run, batch_hash=run.batch_hash, totals=totals(session, run))


def reopen(session: Session, actor: Actor, run: PayoutRun) -> None:
    """Take a run back from approval, to change it."""
    if run.state != "submitted":
        raise RunUnfit
    run.state, run.batch_hash, run.submitted_by, run.submitted_at = "open", None, None, None
    session.flush()
    _tell(session, actor, "payout_run.changed", run)


def cancel(session: Session, actor: Actor, run: PayoutRun) -> None:
    """Pay nobody with this run."""
    if run.state not in ("open", "submitted"):
        raise RunUnfit
    run.state = "cancelled"
    session.flush()
    _tell(session, actor, "payout_run.cancelled", run)


def paying(session: Session, run: PayoutRun) -> list[PayoutRunLine]:
    """The lines that pay somebody."""
    query = select(PayoutRunLine).where(
        PayoutRunLine.run_id == run.id, PayoutRunLine.why_not.is_(None), PayoutRunLine.excluded_by.is_(None)
    )
    return list(session.scalars(query.order_by(PayoutRunLine.number)))


def batch_hash(session: Session, run: PayoutRun) -> str:
    """SHA-256 of whom a run pays how much, where."""
    told = [
        (str(line.payee_id), str(line.method_id), line.currency, line.gross_micros, line.platform_micros,
         line.withheld_micros, line.sent_micros, *([line.exempt_micros] if line.exempt_micros else []))
        for line in paying(session, run)
    ]  # fmt: skip
    return hashlib.sha256(msgspec.json.encode((run.rail, told))).hexdigest()


def totals(session: Session, run: PayoutRun) -> dict[str, dict[str, int]]:
    """What a run pays, by currency."""
    found: dict[str, dict[str, int]] = {}
    for line in paying(session, run):
        total = found.setdefault(line.currency, {"payees": 0, "gross": 0, "platform": 0, "withheld": 0, "sent": 0})
        total["payees"] += 1
        for name in ("gross", "platform", "withheld", "sent"):
            total[name] += getattr(line, f"{name}_micros")
    return found


def is_large(session: Session, run: PayoutRun) -> bool:
    """Whether a second person has to approve a run: by all that it takes from balances."""
    return limits.is_large(session, {each: total["gross"] for each, total in totals(session, run).items()})


def approve(session: Session, tenant: Tenant, actor: Actor, run: PayoutRun, *, seen_hash: str) -> int:
    """Set everything aside and let it go; gives how many are paid.

    `seen_hash` is what the approver looked at. Whoever prepared a large run, or changed what its payees get since they
    were last paid, does not approve it. A payee whose balance shrank meanwhile is left out, and told on the line.
    """
    if run.state != "submitted":
        raise RunUnfit
    if is_large(session, run) and actor.id in hands_of(session, {run.created_by, run.submitted_by}):
        raise SamePerson
    if seen_hash != run.batch_hash or batch_hash(session, run) != run.batch_hash:
        raise RunChanged
    lines = paying(session, run)
    apart.require_apart(session, actor, {line.payee_id for line in lines})
    made = _reserve(session, tenant, actor, run, lines)
    run.state, run.approved_by, run.approved_at = "approved", actor.id, clock.now()
    session.flush()
    failpoint.reach("payouts.run_approved")
    _tell(session, actor, "payout_run.approved", run, batch_hash=run.batch_hash, payouts=made)
    jobs.ask(session, "payouts.send", {})
    return made


def _reserve(session: Session, tenant: Tenant, actor: Actor, run: PayoutRun, lines: list[PayoutRunLine]) -> int:
    today = books.day_of(session)
    wanted = sorted({line.payee_id for line in lines})
    session.execute(select(Payee.id).where(Payee.id.in_(wanted)).order_by(Payee.id).with_for_update(key_share=True))
    pools, exempt = sources_of(session, wanted), exempt_of(session, wanted)
    days: dict[str, date] = {}
    kept, entries = [], []
    for line in lines:
        payout = _payout(tenant, run, line, actor, days)
        moved = books.reserved(payout, _copied(pools, line), today)
        whole = exempt.get((line.payee_id, line.currency), 0)
        if not moved or not min(whole, 0) <= line.exempt_micros <= max(whole, 0):
            line.why_not = "balance"
            continue
        exempt[line.payee_id, line.currency] = whole - line.exempt_micros
        _take(pools[line.payee_id, line.currency], moved)
        entries += moved
        kept.append((line, payout))
    session.add_all(payout for _, payout in kept)
    session.flush()
    for line, payout in kept:
        line.payout_id = payout.id
    ledger.post(session, actor, entries)
    if books.overdrawn(session, entries):
        raise RunChanged
    told = [(str(payout.id), None, dict(requesting.facts(payout))) for _, payout in kept]
    activity.record_many(session, actor, "payout.asked", subject_type="payout", told=told)
    return len(kept)


def _copied(pools: dict[tuple[UUID, str], list[Source]], line: PayoutRunLine) -> list[Source]:
    """An account's sources, to be tried on."""
    sources = pools.get((line.payee_id, line.currency), [])
    if available_of(sources) < line.gross_micros:
        return []
    return [Source(each.subject, each.micros) for each in sources]


def _take(sources: list[Source], entries: list[ledger.Entry]) -> None:
    by_subject = {source.subject: source for source in sources}
    for entry in entries:
        if entry.debit.subject is not None:
            by_subject[entry.debit.subject].micros -= entry.amount_micros


def _payout(tenant: Tenant, run: PayoutRun, line: PayoutRunLine, actor: Actor, days: dict[str, date]) -> Payout:
    now = clock.now()
    if line.currency not in days:
        days[line.currency] = value_date(now, line.currency)
    return Payout(
        id=ids.new_id(),
        payee_id=line.payee_id,
        method_id=line.method_id,
        run_id=run.id,
        request_id=run.id,
        state="approved",
        speed="standard",
        rail=run.rail,
        currency=line.currency,
        gross_micros=line.gross_micros,
        platform_micros=line.platform_micros,
        fee_micros=0,
        withheld_micros=line.withheld_micros,
        sent_micros=line.sent_micros,
        exempt_micros=line.exempt_micros,
        platform_ppm=1_000_000 - tenant.artist_share_ppm,
        fee_ppm=0,
        withheld_ppm=line.withheld_ppm,
        withheld_why=line.withheld_why,
        asked_by=run.created_by,
        asked_at=now,
        approved_by=actor.id,
        approved_at=now,
        due_at=now,
        arrives_on=days[line.currency],
        attempts=0,
    )


def _tell(session: Session, actor: Actor, action: str, run: PayoutRun, **after: Any) -> None:
    told = {"number": run.number, "state": run.state, **after}
    activity.record(session, actor, action, subject_type="payout_run", subject_id=run.id, after=told)


def cells(line: PayoutRunLine, payee: str, account: str | None, state: str | None) -> list[Any]:
    """A line as a row of an export; amounts are decimals."""
    micros = (line.gross_micros, line.platform_micros, line.withheld_micros, line.sent_micros)
    left = line.why_not or ("taken out" if line.excluded_by else "")
    return [
        payee,
        account,
        line.currency,
        *(from_micros(each) for each in micros),
        left,
        state,
        from_micros(line.exempt_micros),
    ]
