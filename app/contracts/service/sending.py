"""Contracts go out to be signed, come back with proposals, and go out again as a further version."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.errors import DaysUnusable, ReasonMissing, SignersUnusable, StateUnfit
from app.contracts.models import Contract, ContractComment, ContractSigner, ContractVersion
from app.contracts.rules.signing import DAYS, LONGEST_NAME, LONGEST_REASON, MOST_DAYS, MOST_SIGNERS, covered, due
from app.contracts.rules.states import EDITABLE
from app.contracts.service import notices, writing
from app.contracts.service.drafting import add_version, latest
from app.contracts.service.holding import refuse_contradiction
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.kernel.web.languages import LANGUAGES
from app.roster.models import Party
from app.roster.rules.addresses import address


class NewSigner(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who shall sign; of the label's side any member who may sign for it can."""

    name: str
    email: str = ""
    side: Literal["party", "label"] = "party"
    role: str = ""
    language: str = ""


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs, in which order, and how long there is time."""

    signers: tuple[NewSigner, ...]
    in_order: bool = False
    days: int = DAYS


def usual(session: Session, tenant: Tenant, contract: Contract) -> Sending:
    """Who signs a contract where nobody said otherwise: whom it is with, and the label."""
    party = session.get_one(Party, contract.party_id)
    theirs = NewSigner(name=party.legal_name, email=party.email or "", language=contract.language)
    return Sending(signers=(theirs, NewSigner(name=tenant.name, side="label")))


def send(session: Session, tenant: Tenant, actor: Actor, contract: Contract, sending: Sending) -> ContractVersion:
    """Freeze a contract's newest version with its text and ask everybody whose turn it is to sign."""
    _check(sending)
    version = _locked(session, contract)
    if contract.state not in (*EDITABLE, "active") or version.sent_at or version.signed_at:
        raise StateUnfit
    if contract.state != "active":
        refuse_contradiction(session, contract)
        contract.become("sent")
    writing.write(session, tenant, contract, version)
    now = clock.now()
    version.sent_at, version.sent_by, version.in_order = now, actor.id, sending.in_order
    version.expires_at = now + timedelta(days=sending.days)
    session.add_all(_signer(tenant, contract, version, place, new) for place, new in enumerate(sending.signers, 1))
    session.flush()
    ask_due(session, tenant, contract, version)
    told = {"version": version.number, "signers": len(sending.signers), "text": version.body_hash}
    tell(session, actor, "contract.sent", contract, after=told)
    return version


def ask_due(session: Session, tenant: Tenant, contract: Contract, version: ContractVersion) -> None:
    """Ask everybody whose turn has come and who was not asked yet."""
    signers = signers_of(session, version.id)
    turn = due(signers, in_order=version.in_order)
    for signer in signers:
        if signer.position in turn and signer.state == "waiting":
            signer.state, signer.asked_at = "asked", clock.now()
            if signer.side == "party":
                notices.ask(session, tenant, contract, version, signer)
            else:
                told = {"version": version.number}
                tell(session, Actor.system(tenant), "contract.awaits_label", contract, after=told)
    session.flush()


def counter(
    session: Session, tenant: Tenant, actor: Actor, contract: Contract, version: ContractVersion, text: str
) -> None:
    """Take a counterproposal: the version is not signed any more, and a further one is begun to negotiate over."""
    comment(session, actor, version, text)
    _close(session, tenant, contract, version, "countered")
    _follow(session, actor, contract, version)
    tell(session, actor, "contract.countered", contract, after={"version": version.number})


def withdraw(session: Session, tenant: Tenant, actor: Actor, contract: Contract) -> None:
    """Take a contract back that was sent, to change it."""
    version = _locked(session, contract)
    _close(session, tenant, contract, version, "withdrawn")
    _follow(session, actor, contract, version)
    tell(session, actor, "contract.withdrawn", contract, after={"version": version.number})


def reopen(session: Session, actor: Actor, contract: Contract) -> None:
    """Begin a further version of a contract that was declined or not signed in time."""
    version = _locked(session, contract)
    if version.closed_at is None:
        raise StateUnfit
    _follow(session, actor, contract, version)
    tell(session, actor, "contract.reopened", contract, after={"version": version.number + 1})


def end_wait(session: Session, tenant: Tenant, contract: Contract, version: ContractVersion, outcome: str) -> None:
    """Close a version that was declined or not signed in time; the contract waits for what the label does next."""
    _close(session, tenant, contract, version, outcome)
    if contract.state != "active":
        contract.become(outcome)


def comment(session: Session, actor: Actor, version: ContractVersion, text: str) -> ContractComment:
    """Keep what somebody proposes to change."""
    words = text.strip()
    if not 1 <= len(words) <= LONGEST_REASON:
        raise ReasonMissing
    row = ContractComment(id=ids.new_id(), version_id=version.id, author=actor.name, text=words, at=clock.now())
    session.add(row)
    session.flush()
    return row


def signers_of(session: Session, version_id: UUID) -> list[ContractSigner]:
    """Everybody who signs a version, in order."""
    query = select(ContractSigner).where(ContractSigner.version_id == version_id)
    return list(session.scalars(query.order_by(ContractSigner.position)))


def tell(session: Session, actor: Actor, action: str, contract: Contract, **told: Any) -> None:
    """Record a step of a contract's."""
    activity.record(session, actor, action, subject_type="contract", subject_id=contract.id, **told)


def _check(sending: Sending) -> None:
    theirs = [each for each in sending.signers if each.side == "party"]
    mails = {address(each.email) for each in theirs}
    is_named = all(
        1 <= len(each.name.strip()) <= LONGEST_NAME and len(each.role) <= LONGEST_NAME for each in sending.signers
    )
    reached = bool(theirs) and None not in mails and len(mails) == len(theirs)
    if not (is_named and reached and len(sending.signers) <= MOST_SIGNERS):
        raise SignersUnusable
    if not 1 <= sending.days <= MOST_DAYS:
        raise DaysUnusable


def _signer(
    tenant: Tenant, contract: Contract, version: ContractVersion, position: int, new: NewSigner
) -> ContractSigner:
    language = new.language if new.language in LANGUAGES else contract.language
    signer = ContractSigner(
        id=ids.new_id(),
        version_id=version.id,
        position=position,
        side=new.side,
        name=" ".join(new.name.split()),
        email=address(new.email) if new.side == "party" else None,
        role=" ".join(new.role.split()),
        language=language if language in LANGUAGES else "en",
        state="waiting",
        digest=covered(version.body_hash or "", version.terms_hash),
        code_tries=0,
    )
    if new.side == "party":
        signer.token_hash = notices.hash_of(notices.token_of(tenant, signer))
    return signer


def _locked(session: Session, contract: Contract) -> ContractVersion:
    """A contract's newest version, with both of them held until the end of this transaction."""
    session.refresh(contract, with_for_update=True)
    version = latest(session, contract.id)
    session.refresh(version, with_for_update=True)
    return version


def _close(session: Session, tenant: Tenant, contract: Contract, version: ContractVersion, outcome: str) -> None:
    signers = signers_of(session, version.id)
    if signers and all(each.state == "signed" for each in signers):
        raise StateUnfit
    version.close(outcome, at=clock.now())
    for signer in signers:
        if signer.state in ("asked", "viewed", "signed"):
            notices.tell_closed(session, tenant, contract, signer)
    session.flush()


def _follow(session: Session, actor: Actor, contract: Contract, version: ContractVersion) -> ContractVersion:
    if contract.state != "active":
        contract.become("negotiating")
    further = version.number + 1
    return add_version(session, actor, contract, version.read(), number=further, ends_on=version.ends_on)
