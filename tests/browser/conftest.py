"""Real Chromium before the real web process: three demo labels, signed in once, every complaint of a page collected."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.identity.policies import RECENT_MINUTES
from app.kernel.web.assets import THEME
from app.main.scenes import OPERATOR, SCENES
from tenants.provisioning.bootstrap import prepare_cells
from tests.servers import ROOT, started, stopped
from tests.services import Services, locked

WHOLE = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", *WHOLE))), None)
"""The engine without the windows and menus around it, where it is to be had: a third less work for the same pages."""
WHOLE_CHROMIUM = next(filter(None, map(shutil.which, WHOLE)), CHROMIUM)
"""What can install an app."""
AXE = THEME / "node_modules" / "axe-core" / "axe.min.js"
SEEDED, DEVELOPMENT = "browser_seeded", {"BOPTONE_ENV": "development"}
AT_REST = """() => new Promise(requestAnimationFrame).then(() =>
    Promise.allSettled(document.getAnimations().map(each => each.finished))).then(() => Boolean(window.axe))"""
FAULTS = """async ([only, quick]) => {
  const shut = [...document.querySelectorAll(":is(command-palette, keyboard-map) > dialog:not([open])")].map(dialog => {
    const inside = document.createDocumentFragment();
    inside.append(...dialog.childNodes);
    return [dialog, inside];
  });
  const ids = shut.flatMap(([, inside]) => [...inside.querySelectorAll("[id]")].map(each => each.id));
  const twice = ids.filter(id => document.getElementById(id)).map(id => `duplicate-id: #${id}`);
  try {
    const found = await axe.run(document, {runOnly: only, ...quick});
    return twice.concat(found.violations.map(each =>
      each.id + ": " + each.nodes.slice(0, 3).map(node => node.target.join(" ")).join(" | ")));
  } finally { for (const [dialog, inside] of shut) dialog.append(inside); }
}"""
"""What lies in the shut palette and the shut sheet of keys is most of a page and nothing that anybody meets: axe, which
reports nothing hidden, is not led through it. Both are looked at where they are open, and their ids are no other's."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUICK = {"reporter": "no-passes", "resultTypes": ["violations"], "preload": False, "iframes": False}
"""The same faults are found without collecting what is right; pages have no frames and load nothing from elsewhere."""
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
COLOURS = ["color-contrast", "link-in-text-block"]
"""All that a scheme or a theme can change; nothing else on a page depends on them."""
PATIENCE_MS = 90_000
"""On a machine that does much else; what comes sooner is not waited for."""
NO_LINE = "/artist/offline"
Look = tuple[dict[str, int], str, list[str]]
LOOKS: list[Look] = [(WIDE, "light", RULES), (NARROW, "dark", RULES)]
TURNED: list[Look] = [(WIDE, "dark", COLOURS), (NARROW, "light", COLOURS)]
"""Both widths and both schemes are seen by all rules in the first two; what is left of the four is mostly colours."""
LOOKS_OF_ALL: list[Look] = [
    (size, scheme, RULES) for size, scheme in ((WIDE, "light"), (WIDE, "dark"), (NARROW, "dark"), (NARROW, "light"))
]
"""All four by all rules, each but one step from the last."""
FITS: list[Look] = [({"width": width, "height": height}, "dark", []) for width, height in ((320, 640), (3840, 2160))]
"""The smallest window and the largest, which a page is no wider than; no rule is asked anew."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost",
]
"""Nothing outside of this machine is found; a page's requests need not be stopped one by one, which takes its cache away."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These run one after the other: a worker that comes to them starts a product and a browser for all of its share."""
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(400))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="there is no Chromium on this machine"))


@dataclass
class Site:
    """The product as it runs for this worker's tests."""

    port: int
    database: str

    def address(self, slug: str, path: str = "/") -> str:
        return f"http://{slug}.localhost:{self.port}{path}"


@pytest.fixture(scope="package")
def site(services: Services, worker_id: str) -> Iterator[Site]:
    name = f"browser_{worker_id}"
    services.drop_database(name)
    with locked(services.folder / "seeded.lock"):
        _seed_once(services)
        services.create_database(name, SEEDED)
    if (kept := services.folder / f"objects-{SEEDED}").exists():
        shutil.copytree(kept, services.folder / f"objects-{name}", dirs_exist_ok=True)
    prepare_cells(services.settings(name))
    process, port = started(services, name, **DEVELOPMENT)
    yield Site(port, name)
    stopped(process)
    services.drop_database(name)


def _seed_once(services: Services) -> None:
    """Make the demo labels in a database that the workers of this run copy; the first to come makes it."""
    done = services.folder / "seeded"
    if done.exists():
        return
    services.create_database(SEEDED)
    prepare_cells(services.settings(SEEDED))
    seeding = [sys.executable, "-m", "app.main", "seed", "--media", "bluehour"]
    environment = os.environ | services.environment(SEEDED, **DEVELOPMENT)
    run = subprocess.run(seeding, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    done.touch()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """One person's browser, and everything its pages complained of."""

    site: Site
    slug: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    came_in: Any = None

    def go(self, path: str) -> Any:
        """Open a path; anything that leaves the label's own host is refused and noted.

        The page for no connection goes away by itself as soon as there is one: there is none while it is looked at.
        """
        if self.page.url.endswith(NO_LINE):
            self.page.goto("about:blank")
            self.context.set_offline(False)
        answer = self.page.goto(self.site.address(self.slug, path))
        if path.endswith(NO_LINE):
            self.context.set_offline(True)
        return answer

    def faults(self, rules: list[str] = RULES) -> list[str]:
        """What axe finds on the page as it stands, by all rules or by those of the colours."""
        if not self.page.evaluate(AT_REST):
            self.page.evaluate(AXE.read_text())
        return self.page.evaluate(FAULTS, [rules, QUICK])

    def flaws(self, looks: Sequence[Look] | None = None) -> list[str]:
        """What is wrong with the page as it is looked at: wide in light and narrow in dark, if nothing else is said."""
        found = []
        for size, scheme, rules in looks or LOOKS:
            self.page.set_viewport_size(size)
            self.page.emulate_media(color_scheme=scheme)
            found += [f"{size['width']}: wider than its window"] if self.overflows() else []
            found += [f"{size['width']} {scheme}: {fault}" for fault in (self.faults(rules) if rules else [])]
        return found

    def overflows(self) -> bool:
        """Tell whether the page is wider than its window."""
        return self.page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.fixture(scope="package")
def sessions() -> Sessions:
    return Sessions()


@pytest.fixture
def visit(browser: Browser, site: Site, sessions: Sessions):
    """Open a browser as somebody: `visit("kite")` is its owner, `visit("admin")` the operator, `visit("kite", who=None)` nobody.

    Who came in at the door a moment ago comes in with the same session again, on no page yet. No worker stands between
    page and network, which on a slow machine would show what was kept and then reload the page.
    """
    opened: list[Visit] = []

    def visit(slug: str, *, who: str | None = "owner", language: str = "en", **options: Any) -> Visit:
        context = browser.new_context(locale=language, service_workers="block", **options)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        here = Visit(site, slug, context, page)
        opened.append(here)
        page.on("pageerror", lambda problem: here.complaints.append(f"error: {problem}"))
        page.on("console", lambda said: here.complaints.append(said.text) if said.type == "error" else None)

        context.on("request", lambda asked: _note_what_leaves(here, asked.url))
        if who:
            sessions.come_in(here, who)
        return here

    yield visit
    for here in opened:
        sessions.leave(here)
        here.context.close()


class Sessions:
    """The sessions of a site's people, lent to one test after another while they count as just signed in."""

    SECONDS = 60 * RECENT_MINUTES / 2
    NAMES = ("session", "operator")

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[float, list[Any]]] = {}

    def come_in(self, here: Visit, who: str) -> None:
        """Let somebody in with the session of before, or through the door."""
        who_where = (who, here.site.address(here.slug))
        since, cookies = self._kept.pop(who_where, (0.0, []))
        if cookies and time.monotonic() - since < self.SECONDS:
            here.context.add_cookies(cookies)
        else:
            sign_in(here, who)
            since, cookies = time.monotonic(), self._of(here.context)
        here.came_in = (who_where, (since, cookies))
        self._kept[who_where] = (since, cookies)

    def leave(self, here: Visit) -> None:
        """Keep nothing of a browser that is no longer in as it came in."""
        if here.came_in and self._of(here.context) != here.came_in[1][1]:
            self._kept.pop(here.came_in[0], None)

    def forget(self) -> None:
        """Lend none of them again."""
        self._kept.clear()

    def _of(self, context: BrowserContext) -> list[Any]:
        wanted = ("name", "value", "domain", "path", "httpOnly", "sameSite")
        return [{key: each[key] for key in wanted} for each in context.cookies() if each["name"] in self.NAMES]


def _note_what_leaves(here: Visit, address: str) -> None:
    if address.startswith("http") and f"//{here.slug}.localhost:{here.site.port}/" not in address:
        here.complaints.append(f"left the house: {address}")


def sign_in(here: Visit, who: str) -> None:
    """Go through the door as a person does."""
    door, (email, password) = "/portal/sign-in", (f"{who}@{here.slug}.test", f"{here.slug}-demo-2026")
    if here.slug == "admin":
        door, (email, password) = "/admin/sign-in", OPERATOR
    here.go(door)
    here.page.fill("#email", email)
    here.page.fill("#password", password)
    here.page.locator("form button.primary").first.click()
    here.page.wait_for_url(lambda url: "sign-in" not in url)
    here.complaints.clear()


SLUGS = [scene.slug for scene in SCENES]
