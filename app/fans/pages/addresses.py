"""Where a fan has things sent."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.fans.errors import FanAddressUnknown, FanDetailsUnusable
from app.fans.models import Fan
from app.fans.pages.visitors import account, account_page, language_here, refused, signed_fan, to
from app.fans.policies import address_to_change
from app.fans.rules.addresses import Address, countries
from app.fans.service import keeping
from app.identity.pages import AnyRequest
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.web.realm import tenant_of

ADDRESSES, ADDRESS = "store/account/addresses.html", "store/account/address.html"
NEW = "new"


class AddressForm(msgspec.Struct, forbid_unknown_fields=True):
    """A postal address as its form sends it."""

    name: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""
    usual: str = ""

    def address(self) -> Address:
        """What was typed, unchecked."""
        parts = msgspec.structs.asdict(self)
        return Address(**{name: parts[name] for name in Address.__struct_fields__})


@get("/{language:str}/account/addresses", sync_to_thread=True)
def addresses_page(request: AnyRequest) -> Response[Any]:
    """Show the fan's addresses."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_read(tenant) as session:
        rows = keeping.addresses(session, tenant, fan)
    names = dict(countries(language_here(request)))
    return account_page(request, ADDRESSES, here="addresses", rows=rows, names=names)


@get("/{language:str}/account/addresses/{address_id:str}", sync_to_thread=True)
def address_page(request: AnyRequest, address_id: FromPath[str]) -> Response[Any]:
    """Show one address to be changed, or a form for a new one."""
    fan, tenant = signed_fan(request), tenant_of(request)
    typed, is_usual = Address(name=fan.name, street="", city="", country=fan.country or ""), False
    if address_id != NEW:
        with tenant_read(tenant) as session:
            row = address_to_change(session, fan, parse_uuid(address_id))
            typed, is_usual = keeping.opened(tenant, row), row.is_usual
    return account_page(request, ADDRESS, **_form(request, address_id, typed, is_usual=is_usual))


@post("/{language:str}/account/addresses/{address_id:str}", sync_to_thread=True)
def save_address(request: AnyRequest, address_id: FromPath[str], data: URLEncodedBody[AddressForm]) -> Response[Any]:
    """Keep an address."""
    fan = signed_fan(request)
    try:
        _save(request, fan, address_id, data)
    except FanDetailsUnusable as refusal:
        return refused(
            request, ADDRESS, refusal, **_form(request, address_id, data.address(), is_usual=bool(data.usual))
        )
    return to(account(request, "/addresses"))


def _save(request: AnyRequest, fan: Fan, address_id: str, data: AddressForm) -> None:
    tenant, found = tenant_of(request), parse_uuid(address_id)
    if found is None and address_id != NEW:
        raise FanAddressUnknown
    with tenant_work(tenant) as session:
        keeping.save_address(session, tenant, fan, data.address(), address_id=found, is_usual=bool(data.usual))


@post("/{language:str}/account/addresses/{address_id:str}/remove", sync_to_thread=True)
def remove_address(request: AnyRequest, address_id: FromPath[str]) -> Response[Any]:
    """Forget an address."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_work(tenant) as session:
        keeping.remove_address(session, tenant, fan, parse_uuid(address_id))
    return to(account(request, "/addresses"))


def _form(request: AnyRequest, address_id: str, typed: Address, *, is_usual: bool) -> dict[str, Any]:
    action = account(request, f"/addresses/{address_id}")
    return {
        "here": "addresses",
        "action": action,
        "typed": typed,
        "is_new": address_id == NEW,
        "is_usual": is_usual,
        "countries": countries(language_here(request)),
    }


handlers: list[Any] = [addresses_page, address_page, save_address, remove_address]
