"""The basket: what lies in it, how much it comes to, and codes that make it cheaper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.fans.pages import fan_of
from app.identity.pages import session_cookie
from app.identity.pages.visitors import cookie_name
from app.kernel import clock, ids, limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy, Refusal
from app.kernel.money import parse_decimal, to_micros
from app.kernel.sentences import sentence
from app.kernel.web.own_words import offer
from app.kernel.web.pages import told_refusal
from app.kernel.web.realm import realm_of
from app.kernel.web.refusals import status_of
from app.storefront.models import Basket
from app.storefront.pages import sums
from app.storefront.pages.shopper import AnyRequest, Shopper, count_cookie, shop_page, shopper_of
from app.storefront.rules.meta import Meta
from app.storefront.rules.quotes import Quote
from app.storefront.rules.refusals import PriceUnreadable, ProductUnknown
from app.storefront.service import baskets, printed_rates, quoting

COOKIE: Final = "basket"
COOKIE_SECONDS: Final = baskets.KEPT_DAYS * 24 * 3600
PER_CLIENT: Final = "120/minute"
ASKS_OF_RATES: Final = "20/minute"
TRIES_OF_CODES: Final = "20/5minutes"
LINE_PROBLEMS: Final = {
    "sold_out": sentence("Sold out. Take it out to go on."),
    "only_n": sentence("There are fewer left than you want."),
    "not_here": sentence("This is not sold in your country."),
    "price_gone": sentence("This has no price here any more, or another one. Put it in once more."),
}
offer(*LINE_PROBLEMS.values())


class NewLine(msgspec.Struct, forbid_unknown_fields=True):
    """Something to lay in the basket; `price` is what somebody wants to give, as they type it."""

    variant: str
    quantity: str = "1"
    price: str = ""
    gift_to: str = ""
    gift_from: str = ""
    gift_words: str = ""
    gift_on: str = ""


class ChangedLine(msgspec.Struct, forbid_unknown_fields=True):
    """So many of a line from now on; none takes it out."""

    quantity: str


class Gift(msgspec.Struct, forbid_unknown_fields=True):
    """To whom a download goes, from whom, with which words; to nobody makes it the buyer's own."""

    gift_to: str = ""
    gift_from: str = ""
    gift_words: str = ""
    gift_on: str = ""


class Code(msgspec.Struct, forbid_unknown_fields=True):
    """A code to count, or one to leave out again."""

    code: str = ""
    drop: str = ""


def basket_cookie(token: str) -> Cookie:
    """The cookie by which a browser finds its basket again."""
    return session_cookie(token, seconds=COOKIE_SECONDS, kind=COOKIE)


def basket_here(request: AnyRequest, session: Session) -> Basket | None:
    """The basket of this browser."""
    return baskets.basket_of(session, request.cookies.get(cookie_name(COOKIE)))


def settle_in(request: AnyRequest, shopper: Shopper, *, region: str | None = None) -> None:
    """Have the basket see what its owner sees: another market has other prices, another language other words."""
    here = (shopper.market.id, shopper.country, shopper.language)
    with tenant_read(shopper.tenant) as session:
        basket = basket_here(request, session)
        if basket is None or (basket.market_id, basket.country, basket.language, basket.region) == (*here, region):
            return
    with tenant_work(shopper.tenant) as session:
        basket = basket_here(request, session)
        if basket is not None:
            baskets.move_to(session, basket, shopper.market, country=shopper.country, region=region)
            basket.language = shopper.language


class Inside(NamedTuple):
    """What a basket costs, what is in it looks like, and which codes were typed."""

    quote: Quote | None
    pictures: dict[UUID, Any]
    codes: list[str]


def look_in(request: AnyRequest, shopper: Shopper, way: str | None = None) -> Inside:
    """Look into the basket; where the printer has to say what it takes, it is asked first, with nothing open."""
    seen = _inside(request, shopper, way)
    if seen.quote is None or seen.quote.printed is None:
        return seen
    try:
        limits.hit(shopper.tenant, f"printed-rates:{realm_of(request).client}", ASKS_OF_RATES)
    except Busy:
        return seen  # the label's own rates count
    printed_rates.ask(shopper.tenant, seen.quote.printed)
    return _inside(request, shopper, way)


def _inside(request: AnyRequest, shopper: Shopper, way: str | None) -> Inside:
    with tenant_read(shopper.tenant) as session:
        basket = basket_here(request, session)
        if basket is None:
            return Inside(None, {}, [])
        found = quoting.quote(session, shopper.tenant, basket, way=way)
        is_shown = [line.product_id for line in found.lines]
        return Inside(found, sums.pictures(session, is_shown), list(basket.codes))


def whole(text: str) -> int:
    """A number of things as it was typed; what is none is so large that it is refused."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 10**6


@get("/{language:str}/basket", sync_to_thread=True)
def show(request: AnyRequest) -> Response[Any]:
    """Show what lies in the basket."""
    return _page(request, shopper_of(request))


def _page(request: AnyRequest, shopper: Shopper, refusal: Refusal | None = None, *, code: str = "") -> Response[Any]:
    settle_in(request, shopper)
    found, shown, codes = look_in(request, shopper)
    response = shop_page(
        request,
        "store/basket.html",
        shopper,
        status=status_of(refusal) if refusal else 200,
        quote=found,
        sum=sums.of_quote(found, shopper.language) if found else None,
        pictures=shown,
        codes=codes,
        problem=told_refusal(realm_of(request), refusal) if refusal else None,
        problems=LINE_PROBLEMS,
        typed=code,
        first_day=clock.day_in(shopper.tenant.time_zone).isoformat(),
        meta=Meta(noindex=True),
    )
    response.cookies.append(count_cookie(_counted(found)))
    return response


def _counted(quote: Quote | None) -> int:
    return sum(line.quantity for line in quote.lines) if quote else 0


@post("/{language:str}/basket/lines", sync_to_thread=True)
def add(request: AnyRequest, data: URLEncodedBody[NewLine]) -> Response[Any]:
    """Lay something in the basket, which comes into being with it."""
    shopper = shopper_of(request)
    limits.hit(shopper.tenant, f"basket-of:{realm_of(request).client}", PER_CLIENT)
    settle_in(request, shopper)
    made: list[Cookie] = []

    def lay(session: Session) -> None:
        variant_id, named = ids.parse_uuid(data.variant), _named(data.price)
        if variant_id is None:
            raise ProductUnknown
        basket = basket_here(request, session)
        if basket is None:
            basket, token = baskets.start(session, shopper.market, shopper.language)
            basket.country = shopper.country
            made.append(basket_cookie(token))
        if (fan := fan_of(request)) is not None:
            basket.fan_id = fan.id
        gift = _given(data) if data.gift_to.strip() else None
        baskets.add(session, shopper.tenant, basket, variant_id, whole(data.quantity), named_micros=named, gift=gift)

    return _changed(request, shopper, lay, made)


def _given(data: NewLine | Gift) -> dict[str, str]:
    return {"to": data.gift_to, "from": data.gift_from, "words": data.gift_words, "on": data.gift_on}


def _named(price: str) -> int | None:
    """What somebody wants to give, as they typed it: with a comma or a point, without thousands."""
    typed = price.strip().replace(",", ".")
    if not typed:
        return None
    try:
        return to_micros(parse_decimal(typed))
    except Refusal:
        raise PriceUnreadable(text=price[:40]) from None


@post("/{language:str}/basket/lines/{line_id:str}", sync_to_thread=True)
def change(request: AnyRequest, line_id: FromPath[str], data: URLEncodedBody[ChangedLine]) -> Response[Any]:
    """Take more or fewer of a line, or none."""
    shopper, known = shopper_of(request), ids.parse_uuid(line_id)

    def take(session: Session) -> None:
        basket = basket_here(request, session)
        if basket is not None and known is not None:
            baskets.change(session, basket, known, whole(data.quantity))

    return _changed(request, shopper, take)


@post("/{language:str}/basket/lines/{line_id:str}/gift", sync_to_thread=True)
def give(request: AnyRequest, line_id: FromPath[str], data: URLEncodedBody[Gift]) -> Response[Any]:
    """Say to whom a download goes."""
    shopper, known = shopper_of(request), ids.parse_uuid(line_id)

    def address(session: Session) -> None:
        basket = basket_here(request, session)
        if basket is not None and known is not None:
            baskets.give(session, basket, known, _given(data))

    return _changed(request, shopper, address)


@post("/{language:str}/basket/codes", sync_to_thread=True)
def code(request: AnyRequest, data: URLEncodedBody[Code]) -> Response[Any]:
    """Count a code, or leave it out again; whoever guesses codes has to wait."""
    shopper = shopper_of(request)
    if data.code.strip():
        limits.hit(shopper.tenant, f"codes-of:{realm_of(request).client}", TRIES_OF_CODES)

    def count(session: Session) -> None:
        basket = basket_here(request, session)
        if basket is not None and data.drop:
            baskets.drop_code(session, basket, data.drop)
        elif basket is not None and data.code.strip():
            baskets.add_code(session, basket, data.code[:60])

    return _changed(request, shopper, count, code=data.code[:60])


def _changed(
    request: AnyRequest,
    shopper: Shopper,
    do: Callable[[Session], None],
    cookies: list[Cookie] | None = None,
    *,
    code: str = "",
) -> Response[Any]:
    """Change the basket and lead back to it; what was refused stands on its page."""
    try:
        with tenant_work(shopper.tenant) as session:
            do(session)
    except Refusal as refusal:
        return _page(request, shopper, refusal, code=code)
    return Redirect(f"{shopper.root}/basket", status_code=303, cookies=cookies or [])


handlers = [show, add, change, give, code]
