"""Everybody who is credited: the list, one of them, their codes, and two who turn out to be one."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.catalog.policies import contributor_to_change, contributor_to_read, contributors_to_merge, merger_to_end
from app.catalog.queries import contributors as queries
from app.catalog.rules import parts
from app.catalog.rules.roles import ROLE_SENTENCES
from app.catalog.service import contributors
from app.catalog.service.loading import take_turn
from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor, allows, require_somewhere
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash, shell
from app.kernel.web.pages import page
from app.kernel.web.paging import following, place
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.shell import Place
from app.roster.models import Contributor
from app.roster.queries.artist import history
from app.roster.queries.search import forgive

CONTRIBUTORS = "/portal/contributors"
CONTRIBUTOR = f"{CONTRIBUTORS}/{{contributor_id:str}}"
SHOWN, LISTED, HISTORY = 50, 500, 40

shell.add(
    Place(
        sentence("Contributors"),
        CONTRIBUTORS,
        "user",
        group="catalogue",
        order=27,
        keys="g v",
        permission="catalog.view",
    )
)


class Codes(msgspec.Struct, forbid_unknown_fields=True):
    """Under which codes somebody is known."""

    isni: str = ""
    ipi: str = ""


class Same(msgspec.Struct, forbid_unknown_fields=True):
    """Who somebody is."""

    into: str


@get(CONTRIBUTORS, sync_to_thread=True)
def list_contributors(request: Request[Any, Any, Any]) -> Response[str]:
    """Show who is credited, by name, a page at a time."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_somewhere(visitor, "catalog.view")
    wanted, marker = request.query_params.get("q", "").strip()[:100], request.query_params.get("after")
    after = place(tenant, f"contributors?{wanted}", marker) if marker else None
    with tenant_read(tenant) as session:
        if wanted:
            forgive(session)
        found = session.execute(queries.contributors(visitor, wanted, after=after, limit=SHOWN + 1)).all()
    listing = f"contributors?{wanted}"
    more = following(tenant, listing, found, SHOWN, lambda last: [last.place, str(last.Contributor.id)])
    facts: dict[str, Any] = {"rows": found[:SHOWN], "wanted": wanted, "following": more, "roles": ROLE_SENTENCES}
    return page("catalog/contributors.html", realm_of(request), here=CONTRIBUTORS, **facts)


@get(CONTRIBUTOR, sync_to_thread=True)
def show(request: Request[Any, Any, Any], contributor_id: FromPath[str]) -> Response[Any]:
    """Show what somebody did, and who might be the same; who was merged leads to who they are."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        person = contributor_to_read(session, visitor, parse_uuid(contributor_id))
        if str(person.id) != contributor_id:
            return Redirect(f"{CONTRIBUTORS}/{person.id}", status_code=303)
        forgive(session)
        facts = _facts(session, visitor, person, request.query_params.get("same", "").strip()[:100])
    return page("catalog/contributor.html", realm_of(request), problem=None, problems={}, **facts)


def _facts(session: Session, visitor: Visitor, person: Contributor, wanted: str) -> dict[str, Any]:
    may_edit = allows(visitor, "catalog.edit") and visitor.scope.is_whole
    aliases = queries.aliases_of(session, person)
    return {
        "here": CONTRIBUTORS,
        "person": person,
        "typed": {"isni": person.isni or "", "ipi": person.ipi or ""},
        "credits": session.execute(queries.credits_of(visitor, person, LISTED)).all(),
        "works": session.execute(queries.works_of(visitor, person, LISTED)).all(),
        "aliases": aliases,
        "may_edit": may_edit,
        "wanted": wanted,
        "alike": queries.alike(session, visitor, person, wanted) if may_edit else [],
        "history": list(session.scalars(history([person.id, *(each.id for each in aliases)], limit=HISTORY))),
        "meanings": meanings(),
        "titles": {"isni": "ISNI", "ipi": "IPI", "name": sentence("Name")},
        "roles": ROLE_SENTENCES,
        "share": parts.spelled_share,
    }


def _refused(request: Request[Any, Any, Any], contributor_id: str, refusal: Refusal, **more: Any) -> Response[Any]:
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        person = contributor_to_read(session, visitor, parse_uuid(contributor_id))
        facts = _facts(session, visitor, person, "")
    problems = refusal.fields if isinstance(refusal, Invalid) else {}
    return again(request, "catalog/contributor.html", refusal, problems=problems, **(facts | more))


@post(CONTRIBUTOR, sync_to_thread=True)
def change(
    request: Request[Any, Any, Any], contributor_id: FromPath[str], data: URLEncodedBody[Codes]
) -> Response[Any]:
    """Note under which codes somebody is known."""
    visitor, tenant, typed = visitor_of(request), tenant_of(request), {"isni": data.isni, "ipi": data.ipi}
    try:
        with tenant_work(tenant) as session:
            person = contributor_to_change(session, visitor, parse_uuid(contributor_id))
            contributors.set_codes(session, visitor.actor, person, typed)
    except Invalid as refusal:
        return _refused(request, contributor_id, refusal, typed=typed)
    return flash.done(f"{CONTRIBUTORS}/{contributor_id}", tenant, sentence("The contributor was changed."))


@post(f"{CONTRIBUTOR}/merger", sync_to_thread=True)
def merge(request: Request[Any, Any, Any], contributor_id: FromPath[str], data: URLEncodedBody[Same]) -> Response[Any]:
    """Say who somebody is: what is credited to them is credited to that one."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            take_turn(session)  # before anybody is held: a load has its turn already when it waits for people
            one, other = contributors_to_merge(session, visitor, parse_uuid(contributor_id), parse_uuid(data.into))
            contributors.merge(session, visitor.actor, one, other)
    except (Conflict, Invalid) as refusal:
        return _refused(request, contributor_id, refusal)
    undo = f"{CONTRIBUTORS}/{contributor_id}/merger/removal"
    return flash.done(f"{CONTRIBUTORS}/{other.id}", tenant, sentence("The two are one now."), undo=undo)


@post(f"{CONTRIBUTOR}/merger/removal", sync_to_thread=True)
def part(request: Request[Any, Any, Any], contributor_id: FromPath[str]) -> Response[Any]:
    """Take a merger back while what it moved is as it left it."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            take_turn(session)
            one, other = merger_to_end(session, visitor, parse_uuid(contributor_id))
            contributors.part(session, visitor.actor, one, other)
    except Conflict as refusal:
        return _refused(request, contributor_id, refusal)
    return flash.done(f"{CONTRIBUTORS}/{contributor_id}", tenant, sentence("The two are two again."))


handlers = [list_contributors, show, change, merge, part]
