"""Pages of the portal that are open on a real server, as browsers keep them."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.identity.pages import cookie_name
from app.identity.service import sign_in
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from tests.factories.members import PASSWORD, a_member
from tests.servers import PLAIN

PATIENCE = 20.0


@dataclass
class Reader:
    """A page that is open: what it was sent so far, read in a thread of its own."""

    response: httpx.Response
    events: list[dict[str, Any]] = field(default_factory=list)
    last_id: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        event: dict[str, Any] = {}
        with suppress(httpx.TransportError, httpx.StreamError):
            for line in self.response.iter_lines():
                name, _, value = line.partition(": ")
                if not line:
                    self.last_id = event.get("id", self.last_id)
                    if "data" in event:
                        self.events.append(json.loads(event["data"]) | {"resume": event["id"]})
                    event = {}
                else:
                    event[name] = value
        self.ended.set()

    @property
    def actions(self) -> list[str]:
        return [event["action"] for event in self.events]

    def has(self, action: str) -> bool:
        """Wait until this was sent."""
        return until(lambda: action in self.actions)

    def has_ended(self) -> bool:
        """Wait until the server ends it."""
        return self.ended.wait(PATIENCE)


@dataclass
class Browser:
    """A member of a label, signed in."""

    port: int
    tenant: Tenant
    cookie: str = ""
    role: str = "owner"

    def __post_init__(self) -> None:
        member = a_member(self.tenant, role=self.role)
        details = {"email": member.email, "password": PASSWORD, "agent": "", "address": "127.0.0.1"}
        with tenant_work(self.tenant) as session:  # not through the door, which counts how often one address knocks
            self.cookie = f"{cookie_name()}={sign_in(session, self.tenant, **details)}"

    @property
    def headers(self) -> dict[str, str]:
        host = f"{self.tenant.slug}.localhost:{self.port}"
        return {"host": host, "origin": f"http://{host}", "cookie": self.cookie}

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = self.headers | more.pop("headers", {})
        return httpx.request(method, f"http://127.0.0.1:{self.port}{path}", headers=headers, verify=PLAIN, **more)

    @contextmanager
    def open(self, last_id: str = "") -> Iterator[Reader]:
        """Keep the page open for a block; it knows its first place when the block begins."""
        headers = self.headers | ({"last-event-id": last_id} if last_id else {})
        address = f"http://127.0.0.1:{self.port}/portal/events"
        with httpx.stream("GET", address, headers=headers, timeout=PATIENCE, verify=PLAIN) as response:
            assert response.status_code == 200, response.read()
            assert response.headers["content-type"].startswith("text/event-stream")
            reader = Reader(response)
            thread = threading.Thread(target=reader.read)
            thread.start()
            try:
                assert until(lambda: bool(reader.last_id))
                yield reader
            finally:
                hang_up(response)
                thread.join(PATIENCE)


def hang_up(response: httpx.Response) -> None:
    """End the line as a closed page does, whatever is still being read from it."""
    line: socket.socket = response.extensions["network_stream"].get_extra_info("socket")
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def until(holds: Callable[[], bool]) -> bool:
    """Wait until something holds, and tell whether it does."""
    deadline = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()
