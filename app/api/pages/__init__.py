"""The endpoints and pages of the API."""

from __future__ import annotations

from app.api.pages import authorize, device, endpoints, metadata, register, token

__all__ = ["handlers"]

handlers = [handler for part in (metadata, authorize, device, token, endpoints, register) for handler in part.handlers]
