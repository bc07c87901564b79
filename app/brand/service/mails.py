"""Mails in the label's look: whatever a slice writes as text is dressed on its way out."""

from __future__ import annotations

import re

from app.brand.rules.mail import Button, mail_html
from app.brand.service.live import live_theme
from app.kernel.mail import Mail, dress
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.languages import direction
from app.kernel.web.own_words import offer, say_own

GO = sentence("Open the link")
offer(GO)
_LINK = re.compile(r"https?://\S+")


@dress
def dressed(tenant: Tenant, mail: Mail) -> str:
    """A text mail as HTML in the label's colours and faces; a link that stands alone becomes a button."""
    language = mail.language or tenant.languages[0]
    theme = live_theme(tenant)
    parts = [part.strip() for part in mail.text.split("\n\n") if part.strip()]
    link = next((part for part in parts if _LINK.fullmatch(part)), None)
    return mail_html(
        theme.flat,
        mail.subject,
        parts,
        Button(link, say_own(theme.own_words(language), GO, language)) if link else None,
        house=tenant.name,
        foot=theme.legal_name or tenant.name,
        language=language,
        direction="rtl" if direction(language) == "rtl" else "ltr",
    )
