"""The checkout: who buys, where it goes and how, what it comes to, how it is paid; one page, no account needed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.fans.models import Fan
from app.fans.pages import fan_of
from app.fans.policies import fan_actor
from app.kernel import limits
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.errors import Invalid, Refusal
from app.kernel.web.own_words import offer
from app.kernel.web.pages import told, told_refusal
from app.kernel.web.realm import realm_of
from app.kernel.web.refusals import status_of
from app.roster.rules.countries import COUNTRIES, country_names
from app.storefront.models import Basket
from app.storefront.pages import sums
from app.storefront.pages.basket import basket_here, look_in, settle_in
from app.storefront.pages.shopper import (
    COUNTRY,
    MARKET,
    AnyRequest,
    Shopper,
    place_cookie,
    shop_page,
    shopper_of,
)
from app.storefront.rules import addresses
from app.storefront.rules.addresses import Address
from app.storefront.rules.details import Details, email_problem
from app.storefront.rules.meta import Meta
from app.storefront.rules.methods import METHODS
from app.storefront.rules.quotes import Quote
from app.storefront.rules.refusals import DetailsIncomplete
from app.storefront.service import links, ordering, paying, quoting
from app.storefront.service.markets import market_of

PER_CLIENT: Final = "30/5minutes"
NEEDED: Final = addresses.PROBLEMS["required"]
offer(*METHODS.values(), *addresses.LABELS.values(), *addresses.PROBLEMS.values())
LOCAL: Final = {
    "ar": ("AE", "SA", "KW", "QA", "BH", "OM", "EG", "JO"),
    "ja": ("JP",),
    "ko": ("KR",),
    "zh-Hans": ("CN", "TW", "HK"),
}
"""Where readers of a language know the regions by the names that stand on envelopes there."""


class CheckoutForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the page sends; `step` says whether it is to be looked at again or bought."""

    step: str = "look"
    email: str = ""
    country: str = ""
    name: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    region: str = ""
    district: str = ""
    postcode: str = ""
    sorting_code: str = ""
    phone: str = ""
    way: str = ""
    method: str = ""
    total: str = ""
    terms: str = ""

    def address(self) -> Address:
        """The address as typed."""
        parts = {name: getattr(self, name) for name in Address.__struct_fields__}
        return Address(**parts)


@get("/{language:str}/checkout", sync_to_thread=True)
def show(request: AnyRequest) -> Response[Any]:
    """Show the checkout with what is known already."""
    shopper, fan = shopper_of(request), fan_of(request)
    typed = CheckoutForm(country=shopper.country, email=(fan.email or "") if fan else "", name=fan.name if fan else "")
    return _page(request, shopper, typed)


@post("/{language:str}/checkout", sync_to_thread=True)
def go_on(request: AnyRequest, data: URLEncodedBody[CheckoutForm]) -> Response[Any]:
    """Look at the sum again for another country or way of sending, or buy."""
    shopper, cookies = _in_country(shopper_of(request), data.country)
    if data.step != "buy":
        return _page(request, shopper, data, cookies=cookies)
    limits.hit(shopper.tenant, f"orders-of:{realm_of(request).client}", PER_CLIENT)
    fan = fan_of(request)
    settle_in(request, shopper, region=data.region or None)
    try:
        with tenant_work(shopper.tenant) as session:
            basket = basket_here(request, session)
            if basket is None:
                return Redirect(f"{shopper.root}/basket", status_code=303)
            order_id = _place(session, shopper, basket, data, fan)
    except Refusal as refusal:
        return _page(request, shopper, data, refusal, cookies=cookies)
    here = links.order_path(shopper.tenant, shopper.language, order_id)
    step = paying.start(
        shopper.tenant, order_id, method=data.method, back_url=f"{realm_of(request).origin}{here}/payment"
    )
    return Redirect(step.url if step.kind == "redirect" else here, status_code=303, cookies=cookies)


def _in_country(shopper: Shopper, country: str) -> tuple[Shopper, list[Cookie]]:
    """The shopper in the country that was chosen, which may belong to another market; and what to remember of it."""
    if country not in COUNTRIES or country == shopper.country:
        return shopper, []
    open_ones = [market for market in shopper.shop.markets if market.is_open] or list(shopper.shop.markets)
    market = market_of(open_ones, country)
    kept = [place_cookie(COUNTRY, country), place_cookie(MARKET, market.key)]
    return replace(shopper, market=market, country=country), kept


def _place(session: Session, shopper: Shopper, basket: Basket, data: CheckoutForm, fan: Fan | None) -> UUID:
    found = quoting.quote(session, shopper.tenant, basket, way=data.way or None)
    address = _checked(data, found)
    details = Details(
        email=data.email.strip(),
        name=data.name.strip(),
        country=shopper.country,
        region=(address.region if address else data.region) or None,
        address=address,
        way=data.way or None,
        shown_total_micros=int(data.total) if data.total.isascii() and data.total.isdigit() else -1,
        fan_id=fan.id if fan else None,
        language=shopper.language,
    )
    guest = Actor("fan", None, shopper.tenant, details.name or details.email)
    actor = fan_actor(shopper.tenant, fan) if fan else guest
    return ordering.place(session, shopper.tenant, actor, basket, details).id


def _checked(data: CheckoutForm, quote: Quote) -> Address | None:
    """The address, where something is sent; what the order itself does not look at is looked at here."""
    wrong = email_problem(data.email) | ({} if data.terms else {"terms": NEEDED})
    if quote.needs_address:
        try:
            return _unless(wrong, addresses.check(data.address()))
        except Invalid as refusal:
            wrong |= refusal.fields
    elif not data.name.strip():
        wrong["name"] = NEEDED
    return _unless(wrong, None)


def _unless(wrong: dict[str, str], found: Address | None) -> Address | None:
    if wrong:
        raise DetailsIncomplete(fields=wrong)
    return found


def _page(
    request: AnyRequest,
    shopper: Shopper,
    data: CheckoutForm,
    refusal: Refusal | None = None,
    *,
    cookies: list[Cookie] | None = None,
) -> Response[Any]:
    """The checkout; what cannot be ordered as it lies there is shown in the basket."""
    settle_in(request, shopper, region=data.region or None)
    found, shown, _ = look_in(request, shopper, data.way or None)
    if found is None or not found.is_orderable:
        return Redirect(f"{shopper.root}/basket", status_code=303, cookies=cookies or [])
    if found.is_membership and fan_of(request) is None:
        return Redirect(_door(shopper), status_code=303, cookies=cookies or [])
    response = shop_page(
        request,
        "store/checkout.html",
        shopper,
        status=status_of(refusal) if refusal else 200,
        quote=found,
        sum=sums.of_quote(found, shopper.language),
        pictures=shown,
        typed=data,
        **_choices(shopper, found),
        **_problems(request, refusal),
    )
    response.cookies.extend(cookies or [])
    return response


def _door(shopper: Shopper) -> str:
    """Where a guest comes in who wants to be a member, and from where they are led back."""
    return f"{shopper.root}/account/sign-in?{urlencode({'next': f'{shopper.root}/checkout'})}"


def _choices(shopper: Shopper, quote: Quote) -> dict[str, Any]:
    """What can be chosen: countries where this is sold, fields of the country's address, ways to pay."""
    open_ones = [market for market in shopper.shop.markets if market.is_open]
    fields = addresses.fields(shopper.country, local=shopper.country in LOCAL.get(shopper.language, ()))
    return {
        "countries": [pair for pair in country_names(shopper.language) if _is_sold(open_ones, pair[0])],
        "country": shopper.country,
        "fields": fields if quote.needs_address else (),
        "regions": next((field.choices for field in fields if field.name == "region"), ())
        if quote.needs_region
        else (),
        "methods": paying.methods(shopper.tenant, shopper.market, quote.total_micros, keeps=quote.is_membership),
        "method_names": METHODS,
        "is_membership": quote.is_membership,
        "meta": Meta(noindex=True),
    }


def _is_sold(markets: list[Any], country: str) -> bool:
    return any(country in market.countries or market.is_rest for market in markets)


def _problems(request: AnyRequest, refusal: Refusal | None) -> dict[str, Any]:
    """What was wrong, in the reader's language, beside the fields that it is about."""
    realm = realm_of(request)
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    return {
        "problem": told_refusal(realm, refusal) if refusal else None,
        "wrong": {name: told(realm, why) for name, why in fields.items()},
    }


handlers = [show, go_on]
