"""Who has a program in hand: whoever made it or took its secret."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.models import ProgramHand
from app.kernel import clock


def take_in_hand(session: Session, program_id: UUID, member_id: UUID) -> None:
    """Keep that a member made a program or was shown its secret: from then on it acts as their hand, for good."""
    row = insert(ProgramHand).values(program_id=program_id, member_id=member_id, since=clock.now())
    session.execute(row.on_conflict_do_nothing())
