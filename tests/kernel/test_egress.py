"""Asking addresses that somebody else chose: nothing of ours is ever asked, and nothing is learned by asking."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest

from app.kernel import egress
from app.kernel.egress.addresses import check, is_public
from app.settings import Settings, SettingsError, load
from tests.receiver import Receiver, listening

NAMED = "hooks.example.com"


@pytest.fixture
def listener() -> Iterator[tuple[int, list[int]]]:
    """Somebody on this machine who counts who calls."""
    calls: list[int] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.05)
        over = threading.Event()

        def count() -> None:
            while not over.is_set():
                try:
                    server.accept()[0].close()
                    calls.append(1)
                except TimeoutError:
                    pass

        counting = threading.Thread(target=count)
        counting.start()
        yield server.getsockname()[1], calls
        over.set()
        counting.join()


OURS = [
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.192", "192.88.99.1", "198.18.0.1",
    "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:7f00:1",
    "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::",
    "2001::1", "2001:db8::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "ff02::1", "3fff::1",
    "100::1", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", OURS)
def test_a_name_that_leads_to_a_place_that_is_not_public_is_not_called(
    connected: Settings, listener: tuple[int, list[int]], address: str
) -> None:
    assert not is_public(address)
    with pytest.raises(egress.NoAnswer):
        egress.fetch("POST", f"https://{NAMED}/", body=b"{}", resolve=lambda _: [address])
    with pytest.raises(egress.NoAnswer):
        egress.fetch("GET", f"https://{NAMED}/", resolve=lambda _: ["93.184.216.34", address])
    assert listener[1] == []


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001::8a"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


REFUSED = [
    "http://hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/passwd", "gopher://hooks.example.com/",
    "javascript:alert(1)", "//hooks.example.com/", "https:hooks.example.com", "https:///x", "", "https://",
    "https://a@127.0.0.1/", "https://a:b@hooks.example.com/", "https://hooks.example.com@127.0.0.1/",
    "https://hooks.example.com:25/", "https://hooks.example.com:5432/", "https://hooks.example.com:6379/",
    "https://hooks.example.com:80/", "https://hooks.example.com:0/", "https://hooks.example.com:99999/",
    "https://hooks.example.com:https/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0177.0.0.1/", "https://0x7f.1/", "https://1.2.3.0x4/", "https://hooks.example.com/\r\nHost: x",
    "https://hooks.example.com/\nX", "https://hooks.example.com/\tx", "https://hooks.example.com/a b",
    "https://hooks.example.com\\@127.0.0.1/", "https://hooks.example.com/#x", "https://hooks%2eexample.com/",
    "https://hooks.example.com/\x00", "https://hooks.example.com/é", "https://-a.example/", "https://[::1",
    "https://a..b/", "https://exa mple.com/", "\thttps://hooks.example.com/", "https://hooks.example.com/" + "a" * 2_000,
    "https://[fe80::1%25eth0]/", "https://①②⑦.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_no_address_of_the_world_is_refused_for_its_form(connected: Settings, url: str) -> None:
    looked = []
    with pytest.raises(egress.AddressRefused):
        egress.fetch("GET", url, resolve=lambda name: looked.append(name) or ["127.0.0.1"])
    assert looked == []


LITERAL = [
    "https://127.0.0.1/", "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://[::1]/", "https://[::ffff:7f00:1]/",
    "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/", "https://[fd00::1]/", "https://0.0.0.0/", "https://[::]/",
    "https://127.0.0.1./",
]  # fmt: skip


@pytest.mark.parametrize("url", LITERAL)
def test_addresses_in_numbers_are_checked_as_numbers(
    connected: Settings, listener: tuple[int, list[int]], url: str
) -> None:
    with pytest.raises((egress.AddressRefused, egress.NoAnswer)):
        egress.get(url)
    assert listener[1] == []


def test_a_name_is_looked_up_once_and_what_was_checked_is_what_is_called(
    connected: Settings, listener: tuple[int, list[int]]
) -> None:
    answers = iter([["127.0.0.1"], ["93.184.216.34"]])
    with pytest.raises(egress.NoAnswer):
        egress.fetch("GET", f"https://{NAMED}/", resolve=lambda _: next(answers))
    assert next(answers) == ["93.184.216.34"]  # the second was never asked for
    assert listener[1] == []


def test_names_are_asked_in_one_spelling() -> None:
    assert check("https://Hooks.Example.COM./a?b=c").host == NAMED
    assert check("https://bücher.example/").host == "xn--bcher-kva.example"
    there = check("https://hooks.example.com:8443/a?b=%20c")
    assert (there.port, there.target, there.host_header) == (8443, "/a?b=%20c", "hooks.example.com:8443")


def test_an_open_port_a_closed_one_and_a_silent_one_are_told_in_the_same_words(
    connected: Settings, listener: tuple[int, list[int]]
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as closed:
        port = closed.getsockname()[1]
    said = set()
    for address in (
        f"http://outside.test:{listener[0]}/",  # hangs up
        f"http://outside.test:{port}/",  # nobody there
        f"https://outside.test:{listener[0]}/",  # speaks no TLS
        "https://nobody.invalid/",
        "https://127.0.0.1/",
    ):
        with pytest.raises(egress.NoAnswer) as told:
            egress.fetch("GET", address, resolve=lambda _: [], seconds=2)
        said.add(str(told.value))
    assert len(said) == 1


def test_only_names_that_the_machine_was_given_lead_to_it(connected: Settings) -> None:
    with listening() as receiver:
        assert egress.post(f"http://outside.test:{receiver.port}/in", b"x").status == 200
        for url in (f"http://127.0.0.1:{receiver.port}/", f"http://localhost:{receiver.port}/"):
            with pytest.raises(egress.AddressRefused):
                egress.get(url)
        assert len(receiver.requests) == 1
        assert receiver.requests[0].headers["host"] == f"outside.test:{receiver.port}"


def test_production_knows_no_such_names() -> None:
    with pytest.raises(SettingsError, match="EGRESS_LOCAL_HOSTS"):
        load(
            {
                "BOPTONE_ENV": "production",
                "SECRET_KEY": "s" * 40,
                "BASE_DOMAIN": "labels.example",
                "DATABASE_URL": "postgresql://a@b/c",
                "BROKER_URL": "redis://b",
                "CACHE_URL": "redis://b",
                "STORAGE_URL": "s3://b",
                "SMTP_URL": "smtp://b",
                "EGRESS_LOCAL_HOSTS": "outside.test",
            }
        )


def test_a_redirect_is_an_answer_and_is_not_followed(connected: Settings) -> None:
    with listening() as there, listening() as onward:
        there.answers = [(302, {"Location": f"http://elsewhere.test:{onward.port}/"}, b"")]
        answer = egress.get(there.url())
    assert (answer.status, answer.is_success, onward.requests) == (302, False, [])


def test_so_much_is_read_and_no_more(connected: Settings) -> None:
    with listening() as there:
        there.answers = [(200, {}, b"a" * 70_000), (200, {}, b"b" * 100)]
        much, little = egress.get(there.url()), egress.get(there.url(), most_bytes=100)
    assert (len(much.body), much.is_whole) == (egress.MOST_BYTES, False)
    assert (little.body, little.is_whole) == (b"b" * 100, True)


def test_nothing_is_unpacked(connected: Settings) -> None:
    packed = gzip.compress(b"0" * 5_000_000)
    with listening() as there:
        there.answers = [(200, {"Content-Encoding": "gzip"}, packed)]
        answer = egress.get(there.url())
        assert there.requests[0].headers["accept-encoding"] == "identity"
    assert answer.body == packed


def _says(*words: bytes, pause: float = 0.0) -> Callable[[socket.socket], None]:
    def speak(line: socket.socket) -> None:
        line.recv(65_536)
        for word in words:
            line.sendall(word)
            time.sleep(pause)

    return speak


@pytest.fixture
def speaker() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Somebody who says what no server should."""
    servers = []

    def start(speak: Callable[[socket.socket], None]) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def serve() -> None:
            line, _ = server.accept()
            with line:
                with suppress(OSError):
                    speak(line)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://outside.test:{server.getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "words",
    [
        [HEAD + b"\r\n", *[b"x"] * 200],
        [HEAD + b"Content-Length: 9999999999\r\n\r\n", *[b"x"] * 200],
        [HEAD, *[b"X-Slow: 1\r\n"] * 90],
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 200,
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 200],
    ],
    ids=["without an end", "never all", "headers", "continue", "chunks"],
)
def test_who_speaks_slowly_is_cut_off_at_the_deadline(
    connected: Settings, speaker: Callable[..., str], words: list[bytes]
) -> None:
    url = speaker(_says(*words, pause=0.05))
    began = time.monotonic()
    with pytest.raises(egress.NoAnswer):
        egress.get(url, seconds=0.6)
    assert time.monotonic() - began < 4  # they would speak for ten


@pytest.mark.parametrize(
    "word",
    [
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"",
        HEAD + b"X: 1\r\n" * 200 + b"\r\n",
        HEAD + b"X: " + b"1" * 70_000 + b"\r\n\r\n",
        HEAD + b"Content-Length: 50\r\n\r\nshort",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_answer_is_none(connected: Settings, speaker: Callable[..., str], word: bytes) -> None:
    with pytest.raises(egress.NoAnswer):
        egress.get(speaker(_says(word)), seconds=5)


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\0b"])
def test_a_header_with_a_line_in_it_is_not_sent(connected: Settings, value: str) -> None:
    with listening() as there:
        with pytest.raises(egress.NoAnswer):
            egress.get(there.url(), headers={"X-Value": value})
        assert there.requests == []


def test_proxies_of_the_environment_are_not_asked(connected: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as there, listening() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert egress.get(there.url()).status == 200
        assert (len(there.requests), proxy.requests) == (1, [])


def test_a_certificate_counts_for_the_name_that_was_asked(
    connected: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from app.kernel.egress import talk
    from tests.receiver import certificate_of

    file = certificate_of("outside.test", tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    talk._trust.cache_clear()
    try:
        with listening(context) as there:
            assert egress.get(f"https://outside.test:{there.port}/").status == 200
            with pytest.raises(egress.NoAnswer):
                egress.get(f"https://elsewhere.test:{there.port}/")
            monkeypatch.delenv("SSL_CERT_FILE")
            talk._trust.cache_clear()
            with pytest.raises(egress.NoAnswer):
                egress.get(f"https://outside.test:{there.port}/")
            assert len(there.requests) == 1
    finally:
        talk._trust.cache_clear()


def test_a_receiver_of_the_tests_listens_on_this_machine_alone() -> None:
    with listening() as there:
        assert isinstance(there, Receiver)
        assert there.address == "127.0.0.1"
