"""The endpoints and pages of the API."""

from __future__ import annotations

from app.api.pages import authorize, clients, device, endpoints, metadata, programs, register, token, webhooks
from app.kernel.sentences import sentence
from app.kernel.web import shell
from app.kernel.web.shell import Place

shell.add(
    Place(
        sentence("Programs"),
        clients.API,
        "code-xml",
        group="settings",
        section="developers",
        order=60,
        hint=sentence("Which programs have access to the label, and what they may do"),
        permission="api.clients",
        whole=True,
    ),
)

__all__ = ["handlers"]

_PARTS = (metadata, authorize, device, token, endpoints, register, clients, programs, webhooks)

handlers = [handler for part in _PARTS for handler in part.handlers]
