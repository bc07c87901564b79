"""Mail to fans in the label's name and the fan's language; what is news can be ended from within each mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.fans.models import Fan
from app.kernel import cache, crypto, mail
from app.kernel.db import current, platform_read
from app.kernel.tenant import Tenant
from app.kernel.web.languages import LANGUAGES, SOURCE
from app.kernel.web.own_words import offer
from tenants.registry.models import HostRow

SENTENCES = {
    "link": "Your way in at %(label)s",
    "link.text": "Open this link within 15 minutes to come in:\n\n%(link)s\n\n"
    "If you did not ask for it, ignore this mail; nothing happens then.\n",
    "follow": "Follow %(name)s?",
    "follow.text": "Open this link within a day to hear from %(name)s when there is something new:\n\n%(link)s\n\n"
    "If you did not ask for it, ignore this mail; nothing happens then.\n",
    "consent": "Please confirm your choice at %(label)s",
    "consent.text": "You were about to agree to this:\n\n%(what)s\n\nOpen this link within a day to confirm it:\n\n"
    "%(link)s\n\nIf you did not ask for it, ignore this mail; nothing happens then.\n",
    "export": "Your data at %(label)s is ready",
    "export.text": "Everything that is kept about you waits here for seven days:\n\n%(link)s\n",
    "password": "Your password at %(label)s was changed",
    "password.text": "Your password was changed, and every other browser was signed out.\n\n"
    "If this was not you, sign in by mail at once and choose a new one:\n\n%(link)s\n",
    "move": "Your new mail address at %(label)s",
    "move.text": "Open this link within a day to use this mail address at %(label)s from now on:\n\n%(link)s\n\n"
    "If you did not ask for it, ignore this mail; nothing happens then.\n",
    "moved": "Your mail address at %(label)s was changed",
    "moved.text": "Another mail address was confirmed for your account at %(label)s.\nEvery browser was signed out.\n\n"
    "If this was not you, write to %(label)s at once. This address gets no more mail about the account.\n",
    "erased": "Your data at %(label)s was erased",
    "erased.text": "What was kept about you is gone. This is the last mail that you get.\n",
    "news": "New from %(name)s: %(title)s",
    "news.text": "%(title)s by %(name)s is out today.\n\n%(link)s\n\nYou get this mail because you follow. "
    "To stop, open this link: %(end)s\n",
}  # fmt: skip

offer(*SENTENCES.values())

LEAVE_LIFE = timedelta(days=730)


def store_address(tenant: Tenant) -> str:
    """The address of the label's shop from its registered hosts, never from a request; remembered for a minute."""
    host = cache.of(tenant).get_or_make("store-host", str, lambda: _host_of(tenant), seconds=60)
    settings = current().settings
    return f"https://{host}" if settings.is_production else f"http://{host}:{settings.port}"


def _host_of(tenant: Tenant) -> str:
    query = (
        select(HostRow.host)
        .where(HostRow.tenant_id == tenant.id, HostRow.state == "live", HostRow.is_primary)
        .where(HostRow.surface.is_(None) | (HostRow.surface == "storefront"))
        .order_by(HostRow.surface.is_(None))
    )
    with platform_read() as session:
        found = session.scalars(query.limit(1)).first()
    return found or f"{tenant.slug}.{current().settings.base_domain}"


def spoken(tenant: Tenant, wish: str | None) -> str:
    """A language we speak: the wished one, else the label's first that we know."""
    return next((name for name in (wish, *tenant.languages) if name in LANGUAGES), SOURCE) or SOURCE


def leave_link(tenant: Tenant, fan_id: UUID, what: str) -> str:
    """The address that ends one kind of mail to a fan: "artist:" and an id, "label", or a kind of consent."""
    return (
        store_address(tenant)
        + "/unsubscribe/"
        + crypto.sign("leave", tenant, [str(fan_id), what], expires_in=LEAVE_LIFE)
    )


def write(session: Session, tenant: Tenant, fan: Fan, kind: str, **places: str) -> None:
    """Write to a fan about something they did or asked for."""
    if fan.email is not None:
        send(session, tenant, fan.email, kind, fan.language, places)


def send(
    session: Session,
    tenant: Tenant,
    to: str,
    kind: str,
    language: str,
    places: Mapping[str, str],
    *,
    key: str | None = None,
    unsubscribe: str = "",
) -> None:
    """Ask for a mail of this kind; with a key it is sent once, with `unsubscribe` it can be ended with one click."""
    letter = mail.Mail(
        to=to,
        subject=SENTENCES[kind],
        text=SENTENCES[f"{kind}.text"],
        language=spoken(tenant, language),
        places={"label": tenant.name, **places},
        unsubscribe=unsubscribe,
    )
    mail.ask(session, tenant, letter, key=key)
