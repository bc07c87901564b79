"""One contract: what it says in words, who is paid, what is recouped, and what happened to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.contracts.errors import CollateralCycle, ContractUnknown, DetailsUnusable
from app.contracts.models import CollateralLink, Contract, Recoupable
from app.contracts.pages.editor import CONTRACT
from app.contracts.pages.listing import CONTRACTS, today_of
from app.contracts.pages.sent import DAY
from app.contracts.policies import contract_to_change, contract_to_read, may_change_contract, may_see_contract
from app.contracts.queries import calendar, lists, splits
from app.contracts.rules import drawing, vocabulary
from app.contracts.rules.numbers import shown_number, shown_percent
from app.contracts.rules.obligations import OBLIGATION_SENTENCES
from app.contracts.rules.states import EDITABLE, STATE_SENTENCES
from app.contracts.service import holding, recouping
from app.identity.models import Member
from app.identity.pages import visitor_of
from app.identity.policies import Visitor
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, Refusal
from app.kernel.files import StoredFile
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told_refusal
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.kernel.web.refusals import status_of
from app.roster.models import Party
from app.roster.queries.artist import history
from app.roster.rules.countries import country_names

HISTORY = 60
CROSSED = "pays_back"
FIELD_SENTENCES = {
    "title": sentence("Title"),
    "language": sentence("Language of the text"),
    "starts_on": sentence("First day"),
    "ends_on": sentence("Last day"),
    CROSSED: sentence("Pays back"),
}


class Ending(msgspec.Struct, forbid_unknown_fields=True):
    """The last day of a contract."""

    on: str = ""


class Crossing(msgspec.Struct, forbid_unknown_fields=True):
    """A contract that is paid back, or not any more."""

    contract: str = ""


@get(CONTRACT, sync_to_thread=True)
def contract_page(request: Request[Any, Any, Any], contract_id: FromPath[str]) -> Response[str]:
    """Show everything about a contract."""
    with tenant_read(tenant_of(request)) as session:
        contract = contract_to_read(session, visitor_of(request), parse_uuid(contract_id))
        return show_contract(request, session, contract)


def show_contract(
    request: Request[Any, Any, Any], session: Session, contract: Contract, *, problem: Refusal | None = None
) -> Response[str]:
    """The page of a contract; where something was declined, with why."""
    realm = realm_of(request)
    facts = _facts(session, visitor_of(request), contract) | _told(session, visitor_of(request), contract)
    facts |= spelling(realm, facts["terms"].currency)
    facts |= {"problem": told_refusal(realm, problem) if problem else "", "today": today_of(tenant_of(request))}
    return page(
        "contracts/contract.html", realm, here=CONTRACTS, status=status_of(problem) if problem else 200, **facts
    )


def spelling(realm: Realm, currency: str) -> dict[str, Any]:
    """How terms are spelled for a reader: percentages, amounts, countries, and what values are called."""
    language = realm.language

    def percent(value: Decimal) -> str:
        return f"{shown_percent(value, language)} %"

    def amount(value: Decimal) -> str:
        return f"{shown_number(value, language)} {currency}".rstrip()

    def ppm(share: int) -> str:
        return percent(Decimal(share).scaleb(-6))

    spelled: dict[str, Callable[..., str]] = {"percent": percent, "amount": amount, "ppm": ppm}
    return spelled | {"countries": dict(country_names(language)), "vocabulary": vocabulary}


def _facts(session: Session, visitor: Visitor, contract: Contract) -> dict[str, Any]:
    versions = list(session.scalars(lists.versions(contract.id)))
    terms = versions[0].read()
    others = [*terms.most_favoured, *([terms.trigger.contract] if terms.trigger else [])]
    may_edit = may_change_contract(session, visitor, contract.id)
    is_open = contract.state in lists.OPEN
    return {
        "contract": contract,
        "party": session.get_one(Party, contract.party_id),
        "versions": versions,
        "terms": terms,
        "payees": lists.payee_names(session, terms),
        "named_contracts": lists.titles(session, others),
        "scopes": lists.scopes(session, contract.id),
        "standing": lists.standings(session, [contract.id])[contract.id],
        "contradicting": holding.contradicting(session, contract) if is_open else None,
        "costs": _costs(session, contract.id),
        "members": _members(session, contract.id),
        "splits": splits.of_contract(session, visitor, contract.id),
        "may_edit": may_edit,
        "may_write": may_edit and contract.state in (*EDITABLE, "active"),
        "states": STATE_SENTENCES,
        "cost_kinds": recouping.KINDS,
        "own_id": visitor.member.id,
    }


def _told(session: Session, visitor: Visitor, contract: Contract) -> dict[str, Any]:
    links = [(row.from_id, row.to_id) for row in session.scalars(select(CollateralLink))]
    mine = drawing.around(links, contract.id)
    ends = {each for link in mine for each in link}
    seen = select(Contract.id, Contract.title).where(Contract.id.in_(ends), may_see_contract(visitor))
    return {
        "graph": drawing.draw(mine, contract.id) if mine else None,
        "graph_titles": dict(session.execute(seen).all()) if ends else {},
        "links": mine,
        "box": drawing,
        "history": _history(session, visitor, contract.id),
        "titles": FIELD_SENTENCES,
        "meanings": meanings(),
        "obligations": list(session.scalars(calendar.of_contract(contract.id))),
        "obligation_kinds": OBLIGATION_SENTENCES,
    }


def _history(session: Session, visitor: Visitor, contract_id: UUID) -> list[dict[str, Any]]:
    """What happened to a contract; contracts by their titles, and no ids and hashes, which tell nobody anything."""
    rows = list(session.scalars(history([contract_id], limit=HISTORY)))
    crossed = {UUID(key) for row in rows for side in (row.before, row.after) for key in (side or {}).get(CROSSED, ())}
    seen = select(Contract.id, Contract.title).where(Contract.id.in_(crossed), may_see_contract(visitor))
    names = {str(key): title for key, title in session.execute(seen)} if crossed else {}

    def said(side: dict[str, Any] | None) -> dict[str, Any]:
        told = {name: value for name, value in (side or {}).items() if name in FIELD_SENTENCES}
        if CROSSED in told:
            told[CROSSED] = [names.get(key, "—") for key in told[CROSSED]]
        return told

    kept = ("id", "action", "actor_name", "actor_kind", "at")
    return [
        {name: getattr(row, name) for name in kept} | {"before": said(row.before), "after": said(row.after)}
        for row in rows
    ]


def _costs(session: Session, contract_id: UUID) -> list[Any]:
    query = select(Recoupable, StoredFile.name).outerjoin(StoredFile, StoredFile.id == Recoupable.receipt_id)
    query = query.where(Recoupable.contract_id == contract_id)
    return list(session.execute(query.order_by(Recoupable.position, Recoupable.incurred_on, Recoupable.id)).all())


def _members(session: Session, contract_id: UUID) -> dict[UUID, str]:
    """Who proposed and decided the costs of a contract."""
    rows = select(Recoupable).where(Recoupable.contract_id == contract_id).subquery()
    did = or_(rows.c.created_by == Member.id, rows.c.decided_by == Member.id)
    query = select(Member.id, Member.name).join(rows, did)
    return dict(session.execute(query.distinct()).all())


@post(f"{CONTRACT}/end", sync_to_thread=True)
def end_contract(
    request: Request[Any, Any, Any], contract_id: FromPath[str], data: URLEncodedBody[Ending]
) -> Response[Any]:
    """Let a contract end with a day."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(contract_id)
    try:
        with tenant_work(tenant) as session:
            contract = contract_to_change(session, visitor, known)
            holding.end(session, visitor.actor, contract, on=_day(data.on, contract.starts_on))
    except Invalid as refusal:
        with tenant_read(tenant) as session:
            return show_contract(request, session, contract_to_read(session, visitor, known), problem=refusal)
    return flash.done(f"{CONTRACTS}/{contract_id}", tenant, sentence("The contract ends with this day."))


def _day(text: str, first: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise DetailsUnusable(DAY, fields={"on": DAY}) from None
    if day < first:
        raise DetailsUnusable(sentence("The last day lies before the first."))
    return day


@post(f"{CONTRACT}/collateral", sync_to_thread=True)
def add_collateral(
    request: Request[Any, Any, Any], contract_id: FromPath[str], data: URLEncodedBody[Crossing]
) -> Response[Any]:
    """Let what this contract earns pay back what is open under another."""
    return _crossed(request, contract_id, data.contract, is_added=True)


@post(f"{CONTRACT}/collateral/removal", sync_to_thread=True)
def remove_collateral(
    request: Request[Any, Any, Any], contract_id: FromPath[str], data: URLEncodedBody[Crossing]
) -> Response[Any]:
    """Let it not pay back another contract any more."""
    return _crossed(request, contract_id, data.contract, is_added=False)


def _crossed(request: Request[Any, Any, Any], contract_id: str, other: str, *, is_added: bool) -> Response[Any]:
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(contract_id)
    try:
        with tenant_work(tenant) as session:
            contract = contract_to_change(session, visitor, known)
            meant = contract_to_read(session, visitor, parse_uuid(other.strip()))
            query = select(CollateralLink.to_id).where(CollateralLink.from_id == contract.id)
            held = set(session.scalars(query))
            wanted = held | {meant.id} if is_added else held - {meant.id}
            recouping.cross(session, visitor.actor, contract, wanted)
    except (CollateralCycle, ContractUnknown) as refusal:
        with tenant_read(tenant) as session:
            return show_contract(request, session, contract_to_read(session, visitor, known), problem=refusal)
    return flash.done(f"{CONTRACTS}/{contract_id}#collateral", tenant, sentence("The contract was changed."))


def changed(tenant: Any, contract_id: Any, said: str, part: str = "") -> Redirect:
    """Lead back to a contract's page, to a part of it, and say what was done."""
    return flash.done(f"{CONTRACTS}/{contract_id}{f'#{part}' if part else ''}", tenant, said)


handlers = [contract_page, end_contract, add_collateral, remove_collateral]
