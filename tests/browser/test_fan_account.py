"""A fan's account in a real browser: every page by axe, in two brands, both ways round, and the things one does there."""

from __future__ import annotations

import pytest

from tests.browser.conftest import LOOKS

PAGES = (
    "",
    "/library",
    "/orders",
    "/memberships",
    "/wishlist",
    "/following",
    "/addresses",
    "/addresses/new",
    "/settings",
    "/data",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slug", "language", "way", "looks"), [("bluehour", "en", "ltr", LOOKS), ("noor", "ar", "rtl", LOOKS[1:])]
)
def test_no_page_of_the_account_has_a_fault(visit, slug, language, way, looks):
    here = visit(slug, who=None, language=language, reduced_motion="reduce")
    found = looked_at(here, f"/{language}/account/sign-in", looks)
    here.page.locator("details summary").click()
    here.page.fill("#username", f"fan@{slug}.test")
    here.page.fill("#password", f"{slug}-demo-2026")
    here.page.press("#password", "Enter")
    here.page.wait_for_url(f"**/{language}/account")
    for path in (*(f"/account{each}" for each in PAGES), "/redeem"):
        found += looked_at(here, f"/{language}{path}", looks)
        assert here.page.locator("html").get_attribute("dir") == way
    here.go(f"/{language}/account/library")
    owned = here.page.locator(".prod a").first.get_attribute("href")
    found += looked_at(here, owned, looks)
    here.go(f"/{language}/account/addresses/new")
    here.page.evaluate("document.querySelector('.account form.narrow').noValidate = true")
    here.page.click(".account form.narrow button.primary")
    here.page.wait_for_selector("[aria-invalid]")
    found += [f"address form: {flaw}" for flaw in here.flaws(looks)]
    found += [said for said in here.complaints if "422" not in said]
    assert not found, "\n".join(found)


def looked_at(here, path, looks):
    answer = here.go(path)
    assert answer.status == 200, path
    return [f"{path} {flaw}" for flaw in here.flaws(looks)]
