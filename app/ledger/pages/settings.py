"""Settings of the label's money: from which amount on two people decide, and whether there are two."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody

from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor, who_may
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.money import AmountMalformed, from_micros, parse_decimal, to_micros
from app.kernel.sentences import sentence
from app.kernel.web import flash, shell
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.shell import Place
from app.ledger.errors import LimitUnusable
from app.ledger.rules import MOST_ALONE_MICROS
from app.ledger.service import deciding

MONEY = "/portal/settings/money"
PLACES = 2
CHANGE: dict[str, Any] = {"permission": "label.settings", "in_person": True}

shell.add(
    Place(
        sentence("Money"),
        MONEY,
        "banknote",
        group="settings",
        section="money",
        order=25,
        hint=sentence("From which amount on two people decide"),
        permission="label.settings",
    )
)


class MoneyForm(msgspec.Struct, forbid_unknown_fields=True):
    """Up to which amount one person decides alone, as typed."""

    alone_up_to: str


def _shown(request: Request[Any, Any, Any], visitor: Visitor, typed: str | None = None) -> dict[str, Any]:
    with tenant_read(tenant_of(request)) as session:
        held, able = deciding.alone_up_to(session), len(who_may(session, "royalties.run"))
    return {
        "here": MONEY,
        "alone_up_to": f"{from_micros(held).normalize():f}" if typed is None else typed,
        "most": MOST_ALONE_MICROS,
        "able": able,
        "is_owner": visitor.member.role == "owner",
    }


@get(MONEY, sync_to_thread=True, opt={"permission": "label.settings"})
def money_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show from which amount on two people decide."""
    visitor = visitor_of(request)
    return page("ledger/settings.html", realm_of(request), problem=None, **_shown(request, visitor))


@post(MONEY, sync_to_thread=True, opt=CHANGE)
def change_money(request: Request[Any, Any, Any], data: URLEncodedBody[MoneyForm]) -> Response[Any]:
    """Set from which amount on two people decide."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        micros = _micros(data.alone_up_to)
        with tenant_work(tenant) as session:
            deciding.change_policy(session, visitor, alone_up_to_micros=micros)
    except Invalid as refusal:
        return again(request, "ledger/settings.html", refusal, **_shown(request, visitor, data.alone_up_to[:40]))
    return flash.done(MONEY, tenant, sentence("Saved."))


def _micros(text: str) -> int:
    try:
        amount = parse_decimal("".join(text.split()))
    except AmountMalformed:
        raise LimitUnusable(fields={"alone_up_to": LimitUnusable.message}) from None
    if -int(amount.normalize().as_tuple().exponent) > PLACES:
        raise LimitUnusable(fields={"alone_up_to": LimitUnusable.message})
    return to_micros(amount)


handlers = [money_page, change_money]
