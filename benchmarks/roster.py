"""The roster of a thousand artists in one answer: from the request at the gate to the compressed page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from litestar.testing import TestClient

from app.catalog.service.checking import check_releases
from app.catalog.service.creating import create
from app.identity.service import add_member
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.main.web import assemble, create_app, keep_what_is_made
from app.settings import Settings
from benchmarks.harness import Figure, Figures, percentile, timed
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label
from tenants.registry.memory import Registry

ARTISTS = 1_000
ROUNDS = 60
WARM = 10
P95_MS = 50
OWNER, PASSWORD = "owner@bench.test", "bench-demo-2026"


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Ask for the roster again and again, by name and by what another slice knows."""
    label = _filled()
    registry = Registry()
    registry.start()
    figures: Figures = {}
    product: Any = create_app(settings, registry, assemble())
    keep_what_is_made()  # as a worker does
    with TestClient(product, base_url=f"https://{label.slug}.localhost") as client:
        client.headers["origin"] = f"https://{label.slug}.localhost"
        client.post("/portal/sign-in", data={"email": OWNER, "password": PASSWORD})
        for name, query in (("by_name", ""), ("by_next_release", "?sort=next"), ("searched", "?q=artsit 77")):
            taken = [timed(lambda asked=query: _asked(client, asked)) for _ in range(ROUNDS)][WARM:]  # type: ignore[misc]
            note = f"{ARTISTS} artists, p95 of {len(taken)}, through the whole gate and compressed"
            p95 = round(percentile(taken, 0.95) * 1_000, 1)
            figures[f"roster.{name}"] = Figure(value=p95, unit="ms", bar=P95_MS, note=note)
            tell(f"{name}: {p95:g} ms")
    registry.stop()
    return figures


def _asked(client: TestClient[Any], query: str) -> None:
    answer = client.get(f"/portal/artists{query}")
    if answer.status_code != 200:
        raise RuntimeError(answer.text)


def _filled() -> Tenant:
    label = open_label(OpenLabel(slug="bench", name="Bench", owner_email=OWNER, request_key="bench:roster"))
    today = clock.now().date()
    releases: list[dict[str, object]] = [
        {
            "release": number,
            "title": f"Release {number}",
            "artists": [f"Artist {number}"],
            "label": "Bench",
            "kind": "album",
            "release_date": (today + timedelta(days=number % 700 - 200)).isoformat(),
        }
        for number in range(ARTISTS)
    ]
    tracks: list[dict[str, object]] = [
        {"release": number, "row": 1, "disc": 1, "number": 1, "title": f"Track {number}"} for number in range(ARTISTS)
    ]
    with tenant_work(label) as session:
        actor = Actor.system(label)
        add_member(session, actor, email=OWNER, name="Owner", role="owner", language="en", password=PASSWORD)
        check_releases(session, label, create(session, actor, releases, tracks))
    return label
