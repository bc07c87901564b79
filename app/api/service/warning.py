"""Mail to whoever looks after programs, when an endpoint was switched off."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.models import WebhookEndpoint
from app.identity.models import Member
from app.identity.policies import who_may
from app.identity.service.notices import base_address, language_of
from app.kernel import mail
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer

PLACE: Final = "/portal/settings/api/webhooks"
SENTENCES: Final = {
    "off": "An address for events of %(label)s was switched off",
    "off.text": "%(why)s\n\n%(url)s\n\nNothing is sent there any more. See what was tried, switch it on again, and "
    "have the missed events sent:\n\n%(link)s\n",
    "gone": "It answered that it is gone for good (410).",
    "failing": "For three days nothing that was sent there arrived.",
    "maker": "Whoever set it up may not hear of these events any more.",
}

offer(*SENTENCES.values())


def tell_off(session: Session, tenant: Tenant, endpoint: WebhookEndpoint, why: str) -> None:
    """Tell everybody who may do something about it."""
    people = session.execute(
        select(Member.email, Member.language).where(Member.id.in_(who_may(session, "api.clients")))
    )
    for email, language in people.all():
        letter = mail.Mail(
            to=email,
            subject=SENTENCES["off"],
            text=SENTENCES["off.text"],
            language=language_of(tenant, language),
            places={
                "label": tenant.name,
                "url": endpoint.url,
                "link": f"{base_address(tenant)}{PLACE}/{endpoint.id}",
            },
            told={"why": SENTENCES[why]},
        )
        mail.ask(session, tenant, letter, key=f"webhook-off:{endpoint.id}:{endpoint.version}:{email}")
