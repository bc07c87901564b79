"""The shop in a real browser: no fault on any page, by keyboard, without scripts, and with music that plays on."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import COLOURS, LOOKS, NARROW, RULES, WIDE

PLACES = (
    "",
    "/releases",
    "/artists",
    "/merch",
    "/journal",
    "/legal/imprint",
    "/search?q=nacht",
    "/nowhere",
)
LISTEN = """() => {
    window.heard = [];
    window.sound = document.querySelector("shop-player audio");
    for (const event of ["pause", "emptied", "ended"]) sound.addEventListener(event, () => heard.push(event));
}"""
PAGES_VISITED, BACK = 10, 3


def addresses(here, language: str) -> list[str]:
    """Every kind of page of a shop, with the release that can be heard and one of its artists among them."""
    found = []
    for place, kind in (("releases", "releases"), ("artists", "artists")):
        here.go(f"/{language}/{place}")
        hrefs = here.page.eval_on_selector_all("main a[href]", "all => all.map(one => one.getAttribute('href'))")
        found += [href for href in hrefs if re.fullmatch(rf"/{language}/{kind}/.+-[0-9a-f]{{8}}", href)][:2]
    return [f"/{language}{place}" for place in PLACES] + found


def heard_release(here, language: str = "de") -> str:
    here.go(f"/{language}/releases")
    link = here.page.locator("main a", has_text="Nachtlinie").first
    return link.get_attribute("href")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slug", "language", "looks"),
    [
        ("bluehour", "de", LOOKS),
        ("kite", "en", [(WIDE, "dark", COLOURS), (NARROW, "light", COLOURS)]),
        ("noor", "ar", [(NARROW, "light", COLOURS), (WIDE, "dark", COLOURS)]),
    ],
)
def test_no_page_of_the_shop_has_a_fault(visit, slug, language, looks):
    here = visit(slug, who=None, language=language, reduced_motion="reduce")
    found = []
    paths = addresses(here, language)
    here.go(f"/{language}/merch")
    shirt = here.page.locator("main a[href*='shirt']").first.get_attribute("href")
    here.go(shirt)
    here.page.locator("main form[action$='/basket/lines'] button.primary").first.click()
    here.page.wait_for_url(f"**/{language}/basket")
    for path in [*paths, shirt, f"/{language}/basket", f"/{language}/checkout", f"/{language}/account/sign-in"]:
        here.go(path)
        assert here.page.locator("html").get_attribute("lang") == language, path
        found += [f"{path} {flaw}" for flaw in here.flaws(looks)]
    found += [said for said in here.complaints if "404" not in said]
    assert not found, "\n".join(found)


def test_music_plays_on_through_ten_pages_and_back(visit):
    here = visit("bluehour", who=None, language="de")
    here.go(heard_release(here))
    here.page.evaluate(LISTEN)
    here.page.locator(".listen [data-hear]").click()
    here.page.wait_for_function("() => !sound.paused && sound.currentTime > 0")
    here.page.evaluate("sound.loop = true")
    for step in range(PAGES_VISITED):
        before = here.page.url
        here.page.locator(".ways a").nth(step % 3).click()
        here.page.wait_for_function("before => location.href !== before", arg=before)
        here.page.wait_for_function("() => location.pathname.endsWith(document.querySelector('#main').dataset.path)")
    for _ in range(BACK):
        before = here.page.url
        here.page.go_back()
        here.page.wait_for_function("before => location.href !== before", arg=before)
    assert here.page.evaluate("[heard.length, sound.paused, sound.isConnected]") == [0, False, True]
    assert not here.complaints


def test_a_page_that_is_led_to_begins_at_its_top(visit):
    here = visit("bluehour", who=None, language="de")
    here.go(heard_release(here))
    for link in (here.page.locator("main .prod a").last, here.page.locator("main .crumbs a").first):
        before = here.page.url
        link.scroll_into_view_if_needed()
        here.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        assert here.page.evaluate("scrollY") > 0
        link.evaluate("one => one.click()")
        here.page.wait_for_function("before => location.href !== before", arg=before)
        here.page.wait_for_function("() => document.activeElement.id === 'main'")
        assert here.page.evaluate("scrollY") == 0
        if here.page.locator("main .crumbs a").count() == 0:
            break


def test_prices_stand_where_the_pages_language_begins(visit):
    here = visit("noor", who=None, language="ar")
    here.go("/ar/merch")
    ends = here.page.locator("main .prod").first.evaluate(
        "card => [card.querySelector('small bdi').getBoundingClientRect().right, card.getBoundingClientRect().right]"
    )
    assert abs(ends[0] - ends[1]) < 2


def test_the_player_is_worked_by_keys_and_says_what_it_does(visit):
    here = visit("bluehour", who=None, language="de")
    here.go(heard_release(here))
    play = here.page.locator(".tk button.n").first
    play.focus()
    here.page.keyboard.press("Enter")
    here.page.evaluate(LISTEN)
    here.page.wait_for_function("() => !sound.paused && sound.currentTime > 0")
    assert here.page.locator(".tk.on").count() == 1
    assert "Spree" in here.page.locator("[data-said]").text_content()
    here.page.locator("#main").focus()
    here.page.keyboard.press("Space")
    here.page.wait_for_function("() => sound.paused")
    before = here.page.evaluate("sound.currentTime")
    here.page.keyboard.press("ArrowRight")
    assert here.page.evaluate("sound.currentTime") > before
    assert not here.faults()


def test_what_plays_can_be_sought_and_ended_on_a_phone(visit):
    here = visit("bluehour", who=None, language="en", reduced_motion="reduce", has_touch=True, viewport=NARROW)
    here.go(heard_release(here, "en"))
    button = here.page.locator(".listen [data-hear]")
    assert button.locator(".icon:visible").evaluate("one => getComputedStyle(one).fill") != "none"
    button.click()
    here.page.evaluate(LISTEN)
    here.page.wait_for_function("() => !sound.paused && sound.currentTime > 0")
    assert button.inner_text() == "Pause"
    title = here.page.locator(".player [data-title]")
    assert title.evaluate("one => one.scrollWidth <= one.parentElement.clientWidth"), "the whole name is read"
    line = here.page.locator(".player .line input")
    line.fill("500")
    here.page.wait_for_function("() => sound.currentTime > 5")
    assert not here.faults()
    button.click()
    here.page.wait_for_function("() => sound.paused")
    button.locator("text=Play").and_(here.page.locator(":visible")).wait_for()
    assert not here.complaints


def test_the_sum_follows_where_an_order_goes_and_keeps_what_is_typed(visit):
    here = visit("kite", who=None, language="en-US")
    here.go("/en/merch/kite-records-t-shirt")
    here.page.locator("main form[action$='/basket/lines'] button.primary").click()
    here.page.wait_for_url("**/basket")
    here.go("/en/checkout")
    before = here.page.locator(".sums .total dd").inner_text()
    here.page.fill("#name", "Dana Cole")
    here.page.check("input[name=terms]")
    here.page.select_option("#region", label="New York")
    here.page.wait_for_function("was => document.querySelector('.sums .total dd').innerText !== was", arg=before)
    total = here.page.locator(".sums .total dd").inner_text()
    assert total in here.page.locator("button[value=buy]").inner_text()
    assert here.page.input_value("#name") == "Dana Cole"
    assert here.page.is_checked("input[name=terms]")
    for name, value in {"email": "d@fans.test", "street": "5 Main St", "city": "Albany", "postcode": "12207"}.items():
        here.page.fill(f"#{name}", value)
    here.page.locator("button[value=buy]").click()
    here.page.wait_for_url("**/pay/*")
    assert total in here.page.locator("h1").inner_text(), "what was read is what is paid"
    assert not here.complaints


def test_without_scripts_one_looks_chooses_and_finds(visit):
    here = visit("bluehour", who=None, language="de", java_script_enabled=False)
    path = heard_release(here)
    here.go(path)
    assert here.page.locator("main form[action$='/basket/lines'] input[name=variant]").count() > 0
    here.go(f"{path}?market=us")
    assert here.page.url.endswith(path)
    here.go("/de/search")
    here.page.fill("#find", "nachtlinei")
    here.page.locator(".find button").click()
    assert here.page.locator("main a", has_text="Nachtlinie").count() > 0


def test_what_opens_over_a_page_and_the_player_on_another_site_have_no_fault(visit):
    here = visit("bluehour", who=None, language="de", reduced_motion="reduce")
    path = heard_release(here)
    here.go(path)
    here.page.locator(".listen [data-hear]").click()
    here.page.wait_for_function("() => !document.querySelector('shop-player').hidden")
    found = []
    for name in ("place", "queue"):
        here.page.set_viewport_size(WIDE)
        here.page.locator(f"[popovertarget={name}]").first.click()
        here.page.wait_for_function("name => document.getElementById(name).matches(':popover-open')", arg=name)
        found += [f"{name} {fault}" for fault in here.faults()]
        here.page.keyboard.press("Escape")
        here.page.wait_for_function("name => !document.getElementById(name).matches(':popover-open')", arg=name)
    for language in ("de", "ar"):
        here.go(f"/embed{path.removeprefix('/de')}?language={language}")
        found += [
            f"embed {language} {flaw}" for flaw in here.flaws([(NARROW, "light", RULES), (NARROW, "dark", RULES)])
        ]
    assert not found, "\n".join(found)
    assert not here.complaints


def test_dialogs_of_the_shop_in_the_portal_have_no_fault(visit):
    here = visit("bluehour")
    found = []
    for path in ("/orders", "/products", "/discounts", "/codes", "/markets", "/pages"):
        here.go(f"/portal/store{path}")
        for name in here.page.eval_on_selector_all("dialog[id]", "all => all.map(one => one.id)"):
            here.page.evaluate("name => document.getElementById(name).showModal()", name)
            found += [f"{path} {name} {fault}" for fault in here.faults()]
            here.page.evaluate("name => document.getElementById(name).close()", name)
    assert not found, "\n".join(found)
    assert not here.complaints
