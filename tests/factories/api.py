"""Programs that a label lets in, and their tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from litestar.testing import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.api.models import ApiClient
from app.api.rules.scopes import SCOPES, without_people
from app.api.service import issuing, keys
from app.api.service.clients import Wish, make_as
from app.api.service.places import resource_of
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant

_numbers = count(1)
EVERYTHING = without_people(SCOPES)


@dataclass(frozen=True, slots=True)
class ClientMade:
    """A client, and the secret it was given."""

    client_id: UUID
    member_id: UUID
    secret: str
    row: ApiClient

    @property
    def basic(self) -> tuple[str, str]:
        """How it proves itself at the endpoints."""
        return str(self.client_id), self.secret


def a_client(tenant: Tenant, *, scopes: Iterable[str] | str = EVERYTHING, name: str = "", **wish: Any) -> ClientMade:
    """A program of the label's; it may everything that a program may by itself, unless scopes are named."""
    wanted = frozenset(scopes.split() if isinstance(scopes, str) else scopes)
    with tenant_work(tenant) as session:
        _end_old(session)
        made = make_as(
            session,
            tenant,
            Actor.system(tenant),
            Wish(name=name or f"Program {next(_numbers)}", scopes=wanted, **wish),
            made_by=None,
        )
        return ClientMade(made.client.id, made.client.member_id, made.secret or "", made.client)


def _end_old(session: Session) -> None:
    """All tests of one worker make theirs at the same label, which may have only so many."""
    newest = select(ApiClient.id).where(ApiClient.revoked_at.is_(None)).order_by(ApiClient.id.desc()).limit(100)
    old = ApiClient.revoked_at.is_(None) & ApiClient.id.not_in(newest)
    session.execute(update(ApiClient).where(old).values(revoked_at=clock.now()))


def a_token(tenant: Tenant, client: ClientMade, scopes: Iterable[str] | str = "") -> str:
    """An access token that the client has for itself."""
    wanted = scopes if isinstance(scopes, str) else " ".join(scopes)
    keys.signer_of(tenant)
    with tenant_work(tenant) as session:
        row = session.get_one(ApiClient, client.client_id)
        given = issuing.for_itself(tenant, row, wanted, resource_of(tenant), None)
    return str(given["access_token"])


def api_of(
    client_of: Callable[[str], TestClient[Any]],
    tenant: Tenant,
    *,
    scopes: Iterable[str] | str = EVERYTHING,
    **wish: Any,
) -> TestClient[Any]:
    """A program's connection to the label's host, with a token: no cookies, no origin."""
    opened = client_of(f"{tenant.slug}.localhost")
    opened.headers.pop("origin", None)
    opened.headers["accept"] = "application/json"
    opened.headers["authorization"] = f"Bearer {a_token(tenant, a_client(tenant, scopes=scopes, **wish))}"
    return opened
