"""What a member did with news: the same in the portal's inbox and in the artists' app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.models import NewsState
from app.identity.policies import Visitor
from app.kernel import clock


def mark(session: Session, visitor: Visitor, activity_ids: Sequence[UUID], *, archive: bool = False) -> None:
    """Note that a visitor read these pieces of news, or put them away; that they are theirs, the caller knows."""
    if not activity_ids:
        return
    now = clock.now()
    values: dict[str, Any] = {"read_at": now} | ({"archived_at": now} if archive else {})
    rows = [{"member_id": visitor.member.id, "activity_id": activity_id, **values} for activity_id in activity_ids]
    statement = insert(NewsState).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id", "activity_id"], set_={name: statement.excluded[name] for name in values}
        )
    )
