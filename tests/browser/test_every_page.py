"""Every page there is, looked at by axe in light and dark, wide and narrow, left to right and right to left."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import COLOURS, FITS, LOOKS, RULES, TURNED, Look
from tests.whole import whole_product

NOT_PAGES = re.compile(
    r"/(events|search|undo|export|healthz|readyz|metrics|internal|assets|theme|icons|og|favicon|manifest|store/pages/front/look)"
)


def pages(surface: str) -> list[str]:
    """The addresses of every page of a surface that needs no id; what later slices add is looked at by itself."""
    found = {
        route.path
        for route in whole_product().routes
        if "GET" in getattr(route, "methods", ()) and "{" not in route.path and not NOT_PAGES.search(route.path)
    }
    found |= {"/portal/settings/export"} if surface == "portal" else set()
    return sorted(path for path in found if path.startswith(f"/{surface}") or (surface == "portal" and path == "/"))


def looks(place: int, turned: int, *, whole: bool = False) -> list[Look]:
    """How a page is looked at, by its place in the list and by whether this is its brand's other direction.

    Of four pages in a row one meets each direction, scheme and width by all rules; the others meet it by those of the
    colours, if not the `whole` is asked. `axe_everywhere` looks at every page in all of them.
    """
    rules = RULES if whole or (place // 2 + turned) % 2 == 0 else COLOURS
    return [(size, scheme, rules) for size, scheme, _ in (TURNED if (place + turned) % 2 else LOOKS)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slug", "language", "turned", "more"),
    [("bluehour", "de", 0, FITS), ("bluehour", "ar", 1, []), ("noor", "ar", 0, FITS), ("noor", "en", 1, [])],
    ids=["bluehour-de", "bluehour-ar", "noor-ar", "noor-en"],
)
def test_no_page_of_the_portal_has_a_fault_or_is_wider_than_a_window(visit, slug, language, turned, more):
    here = visit(slug, language=language, reduced_motion="reduce")
    found = [
        fault
        for place, path in enumerate(pages("portal"))
        for fault in _seen(here, path, language, looks(place, turned) + more)
    ]
    _none(found, here)


@pytest.mark.slow
@pytest.mark.parametrize(("surface", "slug", "who"), [("artist", "bluehour", "artist"), ("admin", "admin", "operator")])
def test_no_page_of_the_artists_app_or_the_console_has_a_fault(visit, surface, slug, who):
    """Two pages are read from left to right, the next two from right to left."""
    ways = [(visit(slug, who=who, language=language, reduced_motion="reduce"), language) for language in ("en", "ar")]
    addresses = [path for path in pages(surface) if path != "/artist/sw.js" and "sign-in" not in path]
    assert len(addresses) > 4
    found = []
    for place, path in enumerate(addresses):
        here, language = ways[place // 2 % 2]
        found += _seen(here, path, language, looks(place, 0, whole=True))
    _none(found, *(here for here, _ in ways))


def test_no_page_before_the_door_has_a_fault(visit):
    for slug, language in (("bluehour", "de"), ("noor", "ar")):
        here = visit(slug, who=None, language=language)
        found = [
            fault
            for path in ("/", "/portal/sign-in", "/portal/nowhere")
            for fault in _seen(here, path, language, LOOKS)
        ]
        _none(found, here)


def _seen(here, path, language, looks):
    answer = here.go(path)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return []
    assert answer.status < 500, path
    assert here.page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr"), path
    return [f"{path} {flaw}" for flaw in here.flaws(looks)]


def _none(found, *visits):
    found += [said for here in visits for said in here.complaints if "404" not in said]
    assert not found, "\n".join(found)
