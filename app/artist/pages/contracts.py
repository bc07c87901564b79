"""Contracts to read and to sign, in the app."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.artist.pages.frame import app_page, around
from app.artist.policies import contract_to_read
from app.artist.queries import deals
from app.artist.rules.tasks import APP
from app.contracts.errors import SignedAlready, SigningClosed, SigningExpired, StateUnfit
from app.contracts.models import Contract, ContractVersion
from app.contracts.pages.contract import spelling
from app.contracts.pages.sending import CLOSING_SENTENCES, SIGN, SIGNER_SENTENCES, LabelSignForm
from app.contracts.pages.signing import WordsForm, came_from
from app.contracts.queries import lists
from app.contracts.rules import redline
from app.contracts.rules import signing as rules
from app.contracts.rules.states import STATE_SENTENCES
from app.contracts.rules.wording import blocks
from app.contracts.service import sending, signing, writing
from app.contracts.service.signing import Asked
from app.identity.pages import AnyRequest, seen, visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor
from app.kernel import files
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant, TenantState
from app.kernel.web import flash
from app.kernel.web.languages import say
from app.kernel.web.realm import realm_of, tenant_of

CONTRACTS = f"{APP}/contracts"
CONTRACT = f"{CONTRACTS}/{{contract_id:str}}"
MOST = 200


@get(CONTRACTS, sync_to_thread=True)
def list_contracts(request: AnyRequest) -> Response[str]:
    """Show the visitor's contracts: those that wait for them, those in force, all others."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        rows = list(session.execute(deals.contracts(visitor).limit(MOST)).all())
        waiting = len(session.execute(deals.waiting_shares(visitor).limit(MOST)).all())
    groups = [
        (sentence("Waiting for you"), [row for row in rows if row.is_due]),
        (sentence("In force"), [row for row in rows if not row.is_due and row.Contract.state == "active"]),
        (sentence("Others"), [row for row in rows if not row.is_due and row.Contract.state != "active"]),
    ]
    shown: dict[str, Any] = {"groups": groups, "waiting": waiting, **spelling(realm_of(request), "")}
    return app_page(request, "artist/contracts.html", visitor, states=STATE_SENTENCES, **shown)


@get(CONTRACT, sync_to_thread=True)
def contract_page(request: AnyRequest, contract_id: FromPath[str]) -> Response[str]:
    """Show a contract to read; where it waits for the visitor, with their signature, and note that it was opened."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        contract = contract_to_read(session, visitor, parse_uuid(contract_id))
        asked = _asked(session, visitor, contract)
        shown = _shown(request, session, visitor, contract, asked)
    if asked is not None and asked.signer.viewed_at is None and tenant.state is TenantState.ACTIVE:
        with tenant_work(tenant) as session:
            signing.view(session, signing.asked_of_party(session, contract, visitor.member.email, lock=True))
    return app_page(request, "artist/contract.html", visitor, problem=None, name="", **shown)


def _asked(session: Session, visitor: Visitor, contract: Contract) -> Asked | None:
    """What of a contract waits for the visitor in person."""
    if visitor.acting is None:
        with suppress(SigningClosed, SigningExpired, SignedAlready):
            return signing.asked_of_party(session, contract, visitor.member.email)
    return None


def _shown(
    request: AnyRequest, session: Session, visitor: Visitor, contract: Contract, asked: Asked | None
) -> dict[str, Any]:
    tenant, versions = tenant_of(request), deals.shown_versions(session, contract)
    version = asked.version if asked else versions[0]
    terms = version.read()
    return {
        "address": f"{CONTRACTS}/{contract.id}",
        "contract": contract,
        "version": version,
        "terms": terms,
        "payees": lists.payee_names(session, terms),
        "signers": sending.signers_of(session, version.id),
        "asked": asked,
        "is_due": asked is not None and signing.is_due(session, asked),
        "consent": say(rules.CONSENT, asked.signer.language) if asked else "",
        "blocks": list(blocks(writing.text_of(session, tenant, contract, version))),
        "paper": _paper(tenant, version),
        "has_changes": len(versions) > 1,
        "states": STATE_SENTENCES,
        "signer_states": SIGNER_SENTENCES,
        "closings": CLOSING_SENTENCES,
        "own_name": visitor.member.name,
        **spelling(realm_of(request), terms.currency),
    }


def _paper(tenant: Tenant, version: ContractVersion) -> str | None:
    document = version.sealed_id or version.document_id
    return files.url(tenant, document, attachment=True) if document else None


@get(f"{CONTRACT}/changes", sync_to_thread=True)
def changes(request: AnyRequest, contract_id: FromPath[str]) -> Response[str]:
    """Show what the newest version changed of the one before, word by word."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        contract = contract_to_read(session, visitor, parse_uuid(contract_id))
        both: Sequence[ContractVersion] = deals.shown_versions(session, contract)[:2]
        if len(both) < 2:
            raise StateUnfit
        now, before = (writing.text_of(session, tenant, contract, version) for version in both)
    shown: dict[str, Any] = {"contract": contract, "version": both[0], "pieces": redline.words(before, now)}
    return app_page(request, "artist/changes.html", visitor, address=f"{CONTRACTS}/{contract.id}", **shown)


@post(f"{CONTRACT}/signature", sync_to_thread=True, opt=SIGN)
def sign(request: AnyRequest, contract_id: FromPath[str], data: URLEncodedBody[LabelSignForm]) -> Response[Any]:
    """Sign, as the member whose mail address was asked to."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(contract_id)
    try:
        with tenant_work(tenant) as session:
            asked = _held(session, visitor, contract_to_read(session, visitor, known))
            given: dict[str, Any] = {"name": data.name, "seen": data.seen, "agrees": bool(data.agrees)}
            signing.sign_as_member(session, tenant, visitor, asked, came=came_from(request), **given)
    except (Invalid, Conflict) as refusal:
        return _again(request, visitor, contract_id, refusal, name=data.name[: rules.LONGEST_NAME])
    return _done(request, contract_id, sentence("You have signed. Once everybody has, you get the sealed contract."))


@post(f"{CONTRACT}/refusal", sync_to_thread=True, opt=SIGN)
def decline(request: AnyRequest, contract_id: FromPath[str], data: URLEncodedBody[WordsForm]) -> Response[Any]:
    """Say no, with a reason."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(contract_id)
    try:
        with tenant_work(tenant) as session:
            asked = _held(session, visitor, contract_to_read(session, visitor, known))
            signing.decline(session, tenant, visitor.actor, asked, data.words)
    except (Invalid, Conflict) as refusal:
        return _again(request, visitor, contract_id, refusal, name="")
    return _done(request, contract_id, sentence("You have declined this contract. Whoever sent it to you reads why."))


@post(f"{CONTRACT}/proposal", sync_to_thread=True, opt={"in_person": True})
def propose(request: AnyRequest, contract_id: FromPath[str], data: URLEncodedBody[WordsForm]) -> Response[Any]:
    """Propose a change; the contract comes back once the label has answered it."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(contract_id)
    try:
        with tenant_work(tenant) as session:
            asked = _held(session, visitor, contract_to_read(session, visitor, known))
            sending.counter(session, tenant, visitor.actor, asked.contract, asked.version, data.words)
    except (Invalid, Conflict) as refusal:
        return _again(request, visitor, contract_id, refusal, name="")
    return _done(request, contract_id, sentence("Your proposal is on its way."))


def _held(session: Session, visitor: Visitor, contract: Contract) -> Asked:
    return signing.asked_of_party(session, contract, visitor.member.email, lock=True)


def _again(
    request: AnyRequest, visitor: Visitor, contract_id: str, refusal: Invalid | Conflict, *, name: str
) -> Response[Any]:
    tenant = tenant_of(request)
    with tenant_read(tenant) as session:
        contract = contract_to_read(session, visitor, parse_uuid(contract_id))
        shown = _shown(request, session, visitor, contract, _asked(session, visitor, contract))
    values = around(request) | shown | {"name": name}
    return seen(again(request, "artist/contract.html", refusal, **values), tenant, visitor)


def _done(request: AnyRequest, contract_id: str, said: str) -> Redirect:
    return flash.done(f"{CONTRACTS}/{contract_id}", tenant_of(request), said)


handlers = [list_contracts, contract_page, changes, sign, decline, propose]
