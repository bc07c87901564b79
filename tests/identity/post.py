"""What waits to be sent, done as a worker does it, and the mails that came of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import text

from app.kernel import db, mail
from app.kernel.jobs import run
from app.kernel.jobs.relay import Relay
from tenants.registry.queries import fresh_tenant


class Rows:
    """Labels as their rows say."""

    def tenant(self, tenant_id):
        return fresh_tenant(tenant_id)


_began = [datetime.now(UTC)]


def file_begins() -> None:
    """What other files of tests asked for is nobody's business any more: there may be thousands of such tasks."""
    _began[0] = datetime.now(UTC)


def forget_waiting(*, before: datetime | None = None) -> None:
    """Leave nothing of other tests to be sent, or nothing that they asked for before a moment."""
    with db.platform_work() as session:
        earlier = "WHERE asked_at < :before" if before else ""
        session.execute(text(f"DELETE FROM shared.outbox {earlier}"), {"before": before} if before else {})


def work() -> list[str]:
    """Do what this file's tests asked for and is due, and what comes of it, until nothing is."""
    forget_waiting(before=_began[0])
    outcomes: list[str] = []
    while sent := _due():
        outcomes += [run.run(message, Rows(), lease_seconds=30) for message in sent]
    return outcomes


def _due() -> list[object]:
    sent: list[object] = []
    Relay("home", lambda message, queue, task: sent.append(message), lease_seconds=30).run_once()
    return sent


def mails_to(settings, tenant, address: str) -> list[mail.Caught]:
    """The mails that one person of a label got, the newest first."""
    work()
    return [one for one in mail.caught(settings, tenant.id) if address in one.to]


def link_in(one: mail.Caught, path: str) -> str:
    """The path of the link in a mail."""
    found = re.search(rf"https?://\S+?({re.escape(path)}/\S+)", one.text)
    assert found, one.text
    return found[1]
