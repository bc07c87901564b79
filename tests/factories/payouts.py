"""Payees with money to be had and accounts to send it to, through the services that people use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.contracts.rules.terms import Clause
from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.rules import Account, Kind
from app.payouts.gateways import rails
from app.payouts.models import Payout, PayoutMethod
from app.payouts.rules.accounts import Typed
from app.payouts.service import books, methods, requesting, standing
from app.payouts.service.quoting import Asked, Way
from app.payouts.service.requesting import Wish
from app.roster.models import Payee
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
    currency: str = "EUR",
    endings: Sequence[str] = (),
) -> list[Payee]:
    """Payees to whom a published period owes these amounts, each with an account."""
    recordings = tracks_of(tenant, len(amounts))
    payees = [a_payee(tenant, currency=currency) for _ in amounts]
    from app.contracts.schemas import Scope

    for payee, recording in zip(payees, recordings, strict=True):
        deal = terms(payee, Clause(id="all", rate=Decimal(1)), currency=currency)
        a_contract(tenant, deal, scopes=[Scope("recording", recording.id)])
    rows = [
        sold(recording, Net=amount, Quantity="1", Currency=currency)
        for recording, amount in zip(recordings, amounts, strict=True)
    ]
    a_report(tenant, folder, rows)
    run_of(tenant, MARCH)
    for place, payee in enumerate(payees):
        a_method(tenant, payee, endings[place] if place < len(endings) else "1234")
    return payees


def way(tenant: Tenant, currency: str = "EUR", rail: str = "sandbox") -> Way:
    """What the rail takes now."""
    return Way(rail, rails.named(rail).limits(tenant, currency))


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
    wish = Wish(payee.id, Asked(payee.currency, minor, speed), key or f"key-{next(_numbers)}")
    with tenant_work(tenant) as session:
        return requesting.request(session, tenant, actor or a_person(tenant), wish, way(tenant, payee.currency))


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


def held_by(tenant: Tenant, kind: Kind, currency: str = "EUR", subject: UUID | None = None) -> int:
    """What an account of the ledger holds, in micros."""
    with tenant_read(tenant) as session:
        return ledger.balance(session, Account(kind, subject, currency))


def check_books(tenant: Tenant) -> None:
    """What must be true after anything: books that balance, and set aside exactly what is under way."""
    from app.ledger.service import auditing

    with tenant_read(tenant) as session:
        assert auditing.problems(session) == []
        aside = {key: micros for key, micros in books.aside_micros(session).items() if micros}
        assert aside == books.live_micros(session)
        for payout in session.scalars(select(Payout)):
            sent = held_parts(session, payout)
            assert sent == (payout.sent_micros if payout.state == "paid" else 0), payout.state


def held_parts(session: Any, payout: Payout) -> int:
    """What left the bank for a payout, less what came back."""
    from app.ledger.models import LedgerAccount, Posting

    bank = select(LedgerAccount.id).where(LedgerAccount.kind == Kind.BANK)
    total = 0
    for posting in session.scalars(select(Posting).where(Posting.subject_id == payout.id)):
        if session.scalar(bank.where(LedgerAccount.id == posting.credit_id)):
            total += posting.amount_micros
        if session.scalar(bank.where(LedgerAccount.id == posting.debit_id)):
            total -= posting.amount_micros
    return total


def a_day_later(tenant: Tenant) -> None:
    """Let the sandbox's bank do everything that waits there, and hear of it."""
    from app.payouts.gateways import sandbox
    from app.payouts.service import hearing

    with tenant_work(tenant) as session:
        hearing.hear_of(session, sandbox.move(session, all_of_them=True))
    hearing.hear(tenant)


def due_now(tenant: Tenant) -> None:
    """Pretend that every pause is over."""
    with tenant_work(tenant) as session:
        session.execute(update(Payout).values(due_at=clock.now() - timedelta(seconds=1)))
