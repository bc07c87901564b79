"""The way out: an SMTP server, or a folder that shows what would have been sent."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from app.kernel import clock
from app.kernel.errors import Invalid, Unavailable
from app.kernel.tenant import is_tenant_id
from app.settings import Settings

TIMEOUT_SECONDS = 20
_PERMANENT = 500


class MailRefused(Invalid):
    """The mail server will never take this mail."""

    message = "The mail server refused this mail for good: %(answer)s"


class MailDelayed(Unavailable):
    """The mail server could not be reached or asked us to come again."""

    message = "The mail server cannot take mail right now."
    retry_after = 60


@dataclass(frozen=True, slots=True)
class Caught:
    """One mail that was kept instead of sent."""

    tenant_id: str
    at: datetime
    sender: str
    to: str
    subject: str
    text: str


def deliver(settings: Settings, tenant_id: str, message: EmailMessage, *, is_kept: bool = False) -> None:
    """Send a message, or keep it as a file where no server is set; tell lasting refusals from passing ones.

    One that `is_kept` reaches nobody, whatever is set.
    """
    message["Date"] = format_datetime(clock.now())
    if settings.smtp_url is None or is_kept:
        _keep(settings, tenant_id, message)
        return
    try:
        _send(settings.smtp_url, message)
    except (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError) as problem:
        raise MailDelayed from problem  # the server refuses us, whatever its code says: the mail itself may yet go
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as problem:
        code, answer = _answer(problem)
        if code >= _PERMANENT:
            raise MailRefused(answer=f"{code} {answer}"[:200]) from None
        raise MailDelayed from problem
    except (smtplib.SMTPException, OSError) as problem:
        raise MailDelayed from problem


def _send(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    host, context = parts.hostname or "localhost", ssl.create_default_context()
    domain = str(message["From"]).rpartition("@")[2].rstrip(">")
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context, local_hostname=domain
        )
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_SECONDS, local_hostname=domain)
    try:
        if parts.scheme == "smtp" and server.ehlo() and server.has_extn("starttls"):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
    finally:
        _leave(server)


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye; a mail that was taken is taken, whatever is answered to this."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _answer(problem: smtplib.SMTPException) -> tuple[int, str]:
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(problem.recipients.values()))
        return code, words.decode(errors="replace")
    answer: Any = getattr(problem, "smtp_error", b"")
    code = getattr(problem, "smtp_code", 0)
    return code, answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)


def _keep(settings: Settings, tenant_id: str, message: EmailMessage) -> None:
    folder = settings.data / "mail" / tenant_id
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = str(message["Message-ID"]).strip("<>").partition("@")[0]
    temporary = folder / f".{number}"
    temporary.write_bytes(message.as_bytes(policy=policy.SMTP))
    temporary.rename(folder / f"{number}.eml")


def caught(settings: Settings, tenant_id: str | None = None, *, limit: int = 100) -> list[Caught]:
    """The newest mails that were kept, of one label or of all."""
    root = settings.data / "mail"
    files = sorted(root.glob(f"{tenant_id or '*'}/*.eml"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [_read(file) for file in files[:limit] if is_tenant_id(file.parent.name)]


def _read(file: Path) -> Caught:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    return Caught(
        tenant_id=file.parent.name,
        at=datetime.fromtimestamp(file.stat().st_mtime, UTC),
        sender=str(message["From"]),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=body.get_content() if body else "",
    )
