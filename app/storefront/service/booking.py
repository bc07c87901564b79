"""What orders post: in when they are paid, back when money is given back; every posting names its order.

Of an order that is paid, the whole price arrives in transit with the gateway (CLEARING) and comes from where it
belongs: taxes (SALES_TAX), sending (SHIPPING), and for each line what contracts divide of it, from what the shop as a
source of sales owes (RECEIVABLE): when the shop's sales report is accounted for, RECEIVABLE is debited with the same
sum, and is even. What contracts do not divide of a line is the part that pays the gateway, which is the label's income
(INCOME) against the fee that leaves transit (PAYMENT_FEES); and what making the thing cost, which gives back what the
label spent on it (COST_OF_GOODS, credited here and debited by whoever books the maker's bills). So income in the end is
the lines' price without tax, less making; and every posting has two sides.

Money that goes back posts the same the other way round, to the micro: a line's parts are differences of running sums
(`rules.portions`), so that after the last refund every account of the order is even, but for the fee: gateways keep it,
and PAYMENT_FEES and CLEARING go on saying so. A payment that nobody wanted waits in SUSPENSE until it went back. What a
buyer's bank takes is DISPUTED until banks have decided; lost, it is a refund out of DISPUTED, and what is taken beyond
the order, and the fee of a dispute, is lost (LOSSES).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final
from uuid import uuid5

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.rules import Account, Entry, Kind
from app.royalties.service.posting import OWN_SHOP, SOURCES
from app.storefront.models import Dispute, Order, Payment, Refund, StoreSale
from app.storefront.rules.portions import portion

SUBJECT_TYPE: Final = "store"


def transit(gateway: str, currency: str) -> Account:
    """What a gateway owes the label."""
    return Account(Kind.CLEARING, uuid5(SOURCES, f"gateway:{gateway}"), currency)


def receivable(currency: str) -> Account:
    """What the shop as a source of sales owes, once its reports are accounted for."""
    return Account(Kind.RECEIVABLE, uuid5(SOURCES, OWN_SHOP), currency)


def post_paid(
    session: Session, tenant: Tenant, order: Order, payment: Payment | None, sales: Sequence[StoreSale], on: date
) -> None:
    """Post an order that was paid; one that cost nothing has no payment, and may still have cost something to make."""
    gateway = payment.gateway if payment else "none"
    entries = list(_moved(order, gateway, f"order:{order.id}:paid", sales, _shipping(order), on, "sale"))
    if payment is not None:
        entries += _fee(order, payment, on)
    ledger.post(session, Actor.system(tenant), entries)


def post_fee(
    session: Session, tenant: Tenant, order: Order, payment: Payment, sales: Sequence[StoreSale], on: date
) -> None:
    """Post what the gateway keeps of a payment, told after it, and what lines of the order bear of it."""
    moved = _moved(order, payment.gateway, f"payment:{payment.id}:fee_borne", sales, (0, 0), on, "payment fee")
    ledger.post(session, Actor.system(tenant), [*_fee(order, payment, on), *moved])


def _fee(order: Order, payment: Payment, on: date) -> list[Entry]:
    if not payment.fee_micros:
        return []
    fees, way = Account(Kind.PAYMENT_FEES, None, payment.currency), transit(payment.gateway, payment.currency)
    key = f"payment:{payment.id}:fee"
    return [Entry(key, fees, way, payment.fee_micros, on, "payment fee", SUBJECT_TYPE, order.id)]


def post_refund(
    session: Session,
    tenant: Tenant,
    order: Order,
    payment: Payment,
    made: Refund,
    sales: Sequence[StoreSale],
    on: date,
    *,
    shipping_before: int,
) -> None:
    """Post a refund that is done; one that a bank took comes out of what was in dispute."""
    whole = order.shipping_micros + (0 if order.tax_included else order.shipping_tax_micros)
    tax = _until(order, whole, shipping_before + made.shipping_micros) - _until(order, whole, shipping_before)
    back = (-(made.shipping_micros - tax), -tax)
    source = Account(Kind.DISPUTED, None, order.currency) if made.is_dispute else None
    key = f"refund:{made.id}"
    entries = list(_moved(order, payment.gateway, key, sales, back, on, "refund", source=source))
    ledger.post(session, Actor.system(tenant), entries)


def post_stray(session: Session, tenant: Tenant, order: Order, payment: Payment, on: date) -> None:
    """Post a payment that nobody wanted: it waits in suspense."""
    way, waiting = transit(payment.gateway, payment.currency), Account(Kind.SUSPENSE, None, payment.currency)
    key = f"payment:{payment.id}:stray"
    entry = Entry(key, way, waiting, payment.amount_micros, on, "payment not wanted", SUBJECT_TYPE, order.id)
    ledger.post(session, Actor.system(tenant), [entry, *_fee(order, payment, on)])


def post_stray_back(session: Session, tenant: Tenant, order: Order, payment: Payment, made: Refund, on: date) -> None:
    """Post that a payment which nobody wanted went back."""
    way, waiting = transit(payment.gateway, payment.currency), Account(Kind.SUSPENSE, None, payment.currency)
    key = f"refund:{made.id}:stray"
    entry = Entry(key, waiting, way, made.amount_micros, on, "payment given back", SUBJECT_TYPE, order.id)
    ledger.post(session, Actor.system(tenant), [entry])


def post_came_back(session: Session, tenant: Tenant, payment: Payment, made: Refund, on: date) -> None:
    """Post that a refund which was done came back: it is owed to the buyer, who has to be paid otherwise."""
    way, waiting = transit(payment.gateway, payment.currency), Account(Kind.SUSPENSE, None, payment.currency)
    key = f"refund:{made.id}:came_back"
    entry = Entry(key, way, waiting, made.amount_micros, on, "refund came back", SUBJECT_TYPE, made.order_id)
    ledger.post(session, Actor.system(tenant), [entry])


def post_disputed(session: Session, tenant: Tenant, payment: Payment, dispute: Dispute, on: date) -> None:
    """Post that a buyer's bank took a payment until it is decided, and what that costs."""
    way = transit(payment.gateway, payment.currency)
    held, lost = (Account(kind, None, payment.currency) for kind in (Kind.DISPUTED, Kind.LOSSES))
    parts = ((held, "taken", dispute.amount_micros), (lost, "fee", dispute.fee_micros))
    entries = [
        Entry(f"dispute:{dispute.id}:{name}", account, way, micros, on, "dispute", SUBJECT_TYPE, payment.order_id)
        for account, name, micros in parts
        if micros
    ]
    ledger.post(session, Actor.system(tenant), entries)


def post_won(session: Session, tenant: Tenant, dispute: Dispute, on: date) -> None:
    """Post that the money of a dispute is back; its fee is not."""
    taken = ledger.posting_id(f"dispute:{dispute.id}:taken")
    ledger.reverse(session, Actor.system(tenant), [taken], on=on, reason="dispute won")


def post_lost(session: Session, tenant: Tenant, payment: Payment, dispute: Dispute, beyond: int, on: date) -> None:
    """Post what a lost dispute took beyond what was left of the order."""
    if beyond:
        held, lost = (Account(kind, None, payment.currency) for kind in (Kind.DISPUTED, Kind.LOSSES))
        key = f"dispute:{dispute.id}:beyond"
        entry = Entry(key, lost, held, beyond, on, "dispute lost", SUBJECT_TYPE, payment.order_id)
        ledger.post(session, Actor.system(tenant), [entry])


def _shipping(order: Order) -> tuple[int, int]:
    """What sending came to without tax, and its tax."""
    tax = order.shipping_tax_micros
    return (order.shipping_micros - tax if order.tax_included else order.shipping_micros), tax


def _until(order: Order, whole: int, given: int) -> int:
    """The tax in so much of what was paid for sending."""
    return portion(order.shipping_tax_micros, given=given, whole=whole) if whole else 0


def _moved(
    order: Order,
    gateway: str,
    key: str,
    sales: Sequence[StoreSale],
    shipping: tuple[int, int],
    on: date,
    reason: str,
    *,
    source: Account | None = None,
) -> Iterator[Entry]:
    """Money of an order between where it is and where it belongs: into the label's books, or below zero out of them."""
    currency = order.currency
    place = source or transit(gateway, currency)
    parts: tuple[tuple[str, Account, int], ...] = (
        ("tax", Account(Kind.SALES_TAX, None, currency), sum(each.tax_micros for each in sales) + shipping[1]),
        ("shipping", Account(Kind.SHIPPING, None, currency), shipping[0]),
        ("sales", receivable(currency), sum(each.net_micros for each in sales)),
        ("fees", Account(Kind.INCOME, None, currency), sum(each.fee_micros for each in sales)),
        ("making", Account(Kind.COST_OF_GOODS, None, currency), sum(each.cost_micros for each in sales)),
    )
    for name, account, micros in parts:
        debit, credit = (place, account) if micros > 0 else (account, place)
        if micros:
            yield Entry(f"{key}:{name}", debit, credit, abs(micros), on, f"{reason} {name}", SUBJECT_TYPE, order.id)
