"""Mail to people who sign, in the label's name and their language."""

from __future__ import annotations

from datetime import timedelta

from babel.dates import format_date
from sqlalchemy.orm import Session

from app.contracts.models import Contract, ContractSigner, ContractVersion
from app.contracts.rules.signing import CODE_LIFE
from app.identity.rules import token_hash
from app.identity.service.notices import base_address
from app.kernel import crypto, files, mail
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer

LINKS = "/signatures"
COPY_LIFE = timedelta(days=30)
SENTENCES = {
    "asked": "%(label)s asks you to sign “%(title)s”",
    "asked.text": "Read “%(title)s” and sign it here until %(day)s:\n\n%(link)s\n\nThis link is for you alone. If "
    "you do not know what this is about, ignore this mail.\n",
    "reminded": "“%(title)s” waits for your signature",
    "reminded.text": "%(label)s still waits for your signature. Read “%(title)s” and sign it here until %(day)s:\n\n"
    "%(link)s\n\nThis link is for you alone.\n",
    "code": "Your code to sign “%(title)s”",
    "code.text": "Type this code to sign:\n\n%(code)s\n\nIt is good for %(minutes)s minutes. Nobody from %(label)s "
    "will ever ask you for it.\n",
    "closed": "“%(title)s” is not open for signature any more",
    "closed.text": "You need not sign “%(title)s” as it was sent to you. If it is changed, you get a new link.\n",
    "sealed": "“%(title)s” is signed by everybody",
    "sealed.text": "Here is your copy of “%(title)s”, sealed and with a page that says who signed it. Keep it: this "
    "link is good for %(days)s days.\n\n%(link)s\n",
}

offer(*SENTENCES.values())


def token_of(tenant: Tenant, signer: ContractSigner) -> str:
    """The secret of a signer's link: it follows from the label's key, and only its hash is kept."""
    return crypto.fingerprint(tenant, f"signature:{signer.id}")


def hash_of(token: str) -> str:
    """What is kept of a link's secret."""
    return token_hash(f"signature:{token}")


def ask(
    session: Session,
    tenant: Tenant,
    contract: Contract,
    version: ContractVersion,
    signer: ContractSigner,
    *,
    kind: str = "asked",
) -> None:
    """Send somebody the link by which they sign."""
    until = version.expires_at
    day = format_date(until, "long", locale=signer.language.replace("-", "_")) if until else ""
    link = f"{base_address(tenant)}{LINKS}/{token_of(tenant, signer)}"
    _send(session, tenant, contract, signer, kind, day=day, link=link)


def send_code(session: Session, tenant: Tenant, contract: Contract, signer: ContractSigner, code: str) -> None:
    """Send somebody the code that says that the mailbox is theirs."""
    minutes = str(int(CODE_LIFE.total_seconds() // 60))
    _send(session, tenant, contract, signer, "code", code=code, minutes=minutes)


def tell_closed(session: Session, tenant: Tenant, contract: Contract, signer: ContractSigner) -> None:
    """Tell somebody who was asked that they need not sign."""
    _send(session, tenant, contract, signer, "closed")


def send_copy(
    session: Session, tenant: Tenant, contract: Contract, version: ContractVersion, signer: ContractSigner
) -> None:
    """Send somebody who signed the way to the sealed contract."""
    if version.sealed_id is None:
        return
    link = base_address(tenant) + files.url(tenant, version.sealed_id, attachment=True, lasts=COPY_LIFE)
    _send(session, tenant, contract, signer, "sealed", link=link, days=str(COPY_LIFE.days))


def _send(
    session: Session, tenant: Tenant, contract: Contract, signer: ContractSigner, kind: str, **places: str
) -> None:
    if signer.email is None:
        return
    letter = mail.Mail(
        to=signer.email,
        subject=SENTENCES[kind],
        text=SENTENCES[f"{kind}.text"],
        language=signer.language,
        places={"label": tenant.name, "title": contract.title} | places,
    )
    mail.ask(session, tenant, letter)
