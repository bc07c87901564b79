"""How far a running stage is, told while its transaction is still open: through the label's cache, and lost with it."""

from __future__ import annotations

from typing import Any, Final, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import cache
from app.kernel.tenant import Tenant
from app.uploads.models import Batch, BatchFile
from app.uploads.service import restarting

Step = Literal["read", "match", "validate", "compare", "write"]
STEPS: Final[tuple[Step, ...]] = ("read", "match", "validate", "compare", "write")
KEPT_SECONDS: Final = 3_600
RUNNING: Final = ("measuring", "checking", "applying", "undoing")
STEPPED: Final = ("checking", "applying")


def reached(tenant: Tenant | None, batch: Batch, step: Step) -> None:
    """Say which step of its stage a batch has come to."""
    if tenant is not None:
        cache.of(tenant).set(_key(batch), step, seconds=KEPT_SECONDS)


def state_of(session: Session, tenant: Tenant, batch: Batch) -> dict[str, Any]:
    """Where a batch stands, in few bytes: its stage and version, how much is done, at which step, and what failed."""
    step, done, total = None, 0, 0
    if batch.stage in STEPPED:
        step = cache.of(tenant).get(_key(batch), str)
        done, total = (STEPS.index(step) if step in STEPS else 0), len(STEPS)
    elif batch.stage == "measuring":
        done, total = _files(session, batch)
    told = {"stage": batch.stage, "version": batch.version, "done": done, "total": total, "step": step}
    return {**told, "trouble": restarting.trouble_of(session, batch)}


def _files(session: Session, batch: Batch) -> tuple[int, int]:
    looked_at = func.count().filter(BatchFile.state.in_(("measured", "refused")))
    done, total = session.execute(select(looked_at, func.count()).where(BatchFile.batch_id == batch.id)).one()
    return done, total


def _key(batch: Batch) -> str:
    return f"batch:{batch.id}:{batch.version}"
