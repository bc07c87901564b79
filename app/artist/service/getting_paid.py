"""What stands between an artist and their money: payouts that did not arrive, accounts, tax forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.artist.rules.tasks import APP, Task
from app.identity.policies import Visitor
from app.kernel import clock
from app.kernel.tenant import Tenant
from app.payouts.models import Payout
from app.payouts.policies import may_ask_for, payees_behind
from app.payouts.service.quoting import methods_of
from app.roster.models import Payee
from app.tax import service as tax
from app.tax.policies import is_own
from app.tax.service import filling

MONEY: Final = f"{APP}/money"
LATELY: Final = timedelta(days=30)
MOST_PAYEES: Final = 10
WITHOUT_FORM: Final = ("no_form", "us_no_form", "ended")
"""Why tax is withheld where a form would change it."""


def tasks(session: Session, tenant: Tenant, visitor: Visitor) -> list[Task]:
    """What the visitor can do so that their payees are paid, and paid whole."""
    payees = payees_behind(session, visitor)[:MOST_PAYEES]
    mine = [payee for payee in payees if may_ask_for(session, visitor, payee)]
    return [*_came_back(session, mine), *_accounts(session, mine), *_forms(session, tenant, visitor, payees)]


def _came_back(session: Session, payees: Sequence[Payee]) -> list[Task]:
    """Payouts that failed or returned lately, unless the payee was paid out anew since."""
    anew = aliased(Payout)
    since = select(anew.id).where(
        anew.payee_id == Payout.payee_id, anew.currency == Payout.currency, anew.asked_at > Payout.ended_at
    )
    query = (
        select(Payout)
        .where(Payout.payee_id.in_([payee.id for payee in payees]), Payout.state.in_(("failed", "returned")))
        .where(Payout.ended_at >= clock.now() - LATELY, ~since.exists())
        .order_by(Payout.ended_at.desc())
    )
    return [
        Task("failed" if payout.state == "failed" else "returned", f"#{payout.number}", f"{MONEY}/payouts/{payout.id}")
        for payout in session.scalars(query)
    ]


def _accounts(session: Session, payees: Sequence[Payee]) -> list[Task]:
    """Payees without an account, and accounts to which nothing goes yet."""
    held, now, found = methods_of(session, [payee.id for payee in payees]), clock.now(), []
    for payee in payees:
        place = f"{MONEY}/{payee.id}/accounts"
        methods = held.get(payee.id, [])
        if not methods:
            found.append(Task("account", payee.name, place))
        found += [Task("frozen", each.masked, place, each.usable_from) for each in methods if each.usable_from > now]
    return found


def _forms(session: Session, tenant: Tenant, visitor: Visitor, payees: Sequence[Payee]) -> list[Task]:
    """Forms whose lack costs their payee a part of each payout; one form for all payees of the same legal person."""
    own = {payee.party_id: payee for payee in reversed(payees) if is_own(session, visitor, payee)}
    rated = tax.withholding(session, [payee.id for payee in own.values()], filling.today_of(tenant))
    return [
        Task("tax", payee.name, f"{MONEY}/{payee.id}/tax", rate_ppm=rated[payee.id].rate_ppm)
        for payee in own.values()
        if payee.id in rated and rated[payee.id].why in WITHOUT_FORM
    ]
