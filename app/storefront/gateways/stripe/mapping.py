"""What we say in the processor's words, and what its words mean in ours. Nothing here talks to anybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.kernel.tenant import Tenant
from app.payouts.gateways.stripe.amounts import Unpayable, from_units, to_units
from app.payouts.gateways.stripe.mapping import metadata, moment
from app.storefront.gateways.gateway import (
    AGAIN,
    Back,
    Charge,
    Disputed,
    DisputeState,
    PaymentState,
    Report,
    Returned,
    ReturnState,
)

Body = dict[str, Any]

OPEN_FOR: Final = timedelta(minutes=45)
"""A page of the processor's is open for half an hour at the least; ours for as long as an order waits."""
KEY_LIFE: Final = timedelta(hours=23)
"""The processor forgets a key after 24 hours at the earliest; asked for later, it would do it anew."""
CHARGED: Final = "latest_charge.balance_transaction"
PAID: Final = f"payment_intent.{CHARGED}"
ALONE: Final = "alone"
"""Marks a payment at which no buyer was, and which has no page."""

TYPES: Final = {
    "card": ("card",), "wallet": ("card",), "link": ("link", "card"), "sepa_debit": ("sepa_debit",),
    "ideal": ("ideal",), "bancontact": ("bancontact",), "klarna": ("klarna",), "paypal": ("paypal",),
}  # fmt: skip
"""Our ways to pay, and the processor's types of each; wallets of telephones come with cards."""

_EUROPE: Final = ("sepa_debit", "ideal", "bancontact", "klarna", "paypal")
_BY_CURRENCY: Final = {
    "EUR": _EUROPE, "USD": ("klarna", "link"), "GBP": ("klarna", "paypal"), "SEK": ("klarna", "paypal"),
    "CHF": ("klarna", "paypal"), "CAD": ("klarna",), "AUD": ("klarna",),
}  # fmt: skip

PROBLEMS_BY_CODE: Final = {
    "card_declined": "declined", "generic_decline": "declined", "do_not_honor": "declined", "fraudulent": "declined",
    "insufficient_funds": "no_funds", "expired_card": "card_expired", "authentication_required": "challenge_failed",
    "payment_intent_authentication_failure": "challenge_failed", "amount_too_large": "limit_reached",
    "amount_too_small": "limit_reached", "charge_exceeds_source_limit": "limit_reached",
    "card_not_supported": "not_supported", "currency_not_supported": "not_supported",
    "invalid_currency": "not_supported",
    "charge_already_refunded": "limit_reached", "refund_disputed_payment": "declined",
}  # fmt: skip
_RETURNS: Final[dict[str, ReturnState]] = {
    "pending": "sent", "requires_action": "sent", "succeeded": "done", "failed": "failed", "canceled": "failed",
}  # fmt: skip
_DISPUTES: Final[dict[str, DisputeState]] = {
    "needs_response": "open", "under_review": "answered", "won": "won", "lost": "lost", "prevented": "won",
    "warning_needs_response": "open", "warning_under_review": "answered", "warning_closed": "won",
}  # fmt: skip
_INTENTS: Final[dict[str, PaymentState]] = {
    "succeeded": "paid", "processing": "acting", "requires_payment_method": "failed", "requires_action": "failed",
    "requires_confirmation": "failed", "canceled": "cancelled",
}  # fmt: skip
"""With nobody there, what wants an action of the buyer has failed."""

_LOCALES: Final = {
    "en", "de", "fr", "es", "pt-BR", "it", "nl", "pl", "ja", "ko",
}  # fmt: skip


def methods(currency: str) -> tuple[str, ...]:
    """The ways to pay in a currency; none where the processor does not take it."""
    try:
        to_units(10**6, currency)
    except Unpayable:
        return ()
    return ("card", "wallet", *_BY_CURRENCY.get(currency, ()))


def marks(tenant: Tenant, payment_id: UUID) -> dict[str, str]:
    """What stands in the margin of everything about a payment."""
    return {"tenant": tenant.id, "payment_id": str(payment_id)}


def session_params(tenant: Tenant, charge: Charge) -> Body:
    """A buyer's page: the same payment gives the same for ever. `Unpayable` where the processor has no such amount."""
    marked = marks(tenant, charge.payment_id)
    intent: Body = {"metadata": marked, "capture_method": "automatic"}
    kept: Body = {"customer_creation": "always"} if charge.keeps else {}
    if charge.keeps:
        intent["setup_future_usage"] = "off_session"
    return kept | {
        "mode": "payment",
        "client_reference_id": str(charge.payment_id),
        "success_url": charge.back_url,
        "cancel_url": charge.back_url,
        "expires_at": int((charge.started_at + OPEN_FOR).timestamp()),
        "locale": charge.language if charge.language in _LOCALES else "zh" if charge.language[:2] == "zh" else "auto",
        "allowed_payment_method_types": list(TYPES.get(charge.method, ("card",))),
        "adaptive_pricing": {"enabled": False},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": charge.currency.lower(),
                    "unit_amount": to_units(charge.amount_minor, charge.currency),
                    "product_data": {"name": f"{tenant.name} · {charge.order_number}"[:250]},
                },
            }
        ],
        "metadata": marked,
        "payment_intent_data": intent,
        "expand": [PAID],
        **({"customer_email": charge.email} if charge.email else {}),
    }


def again_params(tenant: Tenant, charge: Charge) -> Body:
    """A payment of a buyer who agreed to be charged again, and is not there."""
    customer, _, method = charge.again.partition("/")
    return {
        "amount": to_units(charge.amount_minor, charge.currency),
        "currency": charge.currency.lower(),
        "customer": customer,
        "payment_method": method,
        "off_session": True,
        "confirm": True,
        "description": f"{tenant.name} · {charge.order_number}"[:250],
        "metadata": marks(tenant, charge.payment_id) | {ALONE: "yes"},
        "expand": [CHARGED],
    }


def refund_params(tenant: Tenant, back: Back, intent: str) -> Body:
    """A refund of a payment."""
    marked = marks(tenant, back.payment_id) | {"refund_id": str(back.refund_id)}
    return {"payment_intent": intent, "amount": to_units(back.amount_minor, back.currency), "metadata": marked}


def report_of(session: Body) -> Report:
    """What a buyer's page says of its payment."""
    intent = _within(session, "payment_intent")
    charge = _within(intent, "latest_charge")
    state, problem = _state(session, intent)
    currency = str(session.get("currency") or "").upper()
    is_paid = state == "paid"
    return Report(
        _uuid(metadata(session).get("payment_id")),
        state,
        str(session["id"]),
        url=str(session.get("url") or "") if state == "open" else "",
        problem=problem,
        amount_minor=_minor(session.get("amount_total"), currency),
        currency=currency,
        fee_minor=_fee(charge, currency) if is_paid else None,
        method=_shown(charge) if is_paid else "",
        at=moment(charge.get("created")) if is_paid else None,
        facts=_facts(session, intent),
    )


def _facts(session: Body, intent: Body) -> dict[str, str]:
    """What is kept of a page: its payment, and whom to charge again and how, where the buyer agreed to it."""
    found = {"payment_intent": str(intent["id"])} if intent.get("id") else {}
    customer, method = session.get("customer"), intent.get("payment_method")
    is_kept = intent.get("setup_future_usage") == "off_session" and intent.get("status") == "succeeded"
    if is_kept and isinstance(customer, str) and isinstance(method, str):
        found[AGAIN] = f"{customer}/{method}"
    return found


def report_of_intent(intent: Body) -> Report:
    """What a payment says of itself at which no buyer was."""
    charge, status = _within(intent, "latest_charge"), str(intent.get("status"))
    currency, error = str(intent.get("currency") or "").upper(), _within(intent, "last_payment_error")
    state, code = _INTENTS.get(status, "unknown"), str(error.get("decline_code") or error.get("code") or "")
    is_paid = state == "paid"
    customer, method = intent.get("customer"), intent.get("payment_method")
    return Report(
        _uuid(metadata(intent).get("payment_id")),
        state,
        str(intent["id"]),
        problem=(problem_of(code) if code else "challenge_failed") if state == "failed" else "",
        amount_minor=_minor(intent.get("amount"), currency),
        currency=currency,
        fee_minor=_fee(charge, currency) if is_paid else None,
        method=_shown(charge) if is_paid else "",
        at=moment(charge.get("created")) if is_paid else None,
        facts={"payment_intent": str(intent["id"])} | ({AGAIN: f"{customer}/{method}"} if is_paid else {}),
    )


def _state(session: Body, intent: Body) -> tuple[Any, str]:
    status, paid = session.get("status"), session.get("payment_status")
    error = _within(intent, "last_payment_error")
    code = str(error.get("decline_code") or error.get("code") or "")
    problem = problem_of(code) if code else ""
    if paid == "paid":
        return "paid", ""
    if status == "expired":
        return "cancelled", problem or "lapsed"
    if status == "complete":
        return (
            ("failed", problem or "declined") if intent.get("status") == "requires_payment_method" else ("acting", "")
        )
    if status == "open":
        return "open", problem
    return "unknown", ""


def returned_of(refund: Body) -> Returned:
    """What a refund says of itself."""
    currency, marked = str(refund.get("currency") or "").upper(), metadata(refund)
    intent = _within(refund, "payment_intent")
    state = _RETURNS.get(str(refund.get("status")), "unknown")
    return Returned(
        _uuid(marked.get("refund_id")),
        state,
        str(refund["id"]),
        problem="declined" if state == "failed" else "",
        amount_minor=_minor(refund.get("amount"), currency),
        currency=currency,
        payment_id=_uuid(marked.get("payment_id") or metadata(intent).get("payment_id")),
        at=moment(refund.get("created")),
    )


def disputed_of(dispute: Body) -> Disputed:
    """What a dispute says of itself; a question before one takes no money yet."""
    currency = str(dispute.get("currency") or "").upper()
    status, intent = str(dispute.get("status")), _within(dispute, "payment_intent")
    details = _within(dispute, "evidence_details")
    is_question = status.startswith("warning_")
    moved = dispute.get("balance_transactions")
    fees = [_fee_of(each, currency) or 0 for each in moved if isinstance(each, dict)] if isinstance(moved, list) else []
    return Disputed(
        _uuid(metadata(intent).get("payment_id") or metadata(dispute).get("payment_id")),
        _DISPUTES.get(status, "unknown"),
        str(dispute["id"]),
        0 if is_question else _minor(dispute.get("amount"), currency) or 0,
        currency,
        0 if is_question else max(0, sum(fees)),
        str(dispute.get("reason") or ""),
        moment(details.get("due_by")),
        moment(dispute.get("created")),
    )


def owner_of(thing: Body) -> str | None:
    """Which label a thing is of, by what stands in its margin or in that of its payment."""
    return metadata(thing).get("tenant") or metadata(_within(thing, "payment_intent")).get("tenant")


def problem_of(code: str) -> str:
    """Which of our problems a code of the processor is."""
    return PROBLEMS_BY_CODE.get(code, "other")


def is_late(asked_at: datetime, now: datetime) -> bool:
    """Whether the processor may have forgotten a key."""
    return now - asked_at >= KEY_LIFE


def _within(thing: Body, name: str) -> Body:
    found = thing.get(name)
    return found if isinstance(found, dict) else {}


def _minor(units: object, currency: str) -> int | None:
    try:
        return from_units(units, currency) if isinstance(units, int) else None
    except Unpayable:
        return None


def _fee(charge: Body, currency: str) -> int | None:
    """What the processor keeps of a payment, in the payment's currency; None while it does not say."""
    return _fee_of(_within(charge, "balance_transaction"), currency)


def _fee_of(moved: Body, currency: str) -> int | None:
    fee, amount = moved.get("fee"), moved.get("amount")
    settled = str(moved.get("currency") or "").upper()
    if not isinstance(fee, int) or not settled:
        return None
    if settled == currency:
        return _minor(fee, currency)
    rate = moved.get("exchange_rate")  # so much of the settled currency for one of the payment's
    if not isinstance(rate, (int, float)) or rate <= 0 or not isinstance(amount, int):
        return None
    try:
        ours, theirs = to_units(10**6, currency), to_units(10**6, settled)
    except Unpayable:
        return None
    return _minor(round(fee / rate * ours / theirs), currency)


def _shown(charge: Body) -> str:
    """A method as it may be shown: a card's brand and last digits, a wallet, a bank."""
    details = _within(charge, "payment_method_details")
    kind = str(details.get("type") or "")
    own = _within(details, kind)
    last = own.get("last4")
    name = str(own.get("brand") or kind)
    return f"{name} •••• {last}" if last else name


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
