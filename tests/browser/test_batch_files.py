"""Files dropped on the page of a batch: sent in parts, paused, gone on after a reload, in real Chromium."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.kernel.jobs.work import eventually
from tests.media import a_tone, wav
from tests.uploads.sending import TABLE

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
BIG = wav(a_tone(70.0))
ONE = {"name": "a.wav", "mimeType": "audio/wav", "buffer": b"RIFF"}


@pytest.fixture
def opened(visit):
    """Somebody on the page of a new batch."""

    def opened(slug="kite", **options):
        here = visit(slug, **options)
        here.go("/portal/uploads#new")
        manifest = {"name": "catalogue.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
        here.page.set_input_files("#manifest", manifest)
        here.page.locator("#new .primary").click()
        here.page.locator("batch-files").wait_for()
        return here

    return opened


def of_batch(here):
    """What the server has, by path."""
    found = here.page.evaluate("fetch(`${location.pathname}/files`).then(answer => answer.json())")
    return {file["path"]: file for file in found}


def a_folder(place):
    folder = place / "Nachtwerk"
    (folder / "CD1").mkdir(parents=True)
    for number in range(3):
        (folder / "CD1" / f"0{number}.wav").write_bytes(wav(a_tone(hertz=300 + number)))
    (folder / "big.wav").write_bytes(BIG)
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "notes.pdf").write_bytes(b"x")
    return folder


def here_are(here, done, everything):
    here.page.get_by_text(f"{done} of {everything} files are here.").wait_for()


def test_a_folder_is_sent_and_what_cannot_be_taken_is_named(opened, tmp_path):
    here = opened()
    here.page.locator("[data-from-folder]").set_input_files(a_folder(tmp_path))
    here_are(here, 4, 4)
    here.page.get_by_text("This is neither audio nor a picture nor a ZIP of them.").wait_for()
    found = of_batch(here)
    assert sorted(found) == [f"Nachtwerk/CD1/0{number}.wav" for number in range(3)] + ["Nachtwerk/big.wav"]
    assert all(file["received"] == file["size"] for file in found.values())
    assert here.faults() == []
    assert here.complaints == []


def test_it_pauses_and_goes_on_after_a_reload_where_it_stopped(opened, tmp_path):
    here = opened()
    folder = a_folder(tmp_path)
    line = here.context.new_cdp_session(here.page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 3_000_000}
    line.send("Network.emulateNetworkConditions", slow)
    here.page.locator("[data-from-folder]").set_input_files(folder)
    here_are(here, 3, 4)
    sent_of_big = "document.querySelector('[data-list] progress')?.value ?? 0"
    assert eventually(lambda: here.page.evaluate(sent_of_big) > 9e6, 60)
    here.page.keyboard.press("Tab")
    here.page.locator("[data-pause]").focus()
    here.page.keyboard.press("Enter")
    assert here.page.evaluate("document.activeElement.hasAttribute('data-resume')"), "the focus stays where it was"
    here.page.wait_for_timeout(300)
    stopped = of_batch(here)["Nachtwerk/big.wav"]["received"]
    assert 0 < stopped < len(BIG)
    assert here.faults() == []
    here.page.reload()
    sent = []
    here.page.on("request", lambda asked: sent.append(asked) if asked.method == "PATCH" else None)
    here.page.locator("[data-from-folder]").set_input_files(folder)
    here_are(here, 4, 4)
    assert int(sent[0].headers["upload-offset"]) == stopped
    assert of_batch(here)["Nachtwerk/big.wav"]["received"] == len(BIG)


def test_a_zip_and_single_files_are_dropped(opened):
    here = opened()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("1.wav", wav(a_tone()))
    files = [
        {"name": "Album.zip", "mimeType": "application/zip", "buffer": packed.getvalue()},
        {"name": "2.wav", "mimeType": "audio/wav", "buffer": wav(a_tone(hertz=500))},
    ]
    here.page.locator("[data-from-files]").set_input_files(files)
    here_are(here, 2, 2)
    assert sorted(of_batch(here)) == ["2.wav", "Album.zip"]
    here.page.evaluate("""() => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(3000)], "3.wav"));
        document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
    }""")
    here_are(here, 3, 3)
    assert of_batch(here)["3.wav"]["received"] == 3_000


def test_a_file_that_was_exported_anew_is_sent_anew(opened, tmp_path):
    here, master = opened(), tmp_path / "master.wav"
    chooser = here.page.locator("[data-from-files]")
    master.write_bytes(wav(a_tone()))
    chooser.set_input_files(master)
    here_are(here, 1, 1)
    first = of_batch(here)["master.wav"]
    chooser.set_input_files(master)
    master.write_bytes(wav(a_tone(hertz=700)))
    chooser.set_input_files(master)
    here_are(here, 2, 2)
    second = of_batch(here)["master.wav"]
    assert second["id"] != first["id"]
    assert second["received"] == second["size"] == first["size"]


@pytest.mark.parametrize(("slug", "language"), [("kite", "de"), ("noor", "ar")])
def test_the_page_has_no_fault(opened, slug, language):
    here = opened(slug, language=language)
    found = []
    for size in (WIDE, NARROW):
        here.page.set_viewport_size(size)
        found += [f"wider than its window at {size['width']}"] if here.overflows() else []
        for scheme in ("light", "dark"):
            here.page.emulate_media(color_scheme=scheme)
            found += here.faults()
    assert found == []
    assert here.complaints == []


def test_what_was_chosen_before_the_page_could_hear_of_it_is_sent(opened):
    """As on a slow machine: the page is there, and what makes it move is still on its way."""
    here = opened()
    held = []
    here.page.route("**/assets/files-*.js", lambda route: held.append(route))  # noqa: PLW0108 Playwright marks what it is given
    here.page.reload(wait_until="commit")
    chooser = here.page.locator("[data-from-files]")
    chooser.set_input_files(ONE)
    assert chooser.evaluate("each => each.files.length") == 1, "nobody has heard of it yet"
    assert eventually(lambda: here.page.wait_for_timeout(50) or held)
    held[0].continue_()
    here_are(here, 1, 1)
    assert sorted(of_batch(here)) == ["a.wav"]


def test_the_client_is_loaded_only_once_something_is_sent(opened):
    here = opened()
    here.page.wait_for_load_state()
    loaded = "performance.getEntriesByType('resource').filter(each => each.name.endsWith('.js')).length"
    before = here.page.evaluate(loaded)
    here.page.locator("[data-from-files]").set_input_files(ONE)
    here_are(here, 1, 1)
    assert here.page.evaluate(loaded) > before
