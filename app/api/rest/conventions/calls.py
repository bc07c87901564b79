"""One call of an operation: who asks, for what, and what is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request

from app.api.errors import PersonNeeded, SignInTooOld
from app.api.rules.proof import RECENT_SECONDS
from app.api.service.callers import Caller
from app.identity.policies import Visitor
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.ids import parse_uuid
from app.kernel.tenant import Tenant
from app.kernel.web.paging import etag, require_unchanged
from app.kernel.web.realm import Realm, realm_of
from app.kernel.web.strict import QueryUnusable


@dataclass
class Call:
    """A request that was let in: `known` may do what the operation needs, and `tenant` is whose host was asked."""

    request: Request[Any, Any, Any]
    known: Caller | None
    tenant: Tenant

    @property
    def caller(self) -> Caller:
        """Who asks; operations that are open to strangers have none."""
        if self.known is None:
            raise LookupError("an operation without a scope asked who is calling")
        return self.known

    @property
    def visitor(self) -> Visitor:
        """The caller as doors know them: permissions narrowed by the token's scopes."""
        return self.caller.visitor

    @property
    def actor(self) -> Actor:
        """The caller as activity knows them."""
        return self.caller.visitor.actor

    @property
    def realm(self) -> Realm:
        """What the gate found out about the request."""
        return realm_of(self.request)

    @property
    def principal(self) -> str:
        """Client and member in one: what is kept for one of them is nobody else's."""
        return f"{self.caller.client_id}:{self.caller.member_id or ''}"

    def id(self, name: str) -> UUID | None:
        """The id at a place of the address; None where something else stands there, which no door knows."""
        return parse_uuid(self.request.path_params[name])

    def word(self, name: str) -> str:
        """The text at a place of the address."""
        return str(self.request.path_params[name])

    def require_somebody(self) -> None:
        """Refuse a program that acts for nobody: what needs two is not decided by two programs."""
        if self.caller.member_id is None:
            raise PersonNeeded

    def require_person(self) -> Visitor:
        """The person who is there behind the call; refused without one, or where they signed in too long ago."""
        self.require_somebody()
        proved = self.visitor.proved_at
        if proved is None or clock.now() - proved > timedelta(seconds=RECENT_SECONDS):
            raise SignInTooOld
        return self.visitor

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """What stands in the query, by name."""
        found: dict[str, list[str]] = {}
        for name, value in self.request.query_params.multi_items():
            if "\x00" in value:
                raise QueryUnusable(name=name[:40])
            found.setdefault(name, []).append(value)
        return found

    def only(self, name: str, *, needed: bool = False) -> str | None:
        """The value that stands once in the query; None where none does and none is needed."""
        values = self.query.get(name, [])
        if len(values) > 1 or (needed and not values):
            raise QueryUnusable(name=name)
        return values[0] if values else None

    def require_known(self, names: Collection[str]) -> None:
        """Refuse a query with other names than these."""
        for name in self.query:
            if name not in names:
                raise QueryUnusable(name=name[:40])

    def require_unchanged(self, *version: object) -> None:
        """Refuse a change decided on another state than the one with this version (412), or on none named (428)."""
        require_unchanged(self.request.headers.get("if-match"), tag_of(version))

    def require_as_seen(self, now: Answer) -> None:
        """Where a change says on which state it was decided, refuse it on another than what is answered now (412)."""
        if self.request.headers.get("if-match") is not None:
            require_unchanged(self.request.headers["if-match"], now.tag)


def tag_of(version: tuple[object, ...]) -> str:
    """The entity tag of a version: what the row is, its id, and what counts its changes."""
    return etag(*(str(part) for part in version))


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers: a body (a view, a map, or bytes as they are), its status, and what else is said.

    `version` becomes the ETag; where there is none, the content does. `location` is where something new is found.
    """

    body: Any = None
    status: int = 200
    version: tuple[object, ...] | None = None
    location: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"

    @property
    def encoded(self) -> bytes:
        """The body as it is sent."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)

    @property
    def tag(self) -> str:
        """What names this state: the version of what is shown, else all that is shown."""
        return tag_of(self.version) if self.version is not None else tag_of_body(self.encoded)


def tag_of_body(body: bytes) -> str:
    """The entity tag of what is shown as it is."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
