"""Ways to a sign-in service and back: begun in a browser, answered once, used once."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.rules import token_hash
from app.kernel import clock, ids
from app.sso.errors import AttemptOver, ServiceRefused
from app.sso.models import Attempt, Connection, SeenAssertion
from app.sso.models.connections import ATTEMPT_LIFE
from app.sso.rules import Claims
from app.sso.rules.saml import Accepted

Purpose = Literal["sign_in", "prove", "try"]


@dataclass(frozen=True, slots=True)
class Begun:
    """A way that was begun, and the two secrets of it: one goes to the service and back, one stays in the browser."""

    attempt: Attempt
    state: str
    browser: str


def begin(
    session: Session,
    connection: Connection,
    *,
    origin: str,
    purpose: Purpose,
    wish: str,
    session_id: UUID | None = None,
) -> Begun:
    """Begin a way to a service."""
    # SAML puts it into an XML ID, which begins with no digit.
    state, browser, now = f"_{secrets.token_urlsafe(32)}", ids.new_token(), clock.now()
    attempt = Attempt(
        id=ids.new_id(),
        connection_id=connection.id,
        state_hash=token_hash(state),
        browser_hash=token_hash(browser),
        nonce=ids.new_token(),
        verifier=secrets.token_urlsafe(48),
        origin=origin,
        purpose=purpose,
        session_id=session_id,
        wish=wish,
        created_at=now,
        expires_at=now + ATTEMPT_LIFE,
    )
    session.add(attempt)
    session.flush()
    return Begun(attempt, state, browser)


def attempt_of(session: Session, connection: Connection, state: str) -> Attempt:
    """The way that an answer of this service is for; an answer that belongs to another service's is for none."""
    query = select(Attempt).where(Attempt.state_hash == token_hash(state), Attempt.connection_id == connection.id)
    found = session.scalar(query.with_for_update())
    if found is None:
        raise AttemptOver
    return found


def attempt_to_read(session: Session, connection: Connection, state: str) -> Attempt:
    """The same, before it is known whether the answer holds."""
    query = select(Attempt).where(Attempt.state_hash == token_hash(state), Attempt.connection_id == connection.id)
    found = session.scalar(query)
    if found is None or found.answered_at is not None:
        raise AttemptOver
    return found


def check_browser(attempt: Attempt, browser: str) -> None:
    """Refuse to go on in a browser in which the way was not begun: nobody is signed in as somebody else."""
    if not hmac.compare_digest(token_hash(browser), attempt.browser_hash):
        raise AttemptOver


def answered_in_browser(session: Session, connection: Connection, state: str, browser: str) -> Attempt:
    """Take an answer that the browser itself brings (OpenID Connect), once."""
    attempt = attempt_of(session, connection, state)
    check_browser(attempt, browser)
    attempt.answer(clock.now())
    return attempt


def answered_by_post(session: Session, connection: Connection, state: str, accepted: Accepted) -> Attempt:
    """Take an answer that comes without the browser's cookies (SAML), once; what it says is kept until it is used."""
    attempt = attempt_of(session, connection, state)
    attempt.answer(clock.now(), msgspec.to_builtins(accepted.claims))
    row = {"connection_id": connection.id, "assertion_id": accepted.assertion_id, "until": accepted.until}
    kept = insert(SeenAssertion).values(row).on_conflict_do_nothing().returning(SeenAssertion.assertion_id)
    if session.scalar(kept) is None:
        raise ServiceRefused
    return attempt


def kept_claims(attempt: Attempt) -> Claims:
    """What a kept answer says."""
    found: dict[str, Any] | None = attempt.claims
    if found is None:
        raise AttemptOver
    return msgspec.convert(found, Claims)


def tidy(session: Session) -> None:
    """Forget ways that are over, and assertions that nobody could bring again."""
    now = clock.now()
    session.execute(delete(Attempt).where(Attempt.expires_at < now))
    session.execute(delete(SeenAssertion).where(SeenAssertion.until < now))
