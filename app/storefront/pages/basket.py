"""The basket: what lies in it, how much it comes to, and codes that make it cheaper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.identity.pages import cookie_name
from app.kernel import ids, limits
from app.kernel.db import current, tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.money import parse_decimal, to_micros
from app.kernel.sentences import sentence
from app.kernel.web.pages import told_refusal
from app.kernel.web.realm import realm_of
from app.kernel.web.refusals import status_of
from app.storefront.models import Basket
from app.storefront.pages.shopper import AnyRequest, Shopper, count_cookie, shop_page, shopper_of
from app.storefront.rules.refusals import PriceUnreadable
from app.storefront.service import baskets, quoting
from app.storefront.service.quoting import Quote

COOKIE: Final = "basket"
COOKIE_SECONDS: Final = 60 * 24 * 3600
PER_CLIENT: Final = "120/minute"
TRIES_OF_CODES: Final = "20/5minutes"
LONGEST_WORDS: Final = 500
LINE_PROBLEMS: Final = {
    "sold_out": sentence("Sold out. Take it out to go on."),
    "only_n": sentence("There are fewer left than you want."),
    "not_here": sentence("This is not sold in your country."),
    "price_gone": sentence("This has no price here at the moment."),
    "ended": sentence("This is not sold any more."),
}


class NewLine(msgspec.Struct, forbid_unknown_fields=True):
    """Something to lay in the basket; `price` is what somebody wants to give, as they type it."""

    variant: str
    quantity: str = "1"
    price: str = ""
    gift_to: str = ""
    gift_from: str = ""
    gift_words: str = ""


class ChangedLine(msgspec.Struct, forbid_unknown_fields=True):
    """So many of a line from now on; none takes it out."""

    quantity: str


class Code(msgspec.Struct, forbid_unknown_fields=True):
    """A code to count, or one to leave out again."""

    code: str = ""
    drop: str = ""


def basket_cookie(token: str) -> Cookie:
    """The cookie by which a browser finds its basket again."""
    secure = current().settings.boptone_env != "development"
    return Cookie(
        key=cookie_name(COOKIE), value=token, path="/", max_age=COOKIE_SECONDS, httponly=True, secure=secure, samesite="lax"
    )  # fmt: skip


def token_of(request: AnyRequest) -> str | None:
    """What this browser knows its basket by."""
    return request.cookies.get(cookie_name(COOKIE))


def whole(text: str, *, most: int = 1000) -> int:
    """A number of things as it was typed; what is none counts as one."""
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def kept(shopper: Shopper, request: AnyRequest, session: Session) -> Basket | None:
    """The basket of a browser, with what it chose since: another market shows other prices."""
    return baskets.basket_of(session, token_of(request), market=shopper.market, language=shopper.language)


@get("/{language:str}/basket", sync_to_thread=True)
def show(request: AnyRequest, language: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """Show what lies in the basket."""
    return _page(request, shopper_of(request))


def _page(request: AnyRequest, shopper: Shopper, refusal: Refusal | None = None, **typed: str) -> Response[Any]:
    with tenant_read(shopper.tenant) as session:
        basket = kept(shopper, request, session)
        found = quoting.quote(session, shopper.tenant, basket, country=shopper.country) if basket else None
        pictures = baskets.pictures(session, [line.product_id for line in found.lines]) if found else {}
        codes = list(basket.codes) if basket else []
    problem = told_refusal(realm_of(request), refusal) if refusal else None
    response = shop_page(
        request, "store/basket.html", shopper, status=status_of(refusal) if refusal else 200, quote=found,
        pictures=pictures, codes=codes, problem=problem, problems=LINE_PROBLEMS, typed=typed,
    )  # fmt: skip
    response.cookies.append(count_cookie(counted(found)))
    return response


def counted(quote: Quote | None) -> int:
    """How many things lie in a basket."""
    return sum(line.quantity for line in quote.lines) if quote else 0


@post("/{language:str}/basket/lines", sync_to_thread=True)
def add(request: AnyRequest, language: FromPath[str], data: URLEncodedBody[NewLine]) -> Response[Any]:  # noqa: ARG001
    """Lay something in the basket, which comes into being with it."""
    shopper = shopper_of(request)
    limits.hit(shopper.tenant, f"basket-of:{realm_of(request).client}", PER_CLIENT)
    made: list[Cookie] = []

    def lay(session: Session) -> None:
        basket = kept(shopper, request, session)
        if basket is None:
            basket, token = baskets.start(session, shopper.market, shopper.language)
            made.append(basket_cookie(token))
        baskets.add(
            session,
            shopper.tenant,
            basket,
            ids.parse_uuid(data.variant),
            whole(data.quantity),
            named_micros=_named(data.price),
            gift=_gift(data),
        )

    return _changed(request, shopper, lay, made)


def _named(price: str) -> int | None:
    """What somebody wants to give, as they typed it: with a comma or a point, without thousands."""
    typed = price.strip().replace(",", ".")
    if not typed:
        return None
    try:
        return to_micros(parse_decimal(typed))
    except Refusal:
        raise PriceUnreadable(text=price[:40]) from None


def _gift(data: NewLine) -> dict[str, str] | None:
    if not data.gift_to.strip():
        return None
    return {
        "to": data.gift_to.strip()[:254],
        "from": data.gift_from.strip()[:200],
        "words": data.gift_words[:LONGEST_WORDS],
    }


@post("/{language:str}/basket/lines/{line_id:str}", sync_to_thread=True)
def change(
    request: AnyRequest,
    language: FromPath[str],
    line_id: FromPath[str],
    data: URLEncodedBody[ChangedLine],  # noqa: ARG001
) -> Response[Any]:
    """Take more or fewer of a line, or none."""
    shopper = shopper_of(request)

    def take(session: Session) -> None:
        basket = kept(shopper, request, session)
        if basket is not None:
            baskets.change(session, shopper.tenant, basket, ids.parse_uuid(line_id), whole(data.quantity))

    return _changed(request, shopper, take)


@post("/{language:str}/basket/codes", sync_to_thread=True)
def code(request: AnyRequest, language: FromPath[str], data: URLEncodedBody[Code]) -> Response[Any]:  # noqa: ARG001
    """Count a code, or leave it out again."""
    shopper = shopper_of(request)

    def count(session: Session) -> None:
        basket = kept(shopper, request, session)
        if basket is not None and data.drop:
            baskets.drop_code(session, basket, data.drop)
        elif basket is not None and data.code.strip():
            baskets.add_code(session, shopper.tenant, basket, data.code)

    if data.code:
        limits.hit(shopper.tenant, f"codes-of:{realm_of(request).client}", TRIES_OF_CODES)
    return _changed(request, shopper, count, code=data.code)


def _changed(
    request: AnyRequest,
    shopper: Shopper,
    do: Callable[[Session], None],
    cookies: list[Cookie] | None = None,
    **typed: str,
) -> Response[Any]:
    """Change the basket and lead back to it; what was refused stands on its page."""
    try:
        with tenant_work(shopper.tenant) as session:
            do(session)
    except Refusal as refusal:
        return _page(request, shopper, refusal, **typed)
    return Redirect(f"{shopper.root}/basket", status_code=303, cookies=cookies or [])


handlers = [show, add, change, code]
