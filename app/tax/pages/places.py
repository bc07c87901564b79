"""Where the pages of tax are, and what several of them need."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from litestar import Request, Response

from app.identity.pages import seen
from app.identity.pages.door import again
from app.identity.policies import Visitor
from app.kernel.errors import Refusal
from app.kernel.web.pages import page, told
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.kernel.web.surfaces import APP, is_app
from app.lists.errors import FilterUnusable
from app.tax.service.telling import Teller

TAX: Final = "/portal/tax"
SCREENING: Final = f"{TAX}/screening"
SETTINGS: Final = "/portal/settings/tax"
PAYEE: Final = ("/portal/payees/{payee_id:str}/tax", f"{APP}/money/{{payee_id:str}}/tax")
"""A payee's own people find their tax matters in the portal and in the artists' app."""

SHOWN: Final = 50
IN_PERSON: Final[dict[str, Any]] = {"in_person": True}
PROVED: Final[dict[str, Any]] = {"recent": True, "in_person": True}
_PAGE_DIGITS: Final = 6

AnyRequest = Request[Any, Any, Any]


def teller_of(realm: Realm) -> Teller:
    """Who tells the reader of a request about tax."""
    return Teller(realm.language, partial(told, realm), realm.locale)


def teller(request: AnyRequest) -> Teller:
    """The same by the request."""
    return teller_of(realm_of(request))


def page_number(request: AnyRequest) -> int:
    """Which page of a list is asked for, from 1."""
    number = request.query_params.get("page", "1")
    if not (number.isascii() and number.isdecimal()) or len(number) > _PAGE_DIGITS:
        raise FilterUnusable
    return max(int(number), 1)


def at(path: str) -> list[str]:
    """Both addresses of a page about a payee's tax."""
    return [f"{place}/{path}" if path else place for place in PAYEE]


def address_of(request: AnyRequest, payee_id: object) -> str:
    """Where a payee's tax matters are, in the place that the request is for."""
    return f"{APP}/money/{payee_id}/tax" if is_app(request) else f"/portal/payees/{payee_id}/tax"


def payee_page(
    request: AnyRequest, name: str, visitor: Visitor, *, refusal: Refusal | None = None, **values: Any
) -> Response[Any]:
    """A page about a payee's tax as it looks where it stands; with a refusal, the sentence that says why."""
    template = f"artist/tax/{name}.html" if is_app(request) else f"tax/{name}.html"
    frame = {"here": f"{APP}/money" if is_app(request) else TAX, "exactly": request.url.path}
    shown = {**frame, "layout": "portal.html", "teller": teller(request), **values}
    if refusal is None:
        response = page(template, realm_of(request), problem=None, **shown)
    else:
        response = again(request, template, refusal, **shown)
    return seen(response, tenant_of(request), visitor) if is_app(request) else response
