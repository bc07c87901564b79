"""Home, search and what happens live."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread
from litestar.response import Redirect, Stream
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.brand.pages.looking import PREVIEW_COOKIE
from app.brand.service import live_theme
from app.catalog.queries import lists as catalog
from app.contracts.queries.lists import found_contracts
from app.identity.errors import OutOfScope
from app.identity.models import Member
from app.identity.pages import cookie_name, event_stream, staying, visitor_of
from app.identity.policies import Visitor, allows, allows_somewhere, require
from app.identity.rules.permissions import Permission
from app.identity.service.news import about, among, hears, may_see
from app.kernel import clock
from app.kernel.activity.feed import latest
from app.kernel.activity.meanings import meanings, routine
from app.kernel.db import current, tenant_read
from app.kernel.errors import NotFound, Refusal
from app.kernel.live import Hub, opened
from app.kernel.sentences import sentence
from app.kernel.web.cells import Cell
from app.kernel.web.languages import choose
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.lists.queries import figures
from app.portal import queries, service
from app.roster.models import Artist
from app.roster.queries.search import forgive, found_artists
from app.storefront.service.shop import shop_of
from tenants import billing

SHOWN = 12
FOUND = 6
LONGEST_SEARCH = 100
DOORS: Final[dict[str, Permission]] = {"invite": "team.invite", "upload": "uploads.create", "edit": "catalog.edit"}


@get("/portal", sync_to_thread=True)
def home(request: Request[Any, Any, Any]) -> Response[str]:
    """Show how the label stands, what to do first, and what happened last."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    sees_activity = allows(visitor, "activity.view")
    today = clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()
    with tenant_read(tenant) as session:
        lately = latest(limit=SHOWN).where(may_see(visitor), ~among(routine()))
        activity = list(session.scalars(lately)) if sees_activity else []
        subjects = about(session, visitor, activity)
        members = session.scalar(select(func.count()).where(Member.disabled_at.is_(None))) or 0
        told = figures(session, visitor, tenant, today)
        has_artist = bool(session.scalar(select(exists().select_from(Artist))))
    done = {
        "brand": live_theme(tenant).number > 0,
        "artist": has_artist,
        "people": members > 1,
        "host": len(request.app.state.registry.hosts_of(tenant.id)) > 1,
    }
    shown: dict[str, Any] = {"figures": told, "activity": activity, "meanings": meanings(), "done": done}
    shown["subjects"] = subjects
    shown["may"] = {name: allows(visitor, door) for name, door in DOORS.items()}
    return page("portal/home.html", realm, here="/portal", **shown)


@get("/portal/search", sync_to_thread=True)
def search(request: Request[Any, Any, Any]) -> Response[str]:
    """Find people and files by name, for the palette."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    wanted = request.query_params.get("q", "").strip()[:LONGEST_SEARCH]
    found: list[tuple[str, str, str, str]] = []
    if wanted:
        with tenant_read(tenant) as session:
            forgive(session)
            people = session.scalars(queries.members_named(wanted).limit(FOUND)) if allows(visitor, "team.view") else ()
            found += [("user", row.name, row.email, f"/portal/settings/team/{row.id}") for row in people]
            stored = (
                session.scalars(queries.stored_files(visitor, wanted).limit(FOUND))
                if allows(visitor, "files.view")
                else ()
            )
            found += [("file", row.name, row.media_type, f"/portal/files/{row.id}") for row in stored]
            found += _of_the_catalogue(session, visitor, wanted) if allows_somewhere(visitor, "catalog.view") else []
            deals = found_contracts(session, visitor, wanted, FOUND) if allows(visitor, "contracts.view") else ()
            found += [("file-text", row.title, row.number, f"/portal/contracts/{row.id}") for row in deals]
    return page("portal/found.html", realm_of(request), found=found)


@get("/portal/undo", sync_to_thread=True)
def undo(request: Request[Any, Any, Any]) -> Response[str]:
    """Offer to take back what the visitor did last, for the palette."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        deed = service.last_deed(session, visitor)
    return page("portal/undo.html", realm_of(request), deed=deed)


def _of_the_catalogue(session: Session, visitor: Visitor, wanted: str) -> list[tuple[str, str, str, str]]:
    """Artists, releases and recordings that are called something like what somebody types."""
    acts = session.execute(found_artists(visitor, wanted).limit(FOUND))
    told = [("users", row.name, "", f"/portal/artists/{row.id}") for row in acts]
    releases = catalog.found_releases(session, visitor, wanted, FOUND)
    recordings = catalog.found_recordings(session, visitor, wanted, FOUND)
    told += [("disc-3", row.title, row.artist_line, f"/portal/releases/{row.id}") for row in releases]
    told += [("audio-lines", row.title, row.artist_line, f"/portal/recordings/{row.id}") for row in recordings]
    return told


@get("/portal/events")
async def follow(request: Request[Any, Any, Any]) -> Stream:
    """Stream what a member sees of the label's activity to them, while the session lasts and the label is at work."""
    visitor, tenant = await sync_to_thread(visitor_of, request), tenant_of(request)
    require(visitor, "activity.view")
    if not visitor.scope.is_whole:
        raise OutOfScope
    tenant.check_writable()
    hub: Hub = request.app.state.hub
    place, stays = request.headers.get("last-event-id"), staying(request, visitor)
    return event_stream(await opened(hub, tenant, place, stays, hears(visitor)))


@get("/", sync_to_thread=True)
def shop(request: Request[Any, Any, Any]) -> Response[Any]:
    """Lead into the shop; where none is open, show whose address this is. The operator's is the console."""
    realm = realm_of(request)
    if realm.is_operator or realm.surface == "artist":
        return Redirect("/admin" if realm.is_operator else "/artist", status_code=303)
    if cookie_name(PREVIEW_COOKIE) in request.cookies:
        with suppress(Refusal):  # whoever is no member sees what everybody sees
            visitor_of(request)
    if (open_shop := shop_of(tenant_of(request))).is_open:
        language = choose(request.headers.get("accept-language", ""), open_shop.languages(tenant_of(request)))
        return Redirect(f"/{language}", status_code=302)
    opens_soon = billing.shows(tenant_of(request), "store_preview")
    return page("store.html", realm, opens_soon=opens_soon, leads_in=realm.surface is None)


@get("/portal/kit", sync_to_thread=True)
def kit(request: Request[Any, Any, Any]) -> Response[str]:
    """Show every component in every state, to whoever develops them."""
    visitor_of(request)
    if current().settings.is_production:
        raise NotFound
    return page("portal/kit.html", realm_of(request), here="/portal/kit", cells=_kit_cells())


def _kit_cells() -> dict[str, Cell]:
    """A cell of each kind, and in each state."""
    people = (("ingrid", "Ingrid M."), ("tomas", "Tomas E."))
    kinds: dict[str, dict[str, Any]] = {
        "text": {"value": "Nattverk"},
        "choice": {"value": "ingrid", "choices": people},
        "link": {"value": "Live at Victoria", "href": "/portal/kit"},
        "wrong": {"value": "44.1 kHz"},
        "behind": {"value": "Ana P."},
    }
    action = "/portal/kit/nowhere"
    return {
        name: Cell(id=f"kit-{name}", label=sentence("Value"), action=action, field="value", **kind)
        for name, kind in kinds.items()
    }


handlers = [home, search, undo, follow, shop, kit]
