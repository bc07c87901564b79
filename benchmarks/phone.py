"""What a release page costs on a phone: bytes before images, and when its largest part is seen.

Chromium draws it four times as slowly as this machine could, behind 1.6 Mbit/s and 150 ms, from the loopback.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable
from typing import Any

from app.main.scenes import SCENES, seed
from app.settings import Settings
from benchmarks.harness import Figure, Figures
from benchmarks.storefront import release_of, served

VISITS, SLOWER = 5, 4
LONGEST_MS, MOST_BYTES = 1_200.0, 90_000
WIRE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SEEN = """new PerformanceObserver(list => {
  for (const each of list.getEntries()) window.seen = each.startTime;
}).observe({type: "largest-contentful-paint", buffered: true})"""
WEIGHT = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter(each => each.entryType === "navigation" || /\\.(css|js)$/.test(new URL(each.name).pathname))
  .reduce((sum, each) => sum + each.encodedBodySize, 0)"""
SCENE = SCENES[0]


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Open the first release of a demo label, with covers, again and again with nothing kept."""
    from playwright.sync_api import sync_playwright

    seed(settings, with_media=[SCENE.slug])
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    seen, weights = [], []
    with served(settings) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        address = f"http://{SCENE.slug}.localhost:{port}{release_of(port)}"
        for number in range(VISITS):
            late, bytes_ = _visit(browser, address)
            seen.append(late)
            weights.append(bytes_)
            tell(f"visit {number + 1}: {late:.0f} ms, {bytes_} bytes before images and fonts")
        browser.close()
    return {
        "phone.seen": Figure(value=round(statistics.median(seen)), unit="ms", bar=LONGEST_MS, note="largest part"),
        "phone.weight": Figure(value=max(weights), unit="bytes", bar=MOST_BYTES, note="HTML, styles and scripts"),
    }


def _visit(browser: Any, address: str) -> tuple[float, int]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", WIRE)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(SEEN)
    page.goto(address, wait_until="load")
    page.wait_for_timeout(1_500)
    late, weight = page.evaluate("window.seen"), page.evaluate(WEIGHT)
    context.close()
    return float(late), int(weight)
