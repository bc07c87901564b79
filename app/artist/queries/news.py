"""What happened that concerns the visitor's own artists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from app.artist.policies import concerns, own_statements
from app.catalog.models import Recording, Release
from app.contracts.models import Contract
from app.identity.models import NewsState
from app.identity.policies import Visitor
from app.kernel import clock
from app.kernel.activity import Activity
from app.payouts.models import Payout
from app.roster.models import Artist, Payee
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, Statement

KEPT = timedelta(days=365)
"""What is older is found where it belongs, and no news any more."""
MOST_COUNTED = 99


def news(visitor: Visitor) -> Select[Activity, NewsState]:
    """What others did that concerns the visitor here, the newest first, with what the visitor did with it."""
    member = visitor.member
    state = (NewsState.activity_id == Activity.id) & (NewsState.member_id == member.id)
    return (
        select(Activity, NewsState)
        .outerjoin(NewsState, state)
        .where(
            concerns(visitor),
            Activity.at >= max(member.created_at, clock.now() - KEPT),
            or_(Activity.actor_id.is_(None), Activity.actor_id != member.id),
            NewsState.archived_at.is_(None),
        )
        .order_by(Activity.at.desc(), Activity.id.desc())
    )


def count_unread(session: Session, visitor: Visitor) -> int:
    """How many pieces of news the visitor has not read, counted up to `MOST_COUNTED`."""
    unread = news(visitor).where(NewsState.read_at.is_(None)).with_only_columns(Activity.id).limit(MOST_COUNTED)
    return session.scalar(select(func.count()).select_from(unread.subquery())) or 0


def names(session: Session, rows: Sequence[Activity]) -> dict[UUID, str]:
    """What the subjects of some news are called; runs are told by their statements."""
    wanted = {row.subject_id for row in rows if row.subject_id is not None}
    columns = (
        (Contract.id, Contract.title), (Recording.id, Recording.title), (Release.id, Release.title),
        (Artist.id, Artist.name), (Payee.id, Payee.name), (Payout.id, literal("#") + cast(Payout.number, Text)),
    )  # fmt: skip
    found: dict[UUID, str] = {}
    for key, name in columns if wanted else ():
        found |= dict(session.execute(select(key, name).where(key.in_(wanted))).all())
    return found


def spans(session: Session, rows: Sequence[Activity]) -> dict[UUID, RoyaltyPeriod]:
    """Of which period the runs among some news are, by run."""
    wanted = {row.subject_id for row in rows if row.subject_type == "run"}
    query = select(RoyaltyRun.id, RoyaltyPeriod).join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
    return dict(session.execute(query.where(RoyaltyRun.id.in_(wanted))).all()) if wanted else {}


def first_statement(visitor: Visitor, run_id: UUID | None) -> Select[UUID]:
    """The visitor's largest statement of a run."""
    query = select(Statement.id).where(Statement.run_id == run_id, own_statements(visitor))
    return query.order_by(Statement.payable_micros.desc(), Statement.id).limit(1)
