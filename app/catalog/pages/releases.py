"""All releases: searched, filtered, a page at a time."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.catalog.pages.pictures import picture
from app.catalog.queries import lists
from app.catalog.queries.readiness import RANKS
from app.catalog.rules.fields import CHOICE_SENTENCES, FIELD_SENTENCES, KINDS
from app.catalog.rules.told import STATES, TONES
from app.catalog.schemas import NewRelease
from app.catalog.service.creating import create_release
from app.identity.pages import visitor_of
from app.identity.policies import Visitor, allows, allows_somewhere, require_somewhere
from app.kernel import activity
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash, shell
from app.kernel.web.pages import page, told
from app.kernel.web.paging import following, place
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.shell import Action, Place
from app.kernel.web.tables import table
from app.lists.pages import view_pages, views_of
from app.lists.rules import ANY_TEXT, Asked, Listing
from app.roster.policies import imprint_to_change, visible_imprints
from app.roster.queries.search import forgive

RELEASES = "/portal/releases"
SHOWN = 50
EXPORTED = 50_000
LISTING = Listing(
    "releases",
    RELEASES,
    parts={
        "q": ANY_TEXT,
        "kind": frozenset(KINDS),
        "imprint": ANY_TEXT,
        "year": ANY_TEXT,
        "problems": frozenset({"some"}),
        "readiness": frozenset(STATES),
    },
    sorts=("-date", "title", "artist", "-added", "readiness"),
)
COLUMNS = ("title", "version_title", "artist_line", "kind", "release_date", "catalog_number", "upc", "imprint")

shell.add(
    Place(sentence("Releases"), RELEASES, "disc-3", group="catalogue", order=20, keys="g l", permission="catalog.view"),
    Action(sentence("Add a release"), f"{RELEASES}#add-release", "disc-3", permission="catalog.edit"),
)


@get(RELEASES, sync_to_thread=True)
def list_releases(request: Request[Any, Any, Any]) -> Response[str]:
    """Show releases as filtered, a page at a time."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_somewhere(visitor, "catalog.view")
    may_edit, may_fix = allows(visitor, "catalog.edit"), allows_somewhere(visitor, "catalog.edit")
    asked = LISTING.asked(request.url.query)
    marker = request.query_params.get("after")
    after = place(tenant, f"releases?{asked.query}", marker) if marker else None
    with tenant_read(tenant) as session:
        found = _found(session, visitor, asked, after, SHOWN + 1)
        imprints = list(session.scalars(visible_imprints(visitor)))
        views = views_of(session, visitor, LISTING.name, RELEASES, asked.query)
        fixable = lists.count(session, lists.fixable(visitor, asked)) if may_fix else 0
    shown: dict[str, Any] = {"rows": found[:SHOWN], "following": _following(tenant, asked, found), "asked": asked}
    shown |= {"imprints": imprints, "views": views, "choices": CHOICE_SENTENCES, "kinds": KINDS}
    shown |= {"states": STATES, "tones": TONES, "ranks": RANKS, "fixable": fixable, "may_fix": may_fix}
    shown["covers"] = {row.id: small for row in shown["rows"] if (small := picture(tenant, row.artwork, most=96))}
    return page("catalog/releases.html", realm_of(request), here=RELEASES, may_edit=may_edit, **shown)


def _found(session: Session, visitor: Visitor, asked: Asked, after: list[Any] | None, limit: int) -> list[Any]:
    if asked.get("q"):
        forgive(session)
    return list(session.execute(lists.releases(visitor, asked, after=after, limit=limit)).all())


def _following(tenant: Tenant, asked: Asked, found: list[Any]) -> str | None:
    return following(tenant, f"releases?{asked.query}", found, SHOWN, lambda last: [last.place, str(last.id)])


@get(f"{RELEASES}/export", sync_to_thread=True)
def export(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the releases of a filter as a table."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    require_somewhere(visitor, "catalog.view")
    asked = LISTING.asked(request.url.query)
    with tenant_work(tenant) as session:
        rows = _found(session, visitor, asked, None, EXPORTED)
        after = {"rows": len(rows), "filter": asked.query}
        activity.record(session, visitor.actor, "catalog.exported", after=after)
    heads = [told(realm, FIELD_SENTENCES.get(name, "Imprint")) for name in COLUMNS]
    lines = ([getattr(row, name) for name in COLUMNS] for row in rows)
    return table(f"{tenant.slug}-releases", request.query_params.get("as", "csv"), heads, lines)


@post(RELEASES, sync_to_thread=True)
def add_release(request: Request[Any, Any, Any], data: URLEncodedBody[NewRelease]) -> Redirect:
    """Create a release, and lead to its page."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        imprint = imprint_to_change(session, visitor, parse_uuid(data.imprint))
        release_id = create_release(session, visitor.actor, data, imprint)
    return flash.done(f"{RELEASES}/{release_id}", tenant, sentence("The release was created."))


keeping = view_pages(LISTING.name, RELEASES, permission="catalog.view", kept=lambda query: LISTING.asked(query).query)
handlers = [list_releases, export, add_release, *keeping]
