"""axe on every page of every surface: two brands, light and dark, left to right and right to left, wide and narrow.

`python -m tests.browser.axe_everywhere` starts the product on services of its own, follows its links until every kind
of page was met once, and asks every rule of each in each of its looks. What it found is printed and kept as JSON:
`--report FILE`. `--port 8000` looks at a product that runs on this machine with its demo labels, in the `BOPTONE_DATA` of
both; `--only portal hidden`, `--brands noor` and `--at /portal/store` (a pattern of addresses) look at a part of it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from app.settings import Settings, load
from tests.browser.conftest import CHROMIUM, FLAGS, LOOKS_OF_ALL, PATIENCE_MS, Site, Visit, sign_in
from tests.browser.furnished import bought, furnish
from tests.browser.hidden import Hidden, hidden
from tests.main.test_up import answers, up
from tests.servers import PLAIN, free_port
from tests.whole import whole_product

NOT_PAGES = re.compile(
    r"^/(api|scim|sso|assets|theme|icons|og|oauth/(authorize|jwks|userinfo)|\.well-known|internal|files|stream|pictures|sitemaps?"
    r"|favicon|manifest|metrics|healthz|readyz|robots|oembed)"
    r"|/(events|search|undo|export|state|workbook|receipt|paper|sw\.js|feed\.xml|archive|packing-slip|labels|choices|names|preview"
    r"|sounds|status|readiness|processor|interview|payment)$|/account/data/|/uploads/[^/]+/files|/(artist/news|bank/files|brand/previews)/|^/portal/files/"
    r"|^/artist/manifest|/(front|drafts/[^/]+)/look$|\.(pdf|json|webmanifest)$|/downloads/|/file/|/music/|^/portal/sign-out"
)
"""What is no page of its own: data, files, parts of pages."""
SURFACES = ("door", "portal", "artist", "shop", "console", "hidden")
BRANDS = ("bluehour", "noor")
DIRECTIONS = {"en": "ltr", "ar": "rtl"}
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Walk:
    """One person's way through one surface of one host, and the addresses where it begins."""

    surface: str
    slug: str
    who: str | None
    begins: tuple[str, ...]
    stays: str
    """What the address of each of its pages begins with, as a pattern."""

    def begun(self, here: Visit, language: str) -> list[str]:
        """Come in as who goes this way; a fan has bought something, and these addresses tell of it."""
        if self.surface == "shop":
            _as_fan(here, language)
            return bought(here, language)
        if self.who:
            sign_in(here, self.who)
        return []


@dataclass
class Found:
    """What a run saw."""

    views: int = 0
    seconds: float = 0
    pages: dict[str, list[str]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    never_met: list[str] = field(default_factory=list)


def walks(brands: Sequence[str]) -> Iterator[Walk]:
    """Every way there is to go: each surface of each brand, and the operator's console."""
    for slug in brands:
        doors = (
            "/portal/sign-in",
            "/portal/sign-in/link",
            "/portal/nowhere",
            "/artist/nowhere",
            "/portal/invitations/none",
        )
        yield Walk("door", slug, None, doors, r"/(portal/sign-in|signatures|tax-forms|unsubscribe|problems)")
        yield Walk("portal", slug, "owner", _fixed("/portal"), r"/(portal|oauth)")
        yield Walk("artist", slug, "artist", _fixed("/artist"), r"/artist")
        places = (
            "",
            "/nowhere",
            "/basket",
            "/checkout",
            "/search?q=a",
            "/account",
            "/account/proof",
            "/account/addresses/new",
        )
        yield Walk(
            "shop", slug, "fan", (*_fixed("/{language:str}"), *(f"/en{place}" for place in places)), r"/(en|ar|embed)"
        )
    yield Walk("console", "admin", "operator", _fixed("/admin"), r"/admin")


def _templates() -> list[tuple[str, re.Pattern[str]]]:
    """Every address that answers to GET, as a pattern; what has fewer blanks is more exact."""
    found = {route.path for route in whole_product().routes if "GET" in getattr(route, "methods", ())}
    patterns = ((path, re.compile(_pattern(path))) for path in found)
    return sorted(patterns, key=lambda each: (each[0].count("{"), -len(each[0])))


def _pattern(template: str) -> str:
    blank = {"path": ".+", "int": "[0-9]+", "str": "[^/]+"}
    parts = re.split(r"\{\w+:(\w+)\}", template)
    return "".join(blank[part] if place % 2 else re.escape(part) for place, part in enumerate(parts)) + "$"


def _fixed(surface: str) -> tuple[str, ...]:
    """The addresses of a surface that hold no id."""
    paths = (template for template, _ in _templates() if template.startswith(surface))
    said = (path.replace("{language:str}", "en") for path in paths)
    return tuple(sorted(path for path in said if "{" not in path and not NOT_PAGES.search(path)))


def _as_fan(here: Visit, language: str) -> None:
    here.go(f"/{language}/account/sign-in")
    here.page.locator("details summary").click()
    here.page.fill("#username", f"fan@{here.slug}.test")
    here.page.fill("#password", f"{here.slug}-demo-2026")
    here.page.press("#password", "Enter")
    here.page.wait_for_url(f"**/{language}/account")


def both_languages(here: Visit) -> None:
    """Let a label speak both ways round: its shop is read in its own languages alone."""
    sign_in(here, "owner")
    here.go("/portal/settings/label")
    for language in DIRECTIONS:
        here.page.locator(f"input[name=language][value={language}]").check()
    here.page.locator("#main button.primary").first.click()
    here.page.wait_for_load_state()


class Looking:
    """A run through some of the product, and what it found so far."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser, self._site, self._templates = browser, site, _templates()
        self.asker = httpx.Client(base_url=f"http://127.0.0.1:{site.port}", timeout=PATIENCE_SECONDS, verify=PLAIN)
        self._hrefs: list[str] = []
        """Where the page that was looked at last leads."""
        self.found = Found()

    @contextmanager
    def visit(self, slug: str, language: str) -> Iterator[Visit]:
        """A browser of its own that reads a language."""
        context = self._browser.new_context(locale=language, reduced_motion="reduce", service_workers="block")
        context.set_default_timeout(PATIENCE_MS)
        yield Visit(self._site, slug, context, context.new_page())
        context.close()

    def go(self, walk: Walk) -> None:
        """Meet every page of a way from left to right, and each of them again from right to left."""
        with self.visit(walk.slug, "en") as here:
            met = list(self._met(here, walk, walk.begun(here, "en")))
        self.found.pages[f"{walk.surface} {walk.slug}"] = met
        with self.visit(walk.slug, "ar") as here:
            walk.begun(here, "ar")
            for path in met:
                self._look(here, walk, re.sub(r"^/en(?=/|\?|$)", "/ar", path), "ar")

    def _met(self, here: Visit, walk: Walk, more: list[str]) -> Iterator[str]:
        waiting, kinds = [*walk.begins, *more], set()
        while waiting:
            path = waiting.pop(0)
            kind = self._kind(path)
            if (kind, "nowhere" in path) in kinds or not self._is_page(here, path):
                continue
            kinds.add((kind, "nowhere" in path))
            self._look(here, walk, path, "en")
            yield path
            inside = (
                urlsplit(href).path for href in self._hrefs if urlsplit(href).hostname == f"{walk.slug}.localhost"
            )
            waiting += [each for each in inside if re.match(walk.stays, each) and not NOT_PAGES.search(each)]

    def _kind(self, path: str) -> str:
        plain = path.partition("?")[0]
        return next((template for template, pattern in self._templates if pattern.match(plain)), "")

    def _is_page(self, here: Visit, path: str) -> bool:
        """Tell whether there is a page and not a file, or another page in its stead."""
        cookies = "; ".join(f"{each['name']}={each['value']}" for each in here.context.cookies())
        told = {"host": f"{here.slug}.localhost:{self._site.port}", "accept": "text/html", "cookie": cookies}
        with suppress(httpx.TransportError), self.asker.stream("GET", path, headers=told) as answer:
            is_text = answer.headers.get("content-type", "").startswith("text/html")
            return is_text and not answer.is_redirect
        return False

    def show(self, pages: Sequence[Hidden]) -> None:
        """Look at pages to which no link leads, from left to right and from right to left."""
        for language in DIRECTIONS:
            for (slug, who), theirs in groupby(sorted(pages, key=_finder), key=_finder):
                with self.visit(slug, language) as here:
                    if who:
                        _as_fan(here, language) if who == "fan" else sign_in(here, who)
                    for page in theirs:
                        self._show(here, page, language)

    def _show(self, here: Visit, page: Hidden, language: str) -> None:
        path = page.address(language)
        seen = f"hidden {page.slug} {page.who or 'nobody'} {language} {page.name(language)}"
        try:
            status = here.go(path).status
            if page.then:
                page.then(here)
        except (AssertionError, PlaywrightError) as problem:
            self._keep(seen, [f"is not met: {str(problem)[:300]}"], views=0)
            return
        wrong = [] if page.then or status == page.status else [f"answers {status}"]
        self._keep(seen, wrong + self._turned(here, language) + here.flaws(LOOKS_OF_ALL))
        landed = urlsplit(here.page.url).path
        self.found.pages.setdefault(f"hidden {page.slug}", []).extend({path, landed} if language == "en" else ())

    def never_met(self, ways: Sequence[Walk]) -> list[str]:
        """The kinds of page on these ways to which no link led: they need a secret address, or what the demo lacks."""
        met = {self._kind(path) for paths in self.found.pages.values() for path in paths}
        spoken = [(template, template.replace("{language:str}", "en")) for template, _ in self._templates]
        asked = (
            kind
            for kind, said in spoken
            if any(re.match(way.stays, said) for way in ways) and not NOT_PAGES.search(said)
        )
        return sorted(set(asked) - met)

    def _look(self, here: Visit, walk: Walk, path: str, language: str) -> None:
        answer = here.go(path)
        seen = f"{walk.surface} {walk.slug} {language} {path}"
        wrong = self._turned(here, language)
        is_shut = answer.status >= 500 or "sign-in" in here.page.url.replace(path, "")
        wrong += [f"answers {answer.status} at {here.page.url}"] if is_shut else []
        self._hrefs = here.page.eval_on_selector_all("a[href]", "all => all.map(each => each.href)")
        wrong += here.flaws(LOOKS_OF_ALL)
        self._keep(seen, wrong)

    def _turned(self, here: Visit, language: str) -> list[str]:
        turned = here.page.locator("html").get_attribute("dir")
        return [] if turned == DIRECTIONS[language] else [f"is read {turned}"]

    def _keep(self, seen: str, wrong: list[str], *, views: int = len(LOOKS_OF_ALL)) -> None:
        self.found.views += views
        self.found.violations += [f"{seen} {each}" for each in wrong]
        print(seen, *wrong, sep="\n    ", flush=True)


def _finder(page: Hidden) -> tuple[str, str]:
    return page.slug, page.who or ""


@contextmanager
def product(port: int | None) -> Iterator[Settings]:
    """The product that runs already, or one that is started for this, as its processes are set."""
    if port:
        yield load(os.environ | {"PORT": str(port)})
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, up(Path(folder) / "data", port, BOPTONE_ENV="development"):
        if not answers(port):
            sys.exit((Path(folder) / f"up-{port}.log").read_text()[-2000:])
        yield load({"BOPTONE_DATA": f"{folder}/data", "PORT": str(port)})


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.axe_everywhere", description=__doc__)
    parser.add_argument("--port", type=int)
    parser.add_argument("--only", nargs="+", choices=SURFACES, default=SURFACES)
    parser.add_argument("--brands", nargs="+", default=BRANDS)
    parser.add_argument("--at", type=re.compile)
    parser.add_argument("--report", type=Path)
    return parser.parse_args()


def main() -> int:
    """Look, print, keep the report, and tell by the exit code whether all is well."""
    said = _asked()
    with product(said.port) as settings:
        pages = hidden(settings, said.brands) if "hidden" in said.only else []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            found = _looked_through(Looking(browser, Site(settings.port, "")), said, pages)
            browser.close()
    print("Never met:", *found.never_met, sep="\n    ")
    print("Violations:", *found.violations, sep="\n    ")
    met = sum(map(len, found.pages.values()))
    print(f"{met} pages, {found.views} views of them, {len(found.violations)} violations, {found.seconds} s")
    return 1 if found.violations else 0


def _looked_through(looking: Looking, said: argparse.Namespace, pages: Sequence[Hidden]) -> Found:
    """Go every way that was asked for, and keep after each what was found so far."""
    begun, found = time.monotonic(), looking.found
    for slug in said.brands:
        with looking.visit(slug, "en") as here:
            both_languages(here)
            furnish(here, looking.asker)
    ways = [walk for walk in walks(said.brands) if walk.surface in said.only]
    if said.at:
        ways = [replace(way, begins=tuple(filter(said.at.search, way.begins)), stays="$") for way in ways]
        pages = [page for page in pages if said.at.search(page.en)]
    for step in [*(partial(looking.go, way) for way in ways), partial(looking.show, pages)]:
        step()
        found.never_met, found.seconds = looking.never_met(ways), round(time.monotonic() - begun)
        if said.report:
            said.report.write_text(json.dumps(asdict(found), indent=1, ensure_ascii=False) + "\n")
    return found


if __name__ == "__main__":
    sys.exit(main())
