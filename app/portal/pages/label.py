"""Settings of the label as a whole: languages and currency, limits and usage."""

from __future__ import annotations

from typing import Any

import msgspec
from babel import Locale
from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody

from app.identity.pages import visitor_of
from app.identity.policies import require
from app.identity.service.usage import usage_of
from app.kernel.db import tenant_read
from app.kernel.errors import Invalid
from app.kernel.sentences import sentence
from app.kernel.web import flash, shell
from app.kernel.web.languages import LANGUAGES
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from tenants.hosts.service import HOSTS_PER_LABEL
from tenants.lifecycle.service import change_details
from tenants.provisioning.rules import time_zones

SETTINGS = "/portal/settings"


class LabelForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the label is called and how it speaks."""

    name: str
    time_zone: str
    language: list[str] | str = []


@get("/portal/settings", sync_to_thread=True)
def settings(request: Request[Any, Any, Any]) -> Response[str]:
    """Show every page of the settings that the visitor may see."""
    visitor = visitor_of(request)
    open_to = shell.places("portal", frozenset(visitor.permissions), sees_all=visitor.scope.is_whole)
    entries = [place for place in open_to if place.group == "settings"]
    return page("portal/settings.html", realm_of(request), here=SETTINGS, entries=entries)


@get("/portal/settings/label", sync_to_thread=True)
def label(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the label's name, languages, time zone and currency."""
    require(visitor_of(request), "label.settings")
    return _label_page(request)


def _label_page(
    request: Request[Any, Any, Any], status: int = 200, fields: dict[str, str] | None = None
) -> Response[str]:
    realm = realm_of(request)
    spoken = {name: Locale.parse(name, sep="-") for name in LANGUAGES}
    names = {
        name: (locale.display_name, locale.get_display_name(realm.language.replace("-", "_")))
        for name, locale in spoken.items()
    }
    shown: dict[str, Any] = {"names": names, "zones": sorted(time_zones()), "fields": fields or {}}
    return page("portal/label.html", realm, status=status, here=f"{SETTINGS}/label", **shown)


@post("/portal/settings/label", sync_to_thread=True)
def change_label(request: Request[Any, Any, Any], data: URLEncodedBody[LabelForm]) -> Response[Any]:
    """Change the label's name, languages and time zone; the first language leads."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require(visitor, "label.settings")
    languages = tuple([data.language] if isinstance(data.language, str) else data.language)
    try:
        change_details(tenant.id, by=visitor.actor, name=data.name, languages=languages, time_zone=data.time_zone)
    except Invalid as refusal:
        return _label_page(request, 422, refusal.fields)
    return flash.done(f"{SETTINGS}/label", tenant, sentence("Saved."))


@get("/portal/settings/usage", sync_to_thread=True)
def usage(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what the label uses, and how much it may."""
    require(visitor_of(request), "label.settings")
    tenant = tenant_of(request)
    with tenant_read(tenant) as session:
        used = usage_of(session, tenant)
    shown: dict[str, Any] = {"used": used, "limits": tenant.limits, "most_hosts": HOSTS_PER_LABEL}
    return page("portal/usage.html", realm_of(request), here=f"{SETTINGS}/usage", **shown)


handlers = [settings, label, change_label, usage]
