"""What a label's sign-in services are, whom they let in, and what their directories say."""

from __future__ import annotations

from app.sso.models.connections import Attempt, Connection, Domain, Link, RoleRule, SeenAssertion
from app.sso.models.directory import DirectoryGroup, DirectoryMembership, DirectoryToken, DirectoryUser

__all__ = [
    "Attempt",
    "Connection",
    "DirectoryGroup",
    "DirectoryMembership",
    "DirectoryToken",
    "DirectoryUser",
    "Domain",
    "Link",
    "RoleRule",
    "SeenAssertion",
]
