"""Lists of contracts, royalties, the books and payouts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, case, cast, func, select
from sqlalchemy.orm import Session, aliased

from app.api.queries.listing import Form, Listing, own
from app.contracts.models import Contract
from app.contracts.policies import may_see_contract
from app.contracts.queries.lists import standings
from app.identity.policies import Visitor
from app.ledger.models import LedgerAccount, LedgerBalance, Posting
from app.ledger.rules import Kind
from app.payouts.models import Payout, PayoutMethod, PayoutRun, PayoutRunLine
from app.payouts.policies import may_see_payee
from app.roster.models import Party, Payee
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, SalesAsset, SalesContext, SalesLine, SalesReport, Statement

_CONTRACT: dict[str, tuple[Any, Form]] = {
    **own(Contract, id="text", number="text", title="text", kind="text", state="text", party_id="text"),
    "party": (Party.legal_name, "text"),
    **own(Contract, language="text", starts_on="day", ends_on="day", created_at="moment"),
}
_LINE: dict[str, tuple[Any, Form]] = {
    "report_id": (SalesLine.report_id, "text"),
    "row": (SalesLine.row, "int"),
    "source": (SalesContext.source, "text"),
    **own(
        SalesContext, store="text", channel="text", commercial_model="text", configuration="text", price_band="text",
        territory="text", currency="text", sold_from="day", sold_until="day", adjustment="text",
    ),
    **own(
        SalesAsset, isrc="text", upc="text", catalog_number="text", store_id="text", title="text", artist="text",
        recording_id="text", release_id="text", match="text",
    ),
    **own(
        SalesLine, quantity="exact", net="exact", gross="exact", unit_price="exact", retail_price="exact",
        fees="exact", tax="exact", mechanical="exact", fx_rate="exact",
    ),
}  # fmt: skip
_STATEMENT: dict[str, tuple[Any, Form]] = {
    **own(Statement, id="text", run_id="text", contract_id="text", payee_id="text"),
    "run_number": (RoyaltyRun.number, "int"),
    "run_state": (RoyaltyRun.state, "text"),
    "is_trial": (RoyaltyRun.is_trial, "flag"),
    "period_starts_on": (RoyaltyPeriod.starts_on, "day"),
    "period_ends_on": (RoyaltyPeriod.ends_on, "day"),
    "contract_number": (Contract.number, "text"),
    "payee": (Payee.name, "text"),
    **own(
        Statement, currency="text", opening_micros="int", earned_micros="int", closing_micros="int",
        payable_micros="int", reserve_micros="int",
    ),
}  # fmt: skip
_RUN: dict[str, tuple[Any, Form]] = {
    **own(RoyaltyRun, id="text", number="int", state="text", is_trial="flag", restates_id="text", period_id="text"),
    "period_starts_on": (RoyaltyPeriod.starts_on, "day"),
    "period_ends_on": (RoyaltyPeriod.ends_on, "day"),
    "statements": (select(func.count()).where(Statement.run_id == RoyaltyRun.id).scalar_subquery(), "int"),
    "totals": (cast(RoyaltyRun.totals, Text), "text"),
    **own(RoyaltyRun, created_at="moment", approved_at="moment", published_at="moment"),
}
_CREDIT = [kind.value for kind in Kind if kind.side == "credit"]
_BALANCE = func.coalesce(LedgerBalance.posted_micros, 0)
_ACCOUNT: dict[str, tuple[Any, Form]] = {
    **own(LedgerAccount, id="text", kind="text", subject="text", currency="text"),
    "balance_micros": (case((LedgerAccount.kind.in_(_CREDIT), -_BALANCE), else_=_BALANCE), "int"),
}
_DEBIT, _CREDITED = aliased(LedgerAccount), aliased(LedgerAccount)
_POSTING: dict[str, tuple[Any, Form]] = {
    **own(Posting, id="text", key="text", booked_on="day", reason="text", debit_id="text"),
    "debit_kind": (_DEBIT.kind, "text"),
    "debit_subject": (_DEBIT.subject, "text"),
    "credit_id": (Posting.credit_id, "text"),
    "credit_kind": (_CREDITED.kind, "text"),
    "credit_subject": (_CREDITED.subject, "text"),
    **own(
        Posting, amount_micros="int", currency="text", subject_type="text", subject_id="text", reverses_id="text",
        posted_at="moment",
    ),
}  # fmt: skip
_PAYOUT: dict[str, tuple[Any, Form]] = {
    **own(Payout, id="text", number="int", payee_id="text"),
    "payee": (Payee.name, "text"),
    "account": (PayoutMethod.masked, "text"),
    **own(
        Payout, run_id="text", request_id="text", state="text", speed="text", currency="text", gross_micros="int",
        platform_micros="int", fee_micros="int", withheld_micros="int", sent_micros="int", exempt_micros="int",
        reference="text", asked_at="moment", approved_at="moment", sent_at="moment", paid_at="moment",
        ended_at="moment",
    ),
}  # fmt: skip
_PAYOUT_LINE: dict[str, tuple[Any, Form]] = {
    "run_id": (PayoutRunLine.run_id, "text"),
    "run_number": (PayoutRun.number, "int"),
    **own(PayoutRunLine, number="int", payee_id="text"),
    "payee": (Payee.name, "text"),
    "account": (PayoutMethod.masked, "text"),
    **own(
        PayoutRunLine, currency="text", gross_micros="int", platform_micros="int", withheld_micros="int",
        sent_micros="int", exempt_micros="int", why_not="text",
    ),
    "is_excluded": (PayoutRunLine.excluded_by.is_not(None), "flag"),
    "payout_id": (PayoutRunLine.payout_id, "text"),
    "payout_state": (Payout.state, "text"),
}  # fmt: skip


def _standings(session: Session, contract_ids: Sequence[UUID]) -> dict[UUID, tuple[str, int, int]]:
    found = standings(session, contract_ids)
    return {key: (each.currency, each.payable_micros, each.unrecouped_micros) for key, each in found.items()}


def _of_payees(visitor: Visitor) -> ColumnElement[bool]:
    return Payout.payee_id.in_(select(Payee.id).where(may_see_payee(visitor)))


def _with_both(query: Select[Any]) -> Select[Any]:
    query = query.join(_DEBIT, _DEBIT.id == Posting.debit_id)
    return query.join(_CREDITED, _CREDITED.id == Posting.credit_id)


def _of_run(query: Select[Any]) -> Select[Any]:
    query = query.join(PayoutRun, PayoutRun.id == PayoutRunLine.run_id)
    query = query.join(Payee, Payee.id == PayoutRunLine.payee_id)
    query = query.outerjoin(PayoutMethod, PayoutMethod.id == PayoutRunLine.method_id)
    return query.outerjoin(Payout, Payout.id == PayoutRunLine.payout_id)


MONEY: Final[dict[str, Listing]] = {
    "contracts": Listing(
        "contracts.view",
        Contract,
        (Contract.id,),
        _CONTRACT,
        join=lambda query: query.join(Party, Party.id == Contract.party_id),
        visible=may_see_contract,
        of={"party_id": Contract.party_id},
        more={"currency": "text", "payable_micros": "int", "unrecouped_micros": "int"},
        read_more=_standings,
    ),
    "sales_lines": Listing(
        "royalties.view",
        SalesLine,
        (SalesLine.report_id, SalesLine.row),
        _LINE,
        join=lambda query: (
            query.join(SalesAsset, SalesAsset.id == SalesLine.asset_id)
            .join(SalesContext, SalesContext.id == SalesLine.context_id)
            .where(SalesLine.report_id.in_(select(SalesReport.id).where(SalesReport.state == "imported")))
        ),
        of={"report_id": SalesLine.report_id},
    ),
    "royalty_runs": Listing(
        "royalties.view",
        RoyaltyRun,
        (RoyaltyRun.id,),
        _RUN,
        join=lambda query: query.join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id),
        since=RoyaltyRun.created_at,
        of={"period_id": RoyaltyRun.period_id},
    ),
    "statements": Listing(
        "royalties.view",
        Statement,
        (Statement.id,),
        _STATEMENT,
        join=lambda query: (
            query.join(RoyaltyRun, RoyaltyRun.id == Statement.run_id)
            .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
            .join(Contract, Contract.id == Statement.contract_id)
            .join(Payee, Payee.id == Statement.payee_id)
        ),
        of={"run_id": Statement.run_id, "payee_id": Statement.payee_id},
    ),
    "ledger_accounts": Listing(
        "royalties.view",
        LedgerAccount,
        (LedgerAccount.id,),
        _ACCOUNT,
        join=lambda query: query.outerjoin(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id),
    ),
    "postings": Listing(
        "royalties.view",
        Posting,
        (Posting.id,),
        _POSTING,
        join=_with_both,
        since=Posting.posted_at,
        of={"account_id": (Posting.debit_id, Posting.credit_id)},
    ),
    "payouts": Listing(
        "payouts.view",
        Payout,
        (Payout.id,),
        _PAYOUT,
        join=lambda query: query.join(Payee, Payee.id == Payout.payee_id).join(
            PayoutMethod, PayoutMethod.id == Payout.method_id
        ),
        visible=_of_payees,
        since=Payout.asked_at,
        of={"payee_id": Payout.payee_id, "run_id": Payout.run_id},
    ),
    "payout_run_lines": Listing(
        "payouts.view",
        PayoutRunLine,
        (PayoutRunLine.run_id, PayoutRunLine.number),
        _PAYOUT_LINE,
        join=_of_run,
        of={"run_id": PayoutRunLine.run_id, "payee_id": PayoutRunLine.payee_id},
    ),
}
"""Where money goes to is masked, as on every page."""
