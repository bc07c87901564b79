"""How many lists of fifty tracks the API answers in a second, against Django REST framework on django-tenants.

The peer has the same rows in a schema of its own on the same PostgreSQL server, the same fields, a token, and is served
by the same server with one worker as ours is, loaded in turns. It lives in an environment of its own, made on demand:
none of its packages are among ours. Where that environment cannot be had, only our own figure is told.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import venv
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from app.api.rules.scopes import SCOPES, without_people
from app.api.service.clients import Wish, make_as
from app.catalog.service.creating import create
from app.kernel.actor import Actor
from app.kernel.db import platform_read, platform_work, tenant_work
from app.kernel.tenant import Tenant
from app.main.embedded import postgres
from app.main.scenes import SCENES, seed
from app.settings import Settings
from benchmarks.harness import Figure, Figures
from tenants.registry.queries import tenant_named

ROUNDS, SECONDS, CONNECTIONS = 5, 3, 16
RELEASES, TRACKS = 100, 20
LEAST_TIMES = 3.0
"""As many requests per second as the peer's."""
PACKAGES = ("django", "django-tenants", "djangorestframework", "psycopg[binary]", "granian")
ROOT = Path(__file__).parents[1]
REQUEST = "BENCH_REQUEST"
PATH = "/api/v1/tracks?limit=50"


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Load ours and the peer in turns."""
    seed(settings)
    tenant = _filled()
    credentials = _client(tenant)
    with _ours(settings) as port:
        host = f"{tenant.slug}.localhost"
        request = _request(host, PATH, f"Bearer {_token(port, host, credentials)}")
        _check(port, request)
        try:
            peer = _peer(settings, tell)
        except subprocess.CalledProcessError as problem:
            tell(f"the peer cannot be had here: {(problem.stderr or b'')[-300:].decode(errors='replace')}")
            return {"api.tracks": _alone([_rate(port, request) for _ in range(ROUNDS)])}
        with peer as (other, theirs_request):
            _check(other, theirs_request)
            ours, theirs = [], []
            for number in range(ROUNDS):
                ours.append(_rate(port, request))
                theirs.append(_rate(other, theirs_request))
                tell(f"round {number + 1}: {ours[-1]:.0f} against {theirs[-1]:.0f} requests per second")
    times = statistics.median(ours) / statistics.median(theirs)
    both = f"{statistics.median(ours):.0f} against {statistics.median(theirs):.0f}"
    note = f"{both} requests per second: {times:.2f} times"
    share = Figure(value=round(1 / times, 3), unit="of a peer's", bar=round(1 / LEAST_TIMES, 3), note=note)
    return {"api.tracks": _alone(ours), "api.tracks_against_drf": share}


def _alone(rates: list[float]) -> Figure:
    return Figure(value=round(statistics.median(rates)), unit="requests/s", note="GET /tracks?limit=50, one worker")


def _filled() -> Tenant:
    """The first demo label with two thousand tracks, and no limit in the way."""
    with platform_read() as session:
        tenant = tenant_named(session, SCENES[0].slug)
    named = [f"Release {number}" for number in range(RELEASES)]
    releases: list[dict[str, object]] = [
        {"release": n, "title": title, "artists": [f"Artist {n % 20}"], "kind": "album", "label": tenant.name}
        for n, title in enumerate(named)
    ]
    tracks: list[dict[str, object]] = [
        {"release": n, "row": place, "disc": 1, "number": place, "title": f"Track {place}", "duration_ms": 200_000}
        for n in range(RELEASES)
        for place in range(1, TRACKS + 1)
    ]
    with tenant_work(tenant) as session:
        create(session, Actor.system(tenant), releases, tracks)
        session.execute(text("ANALYZE"))
    with platform_work() as session:
        raised = '{"api_requests": 100000000, "api_client_requests": 100000000}'
        session.execute(
            text(
                "UPDATE shared.tenants SET limits = limits || CAST(:raised AS jsonb), epoch = epoch + 1 WHERE id = :id"
            ),
            {"raised": raised, "id": tenant.id},
        )
    with platform_read() as session:
        return tenant_named(session, SCENES[0].slug)


def _client(tenant: Tenant) -> str:
    wish = Wish(name="Benchmark", scopes=frozenset(without_people(SCOPES)))
    with tenant_work(tenant) as session:
        made = make_as(session, tenant, Actor.system(tenant), wish, made_by=None)
        return f"{made.client.id}:{made.secret}"


def _token(port: int, host: str, credentials: str) -> str:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"host": host, "content-type": "application/x-www-form-urlencoded"}
    headers["authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
    line.request("POST", "/oauth/token", "grant_type=client_credentials&scope=catalog:read", headers)
    return str(json.loads(line.getresponse().read())["access_token"])


def _request(host: str, path: str, authorization: str) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\nauthorization: {authorization}\r\n\r\n"
    return head.encode()


def _check(port: int, request: bytes) -> None:
    """Refuse to measure anything but an answer with fifty tracks in it."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(request)
        file = line.makefile("rb")
        status = file.readline()
        body = _body(file)
    if b" 200 " not in status or body.count(b'"isrc"') != 50:
        raise RuntimeError(f"not a list of fifty tracks: {status!r} {body[:300]!r}")


def _body(file: object) -> bytes:
    length, lines = 0, iter(file.readline, b"\r\n")  # type: ignore[attr-defined]
    for line in lines:
        if not line:
            return b""
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    found: bytes = file.read(length)  # type: ignore[attr-defined]
    return found


def _rate(port: int, request: bytes) -> float:
    """Requests per second, asked by a process of our own."""
    command = [sys.executable, "-m", "benchmarks.api", str(port)]
    environment = os.environ | {REQUEST: b64encode(request).decode()}
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    return float(said.stdout)


def load(port: int, request: bytes) -> float:
    """Ask on some connections at once, each again as soon as it is answered, and count."""
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    files = [line.makefile("rb") for line in lines]
    count, started = 0, time.perf_counter()
    for line in lines:
        line.sendall(request)
    while (passed := time.perf_counter() - started) < SECONDS:
        for line, file in zip(lines, files, strict=True):
            file.readline()
            _body(file)
            line.sendall(request)
            count += 1
    return count / passed


@contextmanager
def _ours(settings: Settings) -> Iterator[int]:
    chosen = {"BOPTONE_DATA": str(settings.data), "BOPTONE_ENV": "test", "LOG_LEVEL": "error", "WEB_WORKERS": "1"}
    with _served([sys.executable, "-m", "app.main", "web"], ROOT, chosen) as port:
        yield port


@contextmanager
def _served(command: list[str], folder: Path, chosen: dict[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [part.replace("{port}", str(port)) for part in command]
    environment = os.environ | chosen | {"PORT": str(port)}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        time.sleep(1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _peer(settings: Settings, tell: Callable[[str], None]) -> _Peer:
    """The peer's environment, its project and its rows; `CalledProcessError` where it cannot be made."""
    folder = settings.data / "peer"
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    tell("the peer's environment is made")
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True, capture_output=True, timeout=600)
    project = ROOT / "benchmarks" / "peer"
    postgres.create_database(settings.owner_urls["home"], "peer")
    environment = {"PEER_HOST": str(settings.sockets), "PEER_ROWS": f"{RELEASES}x{TRACKS}"}
    said = subprocess.run(
        [python, "prepare.py"], cwd=project, env=os.environ | environment, check=True, capture_output=True, timeout=300
    )
    return _Peer(python, project, environment, said.stdout.decode().split()[-1])


class _Peer:
    """The peer while it serves: its port and the request that asks it for the same."""

    def __init__(self, python: Path, project: Path, environment: dict[str, str], token: str) -> None:
        self._python, self._project, self._environment, self._token = python, project, environment, token

    def __enter__(self) -> tuple[int, bytes]:
        command = [
            str(self._python), "-m", "granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "8",
            "--host", "127.0.0.1", "--port", "{port}", "--log-level", "error", "--no-ws", "peer:application",
        ]  # fmt: skip
        self._serving = _served(command, self._project, self._environment)
        port = self._serving.__enter__()
        return port, _request("peer.localhost", "/api/tracks?limit=50", f"Token {self._token}")

    def __exit__(self, *_: object) -> None:
        self._serving.__exit__(None, None, None)


if __name__ == "__main__":
    print(load(int(sys.argv[1]), b64decode(os.environ[REQUEST])))
