"""What a reader chose for all pages is kept: larger letters, their own colours, no motion, paper."""

from __future__ import annotations

import pytest

SOME = ("/portal", "/portal/releases", "/portal/settings/team", "/portal/settings/brand", "/portal/payouts")
FOCUS = """() => { const at = document.activeElement, style = getComputedStyle(at);
  return [at.outerHTML.slice(0, 80), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 ||
    style.boxShadow !== "none"] }"""
OWN_COLOURS = """() => { const lined = each => getComputedStyle(each).outlineStyle !== "none";
  const place = document.querySelector("nav a[aria-current]"), [own, around] = [place.querySelector(".icon"), place];
  return [getComputedStyle(place).textDecorationLine === "underline", lined(document.querySelector("dialog[open]")),
    getComputedStyle(own).color === getComputedStyle(around).color] }"""
LETTERS = "parseFloat(getComputedStyle(document.body).fontSize)"
MOVING = "document.getAnimations().filter(each => each.effect.getComputedTiming().duration > 1).length"
ON_PAPER = """() => { const seen = choose => [...document.querySelectorAll(choose)].some(each => each.checkVisibility());
  const dark = colour => colour.match(/[\\d.]+/g).slice(0, 3).every(part => Number(part) < 140);
  return {heading: seen("h1"), ways: seen("nav a"), buttons: seen("main :is(.btn, .back, .check, [type=search])"),
    isDarkOnLight: dark(getComputedStyle(document.querySelector("h1")).color) } }"""


@pytest.mark.parametrize("path", SOME)
def test_letters_of_twice_the_size_leave_the_page_as_wide_as_its_window(visit, path):
    here = visit("kite", viewport={"width": 1280, "height": 900})
    here.go(path)
    before = here.page.evaluate(LETTERS)
    here.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert here.page.evaluate(LETTERS) == 2 * before
    assert not here.overflows()


def test_a_readers_own_colours_keep_what_is_chosen_and_where_one_is_to_be_seen(visit):
    here = visit("kite", forced_colors="active")
    for path in SOME:
        here.go(path)
        for _ in range(6):
            here.page.keyboard.press("Tab")
            said, is_seen = here.page.evaluate(FOCUS)
            assert is_seen, f"{path}: nobody sees where they are: {said}"
    assert here.page.evaluate("matchMedia('(forced-colors: active)').matches")
    here.page.keyboard.press("Escape")
    here.page.evaluate("document.activeElement.blur()")
    here.page.keyboard.press("?")
    here.page.locator("keyboard-map dialog[open]").wait_for()
    assert here.page.evaluate(OWN_COLOURS) == [True, True, True], "place, sheet and icon stand out"
    assert here.complaints == []


def test_who_wants_no_motion_sees_none(visit):
    here = visit("kite", reduced_motion="reduce")
    here.go("/portal")
    here.page.keyboard.press("Control+k")
    here.page.locator("dialog.palette").wait_for()
    assert here.page.evaluate(MOVING) == 0
    here.page.keyboard.press("Escape")
    lively = visit("kite", reduced_motion="no-preference")
    lively.go("/portal")
    assert lively.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--fast')") != "0ms"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_what_is_told_and_not_what_is_pressed(visit, scheme):
    here = visit("kite", color_scheme=scheme)
    for path in SOME:
        here.go(path)
        here.page.evaluate("scheme => { document.documentElement.dataset.scheme = scheme }", scheme)
        here.page.emulate_media(media="print", color_scheme=scheme)
        told = here.page.evaluate(ON_PAPER)
        assert told == {"heading": True, "ways": False, "buttons": False, "isDarkOnLight": True}, path
        here.page.emulate_media(media="screen")
