"""Tokens by which a directory comes: made, replaced with an overlap, found, ended."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.identity.rules import token_hash
from app.kernel import activity, clock, ids
from app.sso.errors import TooMany
from app.sso.models import Connection, DirectoryToken
from app.sso.policies import require_as_much

OVERLAP = timedelta(days=1)
"""So long does a token that was replaced go on, so that nobody has to hurry."""

MOST_TOKENS = 5
USED_EVERY = timedelta(minutes=1)
PREFIX = "scim_"


def tokens_of(session: Session, connection: Connection) -> list[DirectoryToken]:
    """A connection's tokens that open anything, newest first."""
    query = select(DirectoryToken).where(DirectoryToken.connection_id == connection.id)
    now = clock.now()
    return [each for each in session.scalars(query.order_by(DirectoryToken.created_at.desc())) if each.is_live(now)]


def make(session: Session, visitor: Visitor, connection: Connection) -> str:
    """Make a token and give it back, which is stored nowhere; those before it end after a while.

    Whoever holds it says who is in which group, and so who is what: it is made by somebody who may as much.
    """
    require_as_much(visitor, connection)
    held, now = tokens_of(session, connection), clock.now()
    if len(held) >= MOST_TOKENS:
        raise TooMany(most=MOST_TOKENS)
    for older in held:
        older.end(now + OVERLAP)
    token = f"{PREFIX}{ids.new_token()}"
    row = DirectoryToken(
        id=ids.new_id(),
        connection_id=connection.id,
        token_hash=token_hash(token),
        created_at=now,
        created_by=visitor.member.id,
    )
    session.add(row)
    session.flush()
    _tell(session, visitor, "scim.token_made", row, connection)
    return token


def end(session: Session, visitor: Visitor, connection: Connection, row: DirectoryToken) -> None:
    """End a token at once."""
    row.end(clock.now())
    _tell(session, visitor, "scim.token_ended", row, connection)


def connection_of_token(session: Session, token: str) -> tuple[Connection, DirectoryToken] | None:
    """The connection whose directory comes with this token."""
    query = (
        select(Connection, DirectoryToken)
        .join(DirectoryToken, DirectoryToken.connection_id == Connection.id)
        .where(DirectoryToken.token_hash == token_hash(token))
    )
    row = session.execute(query).one_or_none()
    if row is None or not row[1].is_live(clock.now()):
        return None
    return row[0], row[1]


def is_due_for_touch(row: DirectoryToken) -> bool:
    """Tell whether the last noted use is old enough to be noted again."""
    return row.used_at is None or clock.now() - row.used_at > USED_EVERY


def touch(session: Session, row: DirectoryToken) -> None:
    """Note that a token is in use."""
    session.get_one(DirectoryToken, row.id).used_at = clock.now()


def _tell(session: Session, visitor: Visitor, action: str, row: DirectoryToken, connection: Connection) -> None:
    after = {"connection": connection.name}
    activity.record(session, visitor.actor, action, subject_type="scim_token", subject_id=row.id, after=after)
