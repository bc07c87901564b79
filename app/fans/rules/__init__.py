"""Fans' mail addresses and what they are asked to agree to, as pure functions."""

from __future__ import annotations

from typing import Final

from app.fans.errors import ConsentUnknown, MailAddressUnusable
from app.kernel.sentences import sentence
from app.roster.rules.addresses import address

NEWSLETTER: Final = "newsletter"
PERSONAL: Final = "personal"

CONSENTS: Final = {
    NEWSLETTER: sentence(
        "%(label)s may write to me about new music, concerts and offers. I can stop this at any time."
    ),
    PERSONAL: sentence(
        "%(label)s may use what I buy, play and follow to recommend music to me. I can stop this at any time."
    ),
}
"""What a fan may agree to, in the words that are read; where it is not given it is not assumed."""

CONSENT_NAMES: Final = {NEWSLETTER: sentence("News by mail"), PERSONAL: sentence("Recommendations made for me")}


def mail_address(text: str) -> str:
    """One mail address as it is kept, or a refusal."""
    email = address(text)
    if email is None:
        raise MailAddressUnusable(fields={"email": MailAddressUnusable.message})
    return email


def consent_kind(text: str) -> str:
    """A kind of consent that is asked for."""
    if text not in CONSENTS:
        raise ConsentUnknown
    return text
