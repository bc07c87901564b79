"""Payees with money to be had and accounts to send it to, through the services that people use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from app.contracts.rules.accounts import account_of
from app.contracts.rules.terms import Clause
from app.contracts.schemas import Scope
from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.money import WHOLE_PPM, from_minor
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.models import LedgerAccount, Posting
from app.ledger.rules import Account, Entry, Kind
from app.ledger.service import auditing, sealing
from app.payouts.gateways import rails, sandbox
from app.payouts.models import Payout, PayoutMethod, SandboxTransfer
from app.payouts.rules.accounts import Typed
from app.payouts.rules.states import LIVE, OVER
from app.payouts.service import books, hearing, methods, requesting, standing
from app.payouts.service.quoting import Asked, Way, Ways
from app.payouts.service.requesting import Wish
from app.roster.models import Payee
from app.royalties.service import rates
from tests.factories.ledger import balance
from tests.factories.money import MARCH, a_contract, a_payee, a_report, run_of, sold, terms, tracks_of

_numbers = count(1)


def an_iban(ending: str = "1234", *, country: str = "DE") -> str:
    """A German account that ends in these four digits, with right check digits."""
    bban = f"37040044{next(_numbers) % 10**6:06}{ending}"
    digits = "".join(str(int(each, 36)) for each in f"{bban}{country}00")
    return f"{country}{98 - int(digits) % 97:02}{bban}"


def a_method(tenant: Tenant, payee: Payee, ending: str = "1234", *, is_old: bool = True) -> PayoutMethod:
    """An account of a payee, old enough to be used unless told otherwise."""
    with tenant_work(tenant) as session:
        typed = Typed(scheme="iban", holder=payee.name, number=an_iban(ending))
        held = session.get_one(Payee, payee.id)
        method = methods.add(session, tenant, Actor.system(tenant), held, typed)
        if is_old:
            method.usable_from = clock.now() - timedelta(minutes=1)
        session.flush()
    return method


def owed(
    tenant: Tenant,
    folder: Path,
    amounts: Sequence[str] = ("1000",),
    *,
    currency: str | Sequence[str] = "EUR",
    endings: Sequence[str] = (),
) -> list[Payee]:
    """Payees to whom a published period owes these amounts, each with an account."""
    recordings = tracks_of(tenant, len(amounts))
    currencies = [currency] * len(amounts) if isinstance(currency, str) else currency
    payees = [a_payee(tenant, currency=each) for each in currencies]
    for payee, recording in zip(payees, recordings, strict=True):
        deal = terms(payee, Clause(id="all", rate=Decimal(1)), currency=payee.currency)
        a_contract(tenant, deal, scopes=[Scope("recording", recording.id)])
    rows = [
        sold(recording, Net=amount, Quantity="1", Currency=each)
        for recording, amount, each in zip(recordings, amounts, currencies, strict=True)
    ]
    a_report(tenant, folder, rows)
    some_rates(tenant, currencies)
    run_of(tenant, MARCH)
    for place, payee in enumerate(payees):
        a_method(tenant, payee, endings[place] if place < len(endings) else "1234")
    return payees


RATES: Final = {"EUR": "1", "USD": "1.16", "AED": "4.26", "GBP": "0.87", "JPY": "180", "KWD": "0.356"}


def some_rates(tenant: Tenant, currencies: Collection[str]) -> None:
    """Rates by which a label knows how much amounts in these currencies are."""
    with tenant_work(tenant) as session:
        for each in {*currencies} & {*RATES} - {tenant.currency}:
            worth = Decimal(RATES[each]) / Decimal(RATES[tenant.currency])
            day = clock.now().date() - timedelta(days=60)
            rates.keep_rate(
                session, None, base=tenant.currency, quote=each, on=day, rate=round(worth, 6), source="test"
            )


def way(tenant: Tenant, currency: str = "EUR", rail: str = "sandbox") -> Way:
    """What the rail takes now."""
    return Way(rail, rails.named(rail).limits(tenant, currency))


def ways(tenant: Tenant, *currencies: str) -> Ways:
    """What the sandbox takes of some currencies, or of euros."""
    return Ways("sandbox", {each: way(tenant, each).limits for each in currencies or ("EUR",)})


def a_person(tenant: Tenant) -> Actor:
    """Somebody who asks."""
    return Actor(kind="member", id=ids.new_id(), tenant=tenant, name="Ada")


def ask(
    tenant: Tenant,
    payee: Payee,
    minor: int | None = None,
    *,
    speed: Any = "standard",
    key: str | None = None,
    actor: Actor | None = None,
) -> list[Payout]:
    """Ask for a payout as a person does."""
    wish = Wish(payee.id, Asked(payee.currency, minor, speed), f"key-{next(_numbers)}" if key is None else key)
    limits = way(tenant, payee.currency)  # never inside: a label has so many connections at once, and no more
    with tenant_work(tenant) as session:
        return requesting.request(session, tenant, actor or a_person(tenant), wish, limits)


def the_payout(tenant: Tenant, payout_id: UUID) -> Payout:
    """A payout as it stands."""
    with tenant_read(tenant) as session:
        return session.get_one(Payout, payout_id)


def four_numbers(tenant: Tenant, payee: Payee) -> tuple[int, int, int, int]:
    """Available, pending, reserved and held, in micros; they add up to what the ledger owes, or this fails."""
    with tenant_read(tenant) as session:
        held = session.get_one(Payee, payee.id)
        (found,) = [each for each in standing.standings(session, [held]) if each.currency == payee.currency]
    numbers = tuple(found.micros(place) for place in standing.PLACES)
    assert sum(numbers) == found.total_micros
    return numbers  # type: ignore[return-value]


def behind(tenant: Tenant, payee: Payee) -> int:
    """What came ahead of what was earned, at or below zero: shown beside the four numbers and taken from none of them."""
    with tenant_read(tenant) as session:
        found = standing.standings(session, [session.get_one(Payee, payee.id)])
    return sum(line.micros for each in found if each.currency == payee.currency for line in each.behind)


def held_by(tenant: Tenant, kind: Kind, currency: str = "EUR", subject: UUID | None = None) -> int:
    """What an account of the ledger holds, in micros."""
    with tenant_read(tenant) as session:
        return balance(session, Account(kind, subject, currency))


SEES: Final = {
    "accepted": {"sending", "unknown", "sent"},
    "paid": {"sending", "unknown", "sent", "paid"},
    "failed": {"sending", "unknown", "sent", "failed"},
    "returned": {"sending", "unknown", "sent", "paid", "returned"},
    "refused": {"sending", "unknown", "failed"},
}
"""Where a payout may stand while the bank has it so: behind the bank, never ahead of it."""


def check_books(tenant: Tenant, *, extras: Collection[str] = ()) -> None:
    """What must be true after anything: books that balance, set aside exactly what is under way, and nothing sent twice.

    `extras` are keys of transfers that the bank made without us.
    """
    with tenant_work(tenant) as session:
        sealing.seal(session, Actor.system(tenant))
    with tenant_read(tenant) as session:
        assert auditing.problems(session) == []
        aside = {key: micros for key, micros in _aside_micros(session).items() if micros}
        assert aside == _live_micros(session)
        payouts = {payout.id: payout for payout in session.scalars(select(Payout))}
        left = _left_the_bank(session)
        for payout in payouts.values():
            wanted = payout.sent_micros if payout.state == "paid" else 0
            assert left.get(payout.id, 0) == wanted, payout.state
            shared, step = payout.gross_micros - payout.exempt_micros, from_minor(1, payout.currency)
            assert abs(payout.platform_micros * WHOLE_PPM - shared * payout.platform_ppm) <= step * WHOLE_PPM // 2
        _check_bank(session, payouts, extras)


def _aside_micros(session: Session) -> dict[tuple[UUID, str], int]:
    """What the books hold aside for payouts, by payee and currency: what the live payouts must add up to."""
    found = ledger.balances(session, kind=Kind.PAYOUT)
    return {(account.subject, account.currency): micros for account, micros in found.items() if account.subject}


def _live_micros(session: Session) -> dict[tuple[UUID, str], int]:
    """What live payouts add up to, by payee and currency."""
    fee = func.sum(Payout.fee_micros).filter(Payout.fee_returned_at.is_not(None))
    query = (
        select(Payout.payee_id, Payout.currency, func.sum(Payout.gross_micros) - func.coalesce(fee, 0))
        .where(Payout.state.in_(LIVE))
        .group_by(Payout.payee_id, Payout.currency)
    )
    return {(payee, currency): int(micros) for payee, currency, micros in session.execute(query)}


def given_back(tenant: Tenant, payee: Payee) -> int:
    """Fees that a payee got back of payouts that stand, less what went out whole for them."""
    with tenant_read(tenant) as session:
        mine = select(Payout).where(Payout.payee_id == payee.id, Payout.state.not_in(OVER))
        stand = list(session.scalars(mine))
    return sum(each.fee_micros for each in stand if each.fee_returned_at) - sum(each.exempt_micros for each in stand)


def _check_bank(session: Session, payouts: dict[UUID, Payout], extras: Collection[str]) -> None:
    """The bank has one transfer of each payout that it heard of, of its amount, and none of any other."""
    transfers = [row for row in session.scalars(select(SandboxTransfer)) if row.key not in extras]
    assert max(Counter(row.payout_id for row in transfers).values(), default=0) <= 1
    for row in transfers:
        payout = payouts[row.payout_id]
        assert payout.state in SEES[row.state], (row.state, payout.state)
        assert (from_minor(row.amount_minor, row.currency), row.currency) == (payout.sent_micros, payout.currency)
    heard_of = {row.payout_id for row in transfers}
    for payout in payouts.values():
        if payout.rail == "sandbox" and payout.state in ("sent", "paid", "returned"):
            assert payout.id in heard_of
    moved, wanted = Counter(), Counter()
    for row in transfers:
        if row.state in ("accepted", "paid"):
            moved[row.currency] += from_minor(row.amount_minor, row.currency)
            wanted[row.currency] += payouts[row.payout_id].sent_micros
    assert moved == wanted


def _left_the_bank(session: Session) -> dict[UUID, int]:
    """What left the bank for each payout, less what came back."""
    bank = select(LedgerAccount.id).where(LedgerAccount.kind == Kind.BANK)
    micros = case((Posting.credit_id.in_(bank), Posting.amount_micros), else_=-Posting.amount_micros)
    query = select(Posting.subject_id, func.sum(micros)).where(
        Posting.subject_type == books.SUBJECT, Posting.credit_id.in_(bank) | Posting.debit_id.in_(bank)
    )
    return {key: int(total) for key, total in session.execute(query.group_by(Posting.subject_id))}


def earn(tenant: Tenant, payee: Payee, micros: int) -> None:
    """More is owed to a payee, or, below zero, less: as when sales come in, or are taken back."""
    with tenant_work(tenant) as session:
        (told,) = standing.contracts_of(session, [payee.id])[payee.id]
        payable = Account(Kind.PAYABLE, account_of(told.contract, payee.id), payee.currency)
        expense = Account(Kind.ROYALTY_EXPENSE, None, payee.currency)
        debit, credit = (expense, payable) if micros > 0 else (payable, expense)
        entry = Entry(f"restated:{ids.new_id()}", debit, credit, abs(micros), clock.now().date(), "restatement")
        ledger.post(session, Actor.system(tenant), [entry])


def a_day_later(tenant: Tenant) -> None:
    """Let the sandbox's bank do everything that waits there, and hear of it."""
    with tenant_work(tenant) as session:
        hearing.hear_of(session, sandbox.move(session, all_of_them=True))
    hearing.hear(tenant)


def due_now(tenant: Tenant) -> None:
    """Pretend that every pause is over."""
    with tenant_work(tenant) as session:
        session.execute(update(Payout).values(due_at=clock.now() - timedelta(seconds=1)))
