"""A mail server on this machine that behaves as a test wants it to."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import text

from app.kernel import db
from app.main import composition
from app.settings import Settings
from tests.services import Services


@dataclass
class Post:
    """What the server answers, and what it took. An answer may be a line, "cut" or "hang"."""

    port: int = 0
    at_recipient: str = "250 OK"
    at_content: str = "250 OK"
    at_goodbye: str = "221 Bye"
    taken: list[Any] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)
    contents_seen: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def messages(self) -> list[EmailMessage]:
        """The mails it took, parsed."""
        return [message_from_bytes(envelope.content, policy=policy.default) for envelope in self.taken]  # type: ignore[misc]

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: Any) -> Any:  # noqa: N802
        session.host_name = hostname
        self.greetings.append(hostname)
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.at_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return await self._answer(self.at_recipient, server)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.contents_seen += 1
        if self.at_content.startswith("250"):
            self.taken.append(envelope)
        return await self._answer(self.at_content, server)

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return await self._answer(self.at_goodbye, server)

    async def _answer(self, wanted: str, server: Any) -> str:
        if wanted == "cut":
            server.transport.abort()
            return "421 cut"
        while wanted == "hang" and not self.over.is_set():
            await asyncio.sleep(0.02)
        return "421 late" if wanted == "hang" else wanted


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture
def post() -> Iterator[Post]:
    """The server, running."""
    handler = Post(port=_free_port())
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=handler.port,
        enable_SMTPUTF8=False,
        auth_require_tls=False,
        authenticator=lambda *_: AuthResult(success=False, handled=False),
    )
    controller.start()
    yield handler
    handler.over.set()
    controller.stop()


@pytest.fixture
def smtp_url(post: Post) -> str:
    """The server's address."""
    return f"smtp://127.0.0.1:{post.port}"


@pytest.fixture
def connected(services: Services, database_name: str, smtp_url: str) -> Iterator[Settings]:
    """This process, connected to this worker's database and that server, with nothing else waiting to be done."""
    settings = services.settings(database_name, SMTP_URL=smtp_url, OPERATOR_NAME="Zweckverband Operator")
    with composition.connected("test", settings) as chosen:
        with db.platform_work() as session:
            session.execute(text("DELETE FROM shared.outbox"))
        yield chosen
