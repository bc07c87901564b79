"""Columns are known by their names in every language of ours."""

from __future__ import annotations

import pytest

from app.uploads.rules.aliases import ALIASES
from app.uploads.rules.headers import FIELDS, check, is_known, propose


def field_of(header):
    return propose([header])[0].field


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Track Title", "track.title"), ("Titel", "track.title"), ("曲名", "track.title"), ("Título", "track.title"),
        ("제목", "track.title"), ("عنوان الأغنية", "track.title"), ("Tytuł utworu", "track.title"),
        ("UPC/EAN", "release.upc"), ("Strichcode", "release.upc"), ("条形码", "release.upc"), ("Barcode", "release.upc"),
        ("Katalognummer", "release.catalog_number"), ("品番", "release.catalog_number"), ("cat#", "release.catalog_number"),
        ("Fecha de lanzamiento", "release.release_date"), ("Data di uscita", "release.release_date"),
        ("Interprète", "track.artists"), ("Speelduur", "track.duration"), ("Gravadora", "release.label"),
        ("ISRC", "track.isrc"), ("℗ Line", "release.p_line"), ("Filename", "track.file"),
    ],
)  # fmt: skip
def test_names_of_columns_are_known_in_every_language(header, field):
    assert field_of(header) == field
    assert is_known(header)


def test_every_field_is_found_by_each_of_its_names_or_another_field_claims_it_first():
    for field, names in ALIASES.items():
        assert field_of(names[0]) == field


def test_case_accents_width_and_punctuation_do_not_matter_but_lower_confidence():
    exact, bare = propose(["Track Title"])[0], propose(["TRACK-TITLE:"])[0]
    assert (exact.reason, bare.reason, bare.field) == ("exact", "normalised", "track.title")
    assert exact.confidence > bare.confidence
    assert field_of("ＵＰＣ") == "release.upc"
    assert field_of("Numero de catalogue") == "release.catalog_number"
    assert field_of("ISRC (required)") == "track.isrc"


def test_a_slip_of_the_pen_is_a_guess():
    guess = propose(["Relase Titel"])[0]
    assert (guess.field, guess.reason) == ("release.title", "fuzzy")
    assert guess.confidence < 0.95


@pytest.mark.parametrize(
    "header", ["", "xyzzy", "barcode_valid", "ok", "x" * 5_000, "🎵", "Budget code of the invoice"]
)
def test_what_is_not_known_is_not_guessed(header):
    assert propose([header])[0].field is None


def test_a_field_goes_to_the_surest_column_and_to_one_only():
    proposals = propose(["Trak Title", "Track Title", "Song"])
    assert [proposal.field for proposal in proposals] == [None, "track.title", None]


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (("Title", "Track Title"), ("release.title", "track.title")),
        (("Track Title", "TITLE"), ("track.title", "release.title")),
        (("Titel", "Songtitel"), ("release.title", "track.title")),
        (("Título", "Título de la canción"), ("release.title", "track.title")),
        (("Artist", "Track Artist"), ("release.artists", "track.artists")),
        (("Artist", "Performer", "Version", "Mix"), ("track.artists", None, "track.version", None)),
        (("제목", "곡 제목"), ("release.title", "track.title")),
        (("العنوان", "عنوان الأغنية"), ("release.title", "track.title")),
        (("Title",), ("track.title",)),
        (("Title", "Album Title"), ("track.title", "release.title")),
        (("Title", "Track Title", "Album"), (None, "track.title", "release.title")),
        (("Title", "Name", "Track Title"), (None, None, "track.title")),
    ],
)  # fmt: skip
def test_a_bare_title_beside_a_tracks_is_the_releases(headers, fields):
    assert tuple(proposal.field for proposal in propose(headers)) == fields


def test_a_bare_title_that_the_sender_confirmed_stays_what_it_was():
    proposals = propose(["Title", "Track Title"], {"Title": "track.title"})
    assert [proposal.field for proposal in proposals] == ["track.title", None]


def test_what_a_sender_confirmed_counts_first():
    proposals = propose(["Titel", "Foo", "UPC"], {"Titel": "release.title", "Foo": "track.title", "UPC": None})
    assert [(p.field, p.reason) for p in proposals] == [
        ("release.title", "remembered"), ("track.title", "remembered"), (None, "remembered"),
    ]  # fmt: skip


def test_a_field_that_is_gone_is_not_remembered():
    assert propose(["Titel"], {"Titel": "track.gone"})[0].field == "track.title"


def test_a_mapping_that_can_be_used_has_no_flaw():
    assert check({"a": "track.title", "b": "release.upc", "c": None}) == []


@pytest.mark.parametrize(
    ("mapping", "headers"),
    [
        ({"b": "release.upc"}, [None]),
        ({"a": "track.title"}, [None]),
        ({"a": "track.title", "b": "release.id", "c": "track.title"}, ["c"]),
        ({"a": "track.title", "b": "release.id", "c": "track.nothing"}, ["c"]),
        ({}, [None, None]),
    ],
)
def test_every_flaw_of_a_mapping_is_named(mapping, headers):
    assert [flaw.header for flaw in check(mapping)] == headers


def test_fields_are_columns_of_the_catalogue_or_lead_to_them():
    from app.catalog.rules.frames import RELEASES, TRACKS
    from app.uploads.rules.aliases import BY_ROLE

    own = {*BY_ROLE, "release.id", "release.artwork", "track.sequence", "track.duration"}
    frames = {"release": RELEASES, "track": TRACKS}
    for field in set(FIELDS) - own:
        frame, _, column = field.partition(".")
        assert column in frames[frame], field
