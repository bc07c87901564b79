"""How fast a shop answers: a release page that is kept, against a bare handler with the same bytes; and one made anew.

The reference is a Litestar application with nothing but one handler, on the same server with the same settings, loaded
in the same way and in turns. Load comes from `wrk` where there is one, else from a process of our own.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from app.kernel import db
from app.main.scenes import SCENES, seed
from app.settings import Settings
from benchmarks.harness import Figure, Figures, percentile

ROUNDS, SECONDS, CONNECTIONS, VISITS = 5, 3, 16, 200
LEAST_SHARE = 0.6
"""Of the bare handler's requests per second."""

LONGEST_MS, MOST_TRIPS = 25.0, 6
ROOT = Path(__file__).parents[1]
SCENE = SCENES[0]
BARE, PORT = "BENCH_BODY", "BENCH_PORT"


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Load both servers in turns, then look at what a page costs that nobody keeps."""
    seed(settings)
    figures: Figures = {}
    with served(settings) as port:
        path = release_of(port)
        body = _get(port, path)
        with _bare(body) as other:
            ours, theirs = [], []
            for number in range(ROUNDS):
                ours.append(_rate(port, path))
                theirs.append(_rate(other, "/"))
                tell(f"round {number + 1}: {ours[-1]:.0f} of {theirs[-1]:.0f} requests per second")
    share = statistics.median(ours) / statistics.median(theirs)
    note = (
        f"{statistics.median(ours):.0f} against {statistics.median(theirs):.0f} requests per second; {len(body)} bytes"
    )
    figures["storefront.kept"] = Figure(
        value=round(1 / share, 3),
        unit="times",
        bar=round(1 / LEAST_SHARE, 3),
        note=f"bare handler against ours; {note}",
    )
    figures |= _uncached(settings, path)
    return figures


def _uncached(settings: Settings, path: str) -> Figures:
    """Server time and round trips of a page that is made for each who asks, by the product itself without a network."""
    from litestar.testing import TestClient

    from app.kernel.web.page_cache import pages
    from app.main import composition
    from app.main.web import create_app

    registry = composition.started_registry()
    trips: list[int] = []

    def note(*_: Any) -> None:
        trips[-1:] = [trips[-1] + 1] if trips else []

    event.listen(db.current().engine("home"), "before_cursor_execute", note)
    taken = []
    app: Any = create_app(settings, registry)
    with TestClient(app, base_url=f"http://{SCENE.slug}.localhost") as client:
        for _ in range(VISITS):
            pages._pages.clear()  # noqa: SLF001 the product never empties it by hand
            trips.append(1)  # what begins the transaction
            started = time.perf_counter()
            client.get(path, headers={"accept-language": "de-DE"})
            taken.append(time.perf_counter() - started)
    event.remove(db.current().engine("home"), "before_cursor_execute", note)
    registry.stop()
    warm = taken[VISITS // 10 :]
    slowest = round(percentile(warm, 0.95) * 1000, 2)
    return {
        "storefront.made": Figure(
            value=slowest, unit="ms", bar=LONGEST_MS, note=f"95 of 100 of {VISITS} release pages"
        ),
        "storefront.trips": Figure(
            value=statistics.median(trips), unit="trips", bar=MOST_TRIPS, note="of one such page"
        ),
    }


def release_of(port: int) -> str:
    page = _get(port, "/de/releases").decode()
    found = re.search(r'href="(/de/releases/[a-z-]+-[0-9a-f]{8})"', page)
    if found is None:
        raise LookupError("the shop shows no release")
    return found[1]


def _get(port: int, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(_request(path))
        return _answer(line.makefile("rb"))


def _request(path: str) -> bytes:
    host = f"{SCENE.slug}.localhost"
    return f"GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: text/html\r\naccept-language: de-DE\r\n\r\n".encode()


def _answer(file: Any) -> bytes:
    length = 0
    while (line := file.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    body: bytes = file.read(length)
    return body


def _rate(port: int, path: str) -> float:
    """Requests per second."""
    if (wrk := shutil.which("wrk")) is not None:
        headers = ["-H", f"Host: {SCENE.slug}.localhost", "-H", "Accept: text/html", "-H", "Accept-Language: de-DE"]
        command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *headers, f"http://127.0.0.1:{port}{path}"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = re.search(r"Requests/sec:\s+([0-9.]+)", said)
        return float(found[1]) if found else 0.0
    command = [sys.executable, "-m", "benchmarks.storefront", str(port), path]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout)


def load(port: int, path: str) -> float:
    """Ask on some connections at once, each again as soon as it is answered, and count."""
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    files, wanted = [line.makefile("rb") for line in lines], _request(path)
    count, started = 0, time.perf_counter()
    for line in lines:
        line.sendall(wanted)
    while (passed := time.perf_counter() - started) < SECONDS:
        for line, file in zip(lines, files, strict=True):
            _answer(file)
            line.sendall(wanted)
            count += 1
    return count / passed


@contextmanager
def served(settings: Settings) -> Iterator[int]:
    chosen = {"BOPTONE_DATA": str(settings.data), "BOPTONE_ENV": "test", "LOG_LEVEL": "info", "WEB_WORKERS": "1"}
    with _served([sys.executable, "-m", "app.main", "web"], chosen) as port:
        yield port


@contextmanager
def _bare(body: bytes) -> Iterator[int]:
    kept = Path(os.environ.get("TMPDIR", "/tmp")) / f"bench-body-{os.getpid()}"
    kept.write_bytes(body)
    try:
        with _served([sys.executable, "-m", "benchmarks.bare"], {BARE: str(kept)}) as port:
            yield port
    finally:
        kept.unlink()


@contextmanager
def _served(command: list[str], chosen: dict[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | chosen | {"PORT": str(port), PORT: str(port)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    print(load(int(sys.argv[1]), sys.argv[2]))
