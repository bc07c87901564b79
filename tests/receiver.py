"""Somebody outside who receives what we send: a real server on this machine that keeps what it was told."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Told:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came, and what is answered: `answers` in turn, then `usual`; `pause` seconds before each."""

    port: int = 0
    address: str = ""
    requests: list[Told] = field(default_factory=list)
    answers: list[Reply] = field(default_factory=list)
    usual: Reply = (200, {}, b"ok")
    pause: float = 0.0
    gate: threading.Event | None = None
    """Where there is one, nothing is answered before it is set."""

    def url(self, path: str = "/in", host: str = "outside.test") -> str:
        return f"http://{host}:{self.port}{path}"

    def wait_for(self, count: int, patience: float = 30) -> list[Told]:
        """The requests, once there are so many."""
        until = time.monotonic() + patience
        while len(self.requests) < count and time.monotonic() < until:
            time.sleep(0.02)
        assert len(self.requests) >= count, f"{len(self.requests)} of {count} came"
        return self.requests


@contextmanager
def listening(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def _told(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            said = {name.lower(): value for name, value in self.headers.items()}
            receiver.requests.append(Told(self.command, self.path, said, body))
            time.sleep(receiver.pause)
            if receiver.gate is not None:
                receiver.gate.wait(60)
            status, headers, answer = receiver.answers.pop(0) if receiver.answers else receiver.usual
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _told  # noqa: N815 as the library names them

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *args: Any) -> None:
            """Who hangs up, hangs up."""

    server = Quiet(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.address, receiver.port = server.server_address[0], server.server_address[1]
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    serving.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


def certificate_of(name: str, folder: Path) -> Path:
    """A certificate with its key, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file
