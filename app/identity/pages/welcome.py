"""The first steps of somebody who has just come in."""

from __future__ import annotations

from typing import Any

import msgspec
from babel.numbers import get_currency_name
from litestar import Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from app.identity.errors import ChoiceUnusable, NameMissing
from app.identity.pages.door import again
from app.identity.pages.visitors import AnyRequest, frame, home_of, visitor_of
from app.identity.policies import Visitor, allows
from app.identity.service import security
from app.identity.service.entry import checked_name
from app.kernel.collation import sort_key
from app.kernel.db import tenant_work
from app.kernel.errors import Invalid
from app.kernel.money import currencies
from app.kernel.web.languages import own_names
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from tenants.lifecycle.service import rename, set_currency

WELCOME, BRAND = "/portal/welcome", "/portal/settings/brand"
FIRST_ARTIST = f"{WELCOME}/artist"
"""Asked by the roster, between who the label is and how it looks."""
SELF: dict[str, Any] = {"in_person": True, "unready": True}


class WelcomeForm(msgspec.Struct, forbid_unknown_fields=True):
    """What a new member says about themselves and, where they may, about the label."""

    name: str
    language: str
    label_name: str = ""
    currency: str = ""


def _sets_up(visitor: Visitor) -> bool:
    """Tell whether the visitor is here for the first time and is to say how the label is set up."""
    return visitor.member.welcomed_at is None and allows(visitor, "label.settings")


def _shown(request: AnyRequest, visitor: Visitor) -> dict[str, Any]:
    tenant, language = tenant_of(request), realm_of(request).language
    locale = language.replace("-", "_")
    names = {code: get_currency_name(code, locale=locale) for code in currencies()} if _sets_up(visitor) else {}
    return {
        **frame(visitor, request, WELCOME),
        "languages": own_names(),
        "currency": tenant.currency,
        "currencies": sorted(names.items(), key=lambda each: sort_key(each[1], language)),
        "label_name": tenant.name if allows(visitor, "label.settings") else None,
    }


@get(WELCOME, sync_to_thread=True, opt=SELF)
def welcome_page(request: AnyRequest) -> Response[str]:
    """Ask how the member is called and which language they read."""
    visitor = visitor_of(request)
    return page("identity/welcome.html", realm_of(request), problem=None, **_shown(request, visitor))


@post(WELCOME, sync_to_thread=True, opt=SELF)
def welcome(request: AnyRequest, data: URLEncodedBody[WelcomeForm]) -> Response[Any]:
    """Keep what was said, and lead on: to the first artist where the label is to be set up, else to the home page."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        wanted = checked_name(data.label_name) if data.label_name else tenant.name
        if _sets_up(visitor) and data.currency not in ("", tenant.currency):
            set_currency(tenant.slug, by=visitor.actor, currency=data.currency)
        with tenant_work(tenant) as session:
            security.introduce(session, visitor, name=data.name, language=data.language)
    except (NameMissing, ChoiceUnusable, Invalid) as refusal:
        return again(request, "identity/welcome.html", refusal, **_shown(request, visitor))
    if wanted != tenant.name and allows(visitor, "label.settings"):
        rename(tenant.slug, by=visitor.actor, display_name=wanted)
    return Redirect(FIRST_ARTIST if _sets_up(visitor) else home_of(visitor.member), status_code=303)


def after_the_artist(visitor: Visitor) -> str:
    """Where the set-up goes on once the first artist is named or left out: to the label's look."""
    return BRAND if allows(visitor, "brand.edit") else home_of(visitor.member)


handlers: list[Any] = [welcome_page, welcome]
