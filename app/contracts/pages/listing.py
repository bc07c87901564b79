"""All contracts: searched, filtered, sorted, taken along."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from sqlalchemy.orm import Session

from app.contracts.queries import lists
from app.contracts.rules.states import STATE_SENTENCES
from app.contracts.rules.vocabulary import KIND_SENTENCES, TONES
from app.identity.pages import visitor_of
from app.identity.policies import Visitor, allows, require_somewhere
from app.kernel import activity, clock
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.money import from_micros
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import shell
from app.kernel.web.pages import page, told
from app.kernel.web.paging import following, place
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.shell import Action, Place
from app.kernel.web.tables import table
from app.lists.pages import view_pages, views_of
from app.lists.rules import ANY_TEXT, Asked, Listing
from app.roster.models import Party

CONTRACTS = "/portal/contracts"
SHOWN, EXPORTED = 50, 20_000
LISTING = Listing(
    "contracts",
    CONTRACTS,
    parts={
        "q": ANY_TEXT,
        "state": frozenset(STATE_SENTENCES),
        "kind": frozenset(KIND_SENTENCES),
        "party": ANY_TEXT,
        "open": frozenset({"yes"}),
        "ends": frozenset({"soon"}),
    },
    sorts=("-number", "title", "party", "state", "start", "end", *lists.BY_AMOUNT),
)
HEADS = (
    sentence("Number"), sentence("Title"), sentence("Kind"), sentence("Party"), sentence("State"), sentence("Starts"),
    sentence("Ends"), sentence("Currency"), sentence("Balance"), sentence("Unrecouped"),
)  # fmt: skip

shell.add(
    Place(
        sentence("Contracts"), CONTRACTS, "signature", group="business", order=20, keys="g c",
        permission="contracts.view",
    ),
    Action(sentence("New contract"), f"{CONTRACTS}/new", "file-text", permission="contracts.edit"),
)  # fmt: skip


def today_of(tenant: Tenant) -> date:
    """The label's day."""
    return clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()


@get(CONTRACTS, sync_to_thread=True)
def list_contracts(request: Request[Any, Any, Any]) -> Response[str]:
    """Show contracts as filtered, a page at a time."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_somewhere(visitor, "contracts.view")
    asked = LISTING.asked(request.url.query)
    marker = request.query_params.get("after")
    after = place(tenant, f"contracts?{asked.query}", marker) if marker else None
    with tenant_read(tenant) as session:
        found = _found(session, visitor, tenant, asked, after, SHOWN + 1)
        shown: dict[str, Any] = {"rows": found[:SHOWN], "following": _following(tenant, asked, found), "asked": asked}
        shown["standings"] = lists.standings(session, [row.id for row in shown["rows"]])
        shown["views"] = views_of(session, visitor, LISTING.name, CONTRACTS, asked.query)
        chosen = parse_uuid(asked.get("party"))
        shown["party"] = session.get(Party, chosen) if chosen else None
    shown["may_amend"] = allows(visitor, "contracts.edit") and visitor.scope.is_whole
    shown |= {"states": STATE_SENTENCES, "kinds": KIND_SENTENCES, "tones": TONES}
    may_add = allows(visitor, "contracts.edit")
    return page("contracts/list.html", realm_of(request), here=CONTRACTS, may_add=may_add, **shown)


def _found(
    session: Session, visitor: Visitor, tenant: Tenant, asked: Asked, after: list[Any] | None, limit: int
) -> list[Any]:
    query = lists.contracts(session, visitor, asked, today_of(tenant), after=after, limit=limit)
    return list(session.execute(query).all())


def _following(tenant: Tenant, asked: Asked, found: list[Any]) -> str | None:
    return following(tenant, f"contracts?{asked.query}", found, SHOWN, lambda last: [last.place, str(last.id)])


@get(f"{CONTRACTS}/export", sync_to_thread=True)
def export(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the contracts of a filter as a table."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    require_somewhere(visitor, "contracts.view")
    asked = LISTING.asked(request.url.query)
    with tenant_work(tenant) as session:
        rows = _found(session, visitor, tenant, asked, None, EXPORTED)
        standings = lists.standings(session, [row.id for row in rows])
        after = {"rows": len(rows), "filter": asked.query}
        activity.record(session, visitor.actor, "contract.exported", after=after)
    lines = []
    for row in rows:
        own = standings[row.id]
        said = [row.number, row.title, told(realm, KIND_SENTENCES[row.kind]), row.party]
        said += [told(realm, STATE_SENTENCES[row.state]), row.starts_on, row.ends_on, own.currency]
        lines.append([*said, from_micros(own.payable_micros), from_micros(own.unrecouped_micros)])
    heads = [told(realm, name) for name in HEADS]
    return table(f"{tenant.slug}-contracts", request.query_params.get("as", "csv"), heads, lines)


keeping = view_pages(
    LISTING.name, CONTRACTS, permission="contracts.view", kept=lambda query: LISTING.asked(query).query
)
handlers = [list_contracts, export, *keeping]
