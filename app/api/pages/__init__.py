"""The endpoints and pages of the API."""

from __future__ import annotations

from app.api.pages import token

__all__ = ["handlers"]

handlers = [handler for part in (token,) for handler in part.handlers]
