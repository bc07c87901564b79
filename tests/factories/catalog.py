"""Artists, imprints and releases for tests, made through the services."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

from app.catalog.service.creating import create
from app.identity.models import Member
from app.kernel import ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.roster.models import Imprint
from app.roster.rules import name_key, slug

_numbers = count(1)


def an_imprint(tenant: Tenant, name: str | None = None, **details: Any) -> Imprint:
    """An imprint at the top of the tree."""
    name = name or f"Imprint {next(_numbers)}"
    with tenant_work(tenant) as session:
        row = Imprint(id=ids.new_id(), key=slug(name), name=name, name_key=name_key(name), version=1, **details)
        session.add(row)
        session.flush()
    return row


def a_release(tenant: Tenant, title: str | None = None, *, tracks: int = 2, **details: Any) -> UUID:
    """A release with tracks, on an imprint that is made where it is not there."""
    title = title or f"Release {next(_numbers)}"
    said = {"release": 0, "title": title, "artists": ["Ada & the Rest"], "label": "Nightjar", "kind": "album"} | details
    rows = [
        {"release": 0, "row": n, "disc": 1, "number": n, "title": f"{title} {n}", "duration_ms": 200_000 + n * 1000}
        for n in range(1, tracks + 1)
    ]
    with tenant_work(tenant) as session:
        return create(session, Actor.system(tenant), [said], rows)[0]


def narrowed(
    tenant: Tenant, member: Member, *, imprints: list[str] | None = None, artists: list[str] | None = None
) -> None:
    """Narrow a member to some imprints and artists."""
    with tenant_work(tenant) as session:
        held = session.get_one(Member, member.id)
        held.imprints, held.artists = imprints or [], artists or []
