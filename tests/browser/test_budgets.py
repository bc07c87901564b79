"""What a page costs a visitor on a first visit: bytes as they travel, requests, and nothing that jumps about.

The figures are those of the design; a page that grows beyond them is a decision and not an accident.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

KB = 1000
SHIFTS = """
new PerformanceObserver(list => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted = (window.shifted ?? 0) + each.value;
}).observe({type: "layout-shift", buffered: true})
"""
PORTAL = {"Script": 35 * KB, "Stylesheet": 15 * KB, "Font": 100 * KB, "whole": 150 * KB, "requests": 20}
PUBLIC = {"Script": 25 * KB, "Stylesheet": 10 * KB, "Font": 60 * KB, "whole": 180 * KB, "requests": 15}
MOST_SHIFT = 0.05


@dataclass
class Cost:
    """What came over the wire for one page."""

    hosts: set[str] = field(default_factory=set)
    kinds: dict[str, str] = field(default_factory=dict)
    spent: Counter[str] = field(default_factory=Counter)
    encodings: dict[str, str] = field(default_factory=dict)

    def over(self, budget: dict[str, int]) -> dict[str, tuple[int, int]]:
        return {kind: (self.spent[kind], most) for kind, most in budget.items() if self.spent[kind] > most}


def cost_of(here, path: str) -> Cost:
    """Open a page with an empty cache and count what travels."""
    cost, wire = Cost(), here.context.new_cdp_session(here.page)
    addresses: dict[str, str] = {}

    def sent(said: dict[str, Any]) -> None:
        cost.kinds[said["requestId"]] = said["type"]
        addresses[said["requestId"]] = said["request"]["url"]
        if said["request"]["url"].startswith("http"):
            cost.spent["requests"] += 1
            cost.hosts.add(said["request"]["url"].split("/")[2])

    def came(said: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in said["response"]["headers"].items()}
        cost.encodings[said["response"]["url"]] = headers.get("content-encoding", "")

    def done(said: dict[str, Any]) -> None:
        if addresses.get(said["requestId"], "").startswith("http"):
            cost.spent[cost.kinds[said["requestId"]]] += said["encodedDataLength"]
            cost.spent["whole"] += said["encodedDataLength"]

    wire.on("Network.requestWillBeSent", sent)
    wire.on("Network.responseReceived", came)
    wire.on("Network.loadingFinished", done)
    wire.send("Network.enable")
    wire.send("Network.clearBrowserCache")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    here.page.add_init_script(SHIFTS)
    here.go(path)
    here.page.wait_for_function("document.fonts.status === 'loaded'")
    here.page.wait_for_timeout(700)
    wire.detach()
    return cost


def checked(here, path: str, budget: dict[str, int]) -> Cost:
    cost = cost_of(here, path)
    assert cost.spent["Document"], "the page itself was not counted"
    assert cost.spent["Script"], "no script was counted"
    assert cost.over(budget) == {}, path
    assert cost.hosts == {f"{here.slug}.localhost:{here.site.port}"}, path
    shifted = here.page.evaluate("window.shifted ?? 0")
    assert shifted <= MOST_SHIFT, f"{path} moves by {shifted:.3f} after it was shown"
    plain = [url for url, how in cost.encodings.items() if url.endswith((".js", ".css")) and how not in ("br", "gzip")]
    assert plain == [], "scripts and sheets travel compressed"
    assert [said for said in here.complaints if "left the house" in said] == []
    return cost


@pytest.mark.slow
@pytest.mark.parametrize(("slug", "language"), [("bluehour", "en"), ("kite", "en"), ("noor", "ar")])
def test_a_first_visit_to_the_portal_costs_no_more_than_was_decided(visit, slug, language):
    here = visit(slug, language=language)
    for path in ("/portal", "/portal/files", "/portal/settings/security", "/portal/settings/activity"):
        checked(here, path, PORTAL)


@pytest.mark.slow
@pytest.mark.parametrize(("slug", "language"), [("bluehour", "de"), ("kite", "en"), ("noor", "ar")])
def test_a_first_visit_to_the_door_and_the_shop_costs_no_more_than_was_decided(visit, slug, language):
    here = visit(slug, who=None, language=language)
    for path in ("/", "/portal/sign-in"):
        checked(here, path, PUBLIC)


@pytest.mark.slow
def test_a_first_visit_to_the_console_costs_no_more_than_was_decided(visit):
    checked(visit("admin"), "/admin", PORTAL)


def test_a_page_that_costs_too_much_or_jumps_is_noticed(visit):
    here = visit("kite", who=None)
    cost = cost_of(here, "/portal/sign-in")
    assert cost.over({"whole": 1000, "requests": 1}).keys() == {"whole", "requests"}
    here.page.evaluate(
        "new Promise(done => { document.body.prepend(Object.assign(document.createElement('p'), {innerHTML:"
        " '<br>'.repeat(20)})); setTimeout(done, 500) })"
    )
    assert here.page.evaluate("window.shifted ?? 0") > MOST_SHIFT
