"""Secrets that are good once and for minutes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.errors import LinkUsed
from app.identity.models import Throttle, Ticket
from app.identity.rules import FAILURES_FADE, token_hash
from app.kernel import clock, ids

KEEP = timedelta(days=1)


def issue(session: Session, kind: str, token: str, *, subject_id: UUID | None, life: timedelta) -> None:
    """Keep the hash of a secret for a while."""
    now = clock.now()
    ticket = Ticket(
        id=ids.new_id(),
        kind=kind,
        token_hash=token_hash(f"{kind}:{token}"),
        subject_id=subject_id,
        created_at=now,
        expires_at=now + life,
    )
    session.add(ticket)
    session.flush()


def use_signed(session: Session, kind: str, token: str, *, subject_id: UUID, life: timedelta) -> None:
    """Use up a secret that its signature vouches for and that is known here by its use: once."""
    now = clock.now()
    row = {"id": ids.new_id(), "kind": kind, "token_hash": token_hash(f"{kind}:{token}"), "subject_id": subject_id}
    row |= {"created_at": now, "expires_at": now + life, "used_at": now}
    first = insert(Ticket).values(row).on_conflict_do_nothing(index_elements=["token_hash"]).returning(Ticket.id)
    if session.scalar(first) is None:
        raise LinkUsed


def subject_of(session: Session, kind: str, token: str) -> UUID | None:
    """Whom a secret is about that is still good; looking at it uses nothing up."""
    ticket = session.scalar(select(Ticket).where(Ticket.token_hash == token_hash(f"{kind}:{token}")))
    is_good = ticket is not None and ticket.used_at is None and clock.now() < ticket.expires_at
    return ticket.subject_id if ticket is not None and is_good else None


def use(session: Session, kind: str, token: str) -> UUID | None:
    """Use a secret up and give back whom it is about; two at once find it used."""
    query = select(Ticket).where(Ticket.token_hash == token_hash(f"{kind}:{token}")).with_for_update()
    ticket = session.scalar(query)
    if ticket is None:
        raise LinkUsed
    ticket.use(clock.now())
    return ticket.subject_id


def tidy(session: Session) -> None:
    """Forget what is long over."""
    session.execute(delete(Ticket).where(Ticket.expires_at < clock.now() - KEEP))
    session.execute(delete(Throttle).where(Throttle.failed_at < clock.now() - 2 * FAILURES_FADE))
