"""Lists: pages that neither skip nor repeat, chosen fields, expansions in one query each, and nothing unasked for."""

from __future__ import annotations

import re

import pytest

from tests.factories.api import api_of
from tests.factories.catalog import a_release
from tests.factories.labels import a_label

CATALOGUE = re.compile(r"FROM (tracks|releases|recordings|credits|recording_\w+|release_\w+|imprints)\b")
ARTISTS, TRACKS, RELEASES = "/api/v1/artists", "/api/v1/tracks", "/api/v1/releases"


@pytest.fixture
def acts(api):
    return [api.post(ARTISTS, json={"name": name}).json() for name in ("Zoë", "Mira Sol", "Anders", "Émile", "Bo")]


def walked(api, address, **asked):
    """Every item of a list, page by page."""
    found, params = [], dict(asked)
    while True:
        page = api.get(address, params=params)
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        if page.json()["next"] is None:
            assert "link" not in page.headers
            return found
        assert 'rel="next"' in page.headers["link"]
        assert len(page.json()["items"]) == asked["limit"]
        params["after"] = page.json()["next"]


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "updated_at", "-updated_at"])
def test_pages_neither_skip_nor_repeat(api, acts, sort):
    mine = {act["id"] for act in acts}
    rows = [row["id"] for row in walked(api, ARTISTS, limit=2, sort=sort) if row["id"] in mine]
    assert sorted(rows) == sorted(mine)
    backwards = [row["id"] for row in walked(api, ARTISTS, limit=3, sort=sort.removeprefix("-"))]
    wanted = [row for row in (reversed(backwards) if sort.startswith("-") else backwards) if row in mine]
    assert rows == list(wanted)


def test_what_is_added_meanwhile_moves_nothing(api, acts):
    first = api.get(ARTISTS, params={"limit": 2, "sort": "name"}).json()
    api.post(ARTISTS, json={"name": "Aaa"})
    second = api.get(ARTISTS, params={"limit": 2, "sort": "name", "after": first["next"]}).json()
    assert not {row["id"] for row in first["items"]} & {row["id"] for row in second["items"]}


def test_the_link_leads_to_the_next_page(api, acts):
    page = api.get(ARTISTS, params={"limit": 1, "kind": "solo"})
    address = page.headers["link"].partition("<")[2].partition(">")[0]
    assert "kind=solo" in address
    assert api.get(address).json()["items"][0]["id"] != page.json()["items"][0]["id"]


def test_a_cursor_fits_the_question_it_was_given_for_and_no_other(api, acts, client_of, rival):
    marker = api.get(ARTISTS, params={"limit": 1, "sort": "name"}).json()["next"]
    for params in (
        {"after": marker}, {"after": marker, "sort": "-name"}, {"after": marker, "sort": "name", "kind": "band"},
        {"after": marker[:-1], "sort": "name"}, {"after": "x", "sort": "name"}, {"after": "", "sort": "name"},
    ):  # fmt: skip
        assert api.get(ARTISTS, params=params).status_code == 400, params
    assert api.get(TRACKS, params={"after": marker}).status_code == 400
    theirs = api_of(client_of, rival)
    assert theirs.get(ARTISTS, params={"after": marker, "sort": "name"}).status_code == 400


def test_a_cursor_fits_no_other_language_in_which_names_lie_otherwise(client_of, connected):
    api = api_of(client_of, a_label(languages=("en", "pl")))
    for name in ("Lwów", "Łódź", "Mira"):
        api.post(ARTISTS, json={"name": name})
    for sort, status in (("name", 400), ("id", 200)):
        asked = {"sort": sort, "after": api.get(ARTISTS, params={"limit": 1, "sort": sort}).json()["next"]}
        assert api.get(ARTISTS, params=asked).status_code == 200
        assert api.get(ARTISTS, params=asked, headers={"accept-language": "pl"}).status_code == status


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e2", "٣", ""])
def test_a_page_has_one_to_two_hundred_rows(api, limit):
    assert api.get(ARTISTS, params={"limit": limit}).status_code == 400
    assert api.get(ARTISTS, params={"limit": 200}).status_code == 200


@pytest.mark.parametrize(
    "params",
    [
        {"nonsense": "1"}, {"sort": "secret"}, {"sort": "party_id"}, {"sort": "--name"}, {"fields": "party_id"},
        {"fields": "id,version"}, {"expand": "party"}, {"status": "gone"}, {"updated_since": "yesterday"},
        {"updated_since": "2026-01-01T00:00:00"}, {"q": ""}, {"q": "\x00"}, {"sort": ["name", "id"]},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_offered_is_declined_and_never_ignored(api, params):
    answer = api.get(ARTISTS, params=params)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_the_chosen_fields_are_answered(api, acts):
    for spelled in ("name,kind", ["name", "kind"]):
        rows = api.get(ARTISTS, params={"fields": spelled}).json()["items"]
        assert {frozenset(row) for row in rows} == {frozenset({"id", "name", "kind"})}
    one = api.get(f"{ARTISTS}/{acts[0]['id']}", params={"fields": "name"}).json()
    assert one == {"id": acts[0]["id"], "name": "Zoë"}


def test_a_list_leaves_out_what_is_long_unless_it_is_asked_for(api, acts):
    assert "biographies" not in api.get(ARTISTS).json()["items"][0]
    assert "biographies" in api.get(ARTISTS, params={"fields": "biographies"}).json()["items"][0]
    assert "biographies" in api.get(f"{ARTISTS}/{acts[0]['id']}").json()


def test_filters_narrow_as_people_type(api, acts):
    found = api.get(ARTISTS, params={"q": "mira"}).json()["items"]
    assert "Mira Sol" in [row["name"] for row in found]
    assert api.get(ARTISTS, params={"q": "mira", "kind": "band"}).json()["items"] == []


def test_an_expansion_is_one_query_whatever_the_page_holds(api, label, statements):
    for _ in range(6):
        a_release(label, tracks=3)
    counted = []
    expanded = {"expand": "recording,release", "sort": "-id"}
    api.get(TRACKS, params=expanded)  # whose token it is was asked before
    for limit in (2, 18):
        with statements() as seen:
            page = api.get(TRACKS, params=expanded | {"limit": limit})
        assert len(page.json()["items"]) == limit
        assert all(row["recording"]["id"] == row["recording_id"] for row in page.json()["items"])
        assert all(row["release"]["id"] == row["release_id"] for row in page.json()["items"])
        counted.append([found[0] for statement in seen if (found := CATALOGUE.findall(statement))])
    assert counted[0] == counted[1]


def test_what_a_narrowed_program_does_not_see_is_neither_listed_nor_expanded(client_of, label, api):
    a_release(label, artists=["Seen Act"], label="Seen Imprint", tracks=1)
    hidden = str(a_release(label, artists=["Hidden Act"], label="Hidden Imprint", tracks=1))
    narrow = api_of(client_of, label, imprints=["seen-imprint"])
    assert {row["imprint"]["key"] for row in walked(narrow, RELEASES, limit=50, expand="imprint")} == {"seen-imprint"}
    assert {row["artist_line"] for row in walked(narrow, TRACKS, limit=50)} == {"Seen Act"}
    assert narrow.get(f"{RELEASES}/{hidden}").status_code == 404
    assert narrow.get(f"{RELEASES}/{hidden}/tracks").status_code == 404
    assert api.get(f"{RELEASES}/{hidden}").status_code == 200


def test_a_page_that_is_known_is_not_sent_again(api, acts):
    first = api.get(ARTISTS)
    again = api.get(ARTISTS, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    api.post(ARTISTS, json={"name": "News"})
    assert api.get(ARTISTS, params={"sort": "-id"}, headers={"if-none-match": first.headers["etag"]}).status_code == 200
