"""Where the pages of tax are, and what several of them need."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from litestar import Request

from app.kernel.web.pages import told
from app.kernel.web.realm import Realm, realm_of
from app.lists.errors import FilterUnusable
from app.tax.service.telling import Teller

TAX: Final = "/portal/tax"
SCREENING: Final = f"{TAX}/screening"
SETTINGS: Final = "/portal/settings/tax"
PAYEE: Final = "/portal/payees/{payee_id:str}/tax"
SHOWN: Final = 50
IN_PERSON: Final[dict[str, Any]] = {"in_person": True}
PROVED: Final[dict[str, Any]] = {"recent": True, "in_person": True}
_PAGE_DIGITS: Final = 6

AnyRequest = Request[Any, Any, Any]


def teller_of(realm: Realm) -> Teller:
    """Who tells the reader of a request about tax."""
    return Teller(realm.language, partial(told, realm))


def teller(request: AnyRequest) -> Teller:
    """The same by the request."""
    return teller_of(realm_of(request))


def page_number(request: AnyRequest) -> int:
    """Which page of a list is asked for, from 1."""
    number = request.query_params.get("page", "1")
    if not (number.isascii() and number.isdecimal()) or len(number) > _PAGE_DIGITS:
        raise FilterUnusable
    return max(int(number), 1)


def address_of(payee_id: object) -> str:
    """Where a payee's tax matters are."""
    return f"/portal/payees/{payee_id}/tax"
