"""Who does something: the answer to "who was it" that activity keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.kernel.tenant import Tenant

ActorKind = Literal["member", "fan", "client", "operator", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody at one label (or the operator at none).

    `on_behalf_of` is the member for whom an operator or a program acts, `client_id` the program that does it.
    """

    kind: ActorKind
    id: UUID | None
    tenant: Tenant | None
    name: str
    on_behalf_of: UUID | None = None
    client_id: UUID | None = None

    @staticmethod
    def system(tenant: Tenant | None) -> Actor:
        """The platform itself, when nobody in particular asked."""
        return Actor(kind="system", id=None, tenant=tenant, name="system")
