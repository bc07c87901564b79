"""Signatures of a contract in the portal: who signs, how far that is, what was proposed, and the label's own."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.errors import StateUnfit
from app.contracts.models import Contract, ContractComment, ContractVersion
from app.contracts.pages.signing import WordsForm, came_from
from app.contracts.policies import contract_to_change, contract_to_read, contract_to_sign, may_change_contract
from app.contracts.queries import lists
from app.contracts.rules import naming, redline
from app.contracts.rules import signing as rules
from app.contracts.rules.states import EDITABLE, STATE_SENTENCES
from app.contracts.rules.wording import blocks
from app.contracts.service import drafting, reminding, sending, signing, writing
from app.contracts.service.sending import NewSigner, Sending
from app.identity.pages import visitor_of
from app.identity.pages.door import again, several
from app.identity.policies import Visitor, allows, hands_of
from app.kernel import files
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.languages import own_names, say
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of

CONTRACTS = "/portal/contracts"
HERE = f"{CONTRACTS}/{{contract_id:str}}"
SIGNER_SENTENCES = {
    "waiting": "Not asked yet",
    "asked": "Asked",
    "viewed": "Opened",
    "signed": "Signed",
    "declined": "Declined",
}
CLOSING_SENTENCES = {
    "countered": "A change was proposed",
    "declined": "Declined",
    "expired": "Not signed in time",
    "withdrawn": "Taken back",
}
SIGN: dict[str, Any] = {"recent": True, "in_person": True}

AnyRequest = Request[Any, Any, Any]


class SendForm(msgspec.Struct, forbid_unknown_fields=True):
    """Who signs, each a name, address, side, role and language, in the order of the rows."""

    name: list[str] | str
    email: list[str] | str
    side: list[str] | str
    role: list[str] | str
    language: list[str] | str
    days: str = str(rules.DAYS)
    in_order: str = ""

    def sending(self) -> Sending:
        """The same as it is worked with; a row without a name and an address is none."""
        rows = zip(
            *(several(each) for each in (self.name, self.email, self.side, self.role, self.language)), strict=False
        )
        signers = tuple(
            NewSigner(name=name, email=email, side="label" if side == "label" else "party", role=role, language=spoken)
            for name, email, side, role, spoken in rows
            if name.strip() or email.strip()
        )
        days = int(self.days) if self.days.isascii() and self.days.isdecimal() and len(self.days) < 5 else 0
        return Sending(signers=signers, in_order=bool(self.in_order), days=days)


class LabelSignForm(msgspec.Struct, forbid_unknown_fields=True):
    """A member's signature for the label."""

    name: str
    seen: str
    agrees: str = ""


def _shown(
    request: AnyRequest, session: Session, visitor: Visitor, contract: Contract, wanted: Sending | None = None
) -> dict[str, Any]:
    """What the page shows of a contract's signatures."""
    tenant, versions = tenant_of(request), _versions(session, contract)
    version = versions[0]
    may_edit = may_change_contract(session, visitor, contract.id)
    return {
        "here": f"{CONTRACTS}/{contract.id}",
        "contract": contract,
        "version": version,
        "versions": versions,
        "signers": sending.signers_of(session, version.id),
        "comments": _comments(session, versions),
        "blocks": list(blocks(writing.text_of(session, tenant, contract, version))),
        "paper": _paper(tenant, version),
        "may_send": may_edit and version.sent_at is None and contract.state in (*EDITABLE, "active"),
        "may_withdraw": may_edit and version.is_open,
        "may_reopen": may_edit and version.closed_at is not None,
        "may_enforce": may_edit and version.sealed_id is not None and version.signed_at is None,
        "own": _own(session, visitor, contract, version),
        "consent": say(rules.CONSENT, contract.language),
        "wanted": wanted or sending.usual(session, tenant, contract),
        "states": STATE_SENTENCES,
        "signer_states": SIGNER_SENTENCES,
        "closings": CLOSING_SENTENCES,
        "own_names": own_names(),
        "you": visitor.member.name,
    }


def _versions(session: Session, contract: Contract) -> list[ContractVersion]:
    query = select(ContractVersion).where(ContractVersion.contract_id == contract.id)
    return list(session.scalars(query.order_by(ContractVersion.number.desc())))


def _comments(session: Session, versions: list[ContractVersion]) -> list[ContractComment]:
    query = select(ContractComment).where(ContractComment.version_id.in_([each.id for each in versions]))
    return list(session.scalars(query.order_by(ContractComment.at)))


def _paper(tenant: Tenant, version: ContractVersion) -> str | None:
    document = version.sealed_id or version.document_id
    return files.url(tenant, document) if document else None


def _own(session: Session, visitor: Visitor, contract: Contract, version: ContractVersion) -> Any:
    """The signer of the label's side whose turn it is, for a visitor who may sign and wrote nothing of it."""
    if not version.is_open or not allows(visitor, "contracts.sign"):
        return None
    signers = sending.signers_of(session, version.id)
    turn = rules.due(signers, in_order=version.in_order)
    found = next((each for each in signers if each.side == "label" and each.position in turn), None)
    wrote = visitor.member.id in hands_of(session, signing.editors(session, contract.id))
    return {"signer": found, "wrote": wrote} if found else None


@get(f"{HERE}/signatures", sync_to_thread=True)
def show(request: AnyRequest, contract_id: FromPath[str]) -> Response[Any]:
    """Show who signs a contract and how far that is."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        contract = contract_to_read(session, visitor, parse_uuid(contract_id))
        shown = _shown(request, session, visitor, contract)
    return page("contracts/sign_portal.html", realm_of(request), problem=None, **shown)


@post(f"{HERE}/signatures", sync_to_thread=True)
def send(request: AnyRequest, contract_id: FromPath[str], data: URLEncodedBody[SendForm]) -> Response[Any]:
    """Freeze the text and ask everybody to sign."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    wanted = data.sending()
    try:
        with tenant_work(tenant) as session:
            contract = contract_to_change(session, visitor, parse_uuid(contract_id))
            sending.send(session, tenant, visitor.actor, contract, wanted)
    except (Invalid, Conflict) as refusal:
        with tenant_read(tenant) as session:
            contract = contract_to_read(session, visitor, parse_uuid(contract_id))
            shown = _shown(request, session, visitor, contract, wanted)
        return again(request, "contracts/sign_portal.html", refusal, **shown)
    return _back(request, contract_id, sentence("The contract is on its way to everybody who signs."))


@post(f"{HERE}/signatures/removal", sync_to_thread=True)
def withdraw(request: AnyRequest, contract_id: FromPath[str]) -> Redirect:
    """Take a contract back that was sent."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        contract = contract_to_change(session, visitor, parse_uuid(contract_id))
        sending.withdraw(session, tenant, visitor.actor, contract)
    return _back(request, contract_id, sentence("The contract was taken back. You can change it and send it again."))


@post(f"{HERE}/negotiation", sync_to_thread=True)
def reopen(request: AnyRequest, contract_id: FromPath[str]) -> Redirect:
    """Begin a further version of what was declined or not signed in time."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        contract = contract_to_change(session, visitor, parse_uuid(contract_id))
        sending.reopen(session, visitor.actor, contract)
    return _back(request, contract_id, sentence("A further version has begun. You can change it and send it."))


@post(f"{HERE}/comments", sync_to_thread=True)
def comment(request: AnyRequest, contract_id: FromPath[str], data: URLEncodedBody[WordsForm]) -> Redirect:
    """Say something to what is negotiated."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        contract = contract_to_change(session, visitor, parse_uuid(contract_id))
        sending.comment(session, visitor.actor, drafting.latest(session, contract.id), data.words)
    return _back(request, contract_id, sentence("Noted."))


@post(f"{HERE}/signature-reminders", sync_to_thread=True)
def remind(request: AnyRequest, contract_id: FromPath[str]) -> Redirect:
    """Remind of the signatures that are missing."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        contract = contract_to_change(session, visitor, parse_uuid(contract_id))
        version = drafting.latest(session, contract.id)
        if not version.is_open:
            raise StateUnfit
        reminded = reminding.remind(session, tenant, visitor.actor, [(contract, version)])
    nobody = sentence("Everybody was asked or reminded within the last three days.")
    return _back(request, contract_id, sentence("The reminders are on their way.") if reminded else nobody)


@post(f"{HERE}/signature", sync_to_thread=True, opt=SIGN)
def sign(request: AnyRequest, contract_id: FromPath[str], data: URLEncodedBody[LabelSignForm]) -> Response[Any]:
    """Sign for the label."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            contract = contract_to_sign(session, visitor, parse_uuid(contract_id))
            asked = signing.asked_of_label(session, contract)
            given: dict[str, Any] = {"name": data.name, "seen": data.seen, "agrees": bool(data.agrees)}
            signing.sign_for_label(session, tenant, visitor, asked, came=came_from(request), **given)
    except Invalid as refusal:
        with tenant_read(tenant) as session:
            contract = contract_to_read(session, visitor, parse_uuid(contract_id))
            shown = _shown(request, session, visitor, contract)
        return again(request, "contracts/sign_portal.html", refusal, **shown)
    return _back(request, contract_id, sentence("You have signed for the label."))


@post(f"{HERE}/signature/refusal", sync_to_thread=True, opt=SIGN)
def decline(request: AnyRequest, contract_id: FromPath[str], data: URLEncodedBody[WordsForm]) -> Redirect:
    """Decline for the label."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        contract = contract_to_sign(session, visitor, parse_uuid(contract_id))
        asked = signing.asked_of_label(session, contract)
        signing.decline(session, tenant, visitor.actor, asked, data.words)
    return _back(request, contract_id, sentence("The contract was declined."))


@post(f"{HERE}/force", sync_to_thread=True)
def enforce(request: AnyRequest, contract_id: FromPath[str]) -> Redirect:
    """Bring a signed contract into force that contradicted another."""
    from app.contracts.service import sealing  # it brings the library that seals, which few requests need

    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        contract = contract_to_change(session, visitor, parse_uuid(contract_id))
        sealing.enforce(session, visitor.actor, contract)
    return _back(request, contract_id, sentence("The contract is in force."))


@get(f"{HERE}/versions/{{number:int}}", sync_to_thread=True)
def compare(request: AnyRequest, contract_id: FromPath[str], number: FromPath[int]) -> Response[Any]:
    """Show what a version changed of the one before: word by word, and in the terms."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        contract = contract_to_read(session, visitor, parse_uuid(contract_id))
        both = {each.number: each for each in _versions(session, contract)}
        if number not in both or number - 1 not in both:
            raise StateUnfit
        texts = [writing.text_of(session, tenant, contract, both[each]) for each in (number - 1, number)]
        before, now = both[number - 1].read(), both[number].read()
        payees = lists.payee_names(session, before) | lists.payee_names(session, now)
    shown: dict[str, Any] = {
        "here": f"{CONTRACTS}/{contract.id}",
        "contract": contract,
        "place": number,
        "pieces": redline.words(*texts),
        "changes": redline.fields(before, now),
        "called": partial(
            naming.named,
            say=partial(told, realm_of(request)),
            payees={str(key): name for key, name in payees.items()},
        ),
    }
    return page("contracts/signed_redline.html", realm_of(request), **shown)


def _back(request: AnyRequest, contract_id: str, said: str) -> Redirect:
    return flash.done(f"{CONTRACTS}/{contract_id}/signatures", tenant_of(request), said)


handlers = [show, send, withdraw, reopen, comment, remind, sign, decline, enforce, compare]
