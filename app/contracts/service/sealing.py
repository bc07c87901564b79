"""After the last signature: the evidence behind the text, the label's seal over both, and the contract in force."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contracts.errors import ContractContradicts, StateUnfit, TextChanged
from app.contracts.models import Contract, ContractSigner, ContractVersion, SigningCertificate
from app.contracts.rules import certificates
from app.contracts.rules.certificates import Certificate
from app.contracts.rules.wording import Block
from app.contracts.service import notices, writing
from app.contracts.service.drafting import latest
from app.contracts.service.holding import bring_into_force
from app.contracts.service.sending import signers_of, tell
from app.contracts.service.signing import is_intact
from app.contracts.service.writing import Group
from app.kernel import activity, clock, crypto, failpoint, files, ids
from app.kernel.actor import Actor
from app.kernel.files.store import read_object
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.languages import say

_LOCK = func.pg_advisory_xact_lock(func.hashtextextended(func.current_schema() + " signing certificate", 0))
_CONTEXT = "signing-certificate"
EVIDENCE = sentence("Evidence of the signatures")
REASON = sentence("Signed by all parties")
FACT_SENTENCES = {
    "contract": "Contract",
    "text_sha256": "SHA-256 of the text",
    "terms_sha256": "SHA-256 of the terms",
    "paper_sha256": "SHA-256 of the file as it was sent",
    "sent": "Sent",
    "name": "Name as typed",
    "role": "Signs as",
    "email": "Mail address",
    "viewed_at": "Opened",
    "at": "Signed",
    "code": "Confirmed by",
    "by_code": "a code sent to this mail address",
    "by_member": "signing in at the label",
    "address": "Internet address",
    "agent": "Browser",
    "consent": "Agreed to",
}


def seal(session: Session, tenant: Tenant, version_id: UUID) -> None:
    """Seal a version that everybody signed, once, and bring the contract into force.

    Where it meanwhile contradicts another, it stays sealed and waits until somebody ends that one.
    """
    version = session.get_one(ContractVersion, version_id)
    contract = session.get_one(Contract, version.contract_id)
    for row in (contract, version):
        session.refresh(row, with_for_update=True)
    signers = signers_of(session, version.id)
    if version.sealed_id is not None or version.closed_at is not None:
        return
    if not signers or any(each.state != "signed" for each in signers):
        raise StateUnfit
    if not all(is_intact(version, each) for each in signers):
        raise TextChanged
    pdf = _sealed(session, tenant, contract, version, signers)
    failpoint.reach("contract.drawn")
    actor = Actor.system(tenant)
    version.sealed_id = writing.keep(session, actor, pdf, name=f"{contract.number}-{version.number}.pdf")
    session.flush()
    failpoint.reach("contract.sealed")
    tell(session, actor, "contract.sealed", contract, after={"version": version.number})
    for signer in signers:
        notices.send_copy(session, tenant, contract, version, signer)
    try:
        with session.begin_nested():
            bring_into_force(session, actor, contract)
    except ContractContradicts as refusal:
        tell(session, actor, "contract.blocked", contract, after={"contradicts": str(refusal.values["title"])})


def enforce(session: Session, actor: Actor, contract: Contract) -> None:
    """Bring a sealed contract into force that contradicted another."""
    version = latest(session, contract.id)
    if version.sealed_id is None:
        raise StateUnfit
    bring_into_force(session, actor, contract)


def certificate_of(session: Session, tenant: Tenant) -> SigningCertificate:
    """The certificate that seals, made now where there is none or its time is over."""
    session.execute(select(_LOCK))
    held = _used(session)
    if held is not None and held.ends_at > clock.now():
        return held
    made = certificates.make(tenant.name, tenant.id.partition("_")[2].upper(), now=clock.now())
    return _take(session, tenant, Actor.system(tenant), made, held, is_own=False)


def replace(session: Session, tenant: Tenant, actor: Actor, raw: bytes, password: str) -> SigningCertificate:
    """Seal with a certificate of the label's own from now on."""
    taken = certificates.taken(raw, password, now=clock.now())
    session.execute(select(_LOCK))
    return _take(session, tenant, actor, taken, _used(session), is_own=True)


def _used(session: Session) -> SigningCertificate | None:
    return session.scalar(select(SigningCertificate).where(SigningCertificate.retired_at.is_(None)))


def _take(
    session: Session,
    tenant: Tenant,
    actor: Actor,
    new: Certificate,
    before: SigningCertificate | None,
    *,
    is_own: bool,
) -> SigningCertificate:
    now = clock.now()
    if before is not None:
        before.retired_at = now
        session.flush()
    row = SigningCertificate(
        id=ids.new_id(),
        certificate=new.der,
        sealed_key=crypto.seal(tenant, new.pkcs12, _CONTEXT),
        is_own=is_own,
        ends_at=new.ends_at,
        created_at=now,
    )
    session.add(row)
    session.flush()
    action = "certificate.replaced" if is_own else "certificate.made"
    after = {"ends_at": new.ends_at.isoformat(), "is_own": is_own}
    activity.record(session, actor, action, subject_type="signing_certificate", subject_id=row.id, after=after)
    return row


def _sealed(
    session: Session, tenant: Tenant, contract: Contract, version: ContractVersion, signers: list[ContractSigner]
) -> bytes:
    if version.document_id is None:
        raise StateUnfit
    stored = files.file_to_read(session, Actor.system(tenant), version.document_id)
    paper = b"".join(read_object(tenant, stored.sha256))
    language = contract.language
    title = Block("title", say(EVIDENCE, language))
    groups = [_of_contract(contract, version, stored.sha256, language)]
    groups += [_of_signer(signer, language) for signer in signers]
    evidence = writing.draw(tenant, contract, [title], groups)
    key = crypto.open_sealed(tenant, certificate_of(session, tenant).sealed_key, _CONTEXT)
    return certificates.sealed(paper, evidence, key, reason=say(REASON, language), label=tenant.name)


def _of_contract(contract: Contract, version: ContractVersion, paper_sha256: str, language: str) -> Group:
    facts = {
        "contract": f"{contract.number} · {version.number}",
        "sent": version.sent_at.isoformat() if version.sent_at else "",
        "text_sha256": version.body_hash or "",
        "terms_sha256": version.terms_hash,
        "paper_sha256": paper_sha256,
    }
    return {"name": contract.title, "facts": list(_said(facts, language))}


def _of_signer(signer: ContractSigner, language: str) -> Group:
    said = signer.evidence or {}
    how = "by_code" if "code_sent_to" in said else "by_member"
    facts = {
        "name": said["name"],
        "role": signer.role,
        "email": said.get("code_sent_to") or said.get("email") or "",
        "viewed_at": said["viewed_at"] or "",
        "at": said["at"],
        "code": say(FACT_SENTENCES[how], language),
        "address": said["address"],
        "agent": said["agent"],
        "consent": said["consent"],
    }
    return {"name": signer.name, "facts": list(_said(facts, language))}


def _said(facts: dict[str, str], language: str) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if value:
            yield say(FACT_SENTENCES[name], language), value
