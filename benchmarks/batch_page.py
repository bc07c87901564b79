"""A page of a batch of a thousand releases and as many files while it runs, and how late it is told of a step."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

import httpx
import msgspec
import polars as pl

from app.identity.service import add_member
from app.kernel import clock, files, ids
from app.kernel.actor import Actor
from app.kernel.db import copy_rows, table_of, tenant_work
from app.kernel.media import AudioFacts
from app.kernel.tenant import Tenant
from app.settings import Settings
from app.uploads.models import Batch, BatchFile
from app.uploads.service import batches, checking, steps
from benchmarks.harness import Figure, Figures, percentile
from benchmarks.pages import _web as web
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

RELEASES = 1_000
ROUNDS, WARM = 70, 10
UPDATES = 20
FIRST_BYTE_MS = 60
LATE_MS = 1_000
PATIENCE_SECONDS = 10
OWNER, PASSWORD = "owner@bench.test", "bench-demo-2026"
HEADERS = "album title,album artist,label,catalog number,track number,track title,isrc,duration"


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Open the page again and again while its batch is being checked, then say steps and wait until they are told."""
    label = open_label(OpenLabel(slug="bench", name="Bench", owner_email=OWNER, request_key="bench:batch-page"))
    key = _running(label)
    tell(f"{RELEASES} releases and files are there")
    figures: Figures = {}
    with web(settings) as port, _signed_in(label, port) as client:
        for name, query in (("releases", "?view=all"), ("files", "?view=files")):
            taken = [_first_byte(client, f"/portal/uploads/{key}{query}") for _ in range(ROUNDS)][WARM:]
            p95 = round(percentile(taken, 0.95) * 1_000, 1)
            note = f"first byte, p95 of {len(taken)}, {RELEASES} releases and as many files, while it runs"
            figures[f"batch_page.{name}"] = Figure(value=p95, unit="ms", bar=FIRST_BYTE_MS, note=note)
            tell(f"{name}: {p95:g} ms")
        late = _late(client, label, key)
        note = f"from a step to the page that shows it, longest of {len(late)}"
        figures["batch_page.update"] = Figure(value=round(max(late) * 1_000, 1), unit="ms", bar=LATE_MS, note=note)
    return figures


def _running(label: Tenant) -> UUID:
    """A batch that was checked once, with its files, and is being checked again."""
    actor = Actor.system(label)
    table = "\n".join(
        [HEADERS, *(f"Release {n},Artist {n},House,HL-{n},1,Song {n},DEAB1{n:07},3:00" for n in range(RELEASES))]
    )
    stored = files.store_stream(actor, [table.encode()], name="catalogue.csv", media_type="text/csv")
    with tenant_work(label) as session:
        add_member(session, actor, email=OWNER, name="Owner", role="owner", language="en", password=PASSWORD)
        batch = batches.open_batch(session, actor, name=stored.name, manifest_id=stored.id)
        mapping = {column.header: column.field for column in checking.proposed(session, actor, batch)}
        checking.confirm(session, actor, batch, mapping)
        rows = pl.DataFrame([_file(batch.id, stored.id, number) for number in range(RELEASES)])
        copy_rows(session, table_of(BatchFile), rows.columns, rows.write_csv(include_header=False).encode())
        batches.go(session, batch, "checking")
        checking.check_and_write(session, label, batch.id)
        batches.go(session, batch, "checking")
        return batch.id


def _file(batch_id: UUID, stored_id: UUID, number: int) -> dict[str, Any]:
    md5 = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
    facts = AudioFacts(
        container="wav", codec="pcm_s24le", bits=24, rate=96_000, channels=2, duration_ms=180_000, md5=md5,
        intact=True, loudness_lufs=-14.0, true_peak_dbtp=-1.0, waveform=bytes(range(256)) * 8,
    )  # fmt: skip
    return {
        "id": str(ids.new_id()), "batch_id": str(batch_id), "path": f"audio/DEAB1{number:07}.wav", "kind": "audio",
        "state": "measured", "size": 100_000_000, "received": 100_000_000, "file_id": str(stored_id),
        "preview_id": str(stored_id), "facts": msgspec.json.encode(facts).decode(), "md5": md5, "verdict": "ok",
        "at": clock.now().isoformat(),
    }  # fmt: skip


@contextmanager
def _signed_in(label: Tenant, port: int) -> Iterator[httpx.Client]:
    host = f"{label.slug}.localhost:{port}"
    headers = {"host": host, "origin": f"http://{host}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE_SECONDS) as client:
        answer = client.post("/portal/sign-in", data={"email": OWNER, "password": PASSWORD})
        client.headers["cookie"] = answer.headers["set-cookie"].partition(";")[0]
        yield client


def _first_byte(client: httpx.Client, path: str) -> float:
    """Seconds until the first byte of the page itself."""
    started = time.perf_counter()
    with client.stream("GET", path) as answer:
        if answer.status_code != 200:
            raise RuntimeError(answer.read())
        pieces = answer.iter_raw()
        next(pieces)
        taken = time.perf_counter() - started
        for _ in pieces:
            pass
    return taken


def _late(client: httpx.Client, label: Tenant, key: UUID) -> list[float]:
    """Seconds from each step that is said to its arrival."""
    told: dict[str, float] = {}
    heard = threading.Condition()

    def read(answer: httpx.Response) -> None:
        with suppress(httpx.HTTPError):  # the line is cut where enough was heard
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    with heard:
                        told[json.loads(line[6:])["step"] or ""] = time.perf_counter()
                        heard.notify_all()

    late = []
    with client.stream("GET", f"/portal/uploads/{key}/events") as answer:
        threading.Thread(target=read, args=(answer,), daemon=True).start()
        with tenant_work(label) as session:
            batch = session.get_one(Batch, key)
            session.expunge(batch)
        for number in range(UPDATES):
            step = steps.STEPS[number % len(steps.STEPS)]
            with heard:
                told.pop(step, None)
                began = time.perf_counter()
                steps.reached(label, batch, step)
                if not heard.wait_for(lambda wanted=step: wanted in told, PATIENCE_SECONDS):  # type: ignore[misc]
                    raise RuntimeError("nothing was told")
                late.append(told[step] - began)
            time.sleep(0.05 * (number % 7))
    return late
