"""Which part of the product a request is for: one label, the operator, or nobody in particular."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from litestar import Request

from app.kernel.collation import read_in
from app.kernel.tenant import Tenant
from app.kernel.web.languages import spelling


class RouteLike(Protocol):
    """Where a host leads."""

    @property
    def tenant(self) -> Tenant:
        """The label."""

    @property
    def surface(self) -> str | None:
        """The only surface of this host, if it is bound to one."""

    @property
    def host(self) -> str:
        """The normalised host."""


class Directory(Protocol):
    """Whatever knows labels from memory."""

    def remembered(self, host: str) -> RouteLike | None:
        """The label of a normalised host as far as memory knows, without asking anybody."""

    def by_host(self, host: str) -> RouteLike | None:
        """The label of a normalised host."""

    def by_id(self, tenant_id: str) -> Tenant | None:
        """The label with this id."""


@dataclass(slots=True)
class Realm:
    """What the gate found out about a request before any handler saw it."""

    request_id: str
    nonce: str
    host: str = ""
    scheme: str = "http"
    client: str = ""
    tenant: Tenant | None = None
    surface: str | None = None
    is_operator: bool = False
    language: str = "en"
    country: str = ""
    """Where a member's browser says they are; dates, numbers and money are written as they are there."""

    facts: dict[str, Any] = field(default_factory=dict)
    more_time: Callable[[], None] = lambda: None
    """What a handler that reads a stream calls at each piece of it."""

    def speak(self, language: str) -> None:
        """Answer in this language; lists are in its order."""
        self.language = language
        read_in(language)

    @property
    def locale(self) -> str:
        """By whose habits dates, numbers and money are written for the reader."""
        return spelling(self.language, self.country)

    @property
    def origin(self) -> str:
        """The origin that this request's own pages have."""
        return str(self.facts.get("origin", ""))


def realm_of(request: Request[Any, Any, Any]) -> Realm:
    """The realm of a request."""
    realm = request.scope["state"]["realm"]
    assert isinstance(realm, Realm)  # noqa: S101
    return realm


def tenant_of(request: Request[Any, Any, Any]) -> Tenant:
    """The label whose host was asked; pages of a label are reached through no other."""
    tenant = realm_of(request).tenant
    if tenant is None:
        raise LookupError("a label's page was reached without a label")
    return tenant
