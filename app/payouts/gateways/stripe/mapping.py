"""What we say in the processor's words, and what its words mean in ours. Nothing here talks to anybody."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.kernel.tenant import Tenant
from app.payouts.gateways.rail import Order, RailState, Report
from app.payouts.gateways.stripe.amounts import Unpayable, from_units, to_units

Body = dict[str, Any]

KEY_LIFE = timedelta(hours=23)
"""The processor forgets a key after 24 hours at the earliest; asked for later, it would pay anew."""
NOTHING_UNDER_WAY = timedelta(minutes=5)
"""So long after a try without an answer none of it can still be on its way; the processor itself gives up sooner."""
LONGEST_TEXT = 22
_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{1,64}")
_KEY = re.compile(r"[!-~]{1,200}")
_NOT_IN_A_TEXT = re.compile(r"[^A-Za-z0-9 .,/+()?:&#-]")

PROBLEMS_BY_CODE = {
    "account_closed": "account_closed", "account_frozen": "account_closed",
    "no_account": "account_unknown", "invalid_account_number": "account_unknown", "account_invalid": "account_unknown",
    "resource_missing": "account_unknown", "bank_account_unusable": "account_unknown",
    "incorrect_account_holder_name": "holder_differs", "incorrect_account_holder_address": "holder_differs",
    "incorrect_account_holder_tax_id": "holder_differs", "bank_ownership_changed": "holder_differs",
    "could_not_process": "bank_refused", "declined": "bank_refused", "debit_not_authorized": "bank_refused",
    "bank_account_restricted": "bank_refused", "bank_account_declined": "bank_refused", "card_declined": "bank_refused",
    "amount_too_large": "limit_reached", "amount_too_small": "limit_reached", "payouts_limit_exceeded": "limit_reached",
    "instant_payouts_limit_exceeded": "limit_reached", "exceeds_amount_limit": "limit_reached",
    "exceeds_count_limit": "limit_reached",
    "balance_insufficient": "no_funds", "insufficient_funds": "no_funds",
    "instant_payouts_unsupported": "not_supported", "instant_payouts_currency_disabled": "not_supported",
    "instant_payouts_config_disabled": "not_supported", "unsupported_card": "not_supported",
    "invalid_card_type": "not_supported", "invalid_currency": "not_supported", "payouts_not_allowed": "not_supported",
    "transfers_not_allowed": "not_supported", "insufficient_capabilities_for_transfer": "not_supported",
    "country_unsupported": "not_supported", "country_code_invalid": "details_invalid",
    "account_number_invalid": "details_invalid", "routing_number_invalid": "details_invalid",
    "parameter_invalid_integer": "details_invalid", "parameter_invalid_empty": "details_invalid",
    "parameter_missing": "details_invalid", "parameter_unknown": "details_invalid",
    "invalid_characters": "details_invalid",
}  # fmt: skip

_STATES: dict[str, RailState] = {
    "pending": "accepted", "in_transit": "in_transit", "paid": "paid", "failed": "failed", "canceled": "failed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """An order as the processor can carry it out: the same order gives the same bodies for ever."""

    order: Order
    account: str
    units: int
    marks: dict[str, str]
    """The metadata by which each step is found again."""

    @property
    def group(self) -> str:
        """The name under which all transfers of a payout stand together."""
        return f"payout_{self.order.payout_id}"

    @property
    def transfer(self) -> Body:
        """The first step: from the platform's balance to the payee's."""
        return {
            "amount": self.units, "currency": self.order.currency.lower(), "destination": self.account,
            "transfer_group": self.group, "metadata": self.marks,
        }  # fmt: skip

    def payout(self, transfer: str) -> Body:
        """The second step: from the payee's balance to the bank."""
        text = descriptor(self.order.text)
        return {
            "amount": self.units, "currency": self.order.currency.lower(), "method": self.order.speed,
            "metadata": {**self.marks, "transfer": transfer}, **({"statement_descriptor": text} if text else {}),
        }  # fmt: skip

    def is_late(self, now: datetime) -> bool:
        """Whether the processor may have forgotten the key, so that asking under it would pay again."""
        first = self.order.first_tried_at
        return first is not None and now - first >= KEY_LIFE

    def may_be_under_way(self, now: datetime) -> bool:
        """Whether an earlier try could still be carried out, so that a refusal of a later one says nothing of it."""
        first = self.order.first_tried_at
        return first is not None and now - first < NOTHING_UNDER_WAY

    def is_of(self, thing: Body) -> bool:
        """Whether a transfer or payout came from this order, and not from another try of the same payout."""
        marked = metadata(thing)
        return all(marked.get(name) == value for name, value in self.marks.items())


def plan(tenant: Tenant, order: Order) -> Plan:
    """How to carry out an order; `Unpayable` when it is certain that the processor cannot."""
    if order.to.scheme != "stripe" or _ACCOUNT.fullmatch(order.to.number) is None or _KEY.fullmatch(order.key) is None:
        raise Unpayable("details_invalid")
    marks = {"tenant": tenant.id, "payout_id": str(order.payout_id), "order_key": order.key}
    return Plan(order, order.to.number, to_units(order.amount_minor, order.currency), marks)


def descriptor(text: str) -> str:
    """What the bank shows, in the characters it takes: at most 22 of ASCII with a letter among them, or nothing."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = " ".join(_NOT_IN_A_TEXT.sub(" ", plain).split())[:LONGEST_TEXT].strip()
    return kept if any(letter.isalpha() for letter in kept) else ""


def problem_of(code: str) -> str:
    """Which of the rails' problems a code of the processor is."""
    return PROBLEMS_BY_CODE.get(code, "other")


def state_of(payout: Body) -> RailState:
    """Where a payout stands; a status of another day is no answer."""
    return _STATES.get(str(payout.get("status")), "unknown")


def metadata(thing: Body) -> dict[str, str]:
    """What stands in the margin of a thing."""
    found = thing.get("metadata")
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def payout_id_of(thing: Body) -> UUID | None:
    """Whose payout of ours it is, if any."""
    try:
        return UUID(metadata(thing).get("payout_id", ""))
    except ValueError:
        return None


def created(thing: Body) -> int:
    """When a thing was made, in seconds; where it does not say, at the beginning of time, so that nothing is missed."""
    seconds = thing.get("created")
    return seconds if isinstance(seconds, int) else 1


def moment(seconds: object) -> datetime | None:
    """A time as the processor writes it."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None
    except (OverflowError, OSError, ValueError):
        return None


def is_reversed(transfer: Body) -> bool:
    """Whether all of a transfer is back on the platform's balance."""
    return transfer.get("reversed") is True


def report_of_payout(account: str, payout: Body) -> Report:
    """What a payout on a payee's account says of itself."""
    state, code = state_of(payout), str(payout.get("failure_code") or "")
    facts = {"transfer": metadata(payout).get("transfer", ""), "method": str(payout.get("method") or ""), "code": code}
    trace = payout.get("trace_id")
    if isinstance(trace, dict) and trace.get("value"):
        facts["trace"] = str(trace["value"])
    if payout.get("reversed_by"):
        state = "returned"
    return Report(
        payout_id_of(payout),
        state,
        f"{account}/{payout['id']}",
        problem=problem_of(code) if state in ("failed", "returned") else "",
        at=moment(payout.get("arrival_date") if state == "paid" else payout.get("created")),
        facts={name: value for name, value in facts.items() if value},
        **_money(payout),
    )


def report_of_transfer(transfer: Body, state: RailState, problem: str = "", **facts: str) -> Report:
    """What is known of a transfer to which no payout belongs."""
    return Report(
        payout_id_of(transfer),
        state,
        str(transfer["id"]),
        problem=problem,
        at=moment(transfer.get("created")),
        facts={name: value for name, value in facts.items() if value},
        **_money(transfer),
    )


def _money(thing: Body) -> dict[str, Any]:
    currency = str(thing.get("currency", "")).upper()
    try:
        return {"amount_minor": from_units(int(thing["amount"]), currency), "currency": currency}
    except (Unpayable, KeyError, TypeError, ValueError):
        return {"amount_minor": None, "currency": currency}
