"""A resolver of this machine that may answer otherwise the second time, as one of an attacker does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest


@dataclass
class Resolver:
    """What names lead to: for each question for an IPv4 address the next of `answers`, then the last one again."""

    answers: list[list[str]]
    port: int = 0
    asked: list[str] = field(default_factory=list)

    def answer(self, wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if question.rdtype == dns.rdatatype.A:
            turn = min(len(self.asked), len(self.answers) - 1)
            self.asked.append(question.name.to_text(omit_final_dot=True))
            response.answer.append(dns.rrset.from_text(question.name, 0, "IN", "A", *self.answers[turn]))
        return response.to_wire()


@contextmanager
def resolving(patch: pytest.MonkeyPatch, *answers: list[str]) -> Iterator[Resolver]:
    """Be the resolver of this machine for the length of a block, by UDP on its loopback."""
    found = Resolver(list(answers))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        found.port = line.getsockname()[1]
        over = threading.Event()
        line.settimeout(0.05)

        def serve() -> None:
            while not over.is_set():
                try:
                    wire, whom = line.recvfrom(4_096)
                except TimeoutError:
                    continue
                line.sendto(found.answer(wire), whom)

        def here(resolver: dns.resolver.Resolver, _file: object) -> None:
            resolver.nameservers, resolver.port = ["127.0.0.1"], found.port

        patch.setattr(dns.resolver.Resolver, "read_resolv_conf", here)
        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield found
        finally:
            over.set()
            serving.join()
