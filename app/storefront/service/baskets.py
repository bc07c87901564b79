"""Baskets: what somebody means to buy, under a secret that only their browser has."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from app.kernel import clock, ids
from app.kernel.money import format_money
from app.kernel.tenant import Tenant
from app.storefront.models import Basket, BasketLine, Market, Product, Variant
from app.storefront.rules.details import EMAIL
from app.storefront.rules.refusals import (
    BasketFull,
    BasketGone,
    CodeUnusable,
    GiftDayUnusable,
    GiftUnaddressed,
    NamedPriceUnusable,
    NotSoldHere,
    OnlySoMany,
    PriceGone,
    ProductUnknown,
    QuantityUnusable,
    SoldOut,
)
from app.storefront.rules.rounding import is_whole_minor
from app.storefront.service import discounts, pricing, stock
from app.storefront.service.markets import MarketView

MOST_LINES: Final = 50
MOST_EACH: Final = 100
MOST_CODES: Final = 5
MOST_NAMED: Final = 1_000
"""So many times the least price, or so many units of a currency where there is none, may be named."""

KEPT_DAYS: Final = 60
GIFT: Final = {"to": 254, "from": 100, "words": 1_000}
"""What is said of a gift, and how long it may be: to whom (mail address), from whom, with which words."""

GIFT_DAYS: Final = 366
"""So far ahead may the day ("on") be on which whoever gets it hears of it."""


def token_hash(token: str) -> bytes:
    """What is kept of a basket's secret."""
    return hashlib.sha256(token.encode(errors="backslashreplace")).digest()


def basket_of(session: Session, token: str | None, *, even_ordered: bool = False) -> Basket | None:
    """The basket under a secret, if it is there and not ordered yet."""
    if not token:
        return None
    found = session.scalar(select(Basket).where(Basket.token_hash == token_hash(token)))
    return found if found is not None and (even_ordered or found.ordered_at is None) else None


def start(session: Session, market: MarketView, language: str) -> tuple[Basket, str]:
    """An empty basket, and the secret under which it is found again."""
    token, now = ids.new_token(), clock.now()
    basket = Basket(
        id=ids.new_id(),
        token_hash=token_hash(token),
        market_id=market.id,
        language=language,
        created_at=now,
        touched_at=now,
        codes=[],
    )
    session.add(basket)
    session.flush()
    return basket, token


def lines_of(session: Session, basket: Basket) -> list[BasketLine]:
    """What lies in a basket, in the order in which it came."""
    query = select(BasketLine).where(BasketLine.basket_id == basket.id)
    return list(session.scalars(query.order_by(BasketLine.added_at, BasketLine.id)))


def add(
    session: Session,
    tenant: Tenant,
    basket: Basket,
    variant_id: UUID,
    quantity: int = 1,
    *,
    named_micros: int | None = None,
    gift: dict[str, str] | None = None,
) -> BasketLine:
    """Lay so many of a variant into a basket; what lies there already at the same terms becomes more.

    Whether it can be had is said at once; what it costs is never kept, but for a price that the fan names.
    """
    touch(session, basket)
    variant, product = _sold(session, variant_id)
    named = _named(session, tenant, basket, variant, product, named_micros)
    given = _gift(gift) if product.kind == "digital" else None
    held = lines_of(session, basket)
    same = next(
        (line for line in held if (line.variant_id, line.named_micros, line.gift) == (variant_id, named, given)), None
    )
    if same is None and len(held) >= MOST_LINES:
        raise BasketFull(count=MOST_LINES)
    wanted = _many(quantity) + (same.quantity if same else 0)
    wanted = 1 if _is_single(product) else wanted
    others = sum(line.quantity for line in held if line.variant_id == variant_id and line is not same)
    _check_there(session, product, variant_id, wanted + others)
    if same is not None:
        same.quantity = _many(wanted)
        session.flush()
        return same
    line = BasketLine(
        id=ids.new_id(), basket_id=basket.id, variant_id=variant_id, quantity=wanted, named_micros=named, gift=given,
        added_at=clock.now(),
    )  # fmt: skip
    session.add(line)
    session.flush()
    return line


def change(session: Session, basket: Basket, line_id: UUID, quantity: int) -> None:
    """Have so many of a line; none takes it out."""
    if quantity == 0:
        remove(session, basket, line_id)
        return
    touch(session, basket)
    line = _line(session, basket, line_id)
    _, product = _sold(session, line.variant_id)
    wanted = 1 if _is_single(product) else _many(quantity)
    if wanted > line.quantity:
        same = select(func.sum(BasketLine.quantity)).where(
            BasketLine.basket_id == basket.id, BasketLine.variant_id == line.variant_id, BasketLine.id != line.id
        )
        _check_there(session, product, line.variant_id, wanted + (session.scalar(same) or 0))
    line.quantity = wanted
    session.flush()


def give(session: Session, basket: Basket, line_id: UUID, gift: dict[str, str]) -> None:
    """Say to whom a download in the basket goes; without a mail address it is the buyer's own again."""
    touch(session, basket)
    line = _line(session, basket, line_id)
    _, product = _sold(session, line.variant_id)
    if product.kind == "digital":
        line.gift = _gift(gift)
        if gift.get("to", "").strip() and line.gift is None:
            raise GiftUnaddressed
    session.flush()


def remove(session: Session, basket: Basket, line_id: UUID) -> None:
    """Take a line out; one that is not there is out already."""
    touch(session, basket)
    session.execute(delete(BasketLine).where(BasketLine.id == line_id, BasketLine.basket_id == basket.id))


def add_code(session: Session, basket: Basket, code: str) -> None:
    """Note a discount code that counts now; `CodeUnusable` says why another does not."""
    touch(session, basket)
    found = discounts.usable(session, code, market_id=basket.market_id)
    assert found.code is not None  # noqa: S101
    if found.code in basket.codes:
        return
    if len(basket.codes) >= MOST_CODES:
        raise CodeUnusable(CodeUnusable.TOO_MANY, most=MOST_CODES)
    basket.codes = [*basket.codes, found.code]
    session.flush()


def drop_code(session: Session, basket: Basket, code: str) -> None:
    """Forget a discount code."""
    touch(session, basket)
    basket.codes = [each for each in basket.codes if each != discounts.normal_code(code)]
    session.flush()


def move_to(
    session: Session, basket: Basket, market: MarketView, *, country: str | None = None, region: str | None = None
) -> None:
    """Have a basket see another market's prices; a price that was named in another currency is no price there."""
    touch(session, basket)
    if basket.market_id != market.id:
        before = session.get_one(Market, basket.market_id)
        basket.market_id = market.id
        if before.currency != market.currency:
            for line in lines_of(session, basket):
                line.named_micros = None
    basket.country, basket.region = country, region
    session.flush()


def touch(session: Session, basket: Basket) -> None:
    """Lock a basket that is not ordered yet, and note that somebody was there."""
    session.refresh(basket, with_for_update=True)
    if basket.ordered_at is not None:
        raise BasketGone
    basket.touched_at = clock.now()


def forget(session: Session) -> int:
    """Forget baskets that nobody touched for sixty days, and those that were ordered before then; how many."""
    before = clock.now() - timedelta(days=KEPT_DAYS)
    old = or_(Basket.ordered_at.is_(None) & (Basket.touched_at < before), Basket.ordered_at < before)
    gone = delete(Basket).where(old).returning(Basket.id).execution_options(synchronize_session=False)
    return len(session.execute(gone).all())


def _line(session: Session, basket: Basket, line_id: UUID) -> BasketLine:
    line = session.get(BasketLine, line_id)
    if line is None or line.basket_id != basket.id:
        raise BasketGone
    return line


def _sold(session: Session, variant_id: UUID) -> tuple[Variant, Product]:
    """A variant that is on sale now, and its product."""
    query = select(Variant, Product).join(Product, Product.id == Variant.product_id).where(Variant.id == variant_id)
    found = session.execute(query).one_or_none()
    if found is None or found.Product.state == "draft":
        raise ProductUnknown
    variant, product = found
    is_early = product.on_sale_from is not None and product.on_sale_from > clock.now()
    if product.state != "live" or not variant.is_active or is_early:
        raise NotSoldHere(title=product.title)
    return variant, product


def _is_single(product: Product) -> bool:
    """Whether one is all that anybody can use."""
    return product.kind == "membership"


def _many(quantity: int) -> int:
    if not 1 <= quantity <= MOST_EACH:
        raise QuantityUnusable(most=MOST_EACH)
    return quantity


def _check_there(session: Session, product: Product, variant_id: UUID, wanted: int) -> None:
    left = stock.available(session, [variant_id])[variant_id]
    if left is not None and left < wanted:
        raise SoldOut(title=product.title) if left == 0 else OnlySoMany(title=product.title, count=left)


def _named(
    session: Session, tenant: Tenant, basket: Basket, variant: Variant, product: Product, named_micros: int | None
) -> int | None:
    """The price that is named where one may be; anywhere else what a browser says of prices counts for nothing."""
    if not product.is_named_price or named_micros is None:
        return None
    market = MarketView.of(session.get_one(Market, basket.market_id))
    price = pricing.prices(session, tenant, market, [variant.id]).get(variant.id)
    if price is None:
        raise PriceGone(title=product.title)
    most = max(price.micros, 1_000_000) * MOST_NAMED
    is_usable = is_whole_minor(named_micros, price.currency) and price.micros <= named_micros <= most
    if not is_usable:
        raise NamedPriceUnusable(least=format_money(price.micros, price.currency, basket.language.replace("-", "_")))
    return named_micros or None


def _gift(gift: dict[str, str] | None) -> dict[str, str] | None:
    """What is said of a gift, cut to what is kept; without a mail address it is none."""
    if not gift:
        return None
    said = {key: gift.get(key, "").strip()[:most] for key, most in GIFT.items()}
    said["to"] = said["to"].lower()
    if not EMAIL.fullmatch(said["to"]):
        return None
    on = gift.get("on", "").strip()
    return said | {"on": _day(on)} if on else said


def _day(text: str) -> str:
    """The day of a gift; the label's today may be the buyer's tomorrow or yesterday."""
    today = clock.now().date()
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if today - timedelta(days=1) <= day <= today + timedelta(days=GIFT_DAYS):
            return day.isoformat()
    raise GiftDayUnusable
