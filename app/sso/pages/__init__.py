"""The pages of sign-in services: the way there and back, and where they are set up."""

from __future__ import annotations

from typing import Any

from app.sso.pages import connection, door, saml, scim_bulk, scim_resources, settings

handlers: list[Any] = [
    *door.handlers,
    *saml.handlers,
    *settings.handlers,
    *connection.handlers,
    *scim_resources.handlers,
    *scim_bulk.handlers,
]
