"""The editor of the brand in a real browser: what is typed is seen at once, in light and in dark."""

from __future__ import annotations

import re

WATCH = """() => {
    window.shown = 0;
    document.querySelector("live-look").addEventListener("look:shown", () => shown++);
}"""
BESIDE = "() => document.querySelector('live-look iframe').contentDocument"


def test_what_is_typed_stands_beside_it_at_once_and_two_versions_side_by_side(visit):
    here = visit("kite")
    page = here.page
    here.go("/portal/settings/brand")
    page.locator("button[name=preset][value=editorial]").click()
    page.wait_for_url("**/drafts/*")
    page.wait_for_function(f"() => ({BESIDE})()?.querySelectorAll('.btn.primary').length === 2")
    page.evaluate(WATCH)
    colour = f"() => getComputedStyle(({BESIDE})().querySelector('.btn.primary')).backgroundColor"
    page.locator("[id='color.brand']").fill("#aa3300")
    page.wait_for_function(f"() => ({colour})() === 'rgb(170, 51, 0)'")
    lightness = f"() => [...({BESIDE})().querySelectorAll('.app')].map(each => getComputedStyle(each).backgroundColor)"
    light, dark = page.evaluate(lightness)
    assert light != dark
    page.locator("[data-width='390']").click()
    assert page.evaluate(f"() => ({BESIDE})().documentElement.clientWidth") == 390
    assert page.evaluate("shown") >= 1
    assert not here.flaws()
    here.go("/portal/settings/brand")
    page.get_by_role("link", name=re.compile("Compare with live|live", re.IGNORECASE)).first.click()
    page.wait_for_url("**/difference*")
    page.wait_for_function(
        "() => [...document.querySelectorAll('iframe')].filter(f => f.contentDocument?.querySelector('.btn.primary')).length === 2"
    )
    assert not here.flaws()
    assert not here.complaints
