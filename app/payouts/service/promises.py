"""What a label promises its payees: as good as is usual, or better."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy.orm import Session

from app.kernel import activity, crypto
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.tenant import Tenant
from app.payouts.errors import PromiseWorse, RailUnknown
from app.payouts.gateways import rails
from app.payouts.gateways.bankfile.debtor import Debtor
from app.payouts.models import PayoutPolicy
from app.payouts.rules import promises
from app.payouts.rules.accounts import BankDetails
from app.payouts.service.quoting import policy_of

CONTEXT = "payout debtor"


def change(
    session: Session, actor: Actor, *, rail: str, fee_ppm: int, minimums: Mapping[str, int], version: int
) -> PayoutPolicy:
    """Promise this from now on; what is under way keeps what it was quoted."""
    if rail not in rails.open_here():
        raise RailUnknown
    if not promises.is_better(fee_ppm, minimums):
        raise PromiseWorse
    found = policy_of(session)
    if found.version != version:
        raise Conflict
    before = {"rail": found.rail, "instant_fee_ppm": found.instant_fee_ppm, "minimums": dict(found.minimums)}
    after = {"rail": rail, "instant_fee_ppm": fee_ppm, "minimums": dict(minimums)}
    found.rail, found.instant_fee_ppm, found.minimums = rail, fee_ppm, dict(minimums)
    found.version += 1
    session.add(found)
    session.flush()
    activity.record(session, actor, "payout_policy.changed", subject_type="payout_policy", before=before, after=after)
    return found


def set_debtor(session: Session, tenant: Tenant, actor: Actor, details: BankDetails, company_id: str) -> None:
    """Note the label's own account, from which its bank pays; its numbers are sealed."""
    found = policy_of(session)
    debtor = Debtor(
        details.holder,
        details.scheme,
        details.number,
        details.routing,
        details.country,
        company_id=company_id,
    )
    found.debtor = crypto.seal(tenant, msgspec.json.encode(debtor), CONTEXT)
    found.version += 1
    session.add(found)
    session.flush()
    activity.record(
        session, actor, "payout_policy.changed", subject_type="payout_policy", after={"account": details.number[-4:]}
    )


def debtor_of(session: Session, tenant: Tenant) -> Debtor | None:
    """The label's own account, if it noted one."""
    sealed = policy_of(session).debtor
    if sealed is None:
        return None
    return msgspec.json.decode(crypto.open_sealed(tenant, sealed, CONTEXT), type=Debtor)
