"""Mail about acting for an artist."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.identity.service.notices import base_address, language_of
from app.kernel import mail
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer
from app.roster.models import Artist, ArtistGrant

SENTENCES = {
    "asked": "%(artist)s asks you to act for them at %(label)s",
    "asked.text": "You are asked to act for %(artist)s at %(label)s. Read what you may do and accept it here within a "
    "week:\n\n%(link)s\n\nIf you do not know them, ignore this mail.\n",
    "ended": "Your access to %(artist)s has ended",
    "ended.text": "You do not act for %(artist)s at %(label)s any more. Nothing else of yours has changed.\n",
}

offer(*SENTENCES.values())


def ask_manager(session: Session, tenant: Tenant, artist: Artist, grant: ArtistGrant, path: str) -> None:
    """Send the link by which a manager takes an artist's leave up."""
    _send(session, tenant, grant, "asked", artist=artist.name, link=base_address(tenant) + path)


def tell_ended(session: Session, tenant: Tenant, artist: Artist, grant: ArtistGrant) -> None:
    """Tell a manager that they do not act for an artist any more."""
    _send(session, tenant, grant, "ended", artist=artist.name)


def _send(session: Session, tenant: Tenant, grant: ArtistGrant, kind: str, **places: str) -> None:
    letter = mail.Mail(
        to=grant.email,
        subject=SENTENCES[kind],
        text=SENTENCES[f"{kind}.text"],
        language=language_of(tenant),
        places={"label": tenant.name} | places,
    )
    mail.ask(session, tenant, letter)
