"""What can be done with members, their ways in and their sessions."""

from __future__ import annotations

from app.identity.service.entry import accept_invitation, add_member, come_in, sign_in
from app.identity.service.sessions import (
    Came,
    Found,
    actor_of,
    end_session,
    half_of_token,
    is_due_for_touch,
    live_sessions,
    member_of_token,
    touch,
    visitor_from,
)
from app.identity.service.team import invite

__all__ = [
    "Came",
    "Found",
    "accept_invitation",
    "actor_of",
    "add_member",
    "come_in",
    "end_session",
    "half_of_token",
    "invite",
    "is_due_for_touch",
    "live_sessions",
    "member_of_token",
    "sign_in",
    "touch",
    "visitor_from",
]
