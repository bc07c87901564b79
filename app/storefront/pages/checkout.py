"""The checkout: who buys, where it goes, how it is sent, what it comes to, how it is paid; one page, no account needed."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.fans.pages import fan_of
from app.kernel import limits
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, Refusal
from app.kernel.money import format_money
from app.kernel.sentences import sentence
from app.kernel.web.pages import told, told_refusal
from app.kernel.web.realm import realm_of
from app.kernel.web.refusals import status_of
from app.roster.rules.countries import COUNTRIES, country_names
from app.storefront.models import Basket
from app.storefront.pages.basket import kept
from app.storefront.pages.shopper import AnyRequest, Shopper, shop_page, shopper_of
from app.storefront.rules import addresses
from app.storefront.rules.addresses import Address
from app.storefront.rules.refusals import PriceChanged
from app.storefront.service import baskets, links, ordering, paying, quoting
from app.storefront.service.markets import market_of
from app.storefront.service.ordering import Details
from app.storefront.service.quoting import Quote

PER_CLIENT: Final = "30/5minutes"
NEEDED: Final = addresses.PROBLEMS["required"]
NO_ADDRESS: Final = sentence("This is no mail address.")
METHODS: Final = {
    "card": sentence("Card"),
    "wallet": sentence("Apple Pay or Google Pay"),
    "sepa_debit": sentence("SEPA direct debit"),
    "ideal": sentence("iDEAL"),
    "bancontact": sentence("Bancontact"),
    "klarna": sentence("Klarna"),
    "paypal": sentence("PayPal"),
    "link": sentence("Link"),
    "nothing": sentence("Nothing to pay"),
}


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
def show(request: AnyRequest, language: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """Show the checkout with what is known already."""
    shopper = shopper_of(request)
    fan = fan_of(request)
    typed = CheckoutForm(country=shopper.country, email=(fan.email or "") if fan else "", name=fan.name if fan else "")
    return _page(request, shopper, typed)


@post("/{language:str}/checkout", sync_to_thread=True)
def go_on(request: AnyRequest, language: FromPath[str], data: URLEncodedBody[CheckoutForm]) -> Response[Any]:  # noqa: ARG001
    """Look at the sum again for another country or way of sending, or buy."""
    shopper = shopper_of(request)
    if data.step != "buy":
        return _page(request, shopper, data)
    limits.hit(shopper.tenant, f"orders-of:{realm_of(request).client}", PER_CLIENT)
    fan = fan_of(request)
    try:
        with tenant_work(shopper.tenant) as session:
            basket = kept(shopper, request, session)
            if basket is None:
                return Redirect(f"{shopper.root}/basket", status_code=303)
            order_id = _place(session, shopper, basket, data, fan.id if fan else None)
    except Refusal as refusal:
        return _page(request, shopper, data, refusal)
    step = paying.start(shopper.tenant, order_id, method=data.method, back_url=_back(request, shopper, order_id))
    if step.kind == "redirect":
        return Redirect(step.url, status_code=303)
    return Redirect(links.order_path(shopper.tenant, shopper.language, order_id), status_code=303)


def _back(request: AnyRequest, shopper: Shopper, order_id: UUID) -> str:
    """Where the gateway sends somebody who has paid, or has not."""
    here = links.order_path(shopper.tenant, shopper.language, order_id)
    return f"{realm_of(request).origin}{here}/payment"


def _place(session: Session, shopper: Shopper, basket: Basket, data: CheckoutForm, fan_id: UUID | None) -> UUID:
    country = data.country if data.country in COUNTRIES else shopper.country
    found = quoting.quote(session, shopper.tenant, basket, country=country, region=data.region or None, way=data.way)
    address = _checked(data, found)
    details = Details(
        email=data.email.strip().lower(),
        name=data.name.strip(),
        country=country,
        region=address.region if address else (data.region or None),
        address=address,
        way=data.way or None,
        shown_total_micros=int(data.total) if data.total.isascii() and data.total.isdigit() else -1,
        fan_id=fan_id,
        language=shopper.language,
    )
    actor = Actor("fan", fan_id, shopper.tenant, details.name or details.email)
    return ordering.place(session, shopper.tenant, actor, basket, details).id


def _checked(data: CheckoutForm, quote: Quote) -> Address | None:
    """The address, where something is sent; every field that is missing or wrong is named at once."""
    wrong: dict[str, str] = {}
    if not baskets.is_address(data.email):
        wrong["email"] = NO_ADDRESS if data.email.strip() else NEEDED
    if not data.terms:
        wrong["terms"] = NEEDED
    address = None
    if quote.needs_address:
        try:
            address = addresses.check(data.address())
        except Invalid as refusal:
            wrong |= refusal.fields
        if quote.ways and data.way not in {way.key for way in quote.ways}:
            wrong["way"] = NEEDED
    elif not data.name.strip():
        wrong["name"] = NEEDED
    if wrong:
        raise Invalid(fields=wrong)
    return address


def _page(request: AnyRequest, shopper: Shopper, data: CheckoutForm, refusal: Refusal | None = None) -> Response[Any]:
    """The checkout; where the country belongs to another market, its prices are those of that market."""
    country = data.country if data.country in COUNTRIES else shopper.country
    with tenant_read(shopper.tenant) as session:
        basket = kept(shopper, request, session)
        if basket is None:
            return Redirect(f"{shopper.root}/basket", status_code=303)
        found = quoting.quote(
            session, shopper.tenant, basket, country=country, region=data.region or None, way=data.way or None
        )
        pictures = baskets.pictures(session, [line.product_id for line in found.lines])
    if not found.lines or any(line.problem for line in found.lines):
        return Redirect(f"{shopper.root}/basket", status_code=303)
    return shop_page(
        request,
        "store/checkout.html",
        shopper,
        status=status_of(refusal) if refusal else 200,
        quote=found,
        pictures=pictures,
        typed=data,
        country=country,
        **_choices(shopper, country, found),
        **_problems(request, shopper, refusal),
    )


def _choices(shopper: Shopper, country: str, quote: Quote) -> dict[str, Any]:
    """What can be chosen: countries where this is sold, fields of the country's address, ways to pay."""
    open_ones = [market for market in shopper.shop.markets if market.is_open]
    sold = [pair for pair in country_names(shopper.language) if _is_sold(open_ones, pair[0])]
    local = country in LOCAL.get(shopper.language, ())
    return {
        "countries": sold,
        "fields": addresses.fields(country, local=local) if quote.needs_address else (),
        "methods": paying.methods(shopper.tenant, market_of(shopper.shop.markets, country), quote.total_micros),
        "method_names": METHODS,
        "elsewhere": market_of(shopper.shop.markets, country).id != shopper.market.id,
        "meta": {"noindex": True, "title": ""},
    }


LOCAL: Final = {
    "ar": ("AE", "SA", "KW", "QA", "BH", "OM", "EG", "JO"),
    "ja": ("JP",),
    "ko": ("KR",),
    "zh-Hans": ("CN", "TW", "HK"),
}
"""Where readers of a language know the regions by the names that stand on envelopes there."""


def _is_sold(markets: list[Any], country: str) -> bool:
    return any(country in market.countries or market.is_rest for market in markets)


def _problems(request: AnyRequest, shopper: Shopper, refusal: Refusal | None) -> dict[str, Any]:
    """What was wrong, in the reader's language, beside the fields that it is about."""
    if refusal is None:
        return {"problem": None, "wrong": {}}
    realm = realm_of(request)
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    if isinstance(refusal, PriceChanged):
        locale = shopper.language.replace("-", "_")
        values = refusal.values
        money = format_money(int(str(values["total_micros"])), str(values["currency"]), locale)
        return {"problem": told(realm, CHANGED, total=money), "wrong": {}}
    return {"problem": told_refusal(realm, refusal), "wrong": {name: told(realm, why) for name, why in fields.items()}}


CHANGED: Final = sentence("The sum has changed in the meantime. It is %(total)s now; look it over and buy again.")

handlers = [show, go_on]
