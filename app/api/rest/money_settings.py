"""Settings of money: from which amount on two people decide, what payees are promised, and as whom the label pays."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Ppm
from app.api.rest.money_parts import Currency, Micros
from app.identity.policies import require
from app.kernel.money import from_minor
from app.ledger.rules import MOST_ALONE_MICROS
from app.ledger.service import deciding
from app.payouts.gateways import rails
from app.payouts.policies import require_all
from app.payouts.rules.promises import usual_minimum
from app.payouts.service.quoting import policy_of
from app.tax.service.payer import TEXTS, payer_of

SECTION = Section(
    "Settings of money",
    "What is set for all of a label's money. What payees are promised, the label's own account and its tax details are "
    "changed by people in the portal; here they are read, numbers in part.",
)


class MoneyPolicyView(View):
    """Up to which amount, in the label's own currency, one person decides alone; and what may be set at most."""

    alone_up_to_micros: Micros
    most_alone_micros: Micros


class MoneyPolicySaid(Body, frozen=True):
    """Up to which amount one person decides alone, in whole cents."""

    alone_up_to_micros: Annotated[int, Meta(ge=0, le=MOST_ALONE_MICROS, multiple_of=10_000, examples=[1_000_000_000])]


class LeastPaid(View):
    """The least that is paid out of a currency."""

    currency: Currency
    least_micros: Micros


class PayoutPolicyView(View):
    """What payees are promised. Of currencies that are not named the usual least is paid."""

    rail: Annotated[str, Meta(examples=["sandbox"])]
    instant_fee_ppm: Ppm
    minimums: list[LeastPaid]
    has_account: bool


class TaxPayerView(View):
    """The label as the tax office knows it; the country follows from the currency where it was not said."""

    country: Annotated[str, Meta(examples=["DE"])] | None
    is_said: bool
    name: str
    street: str
    city: str
    region: str
    postcode: str
    phone: str
    tin_mask: str


@SECTION.get("/money-policy", scope="label:write", gives=MoneyPolicyView)
def read_money_policy(call: Call, session: Session) -> Answer:
    """Read from which amount on two people decide."""
    asked(call, {})
    require(call.visitor, "label.settings")
    return _money_policy(session)


def _money_policy(session: Session) -> Answer:
    alone = deciding.alone_up_to(session)
    return Answer({"alone_up_to_micros": alone, "most_alone_micros": MOST_ALONE_MICROS})


@SECTION.put("/money-policy", scope="label:write", takes=MoneyPolicySaid, gives=MoneyPolicyView)
def set_money_policy(call: Call, session: Session, body: MoneyPolicySaid) -> Answer:
    """Set from which amount on two people decide. Lower at once; higher by an owner with a fresh token alone."""
    deciding.change_policy(session, call.visitor, alone_up_to_micros=body.alone_up_to_micros)
    return _money_policy(session)


@SECTION.get("/payout-policy", scope="payouts:read", gives=PayoutPolicyView)
def read_payout_policy(call: Call, session: Session) -> Answer:
    """Read what payees are promised."""
    asked(call, {})
    require_all(call.visitor, "payouts.view")
    policy = policy_of(session)
    least = {call.tenant.currency: usual_minimum(call.tenant.currency)} | dict(policy.minimums)
    return Answer(
        {
            "rail": policy.rail or rails.usual(),
            "instant_fee_ppm": policy.instant_fee_ppm,
            "minimums": [
                {"currency": code, "least_micros": from_minor(minor, code)} for code, minor in sorted(least.items())
            ],
            "has_account": policy.debtor is not None,
        }
    )


@SECTION.get("/tax/payer", scope="payouts:read", gives=TaxPayerView)
def read_tax_payer(call: Call, session: Session) -> Answer:
    """Read the label as the tax office knows it. Its number in part."""
    asked(call, {})
    require_all(call.visitor, "payouts.view")
    payer = payer_of(session)
    told = {name: getattr(payer, name) or "" for name in TEXTS}
    return Answer(told | {"country": payer.country, "is_said": payer.is_said, "tin_mask": payer.tin_mask})
