"""Text becomes releases and tracks; what cannot be read is told of and left empty."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog.rules.frames import RELEASES, TRACKS
from app.uploads.rules.aliases import ALIASES
from app.uploads.rules.dates import date_order, read_dates
from app.uploads.rules.headers import propose
from app.uploads.rules.languages import language_code
from app.uploads.rules.manifest import read_manifest
from app.uploads.rules.problems import SENTENCES, SEVERITIES
from app.uploads.rules.rows import to_catalogue
from app.uploads.rules.values import duration_ms, several

REAL = Path(__file__).parents[3] / "shared" / "data" / "catalog" / "discogs_tracks.csv"


def catalogue(rows, **options):
    """The catalogue of rows (field → text each)."""
    fields = list(dict.fromkeys(field for row in rows for field in row))
    table = [fields, *([row.get(field, "") for field in fields] for row in rows)]
    text = "\n".join("\t".join(f'"{cell}"' if '"' not in cell else cell for cell in row) for row in table)
    return to_catalogue(read_manifest(text.encode()), {field: field for field in fields}, **options)


def track(**fields):
    return {"release.title": "Album", "track.title": "One", **{f"track.{name}": text for name, text in fields.items()}}


def release(**fields):
    return {
        "track.title": "One",
        "release.title": "Album",
        **{f"release.{name}": text for name, text in fields.items()},
    }


def told(catalogue_):
    return [tuple(row) for row in catalogue_.problems.select("row", "field", "rule").rows()]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1999", "1999"), ("1999-03-00", "1999-03"), ("1999-00-00", "1999"), ("1999-03-12", "1999-03-12"),
        ("1999/3/2", "1999-03-02"), ("19990312", "1999-03-12"), ("12/31/1999", "1999-12-31"), ("31.12.1999", "1999-12-31"),
        ("03/03/1999", "1999-03-03"), ("03/1999", "1999-03"), ("March 1999", "1999-03"), ("12 Mar 1999", "1999-03-12"),
        ("Mar 12, 1999", "1999-03-12"), ("12. März 1999", "1999-03-12"), ("12 de marzo de 1999", "1999-03-12"),
        ("4 mars 2020", "2020-03-04"), ("1st May 2020", "2020-05-01"), ("1999年3月12日", "1999-03-12"),
        ("1999年3月", "1999-03"), ("1999년 3월 12일", "1999-03-12"), ("2020-01-02T00:00:00Z", "2020-01-02"),
        ("2020-02-30", None), ("1999-13-01", None), ("soon", None), ("0000-00-00", None), ("31/31/2000", None),
        ("99", None), ("2023-02-29", None), ("2024-02-29", "2024-02-29"),
    ],
)  # fmt: skip
def test_dates_are_read_as_far_as_they_are_said(text, date):
    assert read_dates(pl.Series([text]), None)["date"].to_list() == [date]


def test_the_order_of_day_and_month_is_that_of_the_sender():
    written = pl.Series(["03/04/1999"])
    assert [read_dates(written, order)["date"][0] for order in ("dmy", "mdy", None)] == [
        "1999-04-03",
        "1999-03-04",
        None,
    ]


def test_dates_that_can_only_be_read_one_way_speak_for_the_others():
    assert date_order([pl.Series(["03/04/1999", "25/12/1999", "13/01/2000", "01/13/2000"])]) == "dmy"
    assert date_order([pl.Series(["03/04/1999"]), pl.Series(["01/31/2000"])]) == "mdy"
    assert date_order([pl.Series(["31/01/2000", "01/31/2000"])]) is None


def test_a_date_that_could_be_two_is_told_of():
    found = catalogue([release(release_date="03/04/1999")])
    assert told(found) == [(2, "release.release_date", "date_ambiguous")]
    assert found.releases["release_date"].to_list() == [None]
    assert catalogue([release(release_date="03/04/1999")], date_order="mdy").releases["release_date"][0] == "1999-03-04"


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("4:45", 285_000), ("1:02:03", 3_723_000), ("0:04:45", 285_000), ("103:45", 6_225_000), ("4:45.5", 285_500),
        ("285", 285_000), ("285.5", 285_500), ("285000", 285_000), ("4m45s", 285_000), ("4 min 45 s", 285_000),
        ("4'45\"", 285_000), ("PT4M45S", 285_000), ("1h", 3_600_000), ("4:75", None), ("x", None), ("0", None), (":", None),
        ("-4:45", None), ("99999999999999999999", None),
    ],
)  # fmt: skip
def test_durations_are_read_in_every_usual_writing(text, ms):
    assert pl.DataFrame({"x": [text]}).select(duration_ms(pl.col("x"))).item() == ms


def test_lists_are_cut_where_people_cut_them():
    frame = pl.DataFrame({"x": ["A|B", "A; B ;", "A / B", "AC/DC", "Folk, World", " | ", None]})
    wanted = [["A", "B"], ["A", "B"], ["A", "B"], ["AC/DC"], ["Folk, World"], None, None]
    assert frame.select(several(pl.col("x")))["x"].to_list() == wanted


@pytest.mark.parametrize(
    ("text", "code"),
    [("en", "en"), ("PT_br", "pt-BR"), ("zh-hans", "zh-Hans"), ("Deutsch", "de"), ("German", "de"), ("日本語", "ja"),
     ("Instrumental", "zxx"), ("Klingonish", None), ("qqq", None)],
)  # fmt: skip
def test_languages_are_known_by_code_and_name(text, code):
    assert pl.DataFrame({"x": [text]}).select(language_code(pl.col("x"))).item() == code


def placed(*positions):
    found = catalogue([track(position=position) for position in positions])
    return list(zip(found.tracks["disc"], found.tracks["number"], strict=True))


@pytest.mark.parametrize(
    ("positions", "places"),
    [
        (["1", "2", "3"], [(1, 1), (1, 2), (1, 3)]),
        (["A1", "A2", "B1", "C", "D"], [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]),
        (["1-01", "1-02", "2-01"], [(1, 1), (1, 2), (2, 1)]),
        (["CD1-1", "CD1-2", "CD2-1"], [(1, 1), (1, 2), (2, 1)]),
        (["CD-1", "CD-2", "DVD-1"], [(1, 1), (1, 2), (2, 1)]),
        (["1", "2a", "2b", "3"], [(1, 1), (1, 2), (1, 3), (1, 4)]),
        (["1", "2.1", "2.2"], [(1, 1), (1, 2), (1, 3)]),
        (["1.1", "1.2", "2.1"], [(1, 1), (1, 2), (2, 1)]),
        (["A", "AA"], [(1, 1), (1, 2)]),
        (["1-6a", "1-6b"], [(1, 1), (1, 2)]),
        (["2", "3"], [(1, 2), (1, 3)]),
    ],
)
def test_positions_become_discs_and_numbers(positions, places):
    assert placed(*positions) == places


def test_the_text_of_a_position_is_kept_and_an_unknown_one_told_of():
    found = catalogue([track(position="A1"), track(position="Bonus!")])
    assert found.tracks["position"].to_list() == ["A1", "Bonus!"]
    assert told(found) == [(3, "track.position", "position_unreadable")]


def test_numbers_in_columns_of_their_own_stay_as_they_are():
    found = catalogue([track(disc="1", number="7"), track(disc="2", number="7"), track(disc="x", number="3")])
    assert found.tracks.select("disc", "number").rows() == [(1, 7), (2, 7), (1, 3)]
    assert told(found) == [(4, "track.disc", "number_unreadable")]


def test_credits_are_split_into_people_and_roles():
    text = "Jay-J [Engineer]; Petalpusher [Remix, Arranged By]; Ann [Producer [Drum Loop]]; Bo [Acoustic Guitar]; Cy [Yodeling]"
    found = catalogue([track(contributors=text)])
    assert [tuple(credit.values()) for credit in found.tracks["contributors"][0]] == [
        ("Jay-J", "Engineer"), ("Petalpusher", "Remixer"), ("Petalpusher", "Arranger"), ("Ann", "Producer"),
        ("Bo", "AcousticGuitar"), ("Cy", "Yodeling"),
    ]  # fmt: skip
    assert told(found) == [(2, "track.contributors", "role_unknown")]


def test_columns_of_one_role_are_credits_and_guests_are_featured():
    found = catalogue([track(composers="Ann|Bo", contributors="Cy [Featuring, Vocals]", featuring="Di")])
    credits_ = [tuple(credit.values()) for credit in found.tracks["contributors"][0]]
    assert {("Ann", "Composer"), ("Bo", "Composer"), ("Cy", "Vocalist")} <= set(credits_)
    assert found.tracks["featuring"].to_list() == [["Di", "Cy"]]


def test_fixed_choices_are_read_in_several_languages():
    rows = [track(explicit=said) for said in ("Yes", "nein", "Clean", "はい", "E", "perhaps")]
    found = catalogue(rows)
    assert found.tracks["explicit"].to_list() == ["explicit", "none", "clean", "explicit", "explicit", None]
    assert told(found) == [(7, "track.explicit", "explicit_unreadable")]


def test_copyright_lines_give_year_and_owner():
    found = catalogue([release(p_line="℗ 2019 Svek", c_line="(C) 2020, Naked Music NYC, LLC", title="A"),
                       release(p_line="Svek", p_year="2001", title="B")])  # fmt: skip
    columns = ["p_year", "p_owner", "c_year", "c_owner"]
    assert found.releases.select(columns).rows() == [
        (2019, "Svek", 2020, "Naked Music NYC, LLC"),
        (2001, "Svek", None, None),
    ]


def test_rows_belong_together_by_the_sender_s_id_then_upc_then_what_they_say():
    by_id = [release(id="1", upc="11"), release(id="2", upc="11")]
    by_upc = [release(upc="0012"), release(upc="12"), release(upc="13")]
    by_words = [release(catalog_number="X1"), release(catalog_number="x1"), release(catalog_number="X2"), release()]
    assert [catalogue(rows).sources["release"].to_list() for rows in (by_id, by_upc, by_words)] == [
        [1, 2], [1, 1, 2], [1, 1, 2, 3],
    ]  # fmt: skip


def test_the_first_row_that_says_something_counts_and_others_are_told_of():
    found = catalogue([release(id="1", label=""), release(id="1", label="Svek"), release(id="1", label="Sweek")])
    assert found.releases["label"].to_list() == ["Svek"]
    assert found.problems.select("row", "rule", "value", "suggestion").rows() == [
        (4, "release_differs", "Sweek", "Svek")
    ]


@pytest.mark.parametrize("said", ["Various", "V/A", "Verschiedene Interpreten", "群星"])
def test_various_artists_are_called_so_and_stand_on_no_track(said):
    rows = [release(artists=said) | {"track.artists": artist} for artist in ("Ann", "")]
    found = catalogue(rows)
    assert found.releases["artists"].to_list() == [["Various Artists"]]
    assert found.tracks["artists"].to_list() == [["Ann"], None]


def test_artists_go_from_release_to_tracks_and_back():
    assert catalogue([release(artists="Ann|Bo")]).tracks["artists"].to_list() == [["Ann", "Bo"]]
    found = catalogue([track(artists="Ann"), track(artists="Ann")])
    assert found.releases["artists"].to_list() == [["Ann"]]
    assert catalogue([track(artists="Ann"), track(artists="Bo")]).releases["artists"].to_list() == [["Various Artists"]]


@pytest.mark.parametrize(
    ("count", "length", "kind"),
    [(1, "3:00", "single"), (3, "9:59", "single"), (3, "10:00", "ep"), (5, "5:00", "ep"), (6, "6:00", "album"),
     (7, "1:00", "album"), (2, "", "single")],
)  # fmt: skip
def test_kinds_are_guessed_as_stores_do(count, length, kind):
    assert catalogue([track(duration=length, artists="Ann")] * count).releases["kind"].to_list() == [kind]


def test_a_kind_that_is_said_is_not_guessed():
    assert catalogue([release(kind="LP")]).releases["kind"].to_list() == ["album"]
    assert told(catalogue([release(kind="bundle")])) == [(2, "release.kind", "kind_unreadable")]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("ألبوم تجميعي", "compilation"), ("ألبوم قصير", "ep"), ("ألبوم قصير (EP)", "ep"), ("ألبوم", "album"),
        ("Zusammenstellung", "compilation"), ("迷你专辑", "ep"),
    ],
)  # fmt: skip
def test_kinds_are_read_as_each_language_says_them(said, kind):
    assert catalogue([release(kind=said)]).releases["kind"].to_list() == [kind]


@pytest.mark.parametrize("said", ["limpo", "Limpa", "Limpio", "clean"])
def test_a_clean_edition_is_read_as_each_language_says_it(said):
    assert catalogue([track(explicit=said)]).tracks["explicit"].to_list() == ["clean"]


def test_territories_are_listed():
    found = catalogue([release(territories="Worldwide", excluded_territories="us, CA;jp")])
    assert found.releases.select("territories", "excluded_territories").row(0) == (["Worldwide"], ["US", "CA", "JP"])


def test_every_problem_has_a_sentence_and_a_severity():
    assert SEVERITIES.keys() == SENTENCES.keys()
    assert set(SEVERITIES.values()) == {"block", "warn", "info"}


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12) | st.sampled_from(
    ["1999-03-00", "4:45", "A1", "A [B [C", "x]", "12/13/14", "9" * 30, "1-1", "|;/", "℗", "٣", "Various"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(list(ALIASES)), words, min_size=1), min_size=1, max_size=4))
def test_no_text_breaks_a_row(rows):
    fields = list(ALIASES)
    cells = pl.DataFrame(
        {field: [row.get(field, "").strip() or None for row in rows] for field in fields},
        schema=dict.fromkeys(fields, pl.String),
    )
    manifest = read_manifest(b"title,isrc\na,b\n")
    from dataclasses import replace

    manifest = replace(manifest, headers=fields, cells=cells, rows=pl.Series("row", range(2, 2 + len(rows)), pl.UInt32))
    found = to_catalogue(manifest, {field: field for field in fields})
    assert (dict(found.releases.schema), dict(found.tracks.schema)) == (dict(RELEASES), dict(TRACKS))
    assert found.tracks.height == len(rows)
    assert set(found.problems["rule"]) <= SENTENCES.keys()


@pytest.mark.skipif(not REAL.exists(), reason="the real catalogue is not here")
def test_the_real_catalogue_is_read_whole():
    with REAL.open(encoding="utf-8", newline="") as source:
        real = list(csv.DictReader(source))
    manifest = read_manifest(REAL)
    found = to_catalogue(manifest, {proposal.header: proposal.field for proposal in propose(manifest.headers)})
    assert manifest.problems.is_empty()
    assert found.tracks.height == len(real) == 8_932
    assert found.releases.height == len({row["release_id"] for row in real}) == 991
    assert found.tracks["title"].to_list() == [row["track_title"].strip() or None for row in real]
    assert found.tracks["duration_ms"].null_count() == sum(not row["duration"] for row in real) == 4_276
    seconds = sum(int(m) * 60 + int(s) for m, s in (row["duration"].split(":") for row in real if row["duration"]))
    assert found.tracks["duration_ms"].sum() == seconds * 1000
    dates = Counter(
        row["release_date"].removesuffix("-00").removesuffix("-00")
        for row in {r["release_id"]: r for r in real}.values()
    )
    unreadable = found.problems.filter(rule="date_unreadable")["value"].to_list()
    assert Counter(found.releases["release_date"].drop_nulls()) == {
        date: count for date, count in dates.items() if date and date not in unreadable
    }
    upcs = {row["barcode"] for row in real if row["barcode"]}
    assert set(found.releases["upc"].drop_nulls()) == upcs
    discs = defaultdict(set)
    for release_, disc, number in found.tracks.select("release", "disc", "number").iter_rows():
        assert number not in discs[release_, disc]
        discs[release_, disc].add(number)
