"""A real name server on this machine, for tests of who owns a name."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rrset

Records = dict[str, list[str] | None]


@contextmanager
def name_server() -> Iterator[tuple[Records, int]]:
    """Its records, names to TXT values (None is a server failure), and the port at which it answers."""
    records: Records = {}
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(server, records), daemon=True).start()
    yield records, server.getsockname()[1]
    server.close()


def _serve(server: socket.socket, records: Records) -> None:
    while True:
        try:
            data, address = server.recvfrom(4096)
        except OSError:
            return
        query = dns.message.from_wire(data)
        asked = query.question[0].name
        answer, values = dns.message.make_response(query), records.get(asked.to_text().rstrip("."), [])
        if values is None:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif values:
            answer.answer.append(dns.rrset.from_text(asked, 0, "IN", "TXT", *values))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        server.sendto(answer.to_wire(), address)
