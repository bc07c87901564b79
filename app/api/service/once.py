"""Proofs that count once, in whichever process they come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.api.models import SeenProof
from app.kernel import clock
from app.kernel.db import tenant_work
from app.kernel.db.models import table_of
from app.kernel.tenant import READ_ONLY, Tenant


def use_once(tenant: Tenant, used: str, until: datetime) -> bool:
    """Use a proof up, known by its digest until it would count no more; false where it was used before."""
    with tenant_work(tenant, even=READ_ONLY) as session:
        table = table_of(SeenProof)
        added = insert(table).values(digest=used, expires_at=until).on_conflict_do_nothing()
        return session.execute(added.returning(table.c.digest)).scalar() is not None


def tidy(session: Session) -> None:
    """Forget proofs that would count no more anyway."""
    session.execute(delete(SeenProof).where(SeenProof.expires_at < clock.now()))
