"""The editor of the front page in a real browser: what is typed is seen at once, and a phone's page beside it."""

from __future__ import annotations

EDITOR = "/portal/store/pages/front"
WATCH = """() => {
    window.shown = 0;
    document.querySelector("live-look").addEventListener("look:shown", () => shown++);
}"""
BESIDE = "() => document.querySelector('live-look iframe').contentDocument"


def test_what_is_typed_stands_beside_it_at_once_and_nobody_else_sees_it(visit):
    here, fan = visit("bluehour"), visit("bluehour", who=None, language="de")
    here.go(EDITOR)
    page = here.page
    page.wait_for_function(f"() => ({BESIDE})()?.querySelector('.hero')")
    page.evaluate(WATCH)
    colour = f"() => getComputedStyle(({BESIDE})().querySelector('.hero .btn.primary')).backgroundColor"
    page.locator("[id='color.brand']").fill("#aa3300")
    page.wait_for_function(f"() => ({colour})() === 'rgb(170, 51, 0)'")
    page.locator("[id='layout.hero']").select_option("split")
    page.wait_for_function(f"() => ({BESIDE})().querySelector('.shop.hero-split')")
    block = page.locator("li[data-row^='text-']").last
    block.locator("input[name=on]").check()
    block.locator("input[name=title]").fill("Wer wir sind")
    block.locator("textarea").fill("Drei aus Kreuzberg.")
    page.wait_for_function(f"() => ({BESIDE})().body.textContent.includes('Drei aus Kreuzberg.')")
    grip = block.locator("[data-grip]")
    grip.focus()
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    first = f"() => ({BESIDE})().querySelector('main section')?.textContent.includes('Wer wir sind')"
    page.wait_for_function(first)
    page.locator("[data-width='390']").click()
    assert page.evaluate(f"() => ({BESIDE})().documentElement.clientWidth") == 390
    assert page.evaluate("shown") >= 4
    assert not here.flaws()
    assert not here.complaints
    fan.go("/de")
    assert "Wer wir sind" not in fan.page.content()
