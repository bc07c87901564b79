"""Mails in the label's look: whatever a slice writes as text is dressed on its way out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.brand.rules.mail import Button, mail_html
from app.brand.service.live import LiveTheme, live_theme
from app.kernel.db import current
from app.kernel.mail import USUAL_SENDER, Mail, Sender, dress, mail_domain, sign
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.languages import direction
from app.kernel.web.own_words import OwnWords, known, offer, say_own
from tenants.hosts.service import hosts_of

GO = sentence("Open the link")
POWERED_BY = sentence("Powered by %(operator)s")
offer(GO, POWERED_BY)
_LINK = re.compile(r"https?://\S+")


@known
def own_words(tenant: Tenant, language: str) -> OwnWords:
    """What the label says in place of our sentences."""
    return live_theme(tenant).own_words(language)


@sign
def sender(tenant: Tenant) -> Sender:
    """The label's name and address; one at another of its domains gets the replies.

    Mail in the name of a domain that names no server of ours as its sender is thrown away by whoever receives it.
    """
    theme, domain = live_theme(tenant), mail_domain(tenant)
    usual = Sender(theme.email_name or tenant.name, f"{USUAL_SENDER}@{domain}")
    if not theme.email_from:
        return usual
    if theme.email_from.rpartition("@")[2].lower() == domain:
        return usual._replace(address=theme.email_from)
    return usual._replace(replies=theme.email_from)


def mail_domains(tenant: Tenant) -> frozenset[str]:
    """The domains that an address of the label's may be at: its own from birth, and those it proved."""
    return frozenset({mail_domain(tenant), *(row.host for row in hosts_of(tenant) if row.state == "live")})


@dress
def dressed(tenant: Tenant, mail: Mail) -> str:
    """A text mail as HTML in the label's colours and faces; a link that stands alone becomes a button."""
    language = mail.language or tenant.languages[0]
    theme = live_theme(tenant)
    own = theme.own_words(language)
    parts = [part.strip() for part in mail.text.split("\n\n") if part.strip()]
    link = next((part for part in parts if _LINK.fullmatch(part)), None)
    return mail_html(
        theme.flat,
        mail.subject,
        parts,
        Button(link, say_own(own, GO, language)) if link else None,
        house=tenant.name,
        foot=" · ".join(_foot(tenant, theme, own, language)),
        language=language,
        direction="rtl" if direction(language) == "rtl" else "ltr",
    )


def _foot(tenant: Tenant, theme: LiveTheme, own: OwnWords, language: str) -> Iterator[str]:
    yield theme.legal_name or tenant.name
    if theme.powered_by:
        yield say_own(own, POWERED_BY, language, operator=current().settings.operator_name)
