"""From baskets to orders: how many a second on two cores, none of them lost and nothing sold that is not there."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, insert, select

from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy, Refusal, Unavailable
from app.kernel.tenant import Tenant
from app.main import composition
from app.settings import Settings
from app.storefront.gateways import sandbox
from app.storefront.models import Basket, BasketLine, Order, OrderLine, Stock, StockLocation, StockMove, Variant
from app.storefront.rules.addresses import Address
from app.storefront.rules.details import Details
from app.storefront.rules.products import NewProduct, NewVariant
from app.storefront.service import markets, ordering, paying, products, quoting, stock
from benchmarks.harness import Figure, Figures, timed
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

ORDERS, WARM = 1_000, 100
BUYERS, LAST = 400, 50
PROCESSES, THREADS = 2, 2
THINGS, LINES = 40, 3
PER_SECOND = 50
CARD = "4242424242424242"
UNIT = 1_000_000
HOME = Address(name="Ada", street="Gleimstr. 1", city="Berlin", postcode="10437", country="DE")


_T = TypeVar("_T")


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Order many baskets of three things at once, pay for as many more, then have many want the last few of one."""
    label = open_label(OpenLabel(slug="bench", name="Bench", owner_email="o@bench.test", request_key="bench:checkout"))
    variants = _shop(label)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context, initializer=_connect, initargs=(settings,)) as pool:
        _all(pool, label, _baskets(label, variants, WARM), is_paid=True)
        ordered, took = _measured(pool, label, _baskets(label, variants, ORDERS), is_paid=False)
        tell(f"{ordered['ordered'] / took:.0f} orders a second: {dict(ordered)}")
        paid, paying_took = _measured(pool, label, _baskets(label, variants, ORDERS), is_paid=True)
        tell(f"{paid['paid'] / paying_took:.0f} paid orders a second: {dict(paid)}")
        crowd, rush = _measured(pool, label, _baskets(label, variants[-1:], BUYERS), is_paid=False)
        tell(f"{BUYERS} buyers of the last {LAST}: {dict(crowd)} in {rush:.1f} s")
    lost, bar = 2 * ORDERS - ordered["ordered"] - paid["paid"], 1_000 / PER_SECOND
    how = f"{LINES} things a basket, quoted, then placed, in {PROCESSES} processes: {ordered['ordered'] / took:.0f}/s"
    asked = f"the same, then paid on the sandbox's page and taken into the books: {paid['paid'] / paying_took:.0f}/s"
    return {
        "checkout.order": Figure(value=round(1_000 * took / ORDERS, 2), unit="ms", bar=bar, note=how),
        "checkout.paid": Figure(value=round(1_000 * paying_took / ORDERS, 2), unit="ms", note=asked),
        "checkout.lost": Figure(value=lost, unit="orders", bar=0),
        "checkout.oversold": Figure(
            value=_oversold(label), unit="things", bar=0, note="left the shelf or set aside, against ordered"
        ),
        "checkout.last": Figure(
            value=abs(crowd["ordered"] - LAST), unit="orders", bar=0,
            note=f"{BUYERS} buyers of the last {LAST}, off by so many; {rush:.1f} s",
        ),
    }  # fmt: skip


def _measured(
    pool: ProcessPoolExecutor, label: Tenant, baskets: Sequence[UUID], *, is_paid: bool
) -> tuple[Counter[str], float]:
    """What came of all baskets, and how many seconds that took."""
    outcomes: Counter[str] = Counter()
    took = timed(lambda: outcomes.update(_all(pool, label, baskets, is_paid=is_paid)))
    return outcomes, took


_open = ExitStack()
"""What a process of the pool holds until it ends."""


def _connect(settings: Settings) -> None:
    _open.enter_context(composition.connected("bench", settings))


def _all(pool: ProcessPoolExecutor, label: Tenant, baskets: Sequence[UUID], *, is_paid: bool) -> Counter[str]:
    """What came of ordering all of them, and paying where that is wished."""
    parts = [baskets[start::PROCESSES] for start in range(PROCESSES)]
    return sum(pool.map(partial(_bought, label, is_paid), parts), Counter())


def _bought(label: Tenant, is_paid: bool, baskets: Sequence[UUID]) -> Counter[str]:
    with ThreadPoolExecutor(THREADS) as crowd:
        return Counter(crowd.map(partial(_buy, label, is_paid), baskets))


def _buy(label: Tenant, is_paid: bool, basket_id: UUID) -> str:
    try:
        order_id = _patiently(partial(_order, label, basket_id))
        return _patiently(partial(_pay, label, order_id)) if is_paid else "ordered"
    except Refusal as refused:
        return refused.reason


def _patiently(work: Callable[[], _T]) -> _T:
    """Try again whenever that is what one is told."""
    while True:
        try:
            return work()
        except (Busy, Unavailable):
            continue


def _order(label: Tenant, basket_id: UUID) -> UUID:
    """Look at what a basket costs, then order it."""
    with tenant_read(label) as session:
        shown = quoting.quote(session, label, session.get_one(Basket, basket_id), country="DE")
    email = f"{basket_id.hex}@bench.test"
    details = Details(email=email, country="DE", address=HOME, shown_total_micros=shown.total_micros)
    with tenant_work(label) as session:
        basket = session.get_one(Basket, basket_id)
        return ordering.place(session, label, Actor.system(label), basket, details).id


def _pay(label: Tenant, order_id: UUID) -> str:
    """Go to the sandbox's page, pay by card, and come back; paid twice is paid."""
    step = paying.start(label, order_id, method="card", back_url="https://bench.test/")
    if step.kind == "redirect":
        with tenant_work(label) as session:
            sandbox.pay(session, step.url.rpartition("/")[2], CARD)
        paying.look(label, order_id)
    with tenant_read(label) as session:
        order = session.get_one(Order, order_id)
        return "paid" if order.paid_at is not None else order.state


def _shop(label: Tenant) -> list[UUID]:
    """A shop with things enough for everybody, and one of which there are few; their variants, that one last."""
    actor = Actor.system(label)
    wishes = [
        NewProduct(kind="physical", title=f"Thing {number}", variants=[NewVariant(price_micros=20 * UNIT, grams=200)])
        for number in range(THINGS)
    ]
    with tenant_work(label) as session:
        markets.open_shop(session, actor, label, country="DE")
        made = products.create_all(session, actor, label, wishes, is_live=True)
        place = session.scalars(select(StockLocation.id)).one()
        query = select(Variant.id).where(Variant.product_id.in_([each.id for each in made])).order_by(Variant.id)
        found = list(session.scalars(query))
        counted = dict.fromkeys(found, 3 * ORDERS * LINES) | {found[-1]: LAST}
        stock.fill(session, actor, place, counted, "counted", low_at=None)
    return found


def _baskets(label: Tenant, variants: Sequence[UUID], count: int) -> list[UUID]:
    """So many baskets with three different things each; or one where there is only one."""
    now, keys = clock.now(), [ids.new_id() for _ in range(count)]
    plenty = variants[:-1] or variants
    lines = [
        {"id": ids.new_id(), "basket_id": key, "variant_id": plenty[(number * 7 + place * 11) % len(plenty)]}
        for number, key in enumerate(keys)
        for place in range(min(LINES, len(plenty)))
    ]
    with tenant_work(label) as session:
        market = markets.markets(session)[0].id
        fixed = {"market_id": market, "language": "en", "codes": [], "created_at": now, "touched_at": now}
        session.execute(insert(Basket), [{"id": key, "token_hash": key.bytes, **fixed} for key in keys])
        session.execute(insert(BasketLine), [{**line, "quantity": 1, "added_at": now} for line in lines])
    return keys


def _oversold(label: Tenant) -> int:
    """How many things are ordered beyond those that left the shelf or are set aside, or the other way round."""
    ordered = select(func.sum(OrderLine.quantity)).join(Order).where(Order.state != "cancelled")
    with tenant_read(label) as session:
        aside = session.scalar(select(func.sum(Stock.reserved))) or 0
        left = -(session.scalar(select(func.sum(StockMove.quantity)).where(StockMove.order_id.is_not(None))) or 0)
        return abs((session.scalar(ordered) or 0) - aside - left)
