"""The pages of identity: the door, one's own security, the team and its roles, and who is behind a request."""

from __future__ import annotations

from typing import Any

from app.identity.pages import door, passkeys, proof, roles, sandbox, security, team, welcome
from app.identity.pages.keeping import seen
from app.identity.pages.staying import event_stream, staying
from app.identity.pages.visitors import (
    AnyRequest,
    SignedOut,
    cookie_name,
    frame,
    home_of,
    lead_to_proof,
    look_for_visitor,
    session_cookie,
    visitor_here,
    visitor_of,
)
from app.identity.policies import Visitor

__all__ = [
    "AnyRequest",
    "SignedOut",
    "Visitor",
    "cookie_name",
    "event_stream",
    "frame",
    "handlers",
    "home_of",
    "lead_to_proof",
    "look_for_visitor",
    "seen",
    "session_cookie",
    "staying",
    "visitor_here",
    "visitor_of",
]

handlers: list[Any] = [
    handler for part in (door, proof, passkeys, security, team, roles, sandbox, welcome) for handler in part.handlers
]
