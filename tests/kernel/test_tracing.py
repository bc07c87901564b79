"""Traces, heard by a collector of the tests' own: spans that name route, label and request, and nothing that was sent."""

from __future__ import annotations

import gzip
import json
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from app.kernel import observe
from tests.servers import ROOT, serving

PASSWORD = "hunter2-and-more"


class Receiver(ThreadingHTTPServer):
    """A collector of traces on this machine (OTLP over HTTP, protobuf)."""

    daemon_threads = True

    def __init__(self) -> None:
        self.bodies: queue.Queue[tuple[str, bytes]] = queue.Queue()
        super().__init__(("127.0.0.1", 0), Take)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def spans(self, wanted: str) -> list[tuple[str, dict[str, Any], bytes]]:
        """Service, attributes and raw message of the spans of this name, once the first of them came."""
        found: list[tuple[str, dict[str, Any], bytes]] = []
        while not found:
            path, body = self.bodies.get(timeout=20)
            assert path == "/v1/traces"
            for batch in ExportTraceServiceRequest.FromString(body).resource_spans:
                (service,) = (
                    fact.value.string_value for fact in batch.resource.attributes if fact.key == "service.name"
                )
                spans = [span for scope in batch.scope_spans for span in scope.spans if span.name == wanted]
                found += [(service, {fact.key: plain(fact.value) for fact in span.attributes}, body) for span in spans]
        return found


class Take(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
        self.server.bodies.put((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def plain(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


def test_a_request_makes_a_span_with_route_label_and_id_and_nothing_that_was_sent(
    services, database_name, label, receiver, capfd
):
    more = {
        "LOG_LEVEL": "info",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.server_port}/",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    with serving(services, database_name, from_nothing=True, **more) as (_, port):
        asked = {"host": "canary.localhost", "cookie": f"__Host-session={PASSWORD}"}
        path = f"/portal/invitations/invited-{PASSWORD}?email=ada@private.test"
        httpx.get(f"http://127.0.0.1:{port}{path}", headers=asked)
        ((service, facts, body),) = receiver.spans("GET /portal/invitations/{token}")
    request_id = facts.pop("request")
    assert service == "boptone-web"
    assert facts == {"label": label.id, "method": "GET", "route": "/portal/invitations/{token}", "status": 200}
    assert PASSWORD.encode() not in body
    assert b"private" not in body
    written = [json.loads(line) for line in capfd.readouterr().err.splitlines()]  # a real process: each line an object
    assert {line["route"] for line in written if line.get("request") == request_id} == {facts["route"]}


def test_a_task_makes_a_span_under_the_request_that_asked_for_it(receiver, services, database_name):
    endpoint = f"http://127.0.0.1:{receiver.server_port}"
    observe.configure(services.settings(database_name, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint), process="worker")
    with observe.bound(tenant_id="l_1", request_id="r-1"):
        with pytest.raises(ValueError, match=PASSWORD), observe.traced("task files.sweep"):
            raise ValueError(PASSWORD)
    observe.configure(services.settings(database_name), process="worker")  # sends what is left, and then no more
    ((service, facts, body),) = receiver.spans("task files.sweep")
    assert (service, facts) == ("boptone-worker", {"label": "l_1", "request": "r-1"})
    assert PASSWORD.encode() not in body
    with observe.traced("unheard"):
        pass
    assert receiver.bodies.empty()


def test_a_dead_collector_delays_nobody(client_of, label, services, database_name):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: it refuses
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        observe.configure(services.settings(database_name, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint), process="web")
        started = monotonic()
        assert client_of("canary.localhost").get("/portal/sign-in").status_code == 200
        assert monotonic() - started < 5
        observe.configure(services.settings(database_name), process="web")


def test_without_an_exporter_nothing_of_it_is_imported():
    program = """
import sys
from app.main import composition, web
from app.kernel import observe
from app.settings import load
observe.configure(load({}), process="web")
with observe.traced("request", method="GET") as tell:
    tell(name="GET /", route="/", status=200)
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk.trace", "opentelemetry.exporter"))])
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
