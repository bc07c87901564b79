"""How long a person waits on a slow network and a slow machine: for a page's largest part, and for the answer to a key.

Chromium measures both: largest contentful paint of a first visit, and event timing from a key to the next paint.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import text

from app.kernel.db import platform_read, tenant_work
from app.main.scenes import SCENES, Scene, seed
from app.settings import Settings
from benchmarks.harness import Figure, Figures
from tenants.registry.queries import tenant_named

VISITS = 5
KEYS = 15
LARGEST_PAINT_MS = 2_500
ANSWER_MS = 200
SCENE = SCENES[0]
DOOR, HOME, FRONT, LIST = "/portal/sign-in", "/portal", "/", "/portal/files"
CELLS, ROWS, COLUMN = "/portal/tracks/grid", 200, "genre"
TRACKS = (
    "INSERT INTO recordings (id, isrc, title, artist_line, folded) SELECT md5('r' || n)::uuid,"
    " 'QZBEN26' || lpad(n::text, 5, '0'), 'Song ' || n, 'Artist', 'song ' || n FROM generate_series(1, :rows) n"
)
"""As many as one page of cells takes."""

NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 1_600_000 / 8}
SLOWER = 4
SLOWLY = "1.6 Mbit/s, 150 ms, processor a fourth as fast"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
SHORTEST_MS = 16
"""What event timing does not tell apart: answers shorter than this are not reported at all."""

WATCH = f"""
window.measured = {{paint: 0, answer: {SHORTEST_MS}}};
new PerformanceObserver(list => {{
  for (const each of list.getEntries()) measured.paint = each.startTime;
}}).observe({{type: "largest-contentful-paint", buffered: true}});
new PerformanceObserver(list => {{
  const keys = list.getEntries().filter(each => each.interactionId);
  measured.answer = Math.max(measured.answer, ...keys.map(each => each.duration));
}}).observe({{type: "event", durationThreshold: {SHORTEST_MS}}});
"""
AT_REST = "() => document.readyState === 'complete' && document.fonts.status === 'loaded'"


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Visit three pages with an empty cache, then press keys in the portal."""
    seed(settings)
    with _web(settings) as port, _chromium() as browser:
        origin = f"http://{SCENE.slug}.localhost:{port}"
        inside = _signed_in(browser, origin, SCENE)
        figures: Figures = {}
        for name, path, state in (("home", HOME, inside), ("sign_in", DOOR, None), ("front", FRONT, None)):
            paints = [_largest_paint(browser, origin + path, state) for _ in range(VISITS)]
            note = f"largest contentful paint of a first visit, median of {VISITS}, {SLOWLY}"
            figures[f"pages.{name}"] = _waited(paints, bar=LARGEST_PAINT_MS, note=note)
            tell(f"{path}: {figures[f'pages.{name}'].value:g} ms")
        note = f"from a key to the next paint, median of {KEYS}, {SLOWLY}"
        figures["pages.palette_opens"] = _waited(_opening(browser, origin, inside), bar=ANSWER_MS, note=note)
        figures["pages.filter_typed"] = _waited(_typing(browser, origin, inside), bar=ANSWER_MS, note=note)
        _add_tracks()
        for name, answers in _in_cells(browser, origin, inside).items():
            figures[f"pages.{name}"] = _waited(answers, bar=ANSWER_MS, note=f"{note}; {ROWS} rows")
            tell(f"{name}: {figures[f'pages.{name}'].value:g} ms, longest {max(answers):g} ms")
    return figures


def _waited(milliseconds: list[float], *, bar: float, note: str) -> Figure:
    worst = round(max(milliseconds), 1)
    return Figure(value=round(median(milliseconds), 1), unit="ms", bar=bar, note=f"{note}; longest {worst:g} ms")


def _largest_paint(browser: Browser, address: str, state: Any) -> float:
    with _visit(browser, state) as page:
        page.goto(address)
        _rest(page)
        return float(page.evaluate("measured.paint"))


def _opening(browser: Browser, origin: str, state: Any) -> list[float]:
    """How long the palette takes to open, again and again."""
    with _visit(browser, state) as page:
        page.goto(origin + HOME)
        _rest(page)
        answers = []
        for _ in range(KEYS):
            answers.append(_answer(page, "Control+k"))
            page.keyboard.press("Escape")
            page.locator("dialog.palette").wait_for(state="hidden")
        return answers


def _typing(browser: Browser, origin: str, state: Any) -> list[float]:
    """How long each letter takes that is typed into a list's filter, while the list is drawn anew for those before."""
    with _visit(browser, state) as page:
        page.goto(origin + LIST)
        _rest(page)
        page.locator("#q").focus()
        return [_answer(page, letter) for letter in ("night drive demo" * 2)[:KEYS]]


def _add_tracks() -> None:
    with platform_read() as session:
        tenant = tenant_named(session, SCENE.slug)
    with tenant_work(tenant) as session:
        session.execute(text(TRACKS), {"rows": ROWS})


def _in_cells(browser: Browser, origin: str, state: Any) -> dict[str, list[float]]:
    """How long each letter takes that is typed into a cell of the grid, and filling a whole column from one cell."""
    with _visit(browser, state) as page:
        page.goto(origin + CELLS)
        _rest(page)
        cells = page.locator(f"cell-grid tbody [name={COLUMN}]")
        if cells.count() != ROWS:
            raise RuntimeError(f"The grid has {cells.count()} rows.")
        cells.first.focus()
        answers: dict[str, list[float]] = {"cell_typed": [], "column_filled": []}
        for letter in ("night drive demo" * 2)[:KEYS]:
            answers["cell_typed"].append(_answer(page, letter))
            answers["column_filled"].append(_answer(page, "Control+d"))
        if len(set(cells.evaluate_all("all => all.map(each => each.value)"))) != 1:
            raise RuntimeError("The column was not filled.")
        return answers


def _answer(page: Page, key: str) -> float:
    page.evaluate(f"measured.answer = {SHORTEST_MS}")
    page.keyboard.press(key)
    page.wait_for_timeout(500)  # event timing is told a while after the paint
    return float(page.evaluate("measured.answer"))


def _rest(page: Page) -> None:
    page.wait_for_function(AT_REST)
    page.wait_for_timeout(1_000)


@contextmanager
def _visit(browser: Browser, state: Any) -> Iterator[Page]:
    """A slowed page of a browser that has never been there."""
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", NETWORK)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(WATCH)
    try:
        yield page
    finally:
        context.close()


def _signed_in(browser: Browser, origin: str, scene: Scene) -> Any:
    context = browser.new_context()
    page = context.new_page()
    page.goto(origin + DOOR)
    page.fill("#email", f"owner@{scene.slug}.test")
    page.fill("#password", scene.password)
    page.locator("form button.primary").first.click()
    page.wait_for_url(lambda address: "sign-in" not in address)
    state = context.storage_state()
    context.close()
    return state


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def _web(settings: Settings) -> Iterator[int]:
    """A web process over the run's own services, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    ours = {name.upper() for name in Settings.__struct_fields__}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {"BOPTONE_DATA": str(settings.data), "PORT": str(port), "LOG_LEVEL": "error"}
    command = [sys.executable, "-m", "app.main", "web"]
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[1])
    try:
        _wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
            return
        time.sleep(0.1)
    raise RuntimeError("The web process did not start.")
