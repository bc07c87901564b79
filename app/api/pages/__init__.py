"""The endpoints and pages of the API."""

from __future__ import annotations

from app.api.pages import authorize, device, endpoints, metadata, register, token, webhooks

__all__ = ["handlers"]

_PARTS = (metadata, authorize, device, token, endpoints, register, webhooks)

handlers = [handler for part in _PARTS for handler in part.handlers]
