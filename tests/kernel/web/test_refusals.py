"""Every answer says what a person needs and no more, with the headers that guard it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from tests.kernel.web.little import OPERATOR, SETTINGS, TROUBLES, asking, kite

ORIGIN = {"origin": "http://kite.example.test"}
PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Any]]:
    with asking() as client:
        yield client


@pytest.mark.parametrize(
    ("name", "status"), [("cancelled", 503), ("gone", 503), ("denied", 503), ("value", 400), ("bug", 500)]
)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_what_fails_inside_is_told_without_a_word_of_the_inside(
    client: TestClient[Any], name: str, status: int, accept: str
) -> None:
    assert name in TROUBLES
    answer = client.get(f"/portal/troubles/{name}", headers={"accept": accept})
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status == 503)
    for inside in ("secret", "Traceback", "SELECT", "psycopg", "litestar", OPERATOR):
        assert inside not in answer.text
    number = answer.headers["x-request-id"]
    assert number in answer.text
    assert accept != "text/html" or answer.text[answer.text.find("<h1") :].count(number) == 1, "told once"


REFUSED = {
    "unknown page": ("GET", "/portal/nothing", {}, 404),
    "unknown host": ("GET", "/", {"host": "nobody.test"}, 404),
    "wrong method": ("DELETE", "/portal/here", ORIGIN, 405),
    "unknown method": ("BREW", "/portal/here", ORIGIN, 405),
    "foreign origin": ("POST", "/portal/wishes", {"origin": "https://evil.test"}, 403),
    "no JSON": ("POST", "/portal/wishes", ORIGIN, 415),
    "traversal": ("GET", "/assets/0/..%2f..%2fsettings.py", {}, 404),
    "git": ("GET", "/.git/config", {}, 404),
    "NUL in the path": ("GET", "/portal/troubles/%00", {}, 500),
}
EVERYWHERE = [*REFUSED.values(), ("GET", "/portal/here", {}, 200), ("GET", "/", {}, 200), ("GET", "/healthz", {}, 200)]


@pytest.mark.parametrize(("method", "path", "headers", "status"), EVERYWHERE, ids=lambda part: str(part)[:40])
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_every_answer_carries_the_guarding_headers(
    client: TestClient[Any], method: str, path: str, headers: dict[str, str], status: int, accept: str
) -> None:
    answer = client.request(method, path, headers=headers | {"accept": accept})
    assert answer.status_code == status
    given = answer.headers
    assert given["x-content-type-options"] == "nosniff"
    assert given["x-frame-options"] == "DENY"
    assert given["cross-origin-opener-policy"] == given["cross-origin-resource-policy"] == "same-origin"
    assert {"referrer-policy", "permissions-policy", "x-request-id"} <= set(given)
    assert given["cache-control"] == "no-store"
    assert {"Accept", "Cookie"} <= {name.strip() for name in given["vary"].split(",")}
    assert given["server"] == "web"
    policy = given["content-security-policy"]
    assert re.search(r"script-src 'self' 'nonce-[\w-]{20,}';", policy)
    for part in (
        "default-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        assert part in policy
    assert "unsafe" not in policy
    if status >= 400:
        wanted = "text/html; charset=utf-8" if accept == "text/html" else "application/problem+json"
        assert given["content-type"] == wanted


def test_a_nonce_is_used_once(client: TestClient[Any]) -> None:
    policies = {client.get("/portal/here").headers["content-security-policy"] for _ in range(5)}
    assert len(policies) == 5


@pytest.mark.parametrize(("environment", "is_there"), [("production", True), ("development", False)])
def test_encryption_is_demanded_for_the_future_in_production_alone(environment: str, *, is_there: bool) -> None:
    import msgspec

    with asking(settings=msgspec.structs.replace(SETTINGS, boptone_env=environment)) as client:
        given = client.get("/portal/here").headers.get("strict-transport-security", "")
    assert given.startswith("max-age=63072000") == is_there
    assert "includeSubDomains" not in given  # a label's own domain has hosts that are none of ours


def test_a_problem_names_its_reason_and_the_request(client: TestClient[Any]) -> None:
    answer = client.get("/portal/nothing")
    assert answer.json() == {
        "type": "/problems/not-found",
        "title": "This could not be found.",
        "status": 404,
        "detail": "This could not be found.",
        "instance": f"urn:request:{answer.headers['x-request-id']}",
        "reason": "NotFound",
    }


def test_a_wrong_method_is_told_the_right_ones(client: TestClient[Any]) -> None:
    answer = client.delete("/portal/here", headers=ORIGIN)
    assert "GET" in answer.headers["allow"]


def test_a_person_reads_a_page_in_their_language_and_direction(client: TestClient[Any]) -> None:
    page = client.get("/portal/nothing", headers=PAGE | {"accept-language": "ar-AE, en;q=0.5"})
    assert '<html lang="ar" dir="rtl">' in page.text
    assert "Kite Records" in page.text
    english = client.get("/portal/nothing", headers=PAGE | {"accept-language": "fr"})
    assert '<html lang="en" dir="ltr">' in english.text


def test_a_labels_name_cannot_carry_a_script_into_a_page() -> None:
    with asking(kite(name="<script>alert(1)</script>")) as client:
        assert "<script>alert" not in client.get("/portal/nothing", headers=PAGE).text


def test_the_page_of_an_unknown_host_finds_its_stylesheet(client: TestClient[Any]) -> None:
    page = client.get("/", headers=PAGE | {"host": "nobody.test"})
    sheet = re.search(r'href="(/assets/[^"]+)"', page.text)
    assert sheet
    found = client.get(sheet[1], headers={"host": "nobody.test"})
    assert (found.status_code, found.headers["content-type"].partition(";")[0]) == (200, "text/css")
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "cookie" not in found.headers.get("vary", "").lower()
    for other in (
        re.sub(r"-[\w-]+\.css", "-00000000.css", sheet[1]),
        "/assets/icons.json",
        "/assets/.vite/manifest.json",
    ):
        assert client.get(other).status_code == 404


@pytest.mark.parametrize(("asked", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("identity", None)])
def test_an_asset_is_sent_as_it_was_compressed_when_built(
    client: TestClient[Any], asked: str, encoding: str | None
) -> None:
    page = client.get("/", headers=PAGE | {"host": "nobody.test"})
    sheet = re.search(r'href="(/assets/[^"]+)"', page.text)
    assert sheet
    plain = client.get(sheet[1], headers={"accept-encoding": "identity"})
    found = client.get(sheet[1], headers={"accept-encoding": asked})
    assert found.headers.get("content-encoding") == encoding
    assert found.text == plain.text
    assert found.headers["vary"] == "Accept-Encoding"
