"""Gifts: whoever one is for is told by mail, as soon as it is paid or on the day that the giver chose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from app.fans.service.letters import store_address
from app.identity.service.notices import language_of
from app.kernel import clock, jobs, mail
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer
from app.storefront.models import Order, OrderLine, Owned
from app.storefront.service.telling import Says, titled

LETTERS: Final = {
    "gift": sentence("%(sender)s has a gift for you"),
    "gift.text": sentence(
        "%(sender)s gives you this, from %(label)s:\n\n%(what)s\n\n"
        "Come in with this mail address, and it is yours to hear and to keep:\n\n%(link)s\n"
    ),
    "somebody": sentence("Somebody"),
}
offer(*LETTERS.values())
_ADDRESS: Final = re.compile(r"\S*(?:://|www\.|\w\.[^\W\d_]{2})\S*", re.IGNORECASE)
"""Mail readers make links of names of sites, too."""


def ask_for(session: Session, tenant: Tenant, lines: Sequence[OrderLine], now: datetime) -> None:
    """Have those told whose gifts among these lines, which were paid now, are for today; the others wait."""
    today = clock.day_in(tenant.time_zone, now).isoformat()
    for line in lines:
        if line.gift and line.gift.get("on", "") <= today:
            _ask(session, line.id)


def begin_day(session: Session, tenant: Tenant) -> None:
    """Have those told whose gifts are for today, or were for a day on which nothing ran."""
    day, is_told = OrderLine.gift["on"].astext, OrderLine.gift.has_key("told")
    due = select(OrderLine.id).join(Order, Order.id == OrderLine.order_id)
    due = due.where(OrderLine.gift.is_not(None), day <= clock.day_in(tenant.time_zone).isoformat(), ~is_told)
    due = due.where(exists().where(Owned.line_id == OrderLine.id, *_waits()))
    for line_id in session.scalars(due.where(Order.paid_at.is_not(None))):
        _ask(session, line_id)


def _ask(session: Session, line_id: UUID) -> None:
    jobs.ask(session, "storefront.give", {"line": str(line_id)}, key=f"give:{line_id}")


def give(session: Session, tenant: Tenant, line_id: UUID) -> None:
    """Tell whoever a line is for, once; not of what was taken already, or taken back."""
    line = session.get_one(OrderLine, line_id, with_for_update=True)
    email = session.scalar(select(Owned.gift_email).where(Owned.line_id == line_id, *_waits()).limit(1))
    if not line.gift or "told" in line.gift or email is None:
        return
    line.gift = line.gift | {"told": clock.now().isoformat(timespec="seconds")}
    mail.ask(session, tenant, _letter(tenant, session.get_one(Order, line.order_id), line, email))


def _waits() -> tuple[ColumnElement[bool], ...]:
    """That a gift was neither taken nor taken back, and whom it is for is known."""
    return Owned.fan_id.is_(None), Owned.revoked_at.is_(None), Owned.gift_email.is_not(None)


def _letter(tenant: Tenant, order: Order, line: OrderLine, email: str) -> mail.Mail:
    language, gift = language_of(tenant, order.language), line.gift or {}
    sender, words = _plain(gift.get("from", "")), _plain(gift.get("words", "")) if line.amount_micros else ""
    what = titled(line.title, line.variant)
    return mail.Mail(
        to=email,
        subject=LETTERS["gift"],
        text=LETTERS["gift.text"],
        language=language,
        places={
            "sender": sender or Says(tenant, order)(LETTERS["somebody"]),
            "what": f"{what}\n\n“{words}”" if words else what,
            "label": tenant.name,
            "link": f"{store_address(tenant)}/{language}/account/library",
        },
    )


def _plain(text: str) -> str:
    """What a giver says, without addresses: nobody leads strangers anywhere in the label's name."""
    return _ADDRESS.sub("…", text).strip()
