"""Mail in the label's own name: asked for in a transaction, sent by a worker, kept as files where no server is."""

from __future__ import annotations

from app.kernel.mail.outgoing import Mail, ask, dress
from app.kernel.mail.transport import Caught, MailRefused, caught

__all__ = ["Caught", "Mail", "MailRefused", "ask", "caught", "dress"]
