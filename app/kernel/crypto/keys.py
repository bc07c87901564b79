"""A data key per label, wrapped by the platform's master key and kept where no label's role can look."""

from __future__ import annotations

import os
from datetime import datetime
from threading import Lock
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary, SmallInteger, Text, delete, event, select, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel import clock
from app.kernel.db import SharedModel, current, platform_read
from app.kernel.errors import NotFound
from app.kernel.tenant import Tenant

MASTER_VERSION: Final = 1
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
KEEP_SECONDS = 60.0
"""How long a process remembers an unwrapped key: so long may an erased label's data stay readable in memory."""


class LabelKey(SharedModel):
    """A label's data key, wrapped with the master key of `version`."""

    __tablename__ = "label_keys"

    tenant_id: Mapped[str] = mapped_column(Text, primary_key=True)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=text("now()"))


class KeyErased(NotFound):
    """The label's key is gone, and with it everything that was sealed under it."""

    message = "This was erased and cannot be read any more."


class SecretChanged(RuntimeError):
    """The label's key was wrapped under another SECRET_KEY, for another label, or was changed since."""


_known: dict[str, tuple[bytes, float]] = {}
_lock = Lock()


def create_key(session: Session, tenant: Tenant) -> None:
    """Give a label its key, in the opening's own transaction."""
    nonce, key = os.urandom(NONCE_BYTES), os.urandom(KEY_BYTES)
    wrapped = nonce + _master().encrypt(nonce, key, tenant.id.encode())
    session.add(LabelKey(tenant_id=tenant.id, wrapped_key=wrapped, version=MASTER_VERSION))
    session.flush()
    # The opening seals under the key before it commits. If it does not commit, the key must not be remembered: the
    # schema goes back to the spares and its next label gets another key.
    event.listen(session, "after_rollback", lambda _: forget_keys(tenant.id), once=True)
    with _lock:
        _known[tenant.id] = (key, clock.monotonic() + KEEP_SECONDS)


def erase_key(session: Session, tenant_id: str) -> None:
    """Delete a label's key: from the next minute on nothing sealed under it opens again, in backups neither."""
    session.execute(delete(LabelKey).where(LabelKey.tenant_id == tenant_id))
    forget_keys(tenant_id)


def label_key(tenant: Tenant, purpose: str) -> bytes:
    """32 bytes for one purpose, derived from the label's data key; `KeyErased` once it is gone."""
    import hashlib
    import hmac

    return hmac.new(_data_key(tenant.id), purpose.encode(), hashlib.sha256).digest()


def forget_keys(tenant_id: str | None = None) -> None:
    """Drop remembered keys, of one label or of all."""
    with _lock:
        if tenant_id is None:
            _known.clear()
        else:
            _known.pop(tenant_id, None)


def _data_key(tenant_id: str) -> bytes:
    known = _known.get(tenant_id)
    if known is not None and known[1] > clock.monotonic():
        return known[0]
    with platform_read() as session:
        row = session.scalar(select(LabelKey).where(LabelKey.tenant_id == tenant_id))
    if row is None:
        forget_keys(tenant_id)
        raise KeyErased
    nonce, sealed = row.wrapped_key[:NONCE_BYTES], row.wrapped_key[NONCE_BYTES:]
    try:
        key = _master().decrypt(nonce, sealed, tenant_id.encode())
    except InvalidTag:
        raise SecretChanged(f"the key of label {tenant_id} does not open under this SECRET_KEY") from None
    with _lock:
        _known[tenant_id] = (key, clock.monotonic() + KEEP_SECONDS)
    return key


def _master() -> AESGCM:
    return AESGCM(current().settings.derived_key(f"label-keys:{MASTER_VERSION}"))
