"""People who work at a label."""

from __future__ import annotations

from itertools import count

from app.identity.models import Member
from app.identity.service import add_member
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant

PASSWORD = "correct horse battery staple"
_numbers = count(1)


def a_member(tenant: Tenant, *, role: str = "owner", name: str = "Ada Canary", email: str | None = None) -> Member:
    """A member with the password of all test members."""
    email = email or f"{role}-{next(_numbers)}@{tenant.slug}.test"
    actor = Actor.system(tenant)
    with tenant_work(tenant) as session:
        return add_member(session, actor, email=email, name=name, role=role, language="en", password=PASSWORD)
