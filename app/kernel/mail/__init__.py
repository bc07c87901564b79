"""Mail in the label's own name: asked for in a transaction, sent by a worker, kept as files where no server is."""

from __future__ import annotations

from app.kernel.mail.outgoing import (
    USUAL_SENDER,
    AddressUnusable,
    Mail,
    Sender,
    ask,
    check_address,
    dress,
    mail_domain,
    sign,
)
from app.kernel.mail.transport import Caught, MailRefused, caught

__all__ = [
    "USUAL_SENDER",
    "AddressUnusable",
    "Caught",
    "Mail",
    "MailRefused",
    "Sender",
    "ask",
    "caught",
    "check_address",
    "dress",
    "mail_domain",
    "sign",
]
