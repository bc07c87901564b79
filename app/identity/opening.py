"""A new label's first owner: invited in the opening's own transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.identity import service
from app.kernel import mail
from app.kernel.actor import Actor
from app.kernel.db import current
from app.kernel.tenant import Tenant
from app.kernel.web.languages import LANGUAGES, say
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import opening_step

SUBJECT = "Your invitation to %(label)s"
TEXT = "You are invited to run %(label)s. Choose a name and a password here within a week:\n\n%(link)s\n"


@opening_step
def invite_owner(session: Session, tenant: Tenant, wish: OpenLabel) -> None:
    """Invite the first owner by mail, in the label's first language."""
    token = service.invite(session, Actor.system(tenant), email=wish.owner_email, role="owner")
    language = next((name for name in wish.languages if name in LANGUAGES), "en")
    link = f"{base_address(tenant)}/portal/invitations/{token}"
    text = say(TEXT, language, label=tenant.name, link=link)
    subject = say(SUBJECT, language, label=tenant.name)
    mail.ask(session, tenant, mail.Mail(to=wish.owner_email, subject=subject, text=text), key="first-owner")


def base_address(tenant: Tenant) -> str:
    """The label's own address from its registered host, never from a request."""
    settings = current().settings
    host = f"{tenant.slug}.{settings.base_domain}"
    return f"https://{host}" if settings.is_production else f"http://{host}:{settings.port}"
