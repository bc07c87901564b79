"""Where the shop's head and foot lead."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import URLEncodedBody
from sqlalchemy import select

from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import realm_of
from app.storefront.models import StorePage
from app.storefront.pages.portal.around import (
    TEXTS,
    AnyRequest,
    language_asked,
    language_names,
    lines,
    one,
    store_page,
    visitor_for,
)
from app.storefront.policies import settings_to_read
from app.storefront.rules import texts as rules
from app.storefront.rules import ways
from app.storefront.service import menus
from app.storefront.service.menus import Wish

MENUS = f"{TEXTS}/menus"
FIELDS = ("entry", "target", "name")


@get(MENUS, sync_to_thread=True)
def show_menus(request: AnyRequest) -> Response[str]:
    """Show both menus in one language."""
    return _menus(request)


def _menus(request: AnyRequest, refusal: Refusal | None = None, typed: dict[str, Any] | None = None) -> Response[str]:
    _, tenant = visitor_for(request)
    language = (typed or {}).get("language") or language_asked(request, tenant)
    with tenant_read(tenant) as session:
        held = {menu: menus.entries(session, menu) for menu in rules.MENUS}
        texts = session.execute(
            select(StorePage.slug, StorePage.titles).where(StorePage.kind == "page").order_by(StorePage.slug)
        ).all()
    rows = {menu: [_row(entry, language, tenant.languages) for entry in held[menu]] for menu in rules.MENUS}
    if typed and typed["menu"] in rows:
        rows[typed["menu"]] = typed["rows"]
    targets = {key: said for key, (_, said) in ways.PLACES.items()}
    named = {f"page:{slug}": rules.shown_in(titles, tenant.languages, language) for slug, titles in texts}
    told = {"rows": rows, "places": targets, "texts": named, "menus": rules.MENU_SENTENCES, "at": language}
    of = language_names(realm_of(request).language, tenant.languages)
    return store_page(request, "menus", MENUS, refusal=refusal, of=of, **told)


def _row(entry: Any, language: str, languages: tuple[str, ...]) -> dict[str, str]:
    fallback = rules.shown_in(entry.names, languages, language)
    return {
        "entry": str(entry.id),
        "target": entry.target,
        "name": entry.names.get(language, ""),
        "fallback": fallback,
    }


@post(MENUS, sync_to_thread=True)
def change_menu(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Let a menu lead where it was typed."""
    visitor, tenant = visitor_for(request, "store.edit")
    language, menu = one(data, "language"), one(data, "menu")
    rows = lines(data, FIELDS) if "target" in data else []
    wishes = [
        Wish(row["name"], row["target"], parse_uuid(row["entry"])) for row in rows if row["target"] or row["name"]
    ]
    try:
        with tenant_work(tenant) as session:
            settings_to_read(session, visitor)
            menus.arrange(session, tenant, visitor.actor, menu, language, wishes)
    except (Invalid, Conflict) as refusal:
        typed = {"menu": menu, "language": language, "rows": [{**row, "fallback": ""} for row in rows]}
        return _menus(request, refusal, typed)
    return flash.done(f"{MENUS}?language={language}", tenant, sentence("The menu was changed."))


handlers = [show_menus, change_menu]
