"""Files find their rows, and those that do not are told of."""

from __future__ import annotations

import random
import time

import polars as pl
import pytest

from app.catalog.rules.frames import RELEASES, TRACKS, conform
from app.uploads.rules.matching import FILES, MATCHES, match_files

TITLES = ["Östermalm", "Vasastaden", "Kungsholmen", "Södermalm"]
RELEASE = conform(pl.DataFrame({"release": [1], "upc": ["0012345678905"], "title": ["Stockholm"]}), RELEASES)


def tracks_of(titles, **more):
    count = len(titles)
    base = {
        "release": [1] * count, "row": list(range(2, count + 2)), "disc": [1] * count, "title": titles,
        "number": list(range(1, count + 1)), "artists": [["The Persuader"]] * count,
    }  # fmt: skip
    return conform(pl.DataFrame(base | more), TRACKS)


def files_of(*names, kind="audio", **more):
    return conform(pl.DataFrame({"file": list(names), "kind": [kind] * len(names)} | more), FILES)


def matched(files, tracks, releases=RELEASE):
    matches, problems = match_files(files, tracks, releases)
    assert dict(matches.schema) == dict(MATCHES)
    return matches.select("file", "row", "how").rows(), problems.select("row", "rule", "value").rows()


@pytest.mark.parametrize("name", ["SEABC9900002.wav", "x/SE-ABC-99-00002 master.flac", "[seabc9900002].aiff"])
def test_an_isrc_in_the_name_is_enough(name):
    tracks = tracks_of(TITLES, isrc=["SEABC9900001", "SE-ABC-99-00002", None, None])
    assert matched(files_of(name), tracks)[0] == [(name, 3, "isrc")]


def test_an_isrc_in_the_tags_is_enough():
    tracks = tracks_of(TITLES, isrc=["SEABC9900001", None, None, None])
    assert matched(files_of("a.wav", isrc=["SEABC9900001"]), tracks)[0] == [("a.wav", 2, "isrc")]


@pytest.mark.parametrize("name", ["0012345678905_01_003.wav", "012345678905_1_3.flac", "cd/012345678905-01-03.wav"])
def test_a_upc_with_disc_and_track_is_enough(name):
    assert matched(files_of(name), tracks_of(TITLES))[0] == [(name, 4, "place")]


def test_a_name_that_the_row_gives_comes_first():
    tracks = tracks_of(TITLES, file=[None, "audio\\Take 7.WAV", None, None], isrc=["SEABC9900001", None, None, None])
    name = "folder/take 7.wav"
    assert matched(files_of(name, isrc=["SEABC9900001"]), tracks)[0] == [(name, 3, "named")]


def test_likeness_is_found_and_asks_for_confirmation():
    names = ["03 - kungsholmen.wav", "The Persuader - Sodermalm (master).wav", "01 ostermalm.flac"]
    matches, problems = match_files(files_of(*names), tracks_of(TITLES), RELEASE)
    assert dict(zip(matches["file"], matches["row"], strict=True)) == dict(zip(names, [4, 5, 2], strict=True))
    assert matches["needs_confirmation"].all()
    assert matches["score"].is_between(0.5, 0.999).all()
    assert sorted(problems["rule"]) == ["match_doubtful"] * 3 + ["row_without_file"]


def test_durations_tell_apart_what_names_do_not():
    tracks = tracks_of(["Untitled", "Untitled"], duration_ms=[200_000, 300_000], number=[1, 2])
    found, _ = matched(files_of("Untitled a.wav", "Untitled b.wav", duration_ms=[300_400, 199_800]), tracks)
    assert {(file, row) for file, row, _ in found} == {("Untitled a.wav", 3), ("Untitled b.wav", 2)}


def test_what_belongs_nowhere_is_told_of():
    found, problems = matched(files_of("Zzyzx.wav"), tracks_of(TITLES[:1]))
    assert found == []
    assert problems == [(None, "file_without_row", "Zzyzx.wav"), (2, "row_without_file", None)]


def test_two_files_for_one_row_are_told_of():
    files = files_of("012345678905_01_001.wav", "SEABC9900001.wav")
    _, problems = matched(files, tracks_of(TITLES[:1], isrc=["SEABC9900001"]))
    assert (2, "file_twice", "012345678905_01_001.wav") in problems


def test_an_isrc_of_two_rows_decides_nothing():
    found, _ = matched(files_of("SEABC9900001.wav"), tracks_of(["A", "B"], isrc=["SEABC9900001"] * 2))
    assert found == []


def test_covers_belong_to_their_release():
    files = files_of("012345678905.jpg", "0012345678905_cover.png", "other.png", kind="artwork")
    found, problems = matched(files, tracks_of(TITLES[:1]))
    assert found == [("012345678905.jpg", None, "cover"), ("0012345678905_cover.png", None, "cover")]
    assert [(rule, value) for _, rule, value in problems] == [
        ("file_twice", "0012345678905_cover.png"), ("file_without_row", "other.png"),
    ]  # fmt: skip


def test_a_thousand_files_find_a_thousand_rows_soon():
    dice = random.Random(7)
    titles = ["".join(dice.choices("abcdefghijklmnop ", k=24)) for _ in range(1_000)]
    names = [f"{title}.wav" for title in titles]
    dice.shuffle(names)
    started = time.process_time()
    matches, _ = match_files(files_of(*names), tracks_of(titles), RELEASE)
    assert time.process_time() - started < 5
    rows = dict(zip(matches["file"], matches["row"], strict=True))
    assert sum(rows.get(f"{title}.wav") == row for row, title in enumerate(titles, start=2)) > 990


def test_nothing_to_match_is_nothing():
    assert matched(files_of(), tracks_of([])) == ([], [])
