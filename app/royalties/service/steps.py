"""How far a run is, told while its transaction is still open: through the label's cache, and lost with it."""

from __future__ import annotations

from typing import Final, Literal

from app.kernel import cache
from app.kernel.tenant import Tenant
from app.royalties.models import RoyaltyRun

Step = Literal["calculate", "settle", "check"]
STEPS: Final[tuple[Step, ...]] = ("calculate", "settle", "check")
STATES: Final = ("calculating", "failed", "checking", "approved", "publishing", "published", "discarded")
RUNNING: Final = ("calculating", "publishing")
KEPT_SECONDS: Final = 3_600


def reached(tenant: Tenant, run: RoyaltyRun, step: Step) -> None:
    """Say which step a run has come to."""
    cache.of(tenant).set(_key(run), step, seconds=KEPT_SECONDS)


def state_of(tenant: Tenant, run: RoyaltyRun) -> dict[str, object]:
    """Where a run stands, in few bytes; `version` changes with its state, on which a page draws itself anew."""
    step = cache.of(tenant).get(_key(run), str) if run.state == "calculating" else None
    done = STEPS.index(step) if step in STEPS else 0
    return {"version": STATES.index(run.state), "done": done, "total": len(STEPS), "step": step}


def _key(run: RoyaltyRun) -> str:
    return f"royalty-run:{run.id}"
