"""Editors of the catalogue by keyboard and pointer: names that are found, rows that are moved, tracks in order, sound."""

from __future__ import annotations

import pytest

from tests.browser.test_catalogue import RELEASES, first

TRACKS = "/portal/tracks"


def chosen(here, wanted):
    here.go(f"{RELEASES}?q={wanted}")
    return here.page.locator("tbody .who a").first.get_attribute("href")


@pytest.mark.parametrize(("slug", "language"), [("kite", "pl"), ("noor", "ar")])
def test_no_editor_has_a_fault(visit, slug, language):
    here = visit(slug, language=language, reduced_motion="reduce")
    release, recording = first(here, RELEASES), first(here, TRACKS)
    found = []
    for path in (f"{release}/edit", recording, f"{recording}/edit", f"{TRACKS}/grid"):
        assert here.go(path).status == 200, path
        for button in here.page.locator("[data-add]").all():
            button.click()
        found += [f"{path} {flaw}" for flaw in here.flaws()]
    assert not found, "\n".join(found)
    assert here.complaints == []


def test_an_artist_is_found_by_typing_chosen_by_key_and_moved_to_the_front(visit):
    here = visit("kite")
    release = chosen(here, "porchlight")
    here.go(f"{release}/edit")
    here.page.locator("row-list [data-add]").first.click()
    here.page.keyboard.type("marisol")
    here.page.locator("name-search [role=option]").first.wait_for()
    here.page.keyboard.press("Enter")
    fields = here.page.locator("[name=artist_name]")
    assert fields.last.input_value() == "Marisol Vega"
    assert here.page.locator("name-search [name=artist]").last.input_value()
    assert here.page.evaluate("document.activeElement.name") == "artist_name"
    here.page.keyboard.press("Alt+ArrowUp")
    assert fields.first.input_value() == "Marisol Vega"
    assert here.page.evaluate("document.activeElement.value") == "Marisol Vega"
    assert here.faults() == []
    here.page.locator(".savebar .primary").click()
    here.page.locator(".toast button").wait_for()
    assert here.page.locator(".head .link").all_inner_texts() == ["Marisol Vega", "The Lanterns"]
    here.page.locator(".toast button").click()
    here.page.get_by_text("It is as it was before.").wait_for()
    assert here.page.locator(".head .link").all_inner_texts() == ["The Lanterns"]
    assert here.complaints == []


def rows(here):
    return here.page.locator("tbody [data-row] [data-value]").all_inner_texts()


def test_tracks_are_put_in_order_by_key_and_by_pointer_onto_another_disc(visit):
    here = visit("kite")
    here.go(chosen(here, "porchlight"))
    before = rows(here)
    assert len(before) > 2
    here.page.locator("[data-grip]").first.focus()
    here.page.keyboard.press("ArrowDown")
    assert rows(here) == [before[1], before[0], *before[2:]]
    assert "2" in here.page.locator("[data-said]").inner_text()
    assert here.page.evaluate("document.activeElement.dataset.grip") == ""
    here.page.locator("[data-put-back]").wait_for()
    here.page.keyboard.press("ArrowUp")
    assert here.page.locator("#order-bar").is_hidden()
    here.page.locator("[data-add-disc]").click()
    grip, onto = (
        here.page.locator("[data-grip]").first.bounding_box(),
        here.page.locator("tbody tr").last.bounding_box(),
    )
    here.page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    here.page.mouse.down()
    here.page.mouse.move(grip["x"] + 8, onto["y"] + onto["height"] + 6, steps=8)
    here.page.mouse.up()
    assert rows(here) == [*before[1:], before[0]]
    assert here.faults() == []
    here.page.locator("#order-bar [form=order]").click()
    here.page.locator(".toast button").wait_for()
    assert rows(here) == [*before[1:], before[0]]
    assert here.page.locator("[data-disc]").count() == 2
    assert here.page.locator("[data-number]").all_inner_texts()[-2:] == ["2.1", "2.2"]
    here.page.locator(".toast button").click()
    here.page.get_by_text("It is as it was before.").wait_for()
    assert rows(here) == before
    assert here.complaints == []


def test_a_track_is_added_from_the_catalogue_and_removed_again(visit):
    here = visit("kite")
    here.go(chosen(here, "porchlight"))
    before = rows(here)
    here.page.keyboard.press("a")
    here.page.locator("#n-title").fill("marea")
    here.page.locator("name-search [role=option]").first.click()
    assert here.page.locator("#add-track [name=recording]").input_value()
    assert here.faults() == []
    here.page.locator("#add-track .primary").click()
    here.page.locator(".toast").wait_for()
    assert rows(here) == [*before, "Marea"]
    here.page.locator("tbody tr").last.hover()
    here.page.locator("tbody tr").last.locator(".act button").click()
    here.page.locator(".toast").wait_for()
    assert rows(here) == before
    assert here.complaints == []


def test_chosen_tracks_of_several_releases_are_opened_as_cells(visit):
    here = visit("kite")
    here.go(TRACKS)
    here.page.keyboard.press("j")
    here.page.keyboard.press("x")
    here.page.keyboard.press("j")
    here.page.keyboard.press("x")
    here.page.locator(".bulk [formmethod=get]").click()
    here.page.locator("cell-grid").wait_for()
    assert here.page.locator("cell-grid tbody tr").count() == 2
    assert here.complaints == []
