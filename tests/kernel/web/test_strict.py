"""JSON, forms and queries from outside are taken at their word or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from tests.kernel.web.little import asking

SAME = {"origin": "http://kite.example.test"}
JSON = SAME | {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Any]]:
    with asking() as client:
        yield client


NAUGHTY = {
    "unknown field": b'{"count": 1, "role": "owner"}',
    "nested unknown field": b'{"count": 1, "inner": {"count": 1, "is_admin": true}}',
    "text for a number": b'{"count": "5"}',
    "decimal for a whole number": b'{"count": 1.0}',
    "exponent": b'{"count": 1e3}',
    "truth for a number": b'{"count": true}',
    "beyond 64 bits": b'{"count": 18446744073709551616}',
    "just beyond 64 bits": b'{"count": 9223372036854775808}',
    "a number of 5,000 digits": b'{"count": ' + b"9" * 5000 + b"}",
    "not a number": b'{"count": NaN}',
    "infinity": b'{"count": 1e400}',
    "repeated field": b'{"count": 1, "count": 2}',
    "NUL": b'{"count": 1, "name": "a\\u0000b"}',
    "raw NUL": b'{"count": 1, "name": "a\x00b"}',
    "NUL in a list": b'{"count": 1, "tags": ["\\u0000"]}',
    "half a character": b'{"count": 1, "name": "\\ud800"}',
    "half a character in a list": b'{"count": 1, "tags": ["\\udfff"]}',
    "not UTF-8": b'{"count": 1, "name": "\xff\xfe"}',
    "byte order mark": b'\xef\xbb\xbf{"count": 1}',
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "missing field": b"{}",
    "cut off": b'{"count": 1',
    "two documents": b'{"count": 1}{"count": 1}',
    "65 levels": b'{"count": 1, "tags": ' + b"[" * 65 + b"]" * 65 + b"}",
    "40,000 levels": b"[" * 40_000,
    "unclosed text full of escapes": b'"' + b'\\"' * 40_000,
}


@pytest.mark.parametrize("body", NAUGHTY.values(), ids=NAUGHTY.keys())
def test_naughty_json_is_refused_with_a_problem_and_nothing_of_what_was_sent(
    client: TestClient[Any], body: bytes
) -> None:
    answer = client.post("/portal/wishes", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "instance", "reason"} <= set(problem)
    assert problem["status"] == answer.status_code
    assert problem["instance"] == f"urn:request:{answer.headers['x-request-id']}"


def test_good_json_is_taken(client: TestClient[Any]) -> None:
    answer = client.post(
        "/portal/wishes", content=b'{"count": -0, "name": "\xe2\x99\xab", "tags": ["a"]}', headers=JSON
    )
    assert (answer.status_code, answer.json()) == (201, {"count": 0})


def test_the_field_that_cannot_be_used_is_named_in_the_readers_language(client: TestClient[Any]) -> None:
    answer = client.post("/portal/wishes", content=NAUGHTY["nested unknown field"], headers=JSON)
    assert list(answer.json()["fields"]) == ["inner.is_admin"]
    answer = client.post(
        "/portal/wishes", content=NAUGHTY["text for a number"], headers=JSON | {"accept-language": "de"}
    )
    assert answer.json()["fields"] == {"count": "Dieser Wert kann hier nicht verwendet werden."}
    assert answer.headers["content-language"] == "de"


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "a/b/c"]
)
def test_a_body_that_is_not_declared_as_json_is_415(client: TestClient[Any], kind: str | None) -> None:
    headers = SAME if kind is None else SAME | {"content-type": kind}
    assert client.post("/portal/wishes", content=b'{"count": 1}', headers=headers).status_code == 415


def test_a_body_that_is_too_large_is_413(client: TestClient[Any]) -> None:
    answer = client.post("/portal/wishes", content=b" " * 100_001, headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (413, "TooLarge")


@pytest.mark.parametrize("body", [b"name=a&role=owner", b"role=owner", b"", b"name=a&name=b&x=%00"])
def test_a_form_with_fields_that_were_not_offered_is_refused(client: TestClient[Any], body: bytes) -> None:
    headers = SAME | {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/portal/forms", content=body, headers=headers).status_code == 400


@pytest.mark.parametrize("query", ["?role=owner", "?limit=1&limit=2", "?after=%00", "?LIMIT=1", "?limit=1&x="])
def test_a_question_that_is_not_known_is_refused(client: TestClient[Any], query: str) -> None:
    assert client.get(f"/portal/list{query}").status_code == 400


def test_a_known_question_is_understood(client: TestClient[Any]) -> None:
    assert client.get("/portal/list?limit=5&after=x").json() == {"limit": "5", "after": "x"}
