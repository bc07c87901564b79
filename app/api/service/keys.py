"""The label's signing keys: made when first needed, kept in memory, replaced before they are old."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from app.api.models import SigningKey
from app.api.rules import tokens
from app.api.rules.tokens import Signer, Verifier
from app.kernel import activity, clock, crypto, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import READ_ONLY, Tenant

PURPOSE = "api-signing-key"
KEY_LIFE: Final = timedelta(days=90)
PUBLISHED_BEFORE: Final = timedelta(hours=2)
"""So long a new key is published before it signs: whoever keeps our key set for an hour knows it by then."""

PUBLISHED_AFTER: Final = timedelta(hours=2)
"""So long an old key is published after its last signature: longer than any token lasts."""

KEEP_SECONDS: Final = 60.0
LOOK_AGAIN_SECONDS: Final = 5.0
"""A token with a key that nobody knows makes a process look again, but not for each such token."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of a label as one process knows them."""

    signers: tuple[tuple[datetime, Signer], ...]
    verifiers: dict[str, Verifier]
    public: tuple[dict[str, str], ...]
    read_at: float
    epoch: int

    def signer(self, now: datetime) -> Signer | None:
        """The newest key that signs by now."""
        return next((signer for signs_from, signer in reversed(self.signers) if signs_from <= now), None)


_known: dict[str, KeySet] = {}
_lock = threading.Lock()


def key_set(tenant: Tenant, *, head: str | None = None) -> KeySet:
    """The label's keys; one that a token's head names and memory does not know is looked for."""
    held, now = _known.get(tenant.id), clock.monotonic()
    if held is not None and held.epoch == tenant.epoch:  # another epoch may have brought other rows
        age = now - held.read_at
        is_strange = head is not None and head not in held.verifiers
        if age < (LOOK_AGAIN_SECONDS if is_strange else KEEP_SECONDS):
            return held
    with tenant_read(tenant) as session:
        rows = list(session.scalars(_live()))
    return _remembered(tenant, rows)


def signer_of(tenant: Tenant) -> Signer:
    """The key that signs now; the first one is made here."""
    found = key_set(tenant).signer(clock.now())
    if found is not None:
        return found
    with tenant_work(tenant, even=READ_ONLY) as session:
        _alone(session)
        rows = list(session.scalars(_live()))
        if not any(row.signs_from <= clock.now() for row in rows):
            rows = [_made(session, tenant, signs_from=clock.now()), *rows]
        held = _remembered(tenant, rows)
    made = held.signer(clock.now())
    assert made is not None  # noqa: S101 it was made above
    return made


def rotate(session: Session, actor: Actor, tenant: Tenant, *, is_forced: bool = False) -> bool:
    """Replace the key when it is old, or when it is said so; give back whether it was."""
    _alone(session)
    now = clock.now()
    rows = list(session.scalars(_live()))
    if not rows or (rows[-1].created_at > now - KEY_LIFE and not is_forced):
        return False
    made = _made(session, tenant, signs_from=now + PUBLISHED_BEFORE)
    for row in rows:
        row.ends_at = row.ends_at or made.signs_from + PUBLISHED_AFTER
    activity.record(session, actor, "api.key_rotated", subject_type="signing_key", subject_id=made.id)
    forget(tenant.id)
    return True


def tidy(session: Session) -> None:
    """Forget keys under which nothing is valid any more."""
    session.execute(delete(SigningKey).where(SigningKey.ends_at < clock.now()))


def forget(tenant_id: str) -> None:
    """Read the keys of a label anew when they are needed next."""
    _known.pop(tenant_id, None)


def _live() -> Select[SigningKey]:
    is_live = or_(SigningKey.ends_at.is_(None), SigningKey.ends_at > clock.now())
    return select(SigningKey).where(is_live).order_by(SigningKey.signs_from, SigningKey.id)


def _alone(session: Session) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(func.current_schema()), func.hashtext(PURPOSE))))


def _made(session: Session, tenant: Tenant, *, signs_from: datetime) -> SigningKey:
    key, key_id = tokens.new_key(), ids.new_id()
    row = SigningKey(
        id=key_id,
        sealed=crypto.seal(tenant, tokens.key_bytes(key), PURPOSE),
        public=tokens.published(str(key_id), key),
        created_at=clock.now(),
        signs_from=signs_from,
    )
    session.add(row)
    session.flush()
    return row


def _remembered(tenant: Tenant, rows: list[SigningKey]) -> KeySet:
    signers = [
        (row.signs_from, Signer(str(row.id), tokens.key_from(crypto.open_sealed(tenant, row.sealed, PURPOSE))))
        for row in rows
    ]
    verifiers = [Verifier(str(row.id), tokens.public_key(row.public)) for row in rows]
    held = KeySet(
        tuple(signers),
        {verifier.head: verifier for verifier in verifiers},
        tuple(dict(row.public) for row in rows),
        clock.monotonic(),
        tenant.epoch,
    )
    with _lock:
        _known[tenant.id] = held
    return held
