"""One question to an address that somebody else chose, and at most so much of an answer.

The name is looked up once, every address it has must be public, and the connection goes to the address that was
checked. No proxy of the environment, no redirect, nothing unpacked. Whatever goes wrong on the way is one and the same
sentence, so that nobody can learn of our network from it.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

import dns.exception
import dns.resolver

from app.kernel import observe
from app.kernel.db import current
from app.kernel.egress.addresses import Destination, check, is_public
from app.kernel.errors import Conflict

SECONDS: Final = 15.0
"""All of a conversation takes this long at most: looking up, connecting, asking, and hearing the end."""
MOST_BYTES: Final = 64 * 1024
LOOKUP_SECONDS: Final = 5.0
CONNECT_SECONDS: Final = 5.0
MOST_ADDRESSES: Final = 4

Method = Literal["GET", "POST"]
Resolve = Callable[[str], list[str]]
"""Every address of a name, IPv4 and IPv6; none, or an OSError, where it has none."""

_PLAIN = re.compile(r"[ -~]*")

log = observe.log("egress")


class NoAnswer(Conflict):
    """Nothing came of it, or not in time, or the address is one that we do not ask: it is not told which."""

    message = "No answer came from this address: it cannot be reached, shows no valid certificate, or takes too long."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers are lower case. `is_whole` is false where there was more than was asked for."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = True
    seconds: float = 0.0

    @property
    def is_success(self) -> bool:
        """Whether it was what was hoped for."""
        return 200 <= self.status < 300


def check_form(url: str) -> None:
    """Refuse an address that would never be asked, for its form alone; where it leads is seen when it is asked."""
    check(url, current().settings.egress_local_hosts)


def get(
    url: str, *, headers: Mapping[str, str] | None = None, most_bytes: int = MOST_BYTES, seconds: float = SECONDS
) -> Answer:
    """Read an address; `AddressRefused` for its form, `NoAnswer` for everything that goes wrong."""
    return fetch("GET", url, headers=headers, most_bytes=most_bytes, seconds=seconds)


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = MOST_BYTES,
    seconds: float = SECONDS,
) -> Answer:
    """Send something to an address; say its kind in `headers`."""
    return fetch("POST", url, body=body, headers=headers, most_bytes=most_bytes, seconds=seconds)


def fetch(
    method: Method,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = MOST_BYTES,
    seconds: float = SECONDS,
    resolve: Resolve | None = None,
) -> Answer:
    """Ask an address once; at most `most_bytes` of the answer are read, within `seconds` in all."""
    there = check(url, current().settings.egress_local_hosts)
    said = {"Accept-Encoding": "identity", "User-Agent": "label-services/1", **(headers or {})}
    said |= {"Host": there.host_header, "Connection": "close"}
    if not all(_PLAIN.fullmatch(value) for value in said.values()):
        raise NoAnswer
    began = time.monotonic()
    line = _Line(began + seconds)
    try:
        line.open(there, _addresses(there, resolve or looked_up))
        return _asked(line, there, method, body, said, most_bytes)
    except (OSError, http.client.HTTPException, ValueError) as trouble:
        log.info("egress.no_answer", host=there.host, reason=type(trouble).__name__)
        raise NoAnswer from None
    finally:
        line.close()


def looked_up(name: str) -> list[str]:
    """Every address of a name, as the resolver of this machine says now; files of this machine are not read."""
    try:
        answers = dns.resolver.Resolver().resolve_name(name, lifetime=LOOKUP_SECONDS, search=False)
    except dns.exception.DNSException:
        raise OSError("no address") from None
    return list(answers.addresses())


def _addresses(there: Destination, resolve: Resolve) -> list[str]:
    if there.is_local:
        return ["127.0.0.1"]
    is_literal = ":" in there.host or there.host.rpartition(".")[2].isdigit()
    found = [there.host] if is_literal else resolve(there.host)
    if not found or not all(is_public(address) for address in found):
        raise OSError("not a public address")
    return found[:MOST_ADDRESSES]


def _asked(
    line: _Line, there: Destination, method: Method, body: bytes | None, headers: Mapping[str, str], most_bytes: int
) -> Answer:
    connection = http.client.HTTPConnection(there.host, there.port)
    connection.auto_open = 0  # what the other side closed is not opened anew by name
    connection.sock = line.opened
    began = time.monotonic()
    connection.request(method, there.target, body, dict(headers))
    response = connection.getresponse()
    raw = response.read(most_bytes + 1)
    is_short = len(raw) <= most_bytes and bool(response.length)
    if line.is_late() or is_short:
        raise TimeoutError
    said = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, said, raw[:most_bytes], len(raw) <= most_bytes, round(time.monotonic() - began, 3))


class _Line:
    """A connection that ends at its deadline, however slowly the other side goes on speaking."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._socket: socket.socket | None = None
        self._watch = threading.Timer(max(0.01, deadline - time.monotonic()), self._cut)
        self._watch.daemon = True

    @property
    def opened(self) -> socket.socket:
        assert self._socket is not None  # noqa: S101 it was opened
        return self._socket

    def open(self, there: Destination, addresses: list[str]) -> None:
        """Connect to the first of the addresses that answers, and agree on TLS in the name of the host."""
        self._socket = self._connected(there, addresses)
        self._watch.start()
        if there.is_tls:
            wrapped = _trust().wrap_socket(
                self._socket, server_hostname=there.host, do_handshake_on_connect=False, suppress_ragged_eofs=False
            )
            self._socket = wrapped
            wrapped.settimeout(self._left())
            wrapped.do_handshake()

    def is_late(self) -> bool:
        return time.monotonic() >= self._deadline

    def close(self) -> None:
        self._watch.cancel()
        if self._socket is not None:
            self._socket.close()

    def _left(self) -> float:
        return max(0.01, self._deadline - time.monotonic())

    def _connected(self, there: Destination, addresses: list[str]) -> socket.socket:
        for address in addresses:
            if self.is_late():
                break
            with suppress(OSError):
                found = socket.create_connection((address, there.port), timeout=min(self._left(), CONNECT_SECONDS))
                found.settimeout(self._left())
                if there.is_local or is_public(found.getpeername()[0]):
                    return found
                found.close()
        raise OSError("nobody there")

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@cache
def _trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
