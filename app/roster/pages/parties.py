"""Legal persons: who signs, who owns, who is paid."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor, allows
from app.kernel.activity.meanings import meanings
from app.kernel.collation import as_sorted
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import parse_uuid
from app.kernel.money import currencies
from app.kernel.sentences import sentence
from app.kernel.web import flash, shell
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.shell import Place
from app.roster.models import Artist, Party
from app.roster.policies.parties import (
    artist_to_tie,
    may_do_with,
    may_see_party,
    party_to_change,
    party_to_read,
    payee_to_change,
)
from app.roster.queries.artist import history
from app.roster.queries.parties import known_as
from app.roster.queries.search import forgive
from app.roster.rules.countries import country_names
from app.roster.schemas import NewPayee, PartyForm, TiedArtist
from app.roster.service import parties

PARTIES = "/portal/parties"
PARTY = f"{PARTIES}/{{party_id:str}}"
SHOWN, HISTORY = 200, 40
KIND_SENTENCES = {"person": "Person", "company": "Company"}
FIELD_SENTENCES = {
    "kind": "Kind", "legal_name": "Legal name", "email": "Mail address", "country": "Country", "name": "Name",
    "currency": "Currency",
}  # fmt: skip
SEE: dict[str, Any] = {"permission": "contracts.view"}
MONEY: dict[str, Any] = {"recent": True, "in_person": True}

shell.add(
    Place(
        sentence("Legal persons"),
        PARTIES,
        "building",
        group="business",
        order=10,
        keys="g p",
        permission="contracts.view",
    )
)


@get(PARTIES, sync_to_thread=True, opt=SEE)
def list_parties(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the legal persons a visitor may know of."""
    return page("roster/parties.html", realm_of(request), problem=None, problems={}, **_listed(request, {}))


def _listed(request: Request[Any, Any, Any], typed: dict[str, str]) -> dict[str, Any]:
    visitor, wanted = visitor_of(request), request.query_params.get("q", "").strip()[:100]
    query = select(Party, _names()).where(may_see_party(visitor)).order_by(as_sorted(Party.legal_name), Party.id)
    if wanted:
        query = query.where(known_as(wanted))
    with tenant_read(tenant_of(request)) as session:
        if wanted:
            forgive(session)
        rows = session.execute(query.limit(SHOWN)).all()
    may_add = allows(visitor, "contracts.edit") and visitor.scope.is_whole
    return {"here": PARTIES, "rows": rows, "wanted": wanted, "may_add": may_add, **_choices(request, typed)}


def _names() -> Any:
    """Whose legal person one is."""
    names = select(func.string_agg(Artist.name, ", ")).where(Artist.party_id == Party.id)
    return names.correlate(Party).scalar_subquery()


def _choices(request: Request[Any, Any, Any], typed: dict[str, str]) -> dict[str, Any]:
    empty = dict.fromkeys(parties.FIELDS, "")
    return {"kinds": KIND_SENTENCES, "countries": country_names(realm_of(request).language), "typed": empty | typed}


@post(PARTIES, sync_to_thread=True)
def add_party(request: Request[Any, Any, Any], data: URLEncodedBody[PartyForm]) -> Response[Any]:
    """Note a legal person, and lead to its page."""
    visitor, tenant, typed = visitor_of(request), tenant_of(request), _typed(data)
    try:
        with tenant_work(tenant) as session:
            party = parties.add_party(session, visitor, parties.wanted_fields(typed))
    except Invalid as refusal:
        return again(request, "roster/parties.html", refusal, problems=refusal.fields, **_listed(request, typed))
    return flash.done(f"{PARTIES}/{party.id}", tenant, sentence("The legal person was added."))


def _typed(data: PartyForm) -> dict[str, str]:
    return {field: getattr(data, field) for field in parties.FIELDS}


@get(PARTY, sync_to_thread=True)
def party_page(request: Request[Any, Any, Any], party_id: FromPath[str]) -> Response[str]:
    """Show a legal person, whose it is, and where its money goes."""
    return page("roster/party.html", realm_of(request), problem=None, problems={}, **_shown(request, party_id, {}))


def _shown(request: Request[Any, Any, Any], party_id: str, typed: dict[str, str]) -> dict[str, Any]:
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        party = party_to_read(session, visitor, parse_uuid(party_id))
        facts = _facts(session, visitor, party)
    return {"here": PARTIES, **facts, **_choices(request, parties.shown_fields(party) | typed)}


def _facts(session: Session, visitor: Visitor, party: Party) -> dict[str, Any]:
    sees_money = may_do_with(session, visitor, party, "payouts.view")
    return {
        "party": party,
        "match": parties.fingerprint(party),
        "artists": list(session.scalars(select(Artist).where(Artist.party_id == party.id).order_by(Artist.sort_name))),
        "payees": parties.payees_of(session, party.id) if sees_money else None,
        "currencies": sorted(currencies()),
        "history": list(session.scalars(history([party.id], limit=HISTORY))) if sees_money else [],
        "meanings": meanings(),
        "titles": FIELD_SENTENCES,
        "may_edit": may_do_with(session, visitor, party, "contracts.edit"),
        "may_pay": may_do_with(session, visitor, party, "payouts.prepare"),
    }


@post(PARTY, sync_to_thread=True, opt=MONEY)
def change_party(
    request: Request[Any, Any, Any], party_id: FromPath[str], data: URLEncodedBody[PartyForm]
) -> Response[Any]:
    """Change a legal person that is still as its editor saw it; whoever was slower sees both."""
    visitor, tenant, typed = visitor_of(request), tenant_of(request), _typed(data)
    try:
        with tenant_work(tenant) as session:
            party = party_to_change(session, visitor, parse_uuid(party_id))
            if data.match != parties.fingerprint(party):
                raise Conflict
            parties.change_party(session, visitor, party, parties.wanted_fields(typed))
    except Conflict as refusal:
        answer = again(request, "roster/party.html", refusal, problems={}, **_shown(request, party_id, typed))
        answer.status_code = 412
        return answer
    except Invalid as refusal:
        shown = _shown(request, party_id, typed)
        return again(request, "roster/party.html", refusal, problems=refusal.fields, **shown)
    return flash.done(f"{PARTIES}/{party_id}", tenant, sentence("The legal person was changed."))


@post(f"{PARTY}/removal", sync_to_thread=True, opt=MONEY)
def remove_party(request: Request[Any, Any, Any], party_id: FromPath[str]) -> Response[Any]:
    """Take a legal person away that nothing refers to."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            parties.remove_party(session, visitor, party_to_change(session, visitor, parse_uuid(party_id)))
    except Conflict as refusal:
        return again(request, "roster/party.html", refusal, problems={}, **_shown(request, party_id, {}))
    return flash.done(PARTIES, tenant, sentence("The legal person was removed."))


@post(f"{PARTY}/artists", sync_to_thread=True, opt=MONEY)
def tie_artist(request: Request[Any, Any, Any], party_id: FromPath[str], data: URLEncodedBody[TiedArtist]) -> Redirect:
    """Say that this legal person is behind an artist."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        party = party_to_change(session, visitor, parse_uuid(party_id))
        parties.tie_artist(session, visitor, artist_to_tie(session, visitor, data.artist), party)
    return flash.done(f"{PARTIES}/{party_id}", tenant, sentence("The artist was changed."))


@post(f"{PARTY}/artists/removal", sync_to_thread=True, opt=MONEY)
def untie_artist(
    request: Request[Any, Any, Any], party_id: FromPath[str], data: URLEncodedBody[TiedArtist]
) -> Redirect:
    """Say that this legal person is not behind an artist."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        party = party_to_change(session, visitor, parse_uuid(party_id))
        artist = artist_to_tie(session, visitor, data.artist)
        if artist.party_id == party.id:
            parties.tie_artist(session, visitor, artist, None)
    return flash.done(f"{PARTIES}/{party_id}", tenant, sentence("The artist was changed."))


@post(f"{PARTY}/payees", sync_to_thread=True, opt=MONEY)
def add_payee(
    request: Request[Any, Any, Any], party_id: FromPath[str], data: URLEncodedBody[NewPayee]
) -> Response[Any]:
    """Note where a legal person's money goes."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            party = party_to_change(session, visitor, parse_uuid(party_id), "payouts.prepare")
            parties.add_payee(session, visitor, party, name=data.name, currency=data.currency)
    except Invalid as refusal:
        return again(request, "roster/party.html", refusal, problems={}, **_shown(request, party_id, {}))
    return flash.done(f"{PARTIES}/{party_id}", tenant, sentence("The payee was added."))


@post(f"{PARTY}/payees/{{payee_id:str}}/removal", sync_to_thread=True, opt=MONEY)
def remove_payee(request: Request[Any, Any, Any], party_id: FromPath[str], payee_id: FromPath[str]) -> Redirect:
    """Take a payee away."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        payee = payee_to_change(session, visitor, parse_uuid(party_id), parse_uuid(payee_id))
        parties.remove_payee(session, visitor, payee)
    return flash.done(f"{PARTIES}/{party_id}", tenant, sentence("The payee was removed."))


handlers = [
    list_parties, add_party, party_page, change_party, remove_party, tie_artist, untie_artist, add_payee, remove_payee,
]  # fmt: skip
