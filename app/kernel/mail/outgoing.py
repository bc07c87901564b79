"""What is written, and the task that sends it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import NamedTuple

import msgspec
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel import crypto, ids, jobs, observe
from app.kernel.db import NotConnected, current
from app.kernel.errors import Invalid, Refusal
from app.kernel.mail.transport import deliver
from app.kernel.tenant import READ_ONLY, Tenant
from app.kernel.web.own_words import say_own, words_of

log = observe.log("mail")

USUAL_SENDER = "post"

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class AddressUnusable(Invalid):
    """The text is not one mail address."""

    message = "“%(address)s” is not a mail address."


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one person.

    Where `places` fill it, subject and text are sentences of ours, said in the label's words when the mail leaves;
    `told` names places that are sentences themselves. `unsubscribe` is the address at which the reader ends mails of
    this kind with one click (RFC 8058).
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    language: str = ""
    places: dict[str, str] | None = None
    told: dict[str, str] = {}
    unsubscribe: str = ""


class Sender(NamedTuple):
    """In whose name a mail goes out: a name, an address at the label's mail domain, another one for replies."""

    name: str
    address: str
    replies: str = ""


Sign = Callable[[Tenant], Sender]
"""Gives the sender of a label's mails."""

Dress = Callable[[Tenant, Mail], str]
"""Gives a mail the look of its label, as HTML."""

_dresses: list[Dress] = []
_signs: list[Sign] = []


def dress(how: Dress) -> Dress:
    """Register how mails look that were written as text alone."""
    _dresses[:] = [how]
    return how


def sign(how: Sign) -> Sign:
    """Register in whose name mails go out."""
    _signs[:] = [how]
    return how


def mail_domain(tenant: Tenant) -> str:
    """The domain that a label's mails come from: the one that we can answer for."""
    return f"{tenant.slug}.{current().settings.base_domain}"


def ask(session: Session, tenant: Tenant, mail: Mail, *, key: str | None = None) -> None:
    """Have a mail sent after this transaction commits; with a key, once, however often it is asked for.

    The content waits in the outbox sealed under the label's key: links in it are secrets.
    """
    _address(mail.to)
    sealed = crypto.seal(tenant, msgspec.json.encode(mail), "mail")
    number = str(ids.new_id())
    jobs.ask(session, "mail.send", {"number": number, "sealed": base64.b64encode(sealed).decode()}, key=key)


def check_address(text: str) -> None:
    """Refuse what no mail can be sent to."""
    _address(text)


@jobs.label_task("mail.send", max_attempts=5, time_limit=60, even=READ_ONLY)
def send(session: Session, tenant: Tenant, *, number: str, sealed: str) -> None:  # noqa: ARG001 every task has one
    """Send one mail; its Message-ID comes from the outbox row, so that a second delivery is known as the same mail."""
    mail = msgspec.json.decode(crypto.open_sealed(tenant, base64.b64decode(sealed), "mail"), type=Mail)
    deliver(current().settings, tenant.id, compose(tenant, mail, number=number), is_kept=tenant.is_sandbox)


def compose(tenant: Tenant, mail: Mail, *, number: str) -> EmailMessage:
    """The message as it leaves: from the label, in its name, with nothing of ours in it."""
    mail, sender, domain = _said(tenant, mail), _sender(tenant), mail_domain(tenant)
    message = EmailMessage()
    message["From"] = Address(_line(sender.name), addr_spec=sender.address)
    if sender.replies:
        message["Reply-To"] = _address(sender.replies)
    message["To"] = _address(mail.to)
    message["Subject"] = _line(mail.subject)
    message["Message-ID"] = f"<{number}@{domain}>"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    if (html := mail.html or _dressed(tenant, mail)) is not None:
        message.add_alternative(html, subtype="html")
    return message


def _said(tenant: Tenant, mail: Mail) -> Mail:
    """The mail with its sentences said."""
    if mail.places is None:
        return mail
    language = mail.language or tenant.languages[0]
    own = words_of(tenant, language)
    places = mail.places | {name: say_own(own, text, language) for name, text in mail.told.items()}
    subject, text = (say_own(own, sentence, language, **places) for sentence in (mail.subject, mail.text))
    return msgspec.structs.replace(mail, subject=subject, text=text, places=None)


def _sender(tenant: Tenant) -> Sender:
    """Who writes; while the label's theme cannot be read, the label by its name."""
    try:
        if _signs:
            return _signs[0](tenant)
    except (DBAPIError, NotConnected, Refusal) as trouble:
        log.warning("mail.unsigned", reason=type(trouble).__name__)
    return Sender(tenant.name, f"{USUAL_SENDER}@{mail_domain(tenant)}")


def _dressed(tenant: Tenant, mail: Mail) -> str | None:
    """The mail in the label's look; what cannot be dressed still arrives, as text."""
    try:
        return _dresses[0](tenant, mail) if _dresses else None
    except (DBAPIError, NotConnected, Refusal) as trouble:
        log.warning("mail.undressed", reason=type(trouble).__name__)
        return None


def _address(text: str) -> Address:
    if _BREAKS.search(text) or text.count("@") != 1:
        raise AddressUnusable(address=text[:80])
    name, _, domain = text.strip().rpartition("@")
    try:
        # A server need not speak SMTPUTF8 to reach an international domain; `idna` refuses what is no domain at all.
        return Address(addr_spec=f"{name}@{domain.encode('idna').decode()}")
    except (ValueError, IndexError, HeaderParseError):
        raise AddressUnusable(address=text[:80]) from None


def _line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()
