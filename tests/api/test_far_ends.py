"""What is sent to addresses that others chose reaches nobody but them: webhooks, and what sign-in services say of themselves.

Names that lead elsewhere the second time, who drips, who sends on, who says too much.
"""

from __future__ import annotations

import gzip
import socket
import threading
import time
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

from app.api.service import posting
from app.kernel import clock, egress
from app.sso.errors import ServiceAway
from app.sso.gateways import provider
from tests.factories.webhooks import a_hook, it_happens
from tests.receiver import listening
from tests.resolver import resolving

HERE, OUT = "127.77.0.9", "93.184.216.34"
NAME = "rebound.example"


@pytest.fixture
def ours():
    """A service of ours that listens on 8443 of this machine, and who called it."""
    called, over = [], threading.Event()
    with closing(socket.create_server((HERE, 8443))) as server:
        server.settimeout(0.05)

        def serve():
            while not over.is_set():
                try:
                    server.accept()[0].close()
                    called.append(1)
                except TimeoutError:
                    pass

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield called
        over.set()
        serving.join()


@pytest.fixture
def lines(monkeypatch):
    """Where connections went; the world outside this machine is not there."""
    gone, real = [], socket.create_connection

    def connect(address, *args, **kwargs):
        if address[1] in (443, 8443):
            gone.append(address[0])
            if address[0] == OUT:
                raise ConnectionRefusedError
        return real(address, *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", connect)
    return gone


def test_a_name_that_leads_to_us_the_second_time_is_not_called_the_second_time(label, ours, lines, monkeypatch):
    with resolving(monkeypatch, [OUT], [HERE]) as resolver:
        hook = a_hook(label, f"https://{NAME}:8443/in")
        it_happens(label)
        assert hook.deliver() == 1
        later = max(hook.deliveries()[0].due_at, hook.row.rest_until or clock.now())
        with clock.frozen_at(later + timedelta(seconds=1)):
            assert hook.deliver() == 1
    assert resolver.asked == [NAME, NAME]  # anew for each try, and once in it
    assert lines == [OUT]
    assert ours == []
    assert [row.problem for row in hook.attempts()] == ["no_answer", "no_answer"]  # which of the two is not told


@pytest.mark.parametrize("answers", [[HERE], [OUT, HERE], ["169.254.169.254"], ["10.0.0.1", OUT]])
def test_a_name_with_one_address_of_ours_among_others_is_not_called_at_all(label, ours, lines, monkeypatch, answers):
    with resolving(monkeypatch, answers):
        hook = a_hook(label, f"https://{NAME}:8443/in")
        it_happens(label)
        hook.deliver()
        for ask in (provider.saml_metadata, lambda url: provider.describe(label, url)):
            with pytest.raises(ServiceAway):
                ask(f"https://{NAME}:8443/metadata")
    assert (lines, ours) == ([], [])


def test_what_a_sign_in_service_says_of_itself_is_not_read_from_us_the_second_time(label, ours, lines, monkeypatch):
    with resolving(monkeypatch, [OUT], [HERE]) as resolver:
        for _ in range(2):
            with pytest.raises(ServiceAway):
                provider.saml_metadata(f"https://{NAME}:8443/metadata")
    assert (len(resolver.asked), lines, ours) == (2, [OUT], [])


@contextmanager
def dripping():
    """Somebody who begins an answer and goes on with one byte a second, for ever."""
    over = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def drip(line):
            with line:
                try:
                    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                    while not over.wait(1):
                        line.sendall(b"x")
                except OSError:
                    cut.set()

        def serve():
            while True:
                try:
                    line = server.accept()[0]
                except OSError:
                    return
                threading.Thread(target=drip, args=(line,), daemon=True).start()

        cut = threading.Event()
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://outside.test:{server.getsockname()[1]}/", cut
        over.set()


@pytest.mark.slow
def test_who_drips_is_cut_off_and_keeps_no_other_waiting(label, there):
    with dripping() as (url, cut):
        slow, quick = a_hook(label, url), a_hook(label, there.url())
        it_happens(label)
        slow.feed()
        assert posting.start(label, slow.id) == 1
        assert posting.lane(label, quick.id) == 1
        there.wait_for(1)
        assert not cut.is_set()  # the other one is still at it, in a lane of its own
        assert cut.wait(egress.SECONDS + 30)
        until = time.monotonic() + 30
        while not slow.attempts() and time.monotonic() < until:
            time.sleep(0.05)
        assert [row.problem for row in slow.attempts()] == ["no_answer"]
        with pytest.raises(ServiceAway):
            provider.saml_metadata(url)


BOMB = gzip.compress(b"<a>" * 20_000_000)


@pytest.mark.parametrize(
    "answer",
    [
        (302, {"Location": "http://127.0.0.1:{port}/"}, b""),
        (307, {"Location": "http://outside.test:{port}/"}, b""),
        (200, {}, b" " * 3_000_000),
        (200, {"Content-Encoding": "gzip", "Content-Length": str(10**12)}, b"x" * 100_000),
    ],
    ids=["on to loopback", "on to another port", "too much", "a length that is none"],
)
def test_who_sends_on_or_says_too_much_is_told_nothing_more(label, answer):
    with listening() as there, listening() as onward:
        status, headers, body = answer
        said = {name: value.format(port=onward.port) for name, value in headers.items()}
        there.usual = (status, said, body)
        hook = a_hook(label, there.url())
        it_happens(label)
        hook.deliver()
        for ask in (provider.saml_metadata, lambda url: provider.describe(label, url)):
            with pytest.raises(ServiceAway):
                ask(there.url("/metadata"))
        kept = [len(row.response_body) for row in hook.attempts()]
    assert onward.requests == []
    assert max(kept) <= egress.MOST_BYTES


def test_what_is_packed_a_thousandfold_stays_packed(label):
    with listening() as there:
        there.usual = (200, {"Content-Encoding": "gzip"}, BOMB)
        assert len(BOMB) < 200_000
        hook = a_hook(label, there.url())
        it_happens(label)
        hook.deliver()
        assert [row.state for row in hook.deliveries()] == ["delivered"]
        try:
            said = provider.saml_metadata(there.url("/metadata"))
        except ServiceAway:
            said = b""
        assert len(said) <= len(BOMB)
