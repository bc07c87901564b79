"""Changes: only what is sent, decided on what is there, and strictly what was offered."""

from __future__ import annotations

import json

import pytest

from app.api.models import ApiClient
from app.kernel import db
from tests.factories.api import api_of
from tests.factories.catalog import a_release
from tests.factories.labels import a_label

ARTISTS = "/api/v1/artists"
MERGE = "application/merge-patch+json"


@pytest.fixture
def act(api):
    made = api.post(ARTISTS, json={"name": "Mira Sol"})
    return made.headers["location"], made.headers["etag"], made.json()


def test_only_what_is_sent_becomes_otherwise_and_null_takes_away(api, act):
    address, etag, was = act
    set_first = {
        "names": {"ja": "ミラ", "ar": "ميرا"},
        "isni": "0000 0001 2103 2683",
        "links": ["https://mira.example"],
    }
    changed = api.patch(address, json=set_first, headers={"if-match": etag})
    assert changed.status_code == 200, changed.text
    now = changed.json()
    assert now["isni"] == "0000000121032683"
    assert now["names"] == {"ja": "ミラ", "ar": "ميرا"}
    assert {**now, "names": {}, "isni": None, "links": [], "updated_at": was["updated_at"]} == was
    body = json.dumps({"names": {"ar": None}, "isni": None}).encode()
    again = api.patch(
        address, content=body, headers={"content-type": MERGE, "if-match": changed.headers["etag"]}
    ).json()
    assert (again["names"], again["isni"], again["links"]) == ({"ja": "ミラ"}, None, ["https://mira.example"])


def test_a_change_says_what_it_was_decided_on(api, act):
    address, etag, _ = act
    missing = api.patch(address, json={"kind": "band"})
    assert (missing.status_code, missing.json()["reason"]) == (428, "ConditionMissing")
    assert api.patch(address, json={"kind": "band"}, headers={"if-match": etag}).status_code == 200
    late = api.patch(address, json={"kind": "solo"}, headers={"if-match": etag})
    assert (late.status_code, late.json()["reason"]) == (412, "Changed")
    assert api.get(address).json()["kind"] == "band"
    assert api.patch(address, json={"kind": "solo"}, headers={"if-match": "*"}).status_code == 200


def test_what_is_known_is_not_sent_again(api, act):
    address, etag, _ = act
    assert api.get(address, headers={"if-none-match": etag}).status_code == 304
    assert api.get(address, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_kind_is_not_taken(api, act, kind):
    body = {"content": b'{"kind": "band"}', "headers": {"content-type": kind, "if-match": "*"}}
    assert api.patch(act[0], **body).status_code == 415
    assert api.post(ARTISTS, content=b'{"name": "X"}', headers={"content-type": kind}).status_code == 415
    assert api.post(ARTISTS, content=b'{"name": "X"}', headers={"content-type": MERGE}).status_code == 415


@pytest.mark.parametrize(
    "field", ["id", "key", "version", "party_id", "tenant_id", "batch_id", "status_at", "is_admin", "created_at"]
)
def test_nobody_sets_what_was_not_offered(api, act, field):
    address, _, was = act
    refused = api.patch(address, json={field: "x"}, headers={"if-match": "*"})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": f"/{field}", "message": "There is no such field here."}]
    assert api.post(ARTISTS, json={"name": "X", field: "x"}).status_code == 422
    assert api.get(address).json() == was


def test_scopes_do_not_come_in_by_a_body(client_of, label):
    reader = api_of(client_of, label, scopes="catalog:read")
    refused = reader.post(ARTISTS, json={"name": "X", "scopes": ["catalog:write"]})
    assert (refused.status_code, refused.json()["reason"]) == (403, "ScopeMissing")
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    with db.tenant_read(label) as session:
        assert session.query(ApiClient).order_by(ApiClient.id.desc()).first().scopes == ["catalog:read"]


DEEP = b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"name": "A", "name": "B"}', 400), (DEEP, 400), (b'{"name": "A\\u0000"}', 400), (b'{"name": "\\ud800"}', 400),
        (b'{"name": NaN}', 400), (b'{"name": 5}', 422), (b'{"name": true}', 422), (b'{"name": null}', 422),
        (b"[]", 400), (b"null", 400), (b'"x"', 400), (b"", 400), (b"{", 400), (b"\xff\xfe", 400),
        (b'{"name": 18446744073709551616}', 400), (b'{"name": "' + b"x" * 201 + b'"}', 422),
        (b'{"name": "' + b"x" * 10_000_000 + b'"}', 413), (b'{"name": "' + b"x" * 1_000_001 + b'"}', 413),
    ],
    ids=range(18),
)  # fmt: skip
def test_a_body_is_taken_at_its_word_or_not_at_all(api, body, status):
    answer = api.post(ARTISTS, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"


def test_numbers_are_not_texts_and_texts_no_numbers(api, label):
    address = f"/api/v1/releases/{a_release(label)}"
    for wrong in ("2026", 2026.0, 2026.5, True, [2026]):
        assert api.patch(address, json={"p_year": wrong}, headers={"if-match": "*"}).status_code == 422, wrong
    assert api.patch(address, json={"p_year": 2026}, headers={"if-match": "*"}).json()["p_year"] == 2026


def test_a_problem_speaks_the_readers_language_and_keeps_its_type(client_of, product):
    speaking = a_label(languages=["en", "de"])
    product._directory.by_host(f"{speaking.slug}.localhost")
    api = api_of(client_of, speaking)
    english = api.get(f"{ARTISTS}/nobody")
    german = api.get(f"{ARTISTS}/nobody", headers={"accept-language": "de"})
    assert english.json()["type"] == german.json()["type"] == "/problems/artist-unknown"
    assert english.json()["title"] != german.json()["title"]
    assert german.headers["content-language"] == "de"
    assert english.json()["instance"] == f"urn:request:{english.headers['x-request-id']}"


def test_a_place_inside_is_named_by_a_pointer(api, label):
    address = f"/api/v1/releases/{a_release(label)}"
    refused = api.patch(
        address, json={"artists": [{"name": "A"}, {"name": "B", "role": "singer"}]}, headers={"if-match": "*"}
    )
    assert [error["field"] for error in refused.json()["errors"]] == ["/artists/1/role"]


def test_an_answer_says_its_version_and_what_is_left(api):
    answer = api.get(ARTISTS)
    assert answer.headers["api-version"] == "2026-11-01"
    assert answer.headers["ratelimit-policy"] == '"client";q=6000;w=60, "label";q=12000;w=60'
    assert answer.headers["ratelimit"].startswith('"client";r=')
    assert "boptone" not in str(answer.headers).lower()
    assert api.get(ARTISTS, headers={"api-version": "2026-11-01"}).status_code == 200
    assert api.get(ARTISTS, headers={"api-version": "2019-01-01"}).status_code == 400


def test_a_track_of_a_new_release_needs_a_whole_code(api):
    imprint = api.post("/api/v1/imprints", json={"name": "Codes"}).json()["id"]
    body = {
        "title": "Codes",
        "imprint_id": imprint,
        "artists": [{"name": "A"}],
        "tracks": [{"title": "1", "isrc": "x"}],
    }
    refused = api.post("/api/v1/releases", json=body)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["/tracks/0/isrc"]
