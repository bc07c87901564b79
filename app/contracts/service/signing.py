"""Signing: by a link and a code from one's own mailbox, as the member whose mailbox it is, or for the label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contracts.errors import (
    CodeOver,
    CodeTooSoon,
    CodeUnfit,
    ConsentMissing,
    ContractUnsigned,
    NameUntyped,
    NotYourTurn,
    ReasonMissing,
    SignedAlready,
    SigningClosed,
    SigningExpired,
    SigningLinkUnknown,
    TextChanged,
)
from app.contracts.models import Contract, ContractSigner, ContractVersion
from app.contracts.rules import signing as rules
from app.contracts.rules import terms as terms_rules
from app.contracts.rules import wording
from app.contracts.service import notices
from app.contracts.service.sending import ask_due, end_wait, signers_of, tell
from app.identity.policies import Visitor, require_apart, require_recent
from app.kernel import clock, crypto, jobs
from app.kernel.activity.models import Activity
from app.kernel.actor import Actor
from app.kernel.files import StoredFile
from app.kernel.tenant import Tenant
from app.kernel.web.languages import say

EDITS = ("contract.drafted", "contract.changed", "contract.amended", "contract.sent")
"""Whoever did one of these to a contract does not sign it for the label as well."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who is asked to sign, and what."""

    signer: ContractSigner
    version: ContractVersion
    contract: Contract

    @property
    def actor(self) -> Actor:
        """The signer as activity names them: nobody who is known here otherwise."""
        return Actor(kind="client", id=None, tenant=None, name=self.signer.name)


@dataclass(frozen=True, slots=True)
class Came:
    """From where a signature comes."""

    address: str
    agent: str


def asked_by(session: Session, token: str, *, lock: bool = False) -> Asked:
    """Who a link was sent to, while it can be signed with it; with `lock`, nobody else signs or closes meanwhile."""
    signer = session.scalar(select(ContractSigner).where(ContractSigner.token_hash == notices.hash_of(token)))
    if signer is None:
        raise SigningLinkUnknown
    asked = _of(session, signer, lock=lock)
    _check_open(asked)
    return asked


def asked_of_label(session: Session, contract: Contract) -> Asked:
    """Whose turn it is on the label's side, with everything held until they have signed."""
    query = (
        select(ContractSigner)
        .join(ContractVersion, ContractVersion.id == ContractSigner.version_id)
        .where(ContractVersion.contract_id == contract.id, ContractVersion.sent_at.is_not(None))
        .where(ContractVersion.closed_at.is_(None), ContractSigner.side == "label", ContractSigner.state != "signed")
        .order_by(ContractSigner.position)
    )
    signer = session.scalars(query.limit(1)).first()
    if signer is None:
        raise SigningClosed
    asked = _of(session, signer, lock=True)
    _check_open(asked)
    return asked


def asked_of_party(session: Session, contract: Contract, email: str, *, lock: bool = False) -> Asked:
    """What of a contract somebody is asked to sign at their mail address; `SigningClosed` where nothing is open."""
    query = (
        select(ContractSigner)
        .join(ContractVersion, ContractVersion.id == ContractSigner.version_id)
        .where(ContractVersion.contract_id == contract.id, ContractVersion.sent_at.is_not(None))
        .where(ContractVersion.closed_at.is_(None), ContractVersion.signed_at.is_(None))
        .where(ContractSigner.side == "party", func.lower(ContractSigner.email) == email.lower())
        .order_by(ContractVersion.number.desc(), ContractSigner.position)
    )
    signer = session.scalars(query.limit(1)).first()
    if signer is None:
        raise SigningClosed
    asked = _of(session, signer, lock=lock)
    _check_open(asked)
    return asked


def is_due(session: Session, asked: Asked) -> bool:
    """Whether it is their turn."""
    signers = signers_of(session, asked.version.id)
    return asked.signer.position in rules.due(signers, in_order=asked.version.in_order)


def view(session: Session, asked: Asked) -> None:
    """Record that somebody opened what they are to sign, the first time."""
    if asked.signer.viewed_at is not None:
        return
    asked.signer.viewed_at = clock.now()
    if asked.signer.state == "asked":
        asked.signer.state = "viewed"
    if asked.contract.state == "sent":
        asked.contract.become("viewed")
    session.flush()
    tell(session, asked.actor, "contract.viewed", asked.contract, after=_told(asked))


def send_code(session: Session, tenant: Tenant, asked: Asked) -> None:
    """Send a fresh code to the mailbox that the link was sent to; the one before is void."""
    _require_due(session, asked)
    now, signer = clock.now(), asked.signer
    if signer.code_until is not None and signer.code_until - rules.CODE_LIFE + rules.CODE_PAUSE > now:
        raise CodeTooSoon
    code = rules.new_code()
    signer.code_hash, signer.code_until, signer.code_tries = _code_hash(tenant, signer, code), now + rules.CODE_LIFE, 0
    session.flush()
    notices.send_code(session, tenant, asked.contract, signer, code)


def count_try(session: Session, asked: Asked) -> None:
    """Count a try at the code before it is made, in a transaction of its own: tries at once cannot pass together."""
    signer = asked.signer
    is_over = signer.code_until is None or signer.code_until < clock.now() or signer.code_tries >= rules.CODE_TRIES
    if signer.code_hash is None or is_over:
        raise CodeOver
    signer.code_tries += 1
    session.flush()


def sign(
    session: Session, tenant: Tenant, asked: Asked, *, name: str, code: str, seen: str, agrees: bool, came: Came
) -> None:
    """Sign by a link: with the code from the mailbox, the name, and consent to exactly the text that was read."""
    signer = asked.signer
    if signer.code_hash is None or signer.code_hash != _code_hash(tenant, signer, code.strip()):
        raise CodeUnfit
    _sign(session, asked, name=name, seen=seen, agrees=agrees, how={"code_sent_to": signer.email}, came=came)
    signer.code_hash = None
    tell(session, asked.actor, "contract.signed", asked.contract, after=_told(asked))
    _go_on(session, tenant, asked)


def sign_for_label(
    session: Session, tenant: Tenant, visitor: Visitor, asked: Asked, *, name: str, seen: str, agrees: bool, came: Came
) -> None:
    """Sign as a member who may sign for the label and had no hand in writing the contract."""
    require_apart(session, visitor, "contracts.sign", {"contracts.edit": editors(session, asked.contract.id)})
    how = {"member": str(visitor.member.id), "email": visitor.member.email}
    _sign(session, asked, name=name, seen=seen, agrees=agrees, how=how, came=came)
    tell(session, visitor.actor, "contract.signed", asked.contract, after=_told(asked))
    _go_on(session, tenant, asked)


def sign_as_member(
    session: Session, tenant: Tenant, visitor: Visitor, asked: Asked, *, name: str, seen: str, agrees: bool, came: Came
) -> None:
    """Sign as the member whose own mail address was asked.

    They were let in through that mailbox and have just proved who they are, which says as much as a code sent there.
    """
    require_recent(visitor)
    if asked.signer.email is None or asked.signer.email.lower() != visitor.member.email.lower():
        raise SigningLinkUnknown
    how = {"member": str(visitor.member.id), "email": visitor.member.email}
    _sign(session, asked, name=name, seen=seen, agrees=agrees, how=how, came=came)
    asked.signer.code_hash = None
    tell(session, visitor.actor, "contract.signed", asked.contract, after=_told(asked))
    _go_on(session, tenant, asked)


def editors(session: Session, contract_id: UUID) -> list[UUID]:
    """The members who wrote a contract, changed it or sent it."""
    query = (
        select(Activity.actor_id)
        .where(Activity.subject_type == "contract", Activity.subject_id == contract_id, Activity.action.in_(EDITS))
        .where(Activity.actor_kind.in_(("member", "client")), Activity.actor_id.is_not(None))
    )
    return [each for each in session.scalars(query.distinct()) if each is not None]


def decline(session: Session, tenant: Tenant, actor: Actor, asked: Asked, reason: str) -> None:
    """Say no, with a reason; nobody can sign this version any more."""
    words = reason.strip()
    if not 1 <= len(words) <= rules.LONGEST_REASON:
        raise ReasonMissing
    _require_unsigned(asked)
    signer = asked.signer
    signer.state, signer.reason, signer.decided_at = "declined", words, clock.now()
    end_wait(session, tenant, asked.contract, asked.version, "declined")
    tell(session, actor, "contract.declined", asked.contract, after=_told(asked) | {"reason": words})


def is_intact(version: ContractVersion, signer: ContractSigner) -> bool:
    """Whether both faces of a version are what this person was asked to sign."""
    body_hash, terms_hash = wording.digest(version.body), terms_rules.digest(version.read())
    stored = (version.body_hash, version.terms_hash) == (body_hash, terms_hash)
    return stored and rules.covered(body_hash, terms_hash) == signer.digest


def refuse_changed(session: Session, versions: Collection[UUID]) -> None:
    """Refuse to count with terms that are not what was signed; `ContractUnsigned` names the contract."""
    signed = select(ContractSigner.version_id, ContractSigner.digest).where(ContractSigner.state == "signed")
    signatures: dict[UUID, set[str]] = defaultdict(set)
    for version_id, digest in session.execute(signed):
        signatures[version_id].add(digest)
    for each in session.scalars(select(ContractVersion).where(ContractVersion.id.in_(versions))):
        face = rules.covered(each.body_hash or "", each.terms_hash)
        if not each.is_whole or signatures.get(each.id, {face}) != {face}:
            raise ContractUnsigned(title=session.get_one(Contract, each.contract_id).title)


def _of(session: Session, signer: ContractSigner, *, lock: bool) -> Asked:
    version = session.get_one(ContractVersion, signer.version_id)
    contract = session.get_one(Contract, version.contract_id)
    if lock:
        # Contract, version, signer: in the order in which sending and sealing hold them.
        for row in (contract, version, signer):
            session.refresh(row, with_for_update=True)
    return Asked(signer, version, contract)


def _check_open(asked: Asked) -> None:
    _require_unsigned(asked)
    version = asked.version
    if version.closed_at is not None:
        raise SigningExpired if version.closed_as == "expired" else SigningClosed
    if version.expires_at is not None and version.expires_at <= clock.now():
        raise SigningExpired


def _require_unsigned(asked: Asked) -> None:
    if asked.signer.state == "signed":
        raise SignedAlready


def _require_due(session: Session, asked: Asked) -> None:
    if not is_due(session, asked):
        raise NotYourTurn


def _sign(
    session: Session, asked: Asked, *, name: str, seen: str, agrees: bool, how: dict[str, Any], came: Came
) -> None:
    signer, version, typed = asked.signer, asked.version, " ".join(name.split())
    _require_due(session, asked)
    if not agrees:
        raise ConsentMissing(fields={"agrees": ConsentMissing.message})
    if not 1 <= len(typed) <= rules.LONGEST_NAME:
        raise NameUntyped(fields={"name": NameUntyped.message})
    if seen != signer.digest or not is_intact(version, signer):
        raise TextChanged
    now, paper = clock.now(), session.get(StoredFile, version.document_id) if version.document_id else None
    signer.state, signer.decided_at = "signed", now
    signer.evidence = how | {
        "name": typed,
        "at": now.isoformat(),
        "viewed_at": signer.viewed_at.isoformat() if signer.viewed_at else None,
        "address": came.address,
        "agent": came.agent[:300],
        "text_sha256": version.body_hash,
        "terms_sha256": version.terms_hash,
        "paper_sha256": paper.sha256 if paper else None,
        "consent": say(rules.CONSENT, signer.language),
    }
    session.flush()


def _go_on(session: Session, tenant: Tenant, asked: Asked) -> None:
    """Ask whoever signs next, or have the contract sealed once nobody is left."""
    if all(each.state == "signed" for each in signers_of(session, asked.version.id)):
        jobs.ask(session, "contracts.seal", {"version": str(asked.version.id)}, key=f"seal:{asked.version.id}")
    else:
        ask_due(session, tenant, asked.contract, asked.version)


def _code_hash(tenant: Tenant, signer: ContractSigner, code: str) -> str:
    return crypto.fingerprint(tenant, f"signing-code:{signer.id}:{code}")


def _told(asked: Asked) -> dict[str, Any]:
    return {"version": asked.version.number, "signer": asked.signer.name}
