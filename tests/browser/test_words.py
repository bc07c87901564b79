"""A label's own words, written with the keyboard alone, in both directions."""

from __future__ import annotations

import pytest

WORDS = "/portal/settings/words"


@pytest.mark.parametrize(("slug", "width"), [("bluehour", 1440), ("noor", 390)])
def test_a_sentence_is_found_refused_and_saved_by_keyboard(visit, slug, width):
    here = visit(slug)
    page = here.page
    page.set_viewport_size({"width": width, "height": 900})
    here.go(WORDS)
    page.focus("#q")
    page.keyboard.type("%(most)s")
    page.keyboard.press("Enter")
    page.wait_for_selector("#found-1")
    page.focus("#found-1")
    page.keyboard.type("nothing")
    page.keyboard.press("Enter")
    page.wait_for_selector("#typed-problem")
    assert page.evaluate("document.activeElement.id") == "typed"
    assert here.faults() == []
    assert not here.overflows()
    page.keyboard.press("End")
    page.keyboard.type(" %(most)s")
    page.keyboard.press("Enter")
    page.wait_for_selector("#own-1")
    assert page.input_value("#own-1") == "nothing %(most)s"
    assert here.faults() == []
    assert not here.overflows()
    assert [said for said in here.complaints if "422" not in said] == []
