"""Mail to members in the label's name: ways in, and word of every change of their security."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.models import Member
from app.kernel import cache, mail
from app.kernel.db import current, platform_read
from app.kernel.tenant import Tenant
from app.kernel.web.languages import LANGUAGES, SOURCE
from app.kernel.web.own_words import offer
from tenants.registry.models import HostRow

SENTENCES = {
    "link": "Your sign-in link for %(label)s",
    "link.text": "Open this link within 15 minutes to sign in:\n\n%(link)s\n\n"
    "If you did not ask for it, ignore this mail.\n",
    "invited": "Your invitation to %(label)s",
    "invited.text": "You are invited to %(label)s. Choose a name and a password here within a week:\n\n%(link)s\n",
    "changed": "Your security at %(label)s was changed",
    "changed.text": "%(what)s\n\nIf this was not you, tell an owner of the label at once.\n",
    "password": "Your password was changed.",
    "totp_added": "An authenticator app was added to your sign-in.",
    "totp_removed": "The authenticator app was removed from your sign-in.",
    "passkey_added": "A passkey was added to your sign-in.",
    "passkey_removed": "A passkey was removed from your sign-in.",
    "factors_reset": "Somebody who runs the team removed your authenticator app, passkeys and recovery codes. "
    "Sign in again and add a new second factor.",
    "codes": "New recovery codes were made; the old ones open nothing any more.",
    "code_used": "A recovery code was used to sign in.",
    "role": "Your role was changed. Sign in again to go on.",
    "disabled": "Your access was disabled.",
    "enabled": "Your access was enabled again.",
    "support": "Support asks to look at %(label)s",
    "support.text": "Support asks for access to %(label)s for %(hours)s hours: %(reason)s\n\n"
    "Allow it or refuse it here:\n\n%(link)s\n",
    "support_on": "Support access to the label was allowed.",
}  # fmt: skip

offer(*SENTENCES.values())


def base_address(tenant: Tenant) -> str:
    """The label's own address from its registered hosts, never from a request.

    Remembered for a minute: this is asked inside a label's transaction, and a second connection each time would let
    many transactions at once wait for each other's.
    """
    return _spelled(cache.of(tenant).get_or_make("portal-host", str, lambda: _host_of(tenant), seconds=60))


def first_address(tenant: Tenant) -> str:
    """The address a label has from birth, which no other connection can know of while it is being opened."""
    return _spelled(_first_host(tenant))


def _host_of(tenant: Tenant) -> str:
    query = (
        select(HostRow.host)
        .where(HostRow.tenant_id == tenant.id, HostRow.state == "live", HostRow.is_primary)
        .where(HostRow.surface.is_(None) | (HostRow.surface == "portal"))
    )
    with platform_read() as session:
        return session.scalars(query.limit(1)).first() or _first_host(tenant)


def _first_host(tenant: Tenant) -> str:
    return f"{tenant.slug}.{current().settings.base_domain}"


def _spelled(host: str) -> str:
    settings = current().settings
    return f"https://{host}" if settings.is_production else f"http://{host}:{settings.port}"


def language_of(tenant: Tenant, wish: str | None = None) -> str:
    """A language we speak: the wished one, else the label's first that we know."""
    return next((name for name in (wish, *tenant.languages) if name in LANGUAGES), SOURCE) or SOURCE


def send_link(session: Session, tenant: Tenant, member: Member, path: str) -> None:
    """Send a member the link that lets them in."""
    language = language_of(tenant, member.language)
    _send(session, tenant, member.email, "link", language, link=base_address(tenant) + path)


def send_invitation(session: Session, tenant: Tenant, email: str, token: str) -> None:
    """Invite somebody in the label's name and language."""
    link = f"{base_address(tenant)}/portal/invitations/{token}"
    _send(session, tenant, email, "invited", language_of(tenant), link=link)


def send_first_invitation(session: Session, tenant: Tenant, email: str, token: str) -> None:
    """Invite the owner of a label that is being opened, once however often the opening is resumed."""
    link = f"{first_address(tenant)}/portal/invitations/{token}"
    _send(session, tenant, email, "invited", language_of(tenant), key="first-owner", link=link)


def tell(session: Session, tenant: Tenant, member: Member, change: str) -> None:
    """Tell a member that something about their security changed, whoever changed it."""
    language = language_of(tenant, member.language)
    _send(session, tenant, member.email, "changed", language, told={"what": SENTENCES[change]})


def ask_owner(session: Session, tenant: Tenant, owner: Member, *, hours: int, reason: str) -> None:
    """Ask an owner to let support in."""
    link = f"{base_address(tenant)}/portal/settings/security"
    language = language_of(tenant, owner.language)
    _send(session, tenant, owner.email, "support", language, link=link, hours=hours, reason=reason)


def _send(
    session: Session,
    tenant: Tenant,
    to: str,
    kind: str,
    language: str,
    *,
    key: str | None = None,
    told: dict[str, str] | None = None,
    **places: object,
) -> None:
    """Ask for a mail of this kind; its sentences are said when it leaves, in the label's words of that moment."""
    letter = mail.Mail(
        to=to,
        subject=SENTENCES[kind],
        text=SENTENCES[f"{kind}.text"],
        language=language,
        places={"label": tenant.name} | {name: str(value) for name, value in places.items()},
        told=told or {},
    )
    mail.ask(session, tenant, letter, key=key)
