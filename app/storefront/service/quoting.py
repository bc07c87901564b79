"""What a basket costs, computed here and nowhere else: the page shows it and the order keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.tenant import Tenant
from app.royalties.service import rates
from app.storefront.models import Basket, Discount
from app.storefront.rules import reckoning, shipping
from app.storefront.rules.discounts import Offer
from app.storefront.rules.printing import Wanted, with_printed
from app.storefront.rules.quotes import DiscountLine, Quote, QuoteLine, QuotePart, TaxLine, Way
from app.storefront.rules.reckoning import Item, Line, Part, Reckoned
from app.storefront.rules.rounding import converted, minor_step
from app.storefront.rules.taxes import BY_REGION, Levy, Place, region_code
from app.storefront.service import discounts, pricing, printed_rates
from app.storefront.service.gathering import Ground, Held, Thing, ground, held, opens_on, shelf, titled
from app.storefront.service.pricing import Price

HIDDEN = frozenset({"sold_out", "not_here", "price_gone"})
"""Problems with which a line is not counted."""


@dataclass(frozen=True)
class Priced:
    """A line of a basket with its price, what is wrong with it, and how many there are."""

    held: Held
    price: Price | None
    unit_micros: int
    problem: str | None
    left: int | None


@dataclass(frozen=True)
class Prepared:
    """A quote, and what it was made of."""

    quote: Quote
    ground: Ground
    lines: Sequence[Priced]
    reckoned: Reckoned
    rate: Decimal | None
    """How much of the quote's currency one unit of the label's is worth."""


def quote(
    session: Session,
    tenant: Tenant,
    basket: Basket,
    *,
    country: str | None = None,
    region: str | None = None,
    way: str | None = None,
) -> Quote:
    """What a basket costs somebody in a country, sent in a way; each is what the basket says where nothing is said.

    A handful of queries, however much lies in the basket.
    """
    return prepare(session, tenant, basket, country=country, region=region, way=way).quote


def prepare(
    session: Session,
    tenant: Tenant,
    basket: Basket,
    *,
    country: str | None = None,
    region: str | None = None,
    way: str | None = None,
    agreed: Mapping[UUID, int] | None = None,
) -> Prepared:
    """The same, with what it was made of; what was `agreed` before is what variants cost, and they are there."""
    here = ground(session, basket.market_id, language=basket.language)
    country = country or basket.country or (here.market.countries[0] if len(here.market.countries) == 1 else None)
    place = Place(country, region_code(country, region or basket.region)) if country else None
    rate = pricing.rate_to(session, tenant, here.market.currency)
    priced = _priced(session, tenant, basket, here, rate, country, agreed or {})
    ways, printed = _ways(tenant, here, priced, place)
    chosen = _chosen(ways, way)
    offers = _offers(session, tenant, basket, here, rate)
    step = minor_step(here.market.currency)
    reckoned = reckoning.reckon(
        [_item(each, here, rate, place, tenant) for each in priced],
        offers,
        shipping=chosen.price_micros // step if chosen else 0,
        free_from=_steps(chosen.free_from_micros, step) if chosen else None,
        tax_included=here.market.tax_shown == "included",
    )
    made = _quote(basket, here, priced, reckoned, ways, chosen, place, clock.day_in(tenant.time_zone))
    made = msgspec.structs.replace(made, printed=printed)
    return Prepared(made, here, priced, reckoned, rate)


def _steps(micros: int | None, step: int) -> int | None:
    return None if micros is None else -(-micros // step)


def _priced(
    session: Session, tenant: Tenant, basket: Basket, here: Ground, rate: Decimal | None, country: str | None,
    agreed: Mapping[UUID, int],
) -> list[Priced]:  # fmt: skip
    lines, now = held(session, basket), clock.now()
    there = shelf(session, lines)
    found = []
    for each in lines:
        price = pricing.price_of(each.thing.own, here.market, rate, own_currency=tenant.currency)
        parts = each.parts if each.thing.product.kind == "bundle" else ()
        if any(pricing.is_cost_unknown(part.own, here.market, rate, tenant.currency) for part in parts):
            price = None
        unit, problem, left, before = 0, None, None, agreed.get(each.thing.variant.id)
        named = each.line.named_micros if each.thing.product.is_named_price else None
        if not each.is_sold(country, now):
            problem = "not_here"
        elif before is not None:
            unit = before
        elif price is None or (named is not None and named < price.micros):
            problem = "price_gone"
        else:
            left = there.take(each.thing.variant.id, each.line.quantity)
            problem = None if left == each.line.quantity else ("only_n" if left else "sold_out")
        if price is not None and before is None:
            unit = price.micros if named is None else named
        found.append(Priced(each, price, unit, problem, left if problem == "only_n" else None))
    return found


def _ways(
    tenant: Tenant, here: Ground, priced: Sequence[Priced], place: Place | None
) -> tuple[list[shipping.Rate] | None, Wanted | None]:
    """How it can be sent, None where nothing has to be; and what the printer has not been asked yet."""
    sent = [
        (thing, each.held.line.quantity * thing.quantity)
        for each in priced
        for thing in each.held.all_things()
        if thing.is_sent and each.problem not in HIDDEN
    ]
    if not sent:
        return None, None
    country = place.country if place else None
    printed = [(thing.variant.id, quantity) for thing, quantity in sent if thing.is_printed]
    wanted = printed_rates.wanted(country, place.region if place else None, here.market.currency, printed)
    said = printed_rates.known(tenant, wanted) if wanted else None
    grams = sum(thing.variant.grams * quantity for thing, quantity in sent if not (said and thing.is_printed))
    own = shipping.ways(here.rates, country=country, grams=grams)
    if not said:
        return own, wanted if said is None else None
    return with_printed(own, said, is_all=len(printed) == len(sent)), None


def _chosen(ways: Sequence[shipping.Rate] | None, key: str | None) -> shipping.Rate | None:
    """The way that was chosen, else the first."""
    if not ways:
        return None
    return next((way for way in ways if way.key == key), ways[0])


def _offers(
    session: Session, tenant: Tenant, basket: Basket, here: Ground, rate: Decimal | None
) -> list[Offer]:  # fmt: skip
    """The discounts that may count, in minor units of the market; one that cannot be converted does not."""
    currency = here.market.currency
    found = discounts.offered(session, basket.codes, market_id=here.market.id)
    foreign = {each.currency for each in found if each.currency} - {currency, tenant.currency}
    known: dict[str, Decimal | None] = {tenant.currency: rate, currency: Decimal(1)}
    for code in foreign:
        said = rates.rate(session, code, currency, on=clock.day_in(tenant.time_zone))
        known[code] = said.value if said else None
    offers = [_offer(each, known, tenant.currency, currency) for each in found]
    return [offer for offer in offers if offer is not None]


def _offer(row: Discount, known: Mapping[str, Decimal | None], own: str, currency: str) -> Offer | None:
    step = minor_step(currency)

    def here(micros: int, of: str) -> int | None:
        rate = known[of]
        return None if rate is None else converted(micros, rate, currency) // step

    value = here(row.value, row.currency) if row.currency else row.value
    least = here(row.least_micros, own) if row.least_micros else 0
    if value is None or least is None:
        return None
    return Offer(
        row.id, row.code, row.name, row.kind, value, row.buy or 0, row.get or 0, frozenset(row.product_ids), least,
        row.stacks,
    )  # fmt: skip


def _item(each: Priced, here: Ground, rate: Decimal | None, place: Place | None, tenant: Tenant) -> Item:
    step = minor_step(here.market.currency)
    unit = 0 if each.problem in HIDDEN else each.unit_micros // step

    today = clock.day_in(tenant.time_zone)

    def levies(thing: Thing) -> tuple[Levy, ...]:
        return here.taxes.levies(thing.product.tax_class, place, today) if place else ()

    def part(thing: Thing) -> Part:
        price = pricing.price_of(thing.own, here.market, rate, own_currency=tenant.currency)
        return Part(thing.quantity, price.micros if price else 0, levies(thing), thing.is_sent)

    thing = each.held.thing
    parts = tuple(part(part_) for part_ in each.held.parts) if thing.product.kind == "bundle" else ()
    return Item(thing.product.id, each.held.line.quantity, unit, levies(thing), thing.is_sent, parts)


def _quote(
    basket: Basket,
    here: Ground,
    priced: Sequence[Priced],
    reckoned: Reckoned,
    ways: Sequence[shipping.Rate] | None,
    chosen: shipping.Rate | None,
    place: Place | None,
    today: date,
) -> Quote:
    step = minor_step(here.market.currency)
    is_free = any(saving.frees_shipping for saving in reckoned.savings)
    return Quote(
        currency=here.market.currency,
        tax_included=here.market.tax_shown == "included",
        lines=[
            _line(each, line, step, basket.language, today) for each, line in zip(priced, reckoned.lines, strict=True)
        ],
        items_micros=reckoned.items * step,
        discount_micros=reckoned.discount * step,
        shipping_micros=reckoned.shipping * step,
        shipping_tax_micros=reckoned.shipping_tax * step,
        tax_micros=reckoned.tax * step,
        total_micros=reckoned.total * step,
        taxes=[TaxLine(each.name, each.rate_ppm, each.base * step, each.tax * step) for each in reckoned.taxes],
        discounts=_discounts(reckoned, chosen, step),
        ways=[_way(rate, reckoned, step, is_free=is_free) for rate in ways or ()],
        way=chosen.key if chosen else None,
        country=place.country if place else None,
        region=place.region if place else None,
        needs_address=ways is not None,
        needs_country=place is None,
        needs_region=place is not None and place.country in BY_REGION and not place.region,
    )


def _discounts(reckoned: Reckoned, chosen: shipping.Rate | None, step: int) -> list[DiscountLine]:
    freed = chosen.price_micros if chosen else 0
    return [
        DiscountLine(
            id=saving.offer.id,
            code=saving.offer.code,
            name=saving.offer.name,
            kind=saving.offer.kind,
            micros=freed if saving.frees_shipping else sum(saving.by_line) * step,
        )
        for saving in reckoned.savings
    ]


def _way(rate: shipping.Rate, reckoned: Reckoned, step: int, *, is_free: bool) -> Way:
    is_free = is_free or (
        rate.free_from_micros is not None and (reckoned.items - reckoned.discount) * step >= rate.free_from_micros
    )
    price = 0 if is_free else rate.price_micros
    return Way(rate.key, rate.name, price, rate.days_from, rate.days_until, rate.own, rate.names)


def _line(each: Priced, line: Line, step: int, language: str, today: date) -> QuoteLine:
    thing, row = each.held.thing, each.held.line
    opens = opens_on(thing.product, today)
    rates_ = {piece.rate_ppm for piece in line.pieces}
    return QuoteLine(
        line_id=row.id,
        variant_id=thing.variant.id,
        product_id=thing.product.id,
        slug=thing.product.slug,
        title=titled(thing.product, language),
        variant=thing.variant.title,
        kind=thing.product.kind,
        quantity=row.quantity,
        unit_micros=each.unit_micros,
        was_micros=each.price.was_micros if each.price else None,
        discount_micros=line.discount * step,
        amount_micros=line.amount * step,
        tax_micros=line.tax * step,
        tax_ppm=rates_.pop() if len(rates_) == 1 else 0,
        net_micros=line.net * step,
        is_named_price=thing.product.is_named_price,
        ships_on=opens.isoformat() if opens else None,
        interval=thing.product.interval,
        gift=row.gift,
        problem=each.problem,
        left=each.left,
        parts=_parts(each.held, line, step, language),
    )


def _parts(held_: Held, line: Line, step: int, language: str) -> list[QuotePart]:
    found = []
    for piece in line.pieces:
        if piece.part is not None:
            thing = held_.parts[piece.part]
            found.append(
                QuotePart(
                    variant_id=thing.variant.id,
                    product_id=thing.product.id,
                    title=titled(thing.product, language),
                    variant=thing.variant.title,
                    kind=thing.product.kind,
                    quantity=piece.quantity,
                    unit_micros=piece.unit * step,
                    discount_micros=piece.discount * step,
                    amount_micros=piece.amount * step,
                    tax_micros=piece.tax * step,
                    tax_ppm=piece.rate_ppm,
                    net_micros=piece.net * step,
                )
            )
    return found
