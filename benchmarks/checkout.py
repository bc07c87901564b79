"""From baskets to orders: how many a second on two cores, none of them lost and nothing sold that is not there."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from uuid import UUID

from sqlalchemy import func, insert, select

from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy, Refusal, Unavailable
from app.kernel.tenant import Tenant
from app.main import composition
from app.settings import Settings
from app.storefront.models import Basket, BasketLine, Order, OrderLine, Stock, StockLocation, Variant
from app.storefront.rules.addresses import Address
from app.storefront.rules.details import Details
from app.storefront.rules.products import NewProduct, NewVariant
from app.storefront.service import markets, ordering, products, quoting, stock
from benchmarks.harness import Figure, Figures, timed
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

ORDERS, WARM = 2_000, 200
BUYERS, LAST = 400, 50
PROCESSES, THREADS = 2, 2
THINGS, LINES = 40, 3
PER_SECOND = 50
UNIT = 1_000_000
HOME = Address(name="Ada", street="Gleimstr. 1", city="Berlin", postcode="10437", country="DE")


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Order many baskets of three things each at once, then have many buyers want the last few of one."""
    label = open_label(OpenLabel(slug="bench", name="Bench", owner_email="o@bench.test", request_key="bench:checkout"))
    variants = _shop(label)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context, initializer=_connect, initargs=(settings,)) as pool:
        _all(pool, label, _baskets(label, variants, WARM))
        baskets = _baskets(label, variants, ORDERS)
        outcomes: Counter[str] = Counter()
        took = timed(lambda: outcomes.update(_all(pool, label, baskets)))
        rate = outcomes["ordered"] / took
        tell(f"{rate:.0f} orders a second: {dict(outcomes)}")
        last = variants[-1:]
        crowd: Counter[str] = Counter()
        rush = timed(lambda: crowd.update(_all(pool, label, _baskets(label, last, BUYERS))))
        tell(f"{BUYERS} buyers of the last {LAST}: {dict(crowd)} in {rush:.1f} s")
    lost, over = ORDERS - outcomes["ordered"], _oversold(label)
    note = f"{LINES} things a basket, quoted, then placed, in {PROCESSES} processes: {rate:.0f} orders a second"
    return {
        "checkout.order": Figure(value=round(1_000 * took / ORDERS, 2), unit="ms", bar=1_000 / PER_SECOND, note=note),
        "checkout.lost": Figure(value=lost, unit="orders", bar=0),
        "checkout.oversold": Figure(value=over, unit="things", bar=0, note="what lies there against what was ordered"),
        "checkout.last": Figure(
            value=abs(crowd["ordered"] - LAST), unit="orders", bar=0,
            note=f"{BUYERS} buyers of the last {LAST}, off by so many; {rush:.1f} s",
        ),
    }  # fmt: skip


_open = ExitStack()
"""What a process of the pool holds until it ends."""


def _connect(settings: Settings) -> None:
    _open.enter_context(composition.connected("bench", settings))


def _all(pool: ProcessPoolExecutor, label: Tenant, baskets: Sequence[UUID]) -> Counter[str]:
    """What came of ordering all of them."""
    parts = [baskets[start::PROCESSES] for start in range(PROCESSES)]
    return sum(pool.map(partial(_ordered, label), parts), Counter())


def _ordered(label: Tenant, baskets: Sequence[UUID]) -> Counter[str]:
    with ThreadPoolExecutor(THREADS) as crowd:
        return Counter(crowd.map(partial(_order, label), baskets))


def _order(label: Tenant, basket_id: UUID) -> str:
    """Look at what a basket costs, then order it: what came of it."""
    while True:
        try:
            with tenant_read(label) as session:
                shown = quoting.quote(session, label, session.get_one(Basket, basket_id), country="DE")
            email = f"{basket_id.hex}@bench.test"
            details = Details(email=email, country="DE", address=HOME, shown_total_micros=shown.total_micros)
            with tenant_work(label) as session:
                basket = session.get_one(Basket, basket_id)
                ordering.place(session, label, Actor.system(label), basket, details)
        except (Busy, Unavailable):
            continue
        except Refusal as refused:
            return refused.reason
        return "ordered"


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
        counted = dict.fromkeys(found, ORDERS * LINES) | {found[-1]: LAST}
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
    """How many things are ordered beyond those that were set aside for it, or the other way round."""
    ordered = select(func.sum(OrderLine.quantity)).join(Order).where(Order.state == "placed")
    with tenant_read(label) as session:
        aside = session.scalar(select(func.sum(Stock.reserved))) or 0
        return abs((session.scalar(ordered) or 0) - aside)
