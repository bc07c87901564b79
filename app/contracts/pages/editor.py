"""One form in which a contract is written: whom it is with, what it is about, and its terms clause by clause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.errors import DetailsUnusable, StateUnfit, TermsUnusable
from app.contracts.models import Contract
from app.contracts.pages import sent, typed
from app.contracts.pages.listing import CONTRACTS, today_of
from app.contracts.policies import (
    contract_to_change,
    contract_to_edit,
    may_change_contract,
    named_unseen,
    require_within,
)
from app.contracts.queries import lists
from app.contracts.rules import vocabulary
from app.contracts.rules.states import EDITABLE
from app.contracts.rules.terms import DEDUCTIONS, Terms
from app.contracts.schemas import Details, NewContract, Scope
from app.contracts.service import drafting
from app.identity.errors import OutOfScope
from app.identity.pages import visitor_of
from app.identity.policies import Visitor, require
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.ids import parse_uuid
from app.kernel.money import currencies
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.languages import own_names
from app.kernel.web.pages import page, told, told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.models import Party
from app.roster.policies.parties import may_see_party

CONTRACT: Final = f"{CONTRACTS}/{{contract_id:str}}"
WRITE: Final[dict[str, Any]] = {"permission": "contracts.edit"}
PAYEE = sentence("Choose payees from the list.")
OTHER_CONTRACT = sentence("Choose contracts from the list.")
NAMED: Final = {"shares": PAYEE, "most_favoured": OTHER_CONTRACT}
BASES: Final = tuple(vocabulary.BASE_SENTENCES)


@get(f"{CONTRACTS}/new", sync_to_thread=True, opt=WRITE)
def new_contract(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the form for a contract that is only begun."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    language = visitor.member.language or "en"
    fields = typed.blank(language=language, currency=tenant.currency, today=today_of(tenant))
    return _page(request, None, fields)


@post(CONTRACTS, sync_to_thread=True, opt=WRITE)
def add_contract(request: Request[Any, Any, Any], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Write a contract down, and lead to its page; or show the form again with what to change."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            read = sent.Reader(data, realm_of(request).language)
            details, scopes, terms = sent.read_details(read), sent.read_scopes(read), _terms(read)
            _require_usable(session, visitor, read, details, scopes, terms, None)
            kept = drafting.draft(session, visitor.actor, NewContract(**details, scopes=tuple(scopes), terms=terms))
            if not may_change_contract(session, visitor, kept.id):
                raise OutOfScope
    except Invalid as refusal:
        return _page(request, None, data, refusal=refusal)
    return flash.done(f"{CONTRACTS}/{kept.id}", tenant, sentence("The contract was drafted."))


@get(f"{CONTRACT}/edit", sync_to_thread=True)
def edit_contract(request: Request[Any, Any, Any], contract_id: FromPath[str]) -> Response[str]:
    """Show the form as the contract is."""
    visitor, language = visitor_of(request), realm_of(request).language
    with tenant_read(tenant_of(request)) as session:
        contract = contract_to_edit(session, visitor, parse_uuid(contract_id))
        _require_open(contract)
        terms = drafting.latest(session, contract.id).read()
        fields = typed.of_contract(contract, terms, lists.scopes(session, contract.id), language)
    return _page(request, contract, fields)


@post(CONTRACT, sync_to_thread=True)
def change_contract(
    request: Request[Any, Any, Any], contract_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]
) -> Response[Any]:
    """Change a contract that is still as its editor saw it; of one in force a further version is begun."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(contract_id)
    with tenant_read(tenant) as session:
        seen = contract_to_edit(session, visitor, known)
    try:
        with tenant_work(tenant) as session:
            contract = contract_to_change(session, visitor, known)
            _require_open(contract)
            read = sent.Reader(data, realm_of(request).language)
            if read.one("match") != str(contract.version):
                return _page(request, contract, data, is_behind=True)
            _save(session, visitor, contract, read)
    except Invalid as refusal:
        return _page(request, seen, data, refusal=refusal)
    said = sentence("The contract was changed.")
    return flash.done(f"{CONTRACTS}/{contract_id}", tenant, said)


def _require_open(contract: Contract) -> None:
    """Refuse while others look at the text, and once it is over."""
    if contract.state not in (*EDITABLE, "active"):
        raise StateUnfit


def _save(session: Session, visitor: Visitor, contract: Contract, read: sent.Reader) -> None:
    if contract.state == "active":
        terms = _terms(read)
        _require_usable(session, visitor, read, None, (), terms, contract)
        if drafting.latest(session, contract.id).signed_at is None:
            drafting.set_terms(session, visitor.actor, contract, terms)
        else:
            drafting.amend(session, visitor.actor, contract, terms)
        return
    details, scopes, terms = sent.read_details(read), sent.read_scopes(read), _terms(read)
    _require_usable(session, visitor, read, details, scopes, terms, contract)
    del details["kind"]
    drafting.describe(session, visitor.actor, contract, Details(**details))
    drafting.set_scopes(session, visitor.actor, contract, scopes)
    drafting.set_terms(session, visitor.actor, contract, terms)
    if not may_change_contract(session, visitor, contract.id):
        raise OutOfScope


def _terms(read: sent.Reader) -> Terms:
    try:
        return sent.read_terms(read)
    except TermsUnusable as problem:
        raise DetailsUnusable(fields=read.problems | problem.fields) from None


def _require_usable(
    session: Session,
    visitor: Visitor,
    read: sent.Reader,
    details: Mapping[str, Any] | None,
    scopes: Any,
    terms: Terms,
    contract: Contract | None,
) -> None:
    """Refuse what could not be read, and whatever names something that the visitor does not know of."""
    before = drafting.latest(session, contract.id).read() if contract else None
    for field in named_unseen(session, visitor, terms, before):
        read.problems.setdefault(field, NAMED[field])
    if details is not None and (contract is None or details["party_id"] != contract.party_id):
        seen = select(Party.id).where(Party.id == details["party_id"], may_see_party(visitor))
        if session.scalar(seen) is None:
            read.problems.setdefault("party", sent.PARTY)
    if read.problems:
        raise DetailsUnusable(fields=read.problems)
    held = {Scope(level, subject) for level, subject, *_ in lists.scopes(session, contract.id)} if contract else set()  # type: ignore[arg-type]
    for scope in {Scope(scope.level, scope.subject_id) for scope in scopes} - held:
        require_within(session, visitor, scope)


def _page(
    request: Request[Any, Any, Any],
    contract: Contract | None,
    fields: Mapping[str, Any],
    *,
    refusal: Invalid | None = None,
    is_behind: bool = False,
) -> Response[str]:
    realm = realm_of(request)
    require(visitor_of(request), "contracts.edit")
    read = sent.Reader(fields, realm.language)
    problems = {name: told(realm, problem) for name, problem in (refusal.fields if refusal else {}).items()}
    shown: dict[str, Any] = {
        "contract": contract,
        "only_terms": contract is not None and contract.state == "active",
        "one": read.one,
        "several": read.several,
        "problems": problems,
        "problem": "" if refusal is None or problems else told_refusal(realm, refusal),
        "is_behind": is_behind,
        "vocabulary": vocabulary,
        "bases": BASES,
        "deductions": DEDUCTIONS,
        "currencies": sorted(currencies()),
        "own_names": own_names(),
    }
    status = 412 if is_behind else 422 if refusal else 200
    return page("contracts/edit.html", realm, here=CONTRACTS, status=status, **shown)


handlers = [new_contract, add_contract, edit_contract, change_contract]
