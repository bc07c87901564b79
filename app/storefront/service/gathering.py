"""What has to be read to say what a basket costs: a bounded number of queries, however much lies in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.catalog.models import Release, Track
from app.kernel.db import LabelModel, table_of
from app.storefront.models import (
    Basket,
    BasketLine,
    BundlePart,
    Market,
    Product,
    ShippingRate,
    StoreSettings,
    TaxRate,
    TaxRegistration,
    Variant,
    VariantPrice,
)
from app.storefront.rules import ways
from app.storefront.rules.places import is_allowed
from app.storefront.rules.shelves import Needs, Shelf
from app.storefront.rules.shipping import Rate
from app.storefront.rules.taxes import OwnRate, Registered, Tables, Taxes
from app.storefront.service import stock
from app.storefront.service.markets import MarketView
from app.storefront.service.pricing import Own

Lands = tuple[Sequence[str], Sequence[str]]
"""Territories of a release, and those of them that are not meant."""


class Thing(NamedTuple):
    """A variant and its product, what it costs the label's way and by the market's list, and where it is sold."""

    variant: Variant
    product: Product
    own: Own
    lands: tuple[Lands, ...] = ()
    quantity: int = 1

    @property
    def is_sent(self) -> bool:
        """Whether somebody has to send it."""
        return self.product.kind == "physical" and self.product.fulfilled_by != "nobody"

    @property
    def is_printed(self) -> bool:
        """Whether the printer makes and sends it."""
        return self.product.fulfilled_by == "printful"

    def is_allowed(self, country: str | None) -> bool:
        """Whether it may be sold in a country: music where a release of it may."""
        return not self.lands or any(is_allowed(country, *land) for land in self.lands)


@dataclass
class Held:
    """A line of a basket, what it is of, and what that holds where it is a bundle."""

    line: BasketLine
    thing: Thing
    parts: list[Thing] = field(default_factory=list)

    def all_things(self) -> list[Thing]:
        """What is handed over: the thing, or the parts of the bundle."""
        return self.parts if self.thing.product.kind == "bundle" else [self.thing]

    def is_sold(self, country: str | None, now: datetime) -> bool:
        """Whether it is sold in a country now."""
        product = self.thing.product
        is_live = product.state == "live" and self.thing.variant.is_active
        is_early = product.on_sale_from is not None and product.on_sale_from > now
        is_whole = product.kind != "bundle" or bool(self.parts)
        is_here = all(each.is_allowed(country) for each in (self.thing, *self.parts))
        return is_live and not is_early and is_whole and is_here


@dataclass(frozen=True)
class Ground:
    """A market, how it sends, and which taxes the label collects."""

    market: MarketView
    is_open: bool
    rates: Sequence[Rate]
    taxes: Taxes
    elsewhere: frozenset[str]
    """Countries that other markets name."""

    def serves(self, country: str) -> bool:
        """Whether a country sees this market's prices."""
        return country in self.market.countries or (self.market.is_rest and country not in self.elsewhere)


_other = aliased(Market)


def _rows(model: type[LabelModel], *where: ColumnElement[bool], order: Sequence[InstrumentedAttribute[Any]]) -> Any:
    """Rows of a table as one value."""
    row = func.to_jsonb(table_of(model).table_valued())
    return select(func.jsonb_agg(aggregate_order_by(row, *order))).where(*where).scalar_subquery()


_GROUND: Final = (
    select(
        Market,
        StoreSettings.is_open,
        StoreSettings.ships_from,
        _rows(
            ShippingRate,
            ShippingRate.market_id == bindparam("market"),
            ShippingRate.is_active.is_(True),
            order=[ShippingRate.position, ShippingRate.id],
        ),
        _rows(TaxRegistration, order=[TaxRegistration.id]),
        _rows(TaxRate, order=[TaxRate.id]),
        select(func.jsonb_agg(func.to_jsonb(_other.countries)))
        .where(_other.id != bindparam("market"))
        .scalar_subquery(),
    )
    .join(StoreSettings, StoreSettings.id == 1, isouter=True)
    .where(Market.id == bindparam("market"))
)
"""One query for all of it: it is asked for at every step of every checkout."""


def ground(session: Session, market_id: UUID, *, language: str) -> Ground:
    """What is true of a market, whatever lies in a basket."""
    found = session.execute(_GROUND, {"market": market_id}).one()
    market, is_open, ships_from, sent, registered, own, others = found
    taxes = Tables(
        ships_from or "",
        [
            Registered(
                row["scheme"], row["country"], row["region"], _day(row["starts_on"]), _day_or_none(row["ends_on"])
            )
            for row in registered or ()
        ],
        [
            OwnRate(
                row["country"], row["region"], row["tax_class"], row["name"], row["rate_ppm"], _day(row["starts_on"])
            )
            for row in own or ()
        ],
    )
    elsewhere = frozenset(code for countries in others or () for code in countries)
    rates = [_rate(row, language) for row in sent or ()]
    return Ground(MarketView.of(market), market.is_open and bool(is_open), rates, taxes, elsewhere)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _day_or_none(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _rate(row: dict[str, Any], language: str) -> Rate:
    return Rate(
        row["id"], ways.named(row["name"], row["names"], language), tuple(row["countries"]), row["most_grams"],
        row["price_micros"], row["free_from_micros"], row["days_from"], row["days_until"], row["name"], row["names"],
    )  # fmt: skip


_COLUMNS = (
    Variant, Product, VariantPrice.price_micros, VariantPrice.was_micros, Release.territories,
    Release.excluded_territories,
)  # fmt: skip


def held(session: Session, basket: Basket) -> list[Held]:
    """What lies in a basket, in the order in which it came."""
    listed = and_(VariantPrice.variant_id == Variant.id, VariantPrice.market_id == basket.market_id)
    lines = (
        select(BasketLine, *_COLUMNS)
        .join(Variant, Variant.id == BasketLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(VariantPrice, listed, isouter=True)
        .join(Release, Release.id == Product.release_id, isouter=True)
        .where(BasketLine.basket_id == basket.id)
        .order_by(BasketLine.added_at, BasketLine.id)
    )
    found = [Held(row[0], _thing(*row[1:])) for row in session.execute(lines)]
    bundles = {each.thing.product.id for each in found if each.thing.product.kind == "bundle"}
    if bundles:
        parts: dict[UUID, list[Thing]] = defaultdict(list)
        query = (
            select(BundlePart.product_id, BundlePart.quantity, *_COLUMNS)
            .join(Variant, Variant.id == BundlePart.variant_id)
            .join(Product, Product.id == Variant.product_id)
            .join(VariantPrice, listed, isouter=True)
            .join(Release, Release.id == Product.release_id, isouter=True)
            .where(BundlePart.product_id.in_(bundles))
            .order_by(BundlePart.product_id, Product.position, Variant.id)
        )
        for row in session.execute(query):
            parts[row[0]].append(_thing(*row[2:])._replace(quantity=row[1]))
        for each in found:
            each.parts = parts[each.thing.product.id]
    _see_recordings(session, found)
    return found


def _thing(
    variant: Variant,
    product: Product,
    listed: int | None,
    listed_was: int | None,
    territories: list[str] | None,
    excluded: list[str] | None,
) -> Thing:
    own = Own(variant.price_micros, variant.was_micros, listed, listed_was, variant.cost_micros)
    if product.kind != "digital" or territories is None:
        return Thing(variant, product, own)
    return Thing(variant, product, own, ((territories, excluded or ()),))


def _see_recordings(session: Session, found: Sequence[Held]) -> None:
    """Recordings are sold where a release is that they stand on."""
    things = [thing for each in found for thing in (each.thing, *each.parts)]
    wanted = {thing.product.recording_id for thing in things if _is_recording(thing)}
    if not wanted:
        return
    query = select(Track.recording_id, Release.territories, Release.excluded_territories).join(
        Release, Release.id == Track.release_id
    )
    lands: dict[UUID, list[Lands]] = defaultdict(list)
    for recording, *land in session.execute(query.where(Track.recording_id.in_(wanted))):
        lands[recording].append((land[0], land[1]))
    for each in found:
        each.thing = _with_lands(each.thing, lands)
        each.parts = [_with_lands(part, lands) for part in each.parts]


def _is_recording(thing: Thing) -> bool:
    return not thing.lands and thing.product.kind == "digital" and thing.product.recording_id is not None


def _with_lands(thing: Thing, lands: Mapping[UUID, list[Lands]]) -> Thing:
    found = lands.get(thing.product.recording_id, ()) if thing.product.recording_id else ()
    return thing._replace(lands=tuple(found)) if _is_recording(thing) else thing


def shelf(session: Session, lines: Sequence[Held]) -> Shelf:
    """What is there of everything in a basket."""
    needs: dict[UUID, Needs] = {}
    editions: dict[UUID, int] = {}
    for each in lines:
        variants: Counter[UUID] = Counter()
        products: Counter[UUID] = Counter({each.thing.product.id: 1})
        if each.thing.product.kind != "bundle":
            variants[each.thing.variant.id] += 1
        for part in each.parts:
            variants[part.variant.id] += part.quantity
            products[part.product.id] += part.quantity
        needs[each.thing.variant.id] = Needs(dict(variants), dict(products))
        for thing in (each.thing, *each.parts):
            if thing.product.most is not None:
                editions[thing.product.id] = thing.product.most - thing.product.sold
    counted: Collection[UUID] = {key for need in needs.values() for key in need.variants}
    return Shelf(needs, stock.on_hand(session, counted), editions)


def opens_on(product: Product, today: date) -> date | None:
    """The day on which a pre-order comes out; None where it is out."""
    return product.ships_on if product.ships_on is not None and product.ships_on > today else None


def titled(product: Product, language: str) -> str:
    """What a product is called for who reads a language."""
    return ways.named(product.title, product.titles, language)
