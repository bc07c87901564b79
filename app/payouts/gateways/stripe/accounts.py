"""The payees' accounts with the processor: opened once, filled in on its own pages, read before they are paid to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from app.kernel import clock
from app.kernel.errors import Invalid, Unavailable
from app.kernel.tenant import Tenant
from app.payouts.gateways.stripe import mapping
from app.payouts.gateways.stripe.client import Answer, Wire

SEARCHED = timedelta(days=2)
"""How far back an account is looked for when its opening has no answer: longer than its key is remembered."""


class ProcessorUnreachable(Unavailable):
    """The processor did not answer, or not so that it can be understood; the same may be asked again."""

    message = "The payment service does not answer just now. Nothing is lost; try again in a few minutes."
    retry_after = 60


class AccountUnusable(Invalid):
    """The processor says for certain that it will not do this."""

    message = "The payment service does not accept these details (%(code)s). Check the country and the address."


@dataclass(frozen=True, slots=True)
class AccountState:
    """What a payee's account can do, and what the payee must still say."""

    account: str
    tenant_id: str | None
    """Whose payee it was opened for; never pay or show an account to another label."""
    payee_id: UUID | None
    payouts_enabled: bool
    requirements: tuple[str, ...]
    """The processor's names of what is due now, such as `external_account`."""
    disabled_reason: str
    currencies: tuple[str, ...]
    """The currencies of the bank accounts behind it; in others the processor would convert."""
    has_instant: bool


class Accounts:
    """What is done with accounts, over one wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def open_account(
        self,
        tenant: Tenant,
        party: UUID,
        country: str,
        email: str,
        *,
        is_company: bool = False,
        agreement: Literal["full", "recipient"] = "full",
    ) -> str:
        """The id of the account of a payee; asked again for the same payee within a day it is the same account.

        Payouts are never the account's own doing: its schedule is manual. `recipient` is the agreement for payees in
        countries to which the platform pays across borders.
        """
        marks = {"tenant": tenant.id, "payee": str(party)}
        answer = self._wire.create_account(
            _account(marks, country, email, is_company=is_company, agreement=agreement), f"account:{tenant.id}:{party}"
        )
        if answer.kind == "done":
            return str(answer.body["id"])
        if answer.kind == "refused":
            raise AccountUnusable(code=answer.code)
        return self._account_marked(marks, since=clock.now() - SEARCHED)

    def onboarding_link(self, account: str, return_url: str, refresh_url: str) -> str:
        """The address of the processor's page for this account: for one use, within minutes."""
        options = {"fields": "eventually_due"}
        pages = {"return_url": return_url, "refresh_url": refresh_url}
        answer = self._wire.create_account_link(
            {"account": account, "type": "account_onboarding", "collection_options": options, **pages}
        )
        url = _body(answer).get("url")
        if not isinstance(url, str) or not url.startswith("https://"):
            raise ProcessorUnreachable
        return url

    def account_state(self, account: str) -> AccountState:
        """What an account can do now."""
        body = _body(self._wire.account(account))
        marks, due = mapping.metadata(body), body.get("requirements") or {}
        banks = (body.get("external_accounts") or {}).get("data") or ()
        try:
            payee = UUID(marks.get("payee", ""))
        except ValueError:
            payee = None
        return AccountState(
            account,
            marks.get("tenant"),
            payee,
            payouts_enabled=body.get("payouts_enabled") is True,
            requirements=tuple(sorted({*(due.get("currently_due") or ()), *(due.get("past_due") or ())})),
            disabled_reason=str(due.get("disabled_reason") or ""),
            currencies=tuple(sorted({str(bank["currency"]).upper() for bank in banks if bank.get("currency")})),
            has_instant=any("instant" in (bank.get("available_payout_methods") or ()) for bank in banks),
        )

    def _account_marked(self, marks: dict[str, str], *, since: datetime) -> str:
        found = self._wire.accounts(created={"gte": int(since.timestamp())})
        for account in found or ():
            if {**mapping.metadata(account), **marks} == mapping.metadata(account):
                return str(account["id"])
        raise ProcessorUnreachable


def _account(marks: dict[str, str], country: str, email: str, *, is_company: bool, agreement: str) -> dict[str, Any]:
    return {
        "country": country,
        "email": email,
        "business_type": "company" if is_company else "individual",
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"transfers": {"requested": True}},
        "settings": {"payouts": {"schedule": {"interval": "manual"}}},
        "metadata": marks,
        **({"tos_acceptance": {"service_agreement": "recipient"}} if agreement == "recipient" else {}),
    }


def _body(answer: Answer) -> dict[str, Any]:
    if answer.kind == "refused":
        raise AccountUnusable(code=answer.code)
    if answer.kind == "unclear":
        raise ProcessorUnreachable
    return answer.body
