"""The whole product on a real server, spoken to as rude clients speak."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.servers import started, stopped
from tests.services import Services

HOST = "canary.localhost"


@pytest.fixture(scope="module")
def port(services: Services, database_name: str) -> Iterator[int]:
    process, port = started(services, database_name)
    yield port
    stopped(process)


def speak(port: int, text: bytes) -> tuple[int, bytes]:
    """Send bytes as they are; the status and everything that came back."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(text)
        answer = b""
        try:
            while chunk := line.recv(65_536):
                answer += chunk
        except ConnectionResetError:
            pass
    return int(answer.split(b" ", 2)[1]), answer


def request(host: str, path: str = "/portal/sign-in", *, more: str = "", version: str = "1.1") -> bytes:
    return f"GET {path} HTTP/{version}\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n".encode()


def test_a_label_is_served_and_a_stranger_is_not(port: int) -> None:
    status, answer = speak(port, request(HOST))
    assert status == 200
    assert b"Canary Records" in answer
    status, answer = speak(port, request("stranger.localhost", more="Accept: text/html\r\n"))
    assert status == 404
    assert b"Boptone" not in answer


def test_the_server_names_no_product(port: int) -> None:
    for text in (
        request(HOST),
        request("stranger.test"),
        request(HOST, "/healthz"),
        request(HOST, "/\x00"),
        b"GARBAGE\r\n\r\n",
    ):
        _, answer = speak(port, text)
        assert b"granian" not in answer.lower()
        assert b"litestar" not in answer.lower()


def test_two_hosts_no_host_and_an_absolute_address_do_not_confuse_it(port: int) -> None:
    assert speak(port, request(HOST, more="Host: evil.test\r\n"))[0] == 400
    assert speak(port, b"GET /portal/sign-in HTTP/1.1\r\nConnection: close\r\n\r\n")[0] == 400
    status, answer = speak(port, request(HOST, "http://evil.test/portal/sign-in"))
    assert status in (200, 400, 404, 421)
    assert b"evil.test" not in answer
    status, answer = speak(port, request("evil.test", f"http://{HOST}/portal/sign-in"))
    assert b"evil.test" not in answer


def test_endless_headers_are_refused(port: int) -> None:
    assert speak(port, request(HOST, more=f"X-Long: {'a' * 40_000}\r\n"))[0] in (400, 431)
    assert speak(port, request(HOST))[0] == 200


def test_a_body_beyond_the_limit_is_413_and_not_read_to_its_end(port: int) -> None:
    text = (
        f"POST /portal/sign-in HTTP/1.1\r\nHost: {HOST}:{port}\r\nOrigin: http://{HOST}:{port}\r\nConnection: close\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 999999999999\r\n\r\nemail=a"
    )
    assert speak(port, text.encode())[0] == 413


def test_naughty_sign_ins_never_break_it(port: int) -> None:
    origin = {"origin": f"http://{HOST}:{port}", "host": f"{HOST}:{port}"}
    bodies = [
        b"email=%00&password=x", b"email=%ed%a0%80&password=%ff", b"email=a&password=b&role=owner", b"email=a", b"\xff\xfe",
        b"email=" + b"a" * 50_000 + b"&password=x", b"email[]=a&password[$ne]=", b"&" * 5_000, b"email=a&email=b&password=c",
        b"email=%0d%0aSet-Cookie:a=b&password=x&next=//evil.test",
    ]  # fmt: skip
    for body in bodies:
        answer = httpx.post(
            f"http://127.0.0.1:{port}/portal/sign-in",
            content=body,
            headers=origin | {"content-type": "application/x-www-form-urlencoded"},
        )
        assert 400 <= answer.status_code < 500, body[:40]
        assert "Traceback" not in answer.text


def test_pages_come_small_to_who_takes_them_small(port: int) -> None:
    answer = httpx.get(f"http://127.0.0.1:{port}/portal/sign-in", headers={"host": HOST, "accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    plain = httpx.get(f"http://127.0.0.1:{port}/portal/sign-in", headers={"host": HOST, "accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


def test_its_numbers_are_for_this_machine_and_not_for_who_comes_through_a_proxy(port: int) -> None:
    address = f"http://127.0.0.1:{port}/metrics"
    assert "boptone" in httpx.get(address).text
    assert httpx.get(address, headers={"x-forwarded-for": "127.0.0.1"}).status_code == 404


def test_it_is_ready_while_its_parts_are(port: int) -> None:
    assert httpx.get(f"http://127.0.0.1:{port}/readyz").json() == {"status": "ready"}


def test_it_speaks_the_second_version_of_http(port: int) -> None:
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(preface)
        assert line.recv(9)[3] == 4  # a SETTINGS frame (RFC 9113 §3.4)


def test_without_a_cache_it_lives_but_is_not_ready_and_stops_when_told(services: Services, database_name: str) -> None:
    process, port = started(services, database_name, CACHE_URL="unix:///nowhere/valkey.sock", METRICS_TOKEN="letmein")
    try:
        address = f"http://127.0.0.1:{port}"
        answer = httpx.get(f"{address}/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})
        assert answer.headers["retry-after"] == "2"
        assert httpx.get(f"{address}/healthz").status_code == 200
        assert httpx.get(f"{address}/metrics").status_code == 404
        assert httpx.get(f"{address}/metrics", headers={"authorization": "Bearer letmein"}).status_code == 200
    finally:
        assert stopped(process) == 0
