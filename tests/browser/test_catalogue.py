"""The pages of one artist and one release, the grid of tracks, and a status that is edited in the roster."""

from __future__ import annotations

import pytest

ARTISTS, RELEASES = "/portal/artists", "/portal/releases"


def first(here, listing, place=0):
    here.go(listing)
    return here.page.locator("tbody .who a").nth(place).get_attribute("href")


@pytest.mark.parametrize(("slug", "language"), [("kite", "de"), ("noor", "ar")])
def test_no_page_of_an_artist_or_release_has_a_fault(visit, slug, language):
    here = visit(slug, language=language, reduced_motion="reduce")
    artist, release = first(here, ARTISTS), first(here, RELEASES)
    found = []
    for path in (artist, f"{artist}/edit", release, f"{release}/edit", f"{release}/tracks"):
        assert here.go(path).status == 200, path
        found += [f"{path} {flaw}" for flaw in here.flaws()]
    assert not found, "\n".join(found)
    assert here.complaints == []


@pytest.fixture
def grid(visit):
    here = visit("kite")
    here.go(f"{RELEASES}?q=porchlight")
    release = here.page.locator("tbody .who a").first.get_attribute("href")
    here.go(f"{release}/tracks")
    return here


def column(here, name):
    return here.page.locator(f"tbody [name={name}]")


def values(here, name):
    return column(here, name).evaluate_all("cells => cells.map(cell => cell.value)")


PASTE = """(cell, text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    cell.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def test_cells_are_pasted_filled_replaced_taken_back_and_saved_together(grid):
    titles = values(grid, "title")
    column(grid, "genre").first.focus()
    column(grid, "genre").first.fill("Folk")
    grid.page.keyboard.press("Control+d")
    assert values(grid, "genre") == ["Folk"] * len(titles)
    column(grid, "title").first.evaluate(PASTE, "One\tLive\nTwo\t\n")
    assert values(grid, "title") == ["One", "Two", *titles[2:]]
    assert values(grid, "version_title")[0] == "Live"
    grid.page.locator("[data-undo]").click()
    assert values(grid, "title") == titles
    grid.page.locator("[data-show='#replace']").click()
    grid.page.fill("#g-find", "Folk")
    grid.page.fill("#g-with", "Indie Folk")
    grid.page.locator("[data-replace]").click()
    assert values(grid, "genre") == ["Indie Folk"] * len(titles)
    assert grid.faults() == []
    grid.page.locator("[data-save-all]").click()
    grid.page.locator(".toast button").wait_for()
    assert "/tracks" not in grid.page.url
    assert grid.complaints == []
    grid.page.locator(".toast button").click()
    grid.page.get_by_text("It is as it was before.").wait_for()
    grid.go(f"{grid.page.url.partition('localhost')[2].partition('/')[2].join(('/', ''))}/tracks")
    assert "Indie Folk" not in values(grid, "genre")


def test_a_cell_that_cannot_be_saved_says_why_and_nothing_is(grid):
    grid.page.on("console", lambda _: None)
    column(grid, "title").first.fill("Other")
    column(grid, "duration_ms").nth(1).fill("long")
    column(grid, "duration_ms").nth(1).blur()
    grid.page.locator("[data-save-all]").click()
    why = grid.page.locator("td .problem")
    why.wait_for()
    assert "3:45" in why.inner_text()
    assert grid.page.evaluate("document.activeElement.name") == "duration_ms"
    assert grid.faults() == []
    grid.page.evaluate("document.querySelector('cell-grid').remove()")
    grid.page.reload()
    assert "Other" not in values(grid, "title")


def test_a_status_is_edited_where_it_stands_in_a_long_list(visit):
    here = visit("kite")
    here.go(ARTISTS)
    here.page.locator("[data-late]").first.click()
    here.page.locator("inline-edit select").select_option("paused")
    here.page.keyboard.press("Enter")
    here.page.locator(".toast button").wait_for()
    assert here.page.locator("inline-edit [data-value]").first.inner_text() == "Paused"
    here.page.locator(".toast button").click()
    here.page.wait_for_function("() => document.querySelector('inline-edit [data-value]').textContent === 'Active'")
    assert here.faults() == []
    assert here.complaints == []


def test_rows_are_chosen_by_key_and_paused_together(visit):
    here = visit("kite")
    here.go(ARTISTS)
    here.page.keyboard.press("j")
    here.page.keyboard.press("j")
    here.page.keyboard.press("x")
    assert here.page.locator(".bulk [data-count]").inner_text() == "1"
    here.page.locator(".bulk button[value=paused]").click()
    here.page.locator(".toast").wait_for()
    here.go(f"{ARTISTS}?status=paused")
    assert here.page.locator("tbody tr").count() == 1
    here.page.locator("tbody .check").check()
    here.page.locator(".bulk button[value=active]").click()
    here.page.locator(".toast").wait_for()
