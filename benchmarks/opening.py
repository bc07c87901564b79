"""How long a label takes to be live: from a spare, from nothing, and fifty at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from app.kernel.db import platform_read
from app.settings import Settings
from benchmarks.harness import Figure, Figures, absolute, percentile, timed
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label
from tenants.provisioning.spares import fill_spares
from tenants.registry import queries

SINGLY = 40
INLINE = 15
AT_ONCE = 50


def run(_settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Open labels one after another, without spares, and many at once."""
    fill_spares(SINGLY + 2)
    _open("warm-1")
    _open("warm-2")
    spare = [timed(lambda number=number: _open(f"spare-{number}")) for number in range(SINGLY)]  # type: ignore[misc]
    tell("opened from spares")
    inline = [timed(lambda number=number: _open(f"inline-{number}")) for number in range(INLINE)]  # type: ignore[misc]
    tell("opened inline")
    fill_spares(AT_ONCE)
    slugs = [f"crowd-{number}" for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        taken = list(crowd.map(lambda slug: timed(lambda: _open(slug)), slugs))
    wrong = _wrong(slugs)
    return {
        "opening.from_a_spare": absolute(spare, bar=25, note=f"median of {SINGLY}"),
        "opening.inline": absolute(inline, bar=1_000, note=f"median of {INLINE}, schema built on the way"),
        "opening.fifty_at_once_p95": Figure(value=round(percentile(taken, 0.95) * 1000, 3), unit="ms", bar=300),
        "opening.fifty_at_once_wrong": Figure(value=wrong, unit="labels", bar=0, note="not active, no host, or twice"),
    }


def _open(slug: str) -> None:
    owner = f"owner@{slug}.test"
    open_label(OpenLabel(slug=slug, name=slug.title(), owner_email=owner, request_key=f"bench:{slug}"))


def _wrong(slugs: list[str]) -> int:
    with platform_read() as session:
        rows = [queries.tenant_row(session, slug) for slug in slugs]
        hosts = [queries.live_hosts(session, [row.id]) for row in rows]
    ill = sum(row.state != "active" or len(mine) != 1 for row, mine in zip(rows, hosts, strict=True))
    return ill + len(slugs) - len({row.id for row in rows})
