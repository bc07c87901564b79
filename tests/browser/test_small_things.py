"""What is easily lost: a chosen file's name, and the buttons at the end of a row on a phone."""

from __future__ import annotations

from tests.browser.conftest import NARROW

A_FILE = {"name": "Herbst.csv", "mimeType": "text/csv", "buffer": b"title"}


def test_a_file_is_chosen_with_the_keyboard_in_the_readers_words(visit):
    here = visit("bluehour", language="de")
    here.go("/portal/uploads#new")
    assert here.page.inner_text("#new .file") == "Datei auswählen\nNoch keine Datei ausgewählt"
    here.page.focus("#manifest")
    with here.page.expect_file_chooser() as asked:
        here.page.press("#manifest", "Space")
    assert here.page.locator("#new .file .btn").evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    asked.value.set_files(A_FILE)
    assert here.page.inner_text("#new [data-chosen]") == "Herbst.csv"
    here.page.set_input_files("#manifest", [])
    assert here.page.inner_text("#new [data-chosen]") == "Noch keine Datei ausgewählt"
    assert not here.complaints


def test_a_waiting_invitation_is_sent_again_or_taken_back_on_a_phone(visit):
    here = visit("kite", viewport=NARROW)
    here.go("/portal/settings/team")
    assert here.page.locator("main").get_by_text("owner@kite.test").count() == 1
    here.page.locator('[data-show="#invite"]').click()
    here.page.fill("#email", "somebody.new@kite-records.example")
    here.page.locator("form[action$='/invitations'] button.primary").click()
    row = here.page.locator("tr", has_text="somebody.new@")
    for button in row.locator("button").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= NARROW["width"]
    row.locator("button").last.click()
    row.wait_for(state="detached")


def test_the_number_of_a_fault_is_read_whole_on_a_phone(visit):
    here = visit("kite", viewport=NARROW)
    here.go("/portal/nowhere")
    here.page.evaluate("document.querySelector('h1').append(': ' + 'a337ff3bed51'.repeat(2))")
    assert not here.overflows()


def test_a_long_address_in_a_card_breaks_on_a_phone(visit):
    here = visit("kite", viewport=NARROW)
    here.go("/portal/settings/api")
    here.page.evaluate(
        "document.querySelector('.card').insertAdjacentHTML('beforeend',"
        " `<p><a class='link'>${'a337ff3bed51'.repeat(3)}@example.com</a></p>`)"
    )
    assert not here.overflows()
