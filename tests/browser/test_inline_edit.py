"""Values that are edited where they stand, and lists of which only a part is drawn anew, in a real browser."""

from __future__ import annotations

import re

import pytest

FILES, LOG, TEAM = "/portal/files", "/portal/settings/activity", "/portal/settings/team"


def add(here, name):
    here.go(f"{FILES}#add")
    here.page.set_input_files("#file", {"name": name, "mimeType": "text/plain", "buffer": b"x"})
    here.page.locator("#add .primary").click()
    here.page.wait_for_url("**/portal/files")


@pytest.fixture
def here(visit):
    there = visit("kite")
    add(there, "one.txt")
    add(there, "two.txt")
    there.go(FILES)
    return there


def cells(here):
    return here.page.locator("inline-edit")


def values(here):
    return [text.strip() for text in here.page.locator("inline-edit [data-value]").all_inner_texts()]


def opened(here, place=0):
    """Open a cell by keyboard: the field that has the focus."""
    cells(here).nth(place).locator("[data-edit]").focus()
    here.page.keyboard.press("Enter")
    return cells(here).nth(place).locator(".input")


def focused(here):
    return here.page.evaluate("document.activeElement.closest('inline-edit')?.id")


def test_enter_opens_and_saves_escape_takes_back_and_focus_stays(here):
    first = cells(here).nth(0).get_attribute("id")
    field = opened(here)
    assert focused(here) == first
    here.page.keyboard.type("thrown away")
    here.page.keyboard.press("Escape")
    assert (field.is_visible(), values(here)[0], focused(here)) == (False, "two.txt", first)
    opened(here)
    here.page.keyboard.type("kept.txt")
    here.page.keyboard.press("Enter")
    here.page.locator(".toast button").wait_for()
    assert (values(here)[0], focused(here)) == ("kept.txt", first)
    assert "Changed to “kept.txt”" in here.page.locator(".toasts[role=status]").inner_text()
    assert here.faults() == []
    assert here.complaints == []
    here.page.reload()
    assert values(here)[0] == "kept.txt"


def test_a_toast_takes_it_back_without_a_new_page(here):
    here.page.evaluate("window.same = true")
    before = values(here)[0]
    opened(here)
    here.page.keyboard.type("other.txt")
    here.page.keyboard.press("Enter")
    here.page.locator(".toast button").click()
    here.page.wait_for_function("name => document.querySelector('[data-value]').textContent === name", arg=before)
    assert here.page.evaluate("window.same")


def test_tab_saves_and_opens_the_next_cell(here):
    first, second = (cells(here).nth(place).get_attribute("id") for place in (0, 1))
    opened(here)
    here.page.keyboard.type("tabbed.txt")
    here.page.keyboard.press("Tab")
    assert focused(here) == second
    here.page.locator(".toast").wait_for()
    assert (values(here)[0], focused(here)) == ("tabbed.txt", second), first


def test_what_cannot_be_used_stays_in_the_cell_with_its_reason(visit):
    here = visit("kite")
    here.go(f"{LOG}?action=file.stored")
    here.page.locator("[data-show='#save-view']").click()
    here.page.fill("#v-name", "Uploads")
    here.page.locator("#save-view .primary").click()
    here.page.locator(".own inline-edit").wait_for()
    here.page.wait_for_load_state()
    field = opened(here)
    field.fill("x" * 61)
    here.page.keyboard.press("Enter")
    problem = here.page.locator("inline-edit [role=alert]")
    problem.wait_for()
    assert "at most 60 characters" in problem.inner_text()
    assert here.page.locator("inline-edit .input").input_value() == "x" * 61
    assert here.page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert here.faults() == []
    here.page.keyboard.press("Escape")
    assert values(here) == ["Uploads"]


def test_whoever_was_slower_sees_what_the_other_wrote_and_may_keep_theirs(here, visit):
    other = visit("kite")
    other.go(FILES)
    opened(here)
    opened(other)
    other.page.keyboard.type("theirs.txt")
    other.page.keyboard.press("Enter")
    other.page.locator(".toast").wait_for()
    here.page.keyboard.type("ours.txt")
    here.page.keyboard.press("Enter")
    problem = here.page.locator("inline-edit [role=alert]:not([hidden])")
    problem.wait_for()
    assert "theirs.txt" in problem.inner_text()
    assert here.page.locator("inline-edit .input").first.input_value() == "ours.txt"
    here.page.keyboard.press("Enter")
    here.page.locator(".toast").wait_for()
    assert values(here)[0] == "ours.txt"


def test_a_line_that_breaks_loses_nothing(here):
    field = opened(here)
    here.page.keyboard.type("unsent.txt")
    here.context.set_offline(True)
    here.page.keyboard.press("Enter")
    here.page.locator("inline-edit [role=alert]:not([hidden])").wait_for()
    assert field.input_value() == "unsent.txt"
    here.context.set_offline(False)
    here.page.keyboard.press("Enter")
    here.page.locator(".toast").wait_for()
    assert values(here)[0] == "unsent.txt"


def test_a_role_is_chosen_in_the_list(visit):
    here = visit("kite")
    here.go(TEAM)
    artist = here.page.locator("tr", has_text="artist@kite.test").locator("inline-edit")
    artist.locator("[data-edit]").click()
    assert here.faults() == []
    artist.locator("select").select_option("marketing")
    artist.locator("button.primary").click()
    here.page.locator(".toast button").click()
    here.page.wait_for_function(
        "id => document.getElementById(id).querySelector('[data-value]').textContent === 'Artist'",
        arg=artist.get_attribute("id"),
    )


def test_sorting_and_filtering_draw_the_list_alone_and_back_leads_back(here):
    here.page.evaluate("window.same = true")
    here.page.locator("th a", has_text="Name").click()
    here.page.locator("th[aria-sort=ascending]").wait_for()
    names = [name.lower() for name in values(here)]
    assert names == sorted(names)
    assert "sort=name" in here.page.url
    here.page.locator("th a", has_text="Name").click()
    here.page.locator("th[aria-sort=descending]").wait_for()
    here.page.locator("#q").press_sequentially("nothing like it")
    here.page.get_by_text("Nothing is called that").wait_for()
    assert here.page.evaluate("document.activeElement.id") == "q"
    assert here.page.evaluate("window.same")
    here.page.go_back()
    here.page.locator("th[aria-sort]").wait_for()
    assert [said for said in here.complaints if "hx-csp" in said] == []


def test_a_filter_of_the_log_is_taken_away_in_place(visit):
    here = visit("kite")
    here.go(f"{LOG}?action=file.stored")
    here.page.evaluate("window.same = true")
    here.page.locator(".chip a").click()
    here.page.wait_for_url(re.compile(rf"{LOG}\??$"))
    assert here.page.locator(".chip").count() == 0
    assert here.page.evaluate("window.same && document.activeElement.id") == "listing"
    assert here.complaints == []


def test_what_was_smuggled_in_asks_for_nothing(here):
    """A piece of a page without the answer's nonce loses what htmx would do with it."""
    here.page.evaluate(
        """() => {
            document.querySelector('#listing').insertAdjacentHTML('beforeend', '<b id=evil hx-get="/portal" hx-trigger=load>x</b>');
            htmx.process(document.querySelector('#evil'));
        }"""
    )
    assert here.page.locator("#evil").get_attribute("hx-get") is None


def test_the_palette_takes_back_what_was_done_last(here):
    opened(here)
    here.page.keyboard.type("regretted.txt")
    here.page.keyboard.press("Enter")
    here.page.locator(".toast").wait_for()
    here.page.keyboard.press("Control+k")
    here.page.locator("[data-undo]").wait_for()
    here.page.keyboard.type("undo")
    here.page.keyboard.press("Enter")
    here.page.get_by_text("The file has its new name.").wait_for()
    assert "regretted.txt" not in values(here)


def test_a_word_is_said_on_one_page(here):
    add(here, "said.txt")
    assert here.page.locator(".toast").is_visible()
    here.go("/portal")
    assert here.page.locator(".toast").count() == 0
