"""The portal by keyboard alone, and its parts as people use them."""

from __future__ import annotations

import pytest


@pytest.fixture
def here(visit):
    there = visit("kite")
    there.go("/portal")
    return there


def test_g_and_a_letter_lead_to_a_place(here):
    here.page.keyboard.press("g")
    here.page.keyboard.press("i")
    here.page.wait_for_url("**/portal/inbox")


def test_letters_typed_into_a_field_lead_nowhere(here):
    here.go("/portal/files")
    here.page.locator("#q").press_sequentially("gig")
    assert here.page.url.endswith("/portal/files")


def test_the_palette_opens_finds_and_goes(here):
    here.page.keyboard.press("Control+k")
    assert here.page.locator("dialog.palette").is_visible()
    assert here.page.evaluate("document.activeElement.getAttribute('role')") == "combobox"
    assert here.faults() == []
    here.page.keyboard.type("activ")
    here.page.keyboard.press("Enter")
    here.page.wait_for_url("**/portal/settings/activity")


def test_the_palette_finds_people_while_one_types(here):
    here.page.keyboard.press("Control+k")
    here.page.keyboard.type("lantern")
    here.page.locator("[data-record]").first.wait_for()
    assert "Lanterns" in here.page.locator("[data-record]").first.inner_text()


def test_escape_closes_the_palette_and_focus_comes_back(here):
    jump = here.page.locator("[data-palette]").first
    jump.focus()
    here.page.keyboard.press("Enter")
    here.page.keyboard.press("Escape")
    assert not here.page.locator("dialog.palette").is_visible()
    assert jump.evaluate("element => element === document.activeElement")


def test_the_sheet_of_keys_lists_every_key_there_is(here):
    here.page.keyboard.press("?")
    sheet = here.page.locator("#keys")
    assert sheet.is_visible()
    shown = sheet.inner_text().lower()
    for place in ("inbox", "files", "settings"):
        assert place in shown
    assert here.faults() == []


def test_rows_are_chosen_by_range_and_let_go_by_escape(here):
    for name in ("a.txt", "b.txt", "c.txt"):
        here.go("/portal/files#add")
        here.page.set_input_files("#file", {"name": name, "mimeType": "text/plain", "buffer": b"x"})
        here.page.locator("#add .primary").click()
        here.page.wait_for_url("**/portal/files")
    boxes = here.page.locator("tbody .check")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    assert here.page.locator("[data-count]").inner_text() == "3"
    assert here.faults() == []
    here.page.keyboard.press("Escape")
    assert not here.page.locator(".bulk").is_visible()
    boxes.nth(0).focus()
    here.page.keyboard.press("x")
    assert here.page.locator("[data-count]").inner_text() == "1"
    here.page.locator(".bulk button").first.click()
    here.page.locator(".toast button").click()
    here.page.locator("tbody .check").nth(2).wait_for()


def test_the_first_stop_of_tab_skips_to_the_content(here):
    here.page.keyboard.press("Tab")
    assert here.page.evaluate("document.activeElement.className") == "skip"
    here.page.keyboard.press("Enter")
    assert here.page.evaluate("document.activeElement.id || location.hash") in ("main", "#main")


def test_a_chosen_scheme_stays(here):
    here.page.locator("[popovertarget=me]").click()
    here.page.locator("[data-choose-scheme=dark]").click()
    here.go("/portal/files")
    assert here.page.locator("html").get_attribute("data-scheme") == "dark"


def test_what_happens_elsewhere_appears_while_the_page_is_open(here, visit):
    before = int(here.page.locator("[data-news]").first.get_attribute("data-news"))
    other = visit("kite", who="artist")
    other.go("/portal")
    colleague = visit("kite")
    colleague.go("/portal/settings/activity?action=file.renamed")
    colleague.page.locator('[data-show="#save-view"]').click()
    colleague.page.locator("#v-name").fill("Renamed files")
    colleague.page.locator("#save-view .btn.primary").click()
    here.page.locator("[data-feed] li.new").first.wait_for(timeout=10_000)
    assert int(here.page.locator("[data-news]").first.get_attribute("data-news")) >= before


def test_a_destructive_button_names_its_consequence_and_asks_once(visit):
    here = visit("admin")
    here.go("/admin")
    here.page.locator("table a").first.click()
    here.page.wait_for_load_state()
    here.page.locator("[data-show='#close']").click()
    here.page.locator("#close").wait_for()
    assert "exported" in here.page.locator("#close").inner_text()
    here.page.keyboard.press("Escape")
    assert not here.page.locator("#close").is_visible()
