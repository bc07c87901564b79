"""Ending mails by the link in each of them, with one click and without signing in (RFC 8058)."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.fans.models import Fan
from app.fans.rules import CONSENTS
from app.fans.service import consents, following
from app.kernel import crypto
from app.kernel.tenant import Tenant


class Leave(NamedTuple):
    """Who wants no more mails, and of which kind: "label", "artist:" and an id, or a kind of consent."""

    fan_id: UUID
    what: str


def opened(tenant: Tenant, token: str) -> Leave:
    """What a link in a mail ends, while it lasts and at this label only."""
    fan_id, what = crypto.verify("leave", tenant, token)
    return Leave(UUID(fan_id), what)


def leave(session: Session, tenant: Tenant, wish: Leave) -> None:
    """End these mails; as often as it is asked, and also for somebody who is gone."""
    fan = session.get(Fan, wish.fan_id, with_for_update=True)
    if fan is None or fan.erased_at is not None:
        return
    if wish.what in CONSENTS:
        consents.withdraw(session, tenant, fan, wish.what, CONSENTS[wish.what], "unsubscribe")
    else:
        following.unfollow(session, tenant, fan, wish.what.removeprefix("artist:"))
