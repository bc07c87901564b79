"""A browser that sends the files of a batch, and the worker that looks at them, for tests."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.kernel import clock, db
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.jobs.registry import tasks
from app.uploads.models import Batch, BatchFile
from tests.factories.labels import a_label

TABLE = """Album,Artist,Label,Cat,UPC,Date,No,Title
Nachtwerk,Anna Blume,Halden,HLD-1,4006381333931,2026-03,1,Erste Nacht
"""
TUS = {"tus-resumable": "1.0.0"}
PART = {**TUS, "content-type": "application/offset+octet-stream"}


@cache
def a_label_of(module):
    """One label for all tests of a module: opening one takes longer than most of them."""
    return a_label()


def limited(tenant, **limits):
    """The label with limits of its own."""
    return replace(tenant, limits=replace(tenant.limits, **limits))


def a_batch(client, table=TABLE):
    """The address of a new batch."""
    answer = client.post("/portal/uploads", files={"manifest": ("catalogue.csv", table.encode(), "text/csv")})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def metadata(**values):
    return ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in values.items())


def created(client, batch, path, size):
    """The answer to the announcement of a file."""
    said = {"upload-length": str(size), "upload-metadata": metadata(filename=path)}
    return client.post(f"{batch}/files", headers={**TUS, **said})


def patched(client, where, content, offset=0, **headers):
    """The answer to a part of a file."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(where, content=content, headers={**PART, "upload-offset": str(offset), **named})


def sent(client, batch, path, content):
    """Send a file whole and give its address."""
    answer = created(client, batch, path, len(content))
    assert answer.status_code == 201, answer.text
    where = answer.headers["location"]
    if content:
        answer = patched(client, where, content)
        assert answer.status_code == 204, answer.text
        assert answer.headers["upload-offset"] == str(len(content))
    return where


def offset_of(client, where):
    return int(client.head(where, headers=TUS).headers["upload-offset"])


def work(tenant, *, rounds=20):
    """Do what waits for this label, once each, until nothing does, as a worker would."""
    for _ in range(rounds):
        with db.platform_work() as session:
            waiting = session.scalars(
                select(OutboxRow).where(
                    OutboxRow.label == tenant.id, OutboxRow.task.like("uploads.%"), OutboxRow.done_at.is_(None)
                )
            ).all()
            asked = [(row.task, row.args) for row in waiting]
            for row in waiting:
                row.done_at = clock.now()
        if not asked:
            return
        for task, args in asked:
            with db.tenant_work(tenant) as session:
                tasks[task].function(session, tenant, **args)


def files_of(tenant, batch, *columns):
    """The files of a batch by path: their rows, or some columns of them."""
    with db.tenant_read(tenant) as session:
        mine = select(BatchFile).where(BatchFile.batch_id == UUID(batch.rpartition("/")[2]))
        rows = session.scalars(mine.order_by(BatchFile.path)).all()
    if not columns:
        return {row.path: row for row in rows}
    return {row.path: tuple(getattr(row, name) for name in columns) for row in rows}


def broken_off(product, client, where, pieces, offset=0, *, length):
    """Send pieces of a part and lose the line; gives what the server would have answered."""
    host = client.base_url.host
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    headers = {**PART, "upload-offset": str(offset), "content-length": str(length), "cookie": cookies}
    headers |= {"host": host, "origin": f"https://{host}"}
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "PATCH", "scheme": "https",
        "path": where, "raw_path": where.encode(), "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("2001:db8::1", 50_000), "server": (host, 443), "state": {},
    }  # fmt: skip
    events = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    answers = []

    async def receive():
        return events.pop(0) if events else {"type": "http.disconnect"}

    async def send(message):
        answers.append(message)

    asyncio.run(product(scope, receive, send))
    return answers


def stage_of(tenant, batch):
    """Where a batch stands."""
    with db.tenant_read(tenant) as session:
        return session.get_one(Batch, UUID(batch.rpartition("/")[2])).stage


def at_stage(tenant, batch, stage):
    """Put a batch at a stage."""
    with db.tenant_work(tenant) as session:
        session.get_one(Batch, UUID(batch.rpartition("/")[2])).stage = stage
