"""What stands in the way of a release, taken care of with a click and taken back with another."""

from __future__ import annotations


def test_a_suggestion_is_taken_and_taken_back(visit):
    here = visit("bluehour", language="en")
    here.go("/portal/releases?q=Elbaufwärts")
    here.go(here.page.locator("tbody .who a").first.get_attribute("href"))
    readiness = here.page.locator("#readiness")
    assert "world music → World" in readiness.inner_text()
    assert here.faults() == []
    readiness.get_by_role("button", name="Take the suggestion: Elbaufwärts, Genre").click()
    here.page.locator(".toast").get_by_text("What is safe was put right.").wait_for()
    assert "Checking" in here.page.locator("#readiness").inner_text()
    assert here.page.locator("#readiness button").count() == 0
    assert here.faults() == []
    here.page.locator(".toast button").click()
    here.page.get_by_text("It is as it was before.").wait_for()
    assert here.complaints == []


def test_what_is_safe_in_a_whole_list_is_asked_for_before_it_is_done(visit):
    here = visit("noor", language="en")
    here.go("/portal/releases")
    here.page.get_by_role("button", name="Fix what is safe").click()
    dialog = here.page.locator("#fix-all")
    assert "On 1 release of this list" in dialog.inner_text()
    assert here.faults() == []
    dialog.get_by_role("button", name="Cancel").click()
    here.page.keyboard.press("j")
    here.page.keyboard.press("x")
    here.page.locator(".bulk").get_by_role("button", name="Fix what is safe").click()
    here.page.locator(".toast").get_by_text("What is safe was put right.").wait_for()
    assert here.complaints == []
