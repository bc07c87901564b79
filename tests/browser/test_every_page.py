"""Every page there is, looked at by axe in light and dark, wide and narrow, left to right and right to left."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import FITS, LOOKS, TURNED
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slug", "language", "looks"),
    [
        ("bluehour", "de", LOOKS + FITS),
        ("bluehour", "ar", TURNED),
        ("noor", "ar", LOOKS + FITS),
        ("noor", "en", TURNED),
    ],
    ids=["bluehour-de", "bluehour-ar", "noor-ar", "noor-en"],
)
def test_no_page_of_the_portal_has_a_fault_or_is_wider_than_a_window(visit, slug, language, looks):
    here = visit(slug, language=language, reduced_motion="reduce")
    _look(here, pages("portal"), direction="rtl" if language == "ar" else "ltr", looks=looks)


@pytest.mark.slow
def test_no_page_of_the_artists_app_has_a_fault(visit):
    here = visit("bluehour", who="artist", reduced_motion="reduce")
    _look(here, [path for path in pages("artist") if path != "/artist/sw.js"], direction="ltr")


@pytest.mark.slow
def test_no_page_of_the_console_has_a_fault(visit):
    _look(
        visit("admin", reduced_motion="reduce"),
        [path for path in pages("admin") if "sign-in" not in path],
        direction="ltr",
    )


def test_no_page_before_the_door_has_a_fault(visit):
    for slug, language in (("bluehour", "de"), ("noor", "ar")):
        here = visit(slug, who=None, language=language)
        _look(here, ["/", "/portal/sign-in", "/portal/nowhere"], direction="rtl" if language == "ar" else "ltr")


def _look(here, addresses, *, direction, looks=None):
    assert len(addresses) > 2
    found = []
    for path in addresses:
        answer = here.go(path)
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert answer.status < 500, path
            assert here.page.locator("html").get_attribute("dir") == direction, path
            found += [f"{path} {flaw}" for flaw in here.flaws(looks)]
    found += [said for said in here.complaints if "404" not in said]
    assert not found, "\n".join(found)
