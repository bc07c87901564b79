"""The gate decides whose host it is, and nothing passes that should not."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from litestar.exceptions import WebSocketDisconnect

from app.kernel import ids
from app.kernel.tenant import TenantState
from tests.kernel.web.little import (
    KITE,
    LIMITED,
    OPERATOR,
    SETTINGS,
    Route,
    arrived,
    asking,
    kite,
    little_app,
    waiting,
)

HOME = "kite.example.test"
ORIGIN = f"http://{HOME}"


def ask(
    *headers: tuple[bytes, bytes],
    path: str = "/portal/here",
    method: str = "GET",
    peer: str = "10.1.1.1",
    **options: Any,
) -> tuple[int, dict[str, str], bytes]:
    """Speak ASGI to the gate as a server would, headers untouched."""
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "http",
        "headers": list(headers), "client": (peer, 1), "server": ("127.0.0.1", 80), "http_version": "1.1",
    }  # fmt: skip
    asyncio.run(little_app(kite(), **options)(scope, receive, send))
    answered = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return messages[0]["status"], answered, b"".join(message.get("body", b"") for message in messages[1:])


@pytest.mark.parametrize(
    "host", [HOME, "KITE.Example.TEST", f"{HOME}.", f"{HOME}:8000", f"{HOME}:80", f"{HOME.upper()}.:1"]
)
def test_every_spelling_of_a_host_leads_to_its_label(host: str) -> None:
    status, _, body = ask((b"host", host.encode()))
    assert (status, msgspec.json.decode(body)["host"]) == (200, HOME)


HOSTILE = [
    b"", b"evil.test", b"kite.example.test.evil.test", b"evil.test:80:80", b"kite.example.test@evil.test", b"[::1]",
    b"127.0.0.1", b"..", b".kite.example.test", b"kite..example.test", b"kite.example.test/portal", b"kite.example.test#",
    b"kite.example.test,evil.test", b" kite.example.test evil", b"\xff\xfe", b"a" * 5_000, b"xn--", b"xn--a", b"-kite.test",
    b"kite.example.test:99999999", b"kite.example.test\t", b"k\xc3\xaete.example.test", b"<script>", b"${jndi:ldap://x}",
    b"kite.example.test%00", b"example.test", b"admin.example.test.", b"*",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTILE, ids=repr)
@pytest.mark.parametrize("accept", [b"text/html", b"application/json"])
def test_a_hostile_host_gets_a_neutral_answer_without_any_name(host: bytes, accept: bytes) -> None:
    status, headers, body = ask((b"host", host), (b"accept", accept))
    assert status in (400, 404)
    assert b"Kite" not in body
    assert headers["cache-control"] == "no-store"
    if not host.startswith(b"admin."):
        assert OPERATOR.encode() not in body
    assert host not in body or len(host) < 4


def test_a_host_that_is_sent_twice_or_not_at_all_is_refused() -> None:
    assert ask((b"host", HOME.encode()), (b"host", b"evil.test"))[0] == 400
    assert ask()[0] == 400


def test_forwarded_headers_of_a_stranger_change_nothing() -> None:
    told = [(b"host", HOME.encode()), (b"x-forwarded-host", b"evil.test"), (b"x-forwarded-proto", b"https"),
            (b"x-forwarded-for", b"9.9.9.9"), (b"x-request-id", b"mine-12345")]  # fmt: skip
    status, headers, body = ask(*told)
    assert status == 200
    assert msgspec.json.decode(body) == {"host": HOME, "origin": ORIGIN, "client": "10.1.1.1", "language": "en"}
    assert headers["x-request-id"] != "mine-12345"


def test_forwarded_headers_of_our_own_proxy_count() -> None:
    settings = msgspec.structs.replace(SETTINGS, trusted_proxies=["10.0.0.0/8"])
    told = [(b"host", b"inside"), (b"x-forwarded-host", HOME.encode()), (b"x-forwarded-proto", b"https"),
            (b"x-forwarded-for", b"1.1.1.1, 9.9.9.9"), (b"x-request-id", b"mine-12345")]  # fmt: skip
    _, headers, body = ask(*told, settings=settings)
    assert msgspec.json.decode(body) == {
        "host": HOME,
        "origin": f"https://{HOME}",
        "client": "9.9.9.9",
        "language": "en",
    }
    assert headers["x-request-id"] == "mine-12345"
    forged = [(b"host", HOME.encode()), (b"x-request-id", b"a\nb"), (b"x-forwarded-proto", b"javascript")]
    _, headers, body = ask(*forged, settings=settings)
    assert msgspec.json.decode(body)["origin"] == ORIGIN
    assert len(headers["x-request-id"]) == 24


def test_headers_beyond_all_measure_are_refused() -> None:
    assert ask((b"host", HOME.encode()), (b"x-long", b"a" * 1_000_000))[0] == 400


def test_the_operators_pages_live_on_the_operators_host_alone() -> None:
    assert ask((b"host", b"admin.example.test"), path="/admin")[0] == 200
    assert ask((b"host", b"admin.example.test"))[0] == 404
    assert ask((b"host", HOME.encode()), path="/admin")[0] == 404
    assert ask((b"host", HOME.encode()), path="/administration")[0] == 404


def test_a_host_bound_to_one_surface_shows_no_other() -> None:
    assert ask((b"host", b"artists.kite.test"))[0] == 404


def test_a_known_host_is_found_without_asking_anybody_and_life_signs_ask_nobody() -> None:
    directory = kite()
    with asking(directory) as client:
        client.get("/portal/here")
        client.get("/healthz", headers={"host": "nobody.test"})
        assert directory.asked == []
        client.get("/portal/here", headers={"host": "nobody.test"})
        assert directory.asked == ["nobody.test"]


@pytest.mark.parametrize("host", ["nobody.test", "127.0.0.1:8000", "", HOME, "admin.example.test"])
def test_the_process_says_that_it_lives_on_any_host(host: str) -> None:
    status, headers, body = ask((b"host", host.encode()), path="/healthz")
    assert (status, body) == (200, b'{"status":"ok"}')
    assert "content-security-policy" in headers


class TestForgedRequests:
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.test"}, {"origin": "null"}, {"origin": f"https://{HOME}"}, {"origin": f"{ORIGIN}:81"},
            {"origin": f"{ORIGIN}.evil.test"}, {"origin": f"http://evil@{HOME}"}, {"origin": f"{ORIGIN}/"}, {"origin": ""},
            {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"}, {},
            {"origin": "https://evil.test", "sec-fetch-site": "same-origin"}, {"referer": f"{ORIGIN}/portal"},
            {"origin": "http://rival.example.test"}, {"x-http-method-override": "GET"},
        ],
        ids=repr,
    )  # fmt: skip
    def test_an_unsafe_request_from_elsewhere_is_refused(self, headers: dict[str, str]) -> None:
        with asking() as client:
            answer = client.post("/portal/wishes", json={"count": 1}, headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (403, "ForeignOrigin")
        assert "access-control-allow-origin" not in answer.headers

    @pytest.mark.parametrize(
        "headers",
        [{"origin": ORIGIN}, {"origin": ORIGIN.upper()}, {"origin": f"{ORIGIN}:80"}, {"sec-fetch-site": "same-origin"}],
    )
    def test_an_unsafe_request_from_our_own_page_passes(self, headers: dict[str, str]) -> None:
        with asking() as client:
            assert client.post("/portal/wishes", json={"count": 1}, headers=headers).status_code == 201


class TestStates:
    def test_a_label_that_is_moving_may_be_read_and_says_when_to_write_again(self) -> None:
        with asking(kite(state=TenantState.MOVING)) as client:
            assert client.get("/portal/here").status_code == 200
            answer = client.post("/portal/wishes", json={"count": 1}, headers={"origin": ORIGIN})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")

    @pytest.mark.parametrize("state", [TenantState.SUSPENDED, TenantState.CLOSING])
    def test_the_shop_of_a_label_that_is_suspended_or_leaving_is_closed_and_its_portal_is_not(
        self, state: TenantState
    ) -> None:
        with asking(kite(state=state)) as client:
            closed = client.get("/", headers={"accept": "text/html"})
            assert (closed.status_code, closed.headers["retry-after"]) == (503, "3600")
            assert client.get("/portal/here").status_code == 200


class TestLimits:
    def test_a_label_at_its_limit_is_told_to_come_back_and_its_neighbour_is_not(self) -> None:
        directory = kite(limits=LIMITED)
        directory.routes["neighbour.test"] = Route(replace(KITE, id=ids.new_tenant_id()), None, "neighbour.test")
        with asking(directory) as client, ThreadPoolExecutor() as pool:
            first = pool.submit(client.get, "/portal/slow")
            assert arrived.acquire(timeout=5)
            refused = client.get("/portal/here")
            elsewhere = client.get("/portal/here", headers={"host": "neighbour.test"})
            waiting.release()
            assert first.result().status_code == 200
            again = client.get("/portal/here")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert (elsewhere.status_code, again.status_code) == (200, 200)

    def test_a_request_that_takes_too_long_is_given_up(self) -> None:
        with asking(first_byte_seconds=0.1) as client:
            answer = client.get("/portal/slow")
            waiting.release()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_head_is_answered_as_get_without_the_content() -> None:
    with asking() as client:
        got, head = client.get("/portal/here"), client.head("/portal/here")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_a_websocket_is_turned_away() -> None:
    with asking() as client, pytest.raises(WebSocketDisconnect), client.websocket_connect("/portal/here"):
        pass
