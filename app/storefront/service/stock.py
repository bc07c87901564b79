"""How many there are, how many of these are spoken for, and why there are more or fewer.

Whoever sets something aside locks the rows of stock in the order of their ids, then those of limited editions: two
orders of the same things wait for each other, never in a circle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, column, func, insert, or_, select, update, values
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.storefront.models import BundlePart, Order, OrderLine, Product, Stock, StockLocation, StockMove, Variant
from app.storefront.rules.refusals import LocationUnknown, ProductUnknown, SoldOut, StockUnusable
from app.storefront.rules.shelves import Needs, Shelf


class Taken(NamedTuple):
    """So many that were set aside at a location; None: there is nothing to count."""

    location_id: UUID | None
    quantity: int


def shelf(session: Session, variant_ids: Collection[UUID]) -> Shelf:
    """What is there of variants and of what bundles among them are made of; three queries, however many they are."""
    own = (
        select(Variant.id, Variant.product_id, Product.kind, Product.most, Product.sold)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(set(variant_ids)))
    )
    rows = session.execute(own).all()
    bundles = {row.product_id for row in rows if row.kind == "bundle"}
    parts: dict[UUID, list[Any]] = defaultdict(list)
    if bundles:
        query = (
            select(BundlePart, Variant.product_id, Product.most, Product.sold)
            .join(Variant, Variant.id == BundlePart.variant_id)
            .join(Product, Product.id == Variant.product_id)
            .where(BundlePart.product_id.in_(bundles))
        )
        for part in session.execute(query):
            parts[part.BundlePart.product_id].append(part)
    editions = {row.product_id: row.most - row.sold for row in rows if row.most is not None}
    needs: dict[UUID, Needs] = {}
    for row in rows:
        held = Counter({row.id: 1}) if row.kind != "bundle" else Counter()
        products = Counter({row.product_id: 1})
        for part in parts[row.product_id]:
            held[part.BundlePart.variant_id] += part.BundlePart.quantity
            products[part.product_id] += part.BundlePart.quantity
            if part.most is not None:
                editions[part.product_id] = part.most - part.sold
        needs[row.id] = Needs(dict(held), dict(products))
    counted = {key for need in needs.values() for key in need.variants}
    return Shelf(needs, on_hand(session, counted), editions)


def on_hand(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many of variants are free, at all places together; one that is not counted is missing."""
    if not variant_ids:
        return {}
    free = func.coalesce(func.sum(Stock.on_hand - Stock.reserved).filter(StockLocation.is_active), 0)
    query = (
        select(Stock.variant_id, free)
        .join(StockLocation, StockLocation.id == Stock.location_id)
        .where(Stock.variant_id.in_(set(variant_ids)))
        .group_by(Stock.variant_id)
    )
    return {key: int(count) for key, count in session.execute(query)}


def available(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, int | None]:
    """How many of each can be had, None where it never ends: by stock, editions and parts of bundles."""
    if not variant_ids:
        return {}
    found = shelf(session, variant_ids)
    return {key: found.left(key) for key in found.needs}


def set_aside(session: Session, wanted: Mapping[UUID, int], titles: Mapping[UUID, str]) -> dict[UUID, list[Taken]]:
    """Speak for so many of each variant, from as few places as can be; `SoldOut` and nothing where one is short."""
    free: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    left = Stock.on_hand - Stock.reserved
    query = (
        select(Stock.variant_id, Stock.location_id, left, StockLocation.is_active, StockLocation.position)
        .join(StockLocation, StockLocation.id == Stock.location_id)
        .where(Stock.variant_id.in_(wanted))
        .order_by(Stock.variant_id, Stock.location_id)
        .with_for_update(of=Stock)
    )
    locked = session.execute(query).all()
    for variant, location, count, is_active, _ in sorted(locked, key=lambda row: row[4]):
        free[variant].append((location, count if is_active else 0))
    taken = {key: _spread(free[key], count) if key in free else [Taken(None, count)] for key, count in wanted.items()}
    for key, found in taken.items():
        if found is None:
            raise SoldOut(title=titles[key])
    done: dict[UUID, list[Taken]] = {key: found for key, found in taken.items() if found is not None}
    places = [(key, each.location_id, each.quantity) for key, found in done.items() for each in found]
    short = _reserve(session, [(key, location, count) for key, location, count in places if location is not None])
    if short:
        raise SoldOut(title=titles[min(short)])
    return done


def _spread(free: Sequence[tuple[UUID, int]], wanted: int) -> list[Taken] | None:
    """From where so many are taken: the first place that has them all, else all places in their order."""
    whole = next((location for location, count in free if count >= wanted), None)
    if whole is not None:
        return [Taken(whole, wanted)]
    taken, left = [], wanted
    for location, count in free:
        if count > 0 and left > 0:
            taken.append(Taken(location, min(count, left)))
            left -= taken[-1].quantity
    return taken if left == 0 else None


def _reserve(session: Session, places: Sequence[tuple[UUID, UUID, int]]) -> set[UUID]:
    """Speak for so many of variants at places, where they are free; the variants of which there were not enough."""
    if not places:
        return set()
    columns = (column("variant_id", Uuid), column("location_id", Uuid), column("quantity", Integer))
    given = values(*columns, name="given").data(list(places))
    enough = Stock.on_hand - Stock.reserved >= given.c.quantity
    changed = session.execute(
        update(Stock)
        .where(Stock.variant_id == given.c.variant_id, Stock.location_id == given.c.location_id, enough)
        .values(reserved=Stock.reserved + given.c.quantity)
        .returning(Stock.variant_id, Stock.location_id)
        .execution_options(synchronize_session=False)
    )
    done = {(variant, location) for variant, location in changed}
    return {variant for variant, location, _ in places if (variant, location) not in done}


def count_editions(session: Session, wanted: Mapping[UUID, int], titles: Mapping[UUID, str]) -> None:
    """Count so many of limited products as sold, or none and `SoldOut`."""
    for key in sorted(wanted):
        changed = session.execute(
            update(Product)
            .where(Product.id == key, Product.sold + wanted[key] <= Product.most)
            .values(sold=Product.sold + wanted[key])
            .returning(Product.id)
            .execution_options(synchronize_session=False)
        )
        if changed.first() is None:
            raise SoldOut(title=titles[key])


def _held(session: Session, order: Order) -> list[tuple[UUID, UUID, int]]:
    """What an order has set aside where, in the order in which rows are locked."""
    query = (
        select(OrderLine.variant_id, OrderLine.location_id, func.sum(OrderLine.quantity))
        .where(OrderLine.order_id == order.id, OrderLine.location_id.is_not(None))
        .group_by(OrderLine.variant_id, OrderLine.location_id)
        .order_by(OrderLine.variant_id, OrderLine.location_id)
    )
    return [(variant, location, int(count)) for variant, location, count in session.execute(query) if location]


def free(session: Session, order: Order) -> None:
    """Let go of what is set aside for an order that will not be paid, and count its editions back."""
    for variant, location, count in _held(session, order):
        session.execute(
            update(Stock)
            .where(Stock.variant_id == variant, Stock.location_id == location)
            .values(reserved=Stock.reserved - count)
            .execution_options(synchronize_session=False)
        )
    uncount_editions(session, order)


def uncount_editions(session: Session, order: Order) -> None:
    """Count what an order had of limited editions as not sold."""
    query = select(OrderLine.product_id, func.sum(OrderLine.quantity)).where(OrderLine.order_id == order.id)
    for key, count in session.execute(query.group_by(OrderLine.product_id).order_by(OrderLine.product_id)):
        session.execute(
            update(Product)
            .where(Product.id == key, Product.most.is_not(None))
            .values(sold=func.greatest(Product.sold - int(count), 0))
            .execution_options(synchronize_session=False)
        )


def take(session: Session, order: Order) -> None:
    """Take what was set aside for an order that is paid off the shelf, and say where little is left."""
    held, now = _held(session, order), clock.now()
    for variant, location, count in held:
        session.execute(
            update(Stock)
            .where(Stock.variant_id == variant, Stock.location_id == location)
            .values(reserved=Stock.reserved - count, on_hand=Stock.on_hand - count)
            .execution_options(synchronize_session=False)
        )
    if not held:
        return
    moves = [
        {
            "variant_id": variant, "location_id": location, "quantity": -count, "reason": "sold", "order_id": order.id,
            "moved_at": now,
        }
        for variant, location, count in held
    ]  # fmt: skip
    session.execute(insert(StockMove), moves)
    tell_low(session, {variant for variant, _, _ in held})


def move(
    session: Session, actor: Actor, variant_id: UUID, location_id: UUID, quantity: int, reason: str,
    *, order_id: UUID | None = None,
) -> Stock:  # fmt: skip
    """Put some of a variant somewhere, or take some away (`quantity` below zero), and say why."""
    if session.get(StockLocation, location_id) is None:
        raise LocationUnknown
    if session.get(Variant, variant_id) is None:
        raise ProductUnknown
    row = upsert(Stock).values(variant_id=variant_id, location_id=location_id, on_hand=0)
    session.execute(row.on_conflict_do_nothing())
    key = {"variant_id": variant_id, "location_id": location_id}
    stock = session.get_one(Stock, key, with_for_update=True, populate_existing=True)
    if stock.on_hand + quantity < stock.reserved:
        raise StockUnusable(count=stock.on_hand - stock.reserved)
    stock.on_hand += quantity
    session.flush()
    told = {"quantity": quantity, "reason": reason, "order_id": order_id, "moved_by": actor.id}
    session.execute(insert(StockMove).values(**key, **told, moved_at=clock.now()))
    after = {"quantity": quantity, "on_hand": stock.on_hand, "reason": reason}
    activity.record(session, actor, "stock.moved", subject_type="variant", subject_id=variant_id, after=after)
    tell_low(session, {variant_id})
    session.refresh(stock)
    return stock


def fill(
    session: Session, actor: Actor, location_id: UUID, counted: Mapping[UUID, int], reason: str, *, low_at: int | None
) -> None:
    """Put so many of variants that lie nowhere yet at a place; the number of queries does not grow with them."""
    rows = [
        {"variant_id": key, "location_id": location_id, "on_hand": count, "low_at": low_at}
        for key, count in sorted(counted.items())
    ]
    told = {"reason": reason, "moved_by": actor.id, "moved_at": clock.now()}
    session.execute(insert(Stock), rows)
    moves = [
        {"variant_id": row["variant_id"], "location_id": location_id, "quantity": row["on_hand"], **told}
        for row in rows
    ]
    session.execute(insert(StockMove), moves)
    said = [(str(row["variant_id"]), None, {"on_hand": row["on_hand"], "reason": reason}) for row in rows]
    activity.record_many(session, actor, "stock.moved", subject_type="variant", told=said)
    tell_low(session, set(counted))


def set_low(session: Session, stock: Stock, low_at: int | None) -> None:
    """Say at how few the label is told."""
    stock.low_at = low_at
    session.flush()
    tell_low(session, {stock.variant_id})


def tell_low(session: Session, variant_ids: Collection[UUID]) -> None:
    """Record where few are left, once until there are more again."""
    left, mine = Stock.on_hand - Stock.reserved, Stock.variant_id.in_(variant_ids)
    again = or_(Stock.low_at.is_(None), left > Stock.low_at)
    options: dict[str, Any] = {"synchronize_session": False}
    session.execute(
        update(Stock)
        .where(mine, Stock.told_low_at.is_not(None), again)
        .values(told_low_at=None)
        .execution_options(**options)
    )
    query = update(Stock).where(mine, Stock.told_low_at.is_(None), left <= Stock.low_at)
    rows = query.values(told_low_at=clock.now()).returning(Stock.variant_id, Stock.location_id, left)
    system = Actor.system(session.info.get("tenant"))
    for variant, location, count in session.execute(rows.execution_options(**options)).all():
        after = {"left": count, "location": str(location)}
        activity.record(session, system, "stock.low", subject_type="variant", subject_id=variant, after=after)
