"""A hundred thousand changes of recordings in one request: taken in, done, and told line by line."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec
from sqlalchemy import select

from app.api.rest import doing
from app.api.service import bulk
from app.api.service.callers import recalled
from app.api.service.clients import Wish, make_as
from app.catalog.models import Recording
from app.catalog.service.creating import create
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.settings import Settings
from benchmarks.harness import Figure, Figures, timed
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

TRACKS = 100_000
RELEASE = 20
AT_ONCE = 50
SECONDS = 60
SCOPES = frozenset({"bulk:write", "catalog:write"})


class _Asked(msgspec.Struct):
    client_id: UUID
    scopes: list[str]
    member_id: UUID | None = None


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:  # noqa: ARG001 every area is given them
    """Change three fields of every recording of a large catalogue."""
    label = open_label(OpenLabel(slug="bench", name="Bench", owner_email="o@bench.test", request_key="bench:bulk"))
    body = _body(_filled(label))
    with tenant_work(label) as session:
        wish = Wish(name="Bench", scopes=SCOPES)
        client = make_as(session, label, Actor.system(label), wish, made_by=None).client.id
    jobs: list[UUID] = []
    taken = timed(lambda: jobs.append(_taken(label, client, body)))
    done = timed(lambda: _done(label, jobs[0]))
    tell(f"{TRACKS} changes: taken in within {taken:.1f} s, done within {done:.1f} s")
    return {
        "bulk.taken_in": Figure(value=round(taken, 2), unit="s", bar=5, note=f"{len(body) / 1e6:.0f} MB of lines"),
        "bulk.done": Figure(value=round(done, 1), unit="s", bar=SECONDS, note=f"{TRACKS} changes of three fields"),
    }


def _filled(label: Tenant) -> list[UUID]:
    for part in range(TRACKS // RELEASE // AT_ONCE):
        said = [
            {"release": n, "title": f"Release {part} {n}", "artists": ["Ada"], "label": "Bench", "kind": "album"}
            for n in range(AT_ONCE)
        ]
        rows = [
            {"release": n, "row": n * RELEASE + t, "disc": 1, "number": t + 1, "title": f"Track {part} {n} {t}"}
            for n in range(AT_ONCE)
            for t in range(RELEASE)
        ]
        with tenant_work(label) as session:
            create(session, Actor.system(label), said, rows)
    with tenant_read(label) as session:
        return list(session.scalars(select(Recording.id)))


def _body(recordings: list[UUID]) -> bytes:
    return b"\n".join(
        msgspec.json.encode(
            {
                "method": "PATCH",
                "path": f"/api/v1/recordings/{recording}",
                "body": {"genre": "Dub", "p_year": 2_000 + number % 26, "title": f"Renamed {number}"},
            }
        )
        for number, recording in enumerate(recordings)
    )


def _taken(label: Tenant, client: UUID, body: bytes) -> UUID:
    with tenant_work(label) as session:
        return bulk.ask(session, recalled(session, label, _Asked(client, sorted(SCOPES))), body, "en")


def _done(label: Tenant, job: UUID) -> None:
    while doing.piece(label, job):
        pass
