"""Buyers who pay, processors that move, and what must be true of money afterwards."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.money import from_minor
from app.kernel.tenant import Tenant
from app.ledger.models import LedgerAccount, Posting
from app.ledger.rules import Account, Kind
from app.ledger.service import auditing, sealing
from app.roster.models import Artist
from app.storefront.gateways import sandbox
from app.storefront.models import Order, OrderLine, Payment, Refund, SandboxBack, SandboxCharge, StoreSale
from app.storefront.service import booking, hearing, paying, refunding, returning
from app.storefront.service.paying import Step
from app.storefront.service.refunding import RefundLine
from tests.factories.ledger import balance

GOOD, PROVES, DECLINED, POOR = "4242424242424242", "4000000000003220", "4000000000000002", "4000000000009995"
LATER, NEVER, SILENT, NO_REFUNDS = "4000000000001976", "4000000000001985", "4000000000006975", "4000000000005126"
DISPUTES = "4000000000000259"
BACK = "https://label.test/en/orders/x/payment"


def an_artist(tenant: Tenant) -> UUID:
    """An artist of the label's."""
    key = f"artist-{ids.new_id().hex[-8:]}"
    with tenant_work(tenant) as session:
        row = Artist(id=ids.new_id(), key=key, name=key.title(), name_key=key, folded=key, sort_name=key)
        session.add(row)
        session.flush()
    return row.id


def start(tenant: Tenant, order: Order, method: str = "card") -> Step:
    """Go to pay."""
    return paying.start(tenant, order.id, method=method, back_url=BACK)


def token_of(step: Step) -> str:
    """The page's token in an address."""
    return step.url.rpartition("/")[2]


def pay_with(tenant: Tenant, step: Step, card: str = GOOD) -> SandboxCharge:
    """Pay on the sandbox's page; nobody was told yet."""
    with tenant_work(tenant) as session:
        return sandbox.pay(session, token_of(step), card)


def pay(tenant: Tenant, order: Order, card: str = GOOD) -> Order:
    """Pay an order from beginning to end, and come back from it."""
    pay_with(tenant, start(tenant, order), card)
    paying.look(tenant, order.id)
    return the_order(tenant, order)


def the_order(tenant: Tenant, order: Order) -> Order:
    """An order as it stands."""
    with tenant_read(tenant) as session:
        return session.get_one(Order, order.id)


def lines_of(tenant: Tenant, order: Order) -> list[OrderLine]:
    """The lines of an order that have money."""
    with tenant_read(tenant) as session:
        return refunding.money_lines(session, order.id)


def payments_of(tenant: Tenant, order: Order) -> list[Payment]:
    """The tries to be paid, in their order."""
    with tenant_read(tenant) as session:
        return list(session.scalars(select(Payment).where(Payment.order_id == order.id).order_by(Payment.id)))


def sales_of(tenant: Tenant, order: Order) -> list[StoreSale]:
    """What of an order is sales."""
    with tenant_read(tenant) as session:
        query = select(StoreSale).join(OrderLine, OrderLine.id == StoreSale.line_id)
        return list(session.scalars(query.where(OrderLine.order_id == order.id).order_by(StoreSale.number)))


def refunds_of(tenant: Tenant, order: Order) -> list[Refund]:
    """The refunds of an order, in their order."""
    with tenant_read(tenant) as session:
        return list(session.scalars(select(Refund).where(Refund.order_id == order.id).order_by(Refund.id)))


def ask_refund(
    tenant: Tenant, order: Order, lines: list[RefundLine] | None = None, *, shipping: int | None = None, **said: Any
) -> Refund:
    """Give back lines, or, without any, all that is left."""
    with tenant_work(tenant) as session:
        everything, sending = refunding.left(session, order)
        wanted = everything if lines is None else lines
        own = shipping if shipping is not None else (sending if lines is None else 0)
        said = {"reason": "did not fit"} | said
        return paying.refund(session, tenant, Actor.system(tenant), order, wanted, shipping_micros=own, **said)


def give_back(tenant: Tenant, order: Order, lines: list[RefundLine] | None = None, **said: Any) -> Refund:
    """Give back, until the gateway has done it."""
    made = ask_refund(tenant, order, lines, **said)
    returning.send(tenant, made.id)
    with tenant_read(tenant) as session:
        return session.get_one(Refund, made.id)


def move(tenant: Tenant, *, all_of_them: bool = True) -> None:
    """Let the sandbox's processor do what waits there, and hear of it."""
    with tenant_work(tenant) as session:
        hearing.hear_of(session, sandbox.move(session, all_of_them=all_of_them))
    hearing.hear(tenant)


def later(tenant: Tenant) -> None:
    """Pretend that every buyer and every refund is long gone."""
    past = clock.now() - timedelta(minutes=5)
    with tenant_work(tenant) as session:
        session.execute(update(Payment).values(started_at=past))
        session.execute(update(Refund).values(asked_at=past))


def told(tenant: Tenant, reference: str, kind: str = "paid") -> bool:
    """Let the processor call; gives whether it was news."""
    with tenant_work(tenant) as session:
        return hearing.receive(
            session, gateway="sandbox", event_id=f"{reference}:{kind}", kind=kind, reference=reference, payload=b"{}"
        )


def order_accounts(session: Session, order_id: UUID) -> dict[Account, int]:
    """What the postings of an order left on each account, on the account's own side; even ones are left out."""
    found: dict[Account, int] = {}
    rows = select(Posting).where(Posting.subject_type == booking.SUBJECT_TYPE, Posting.subject_id == order_id)
    postings = list(session.scalars(rows))
    ids = {each for posting in postings for each in (posting.debit_id, posting.credit_id)}
    accounts = {row.id: row for row in session.scalars(select(LedgerAccount).where(LedgerAccount.id.in_(ids)))}
    for posting in postings:
        for key, sign in ((posting.debit_id, 1), (posting.credit_id, -1)):
            row = accounts[key]
            account = Account(Kind(row.kind), row.subject, row.currency)
            found[account] = found.get(account, 0) + account.own_side(sign * posting.amount_micros)
    return {account: micros for account, micros in found.items() if micros}


def accounts(tenant: Tenant, order: Order) -> dict[Kind, int]:
    """What the postings of an order left, by kind of account."""
    with tenant_read(tenant) as session:
        found = order_accounts(session, order.id)
    kinds: Counter[Kind] = Counter()
    for account, micros in found.items():
        kinds[account.kind] += micros
    return {kind: micros for kind, micros in kinds.items() if micros}


def held(tenant: Tenant, kind: Kind, currency: str = "EUR", subject: UUID | None = None) -> int:
    """What an account holds."""
    with tenant_read(tenant) as session:
        return balance(session, Account(kind, subject, currency))


def check_money(tenant: Tenant) -> None:
    """What must be true after anything: books that balance, and in transit exactly what the processor has of ours.

    Nobody was charged twice without having it back, and what orders say was given back is what went back.
    """
    with tenant_work(tenant) as session:
        sealing.seal(session, Actor.system(tenant))
    with tenant_read(tenant) as session:
        assert auditing.problems(session) == []
        for currency in set(session.scalars(select(Order.currency))):
            assert balance(session, booking.transit("sandbox", currency)) == _at_processor(session, currency)
        for order in session.scalars(select(Order)):
            paid = [
                p for p in session.scalars(select(Payment).where(Payment.order_id == order.id)) if p.state == "paid"
            ]
            assert len(paid) <= 1
            is_paid = order.paid_at is not None and order.total_micros > 0
            assert bool(paid) == is_paid, (order.state, len(paid))
            live = select(Refund).where(Refund.order_id == order.id, Refund.state != "failed")
            ours = [each for each in session.scalars(live) if paid and each.payment_id == paid[0].id]
            assert order.refunded_micros == sum(each.amount_micros for each in ours)
            if order.state == "refunded":
                assert order.refunded_micros == order.total_micros


def _at_processor(session: Session, currency: str) -> int:
    """What the processor has of the label, as far as we have heard: only what is settled on both sides is compared."""
    charges = {
        row.reference: row for row in session.scalars(select(SandboxCharge).where(SandboxCharge.currency == currency))
    }
    heard = set(session.scalars(select(Payment.reference).where(Payment.paid_at.is_not(None))))
    minor = sum(row.amount_minor - row.fee_minor for row in charges.values() if row.reference in heard)
    refunds = set(session.scalars(select(Refund.id).where(Refund.state == "done")))
    for back in session.scalars(select(SandboxBack).where(SandboxBack.charge.in_(charges))):
        if back.kind == "refund" and back.state == "done" and back.refund_id in refunds:
            minor -= back.amount_minor
        elif back.kind == "dispute":
            minor -= back.fee_minor + (0 if back.state == "won" else back.amount_minor)
    return from_minor(minor, currency)
