"""Accounts of the demo labels' payees, old enough to be paid to; the sandbox's bank is the only one that has them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.payouts.models import PayoutMethod
from app.payouts.rules.accounts import Typed
from app.payouts.rules.promises import FROZEN_FOR
from app.payouts.service import methods
from app.roster.models import Payee

NUMBERS: Final = {
    "EUR": ("iban", "DE89370400440532013000", ""),
    "USD": ("us", "000123456789", "021000021"),
    "AED": ("iban", "AE070331234567890123456", ""),
}
"""Numbers that documentation uses: right in form, and nobody's."""


def make_accounts(tenant: Tenant) -> None:
    """Give every payee an account where nobody has one yet."""
    with tenant_work(tenant) as session:
        if session.scalar(select(PayoutMethod.id).limit(1)) is not None:
            return
        for payee in session.scalars(select(Payee).order_by(Payee.created_at)):
            scheme, number, routing = NUMBERS[payee.currency]
            typed = Typed(scheme, payee.name, number, routing, "checking" if scheme == "us" else "")
            method = methods.add(session, tenant, Actor.system(tenant), payee, typed)
            method.usable_from = clock.now() - timedelta(hours=1)
            method.added_at = method.usable_from - FROZEN_FOR
