"""The only place that speaks with the processor: each question gives one of three answers, and none is an exception."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

import stripe

from app.settings import STRIPE_API_VERSION

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)  # it would write down the processor's messages about accounts

TIMEOUTS = (5.0, 20.0)
"""Seconds to connect, and to wait for the next byte."""
PAGE = 100
MOST_LISTED = 10_000
MOST_WALKED = 500_000
"""So many transfers of all labels are looked through for those of one, and no more is known than that."""

_CERTAIN_TYPES = frozenset(("card_error", "invalid_request_error"))
_CERTAIN_STATUSES = frozenset((400, 402, 404))
_NOT_OURS = (403, "account_invalid")
"""The account took its leave back: for certain nothing was done. Other 403 and 401 say that our key is not right."""
_UNREADABLE = (stripe.StripeError, ValueError, TypeError, AttributeError, KeyError)
"""What the library raises for errors, and for JSON that is nothing it knows."""
_NOT_YET = frozenset(("lock_timeout", "idempotency_key_in_use", "rate_limit", "api_key_expired"))


class Unanswered(Exception):
    """A list that is not known to be whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gave: `done` with a body, `refused` for certain, or `unclear`: done or not, nobody knows."""

    kind: Literal["done", "refused", "unclear"]
    body: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    request: str = ""
    """The processor's name for the question, for its support."""
    is_replay: bool = False
    """The answer to an earlier question under the same key: that one is over."""

    @property
    def facts(self) -> dict[str, str]:
        """What may stand in a report; never a message, which may hold account numbers."""
        return {name: said for name, said in (("code", self.code), ("request", self.request)) if said}


class Wire:
    """One platform account of the processor, asked without retries of the library's own."""

    def __init__(self, key: str, base: str, timeouts: tuple[float, float] = TIMEOUTS) -> None:
        http = stripe.RequestsClient(timeout=timeouts)
        self.is_live = "_live_" in key[:8]
        self._api = stripe.StripeClient(
            key,
            base_addresses={"api": base.rstrip("/")},
            stripe_version=STRIPE_API_VERSION,
            max_network_retries=0,
            http_client=http,
        ).v1

    def create_transfer(self, params: Mapping[str, Any], key: str) -> Answer:
        """Move money to a payee's balance."""
        return self._one("transfer", lambda: self._api.transfers.create(_any(params), {"idempotency_key": key}))

    def create_reversal(self, transfer: str, params: Mapping[str, Any], key: str) -> Answer:
        """Take all of a transfer back."""
        create = self._api.transfers.reversals.create
        return self._one("transfer_reversal", lambda: create(transfer, _any(params), {"idempotency_key": key}))

    def create_payout(self, account: str, params: Mapping[str, Any], key: str) -> Answer:
        """Send a payee's balance to the payee's bank."""
        options: stripe.RequestOptions = {"idempotency_key": key, "stripe_account": account}
        return self._one("payout", lambda: self._api.payouts.create(_any(params), options))

    def create_account(self, params: Mapping[str, Any], key: str) -> Answer:
        """Open an account for a payee."""
        return self._one("account", lambda: self._api.accounts.create(_any(params), {"idempotency_key": key}))

    def create_account_link(self, params: Mapping[str, Any]) -> Answer:
        """A page on which the payee says who they are; it lasts minutes, so that twice does no harm."""
        return self._one("account_link", lambda: self._api.account_links.create(_any(params)))

    def transfer(self, transfer: str) -> Answer:
        """Read one transfer."""
        return self._one("transfer", lambda: self._api.transfers.retrieve(transfer))

    def payout(self, account: str, payout: str) -> Answer:
        """Read one payout of a payee's account."""
        return self._one("payout", lambda: self._api.payouts.retrieve(payout, options={"stripe_account": account}))

    def account(self, account: str) -> Answer:
        """Read one account."""
        return self._one("account", lambda: self._api.accounts.retrieve(account))

    def balance(self) -> Answer:
        """Read the platform's balance."""
        return self._one("balance", self._api.balance.retrieve)

    def transfers(self, **params: Any) -> list[dict[str, Any]] | None:
        """List transfers, newest first; None when the list is not known to be whole."""
        return self._many(lambda: self._api.transfers.list(_any({"limit": PAGE, **params})))

    def walk_transfers(self, **params: Any) -> Iterator[dict[str, Any]]:
        """Every transfer, newest first, a page at a time; `Unanswered` when the list is not known to be whole."""
        try:
            walked = self._api.transfers.list(_any({"limit": PAGE, **params})).auto_paging_iter()
            for number, thing in enumerate(walked):
                if number == MOST_WALKED:
                    raise Unanswered
                yield thing.to_dict()
        except _UNREADABLE:
            raise Unanswered from None

    def payouts(self, account: str, **params: Any) -> list[dict[str, Any]] | None:
        """List the payouts of a payee's account, newest first; None when the list is not known to be whole."""
        options: stripe.RequestOptions = {"stripe_account": account}
        return self._many(lambda: self._api.payouts.list(_any({"limit": PAGE, **params}), options))

    def accounts(self, **params: Any) -> list[dict[str, Any]] | None:
        """List accounts, newest first; None when the list is not known to be whole."""
        return self._many(lambda: self._api.accounts.list(_any({"limit": PAGE, **params})))

    def create_session(self, params: Mapping[str, Any], key: str) -> Answer:
        """Open a page of the processor's on which a buyer pays."""
        create = self._api.checkout.sessions.create
        return self._one("checkout.session", lambda: create(_any(params), {"idempotency_key": key}))

    def expire_session(self, session: str) -> Answer:
        """Close a buyer's page; one that was paid or is closed is refused."""
        return self._one("checkout.session", lambda: self._api.checkout.sessions.expire(session))

    def session(self, session: str, *, expand: list[str]) -> Answer:
        """Read one buyer's page with what was paid on it."""
        read = self._api.checkout.sessions.retrieve
        return self._one("checkout.session", lambda: read(session, _any({"expand": expand})))

    def sessions(self, **params: Any) -> list[dict[str, Any]] | None:
        """List buyers' pages, newest first; None when the list is not known to be whole."""
        return self._many(lambda: self._api.checkout.sessions.list(_any({"limit": PAGE, **params})))

    def create_intent(self, params: Mapping[str, Any], key: str) -> Answer:
        """Charge a buyer again who agreed to it; a declined card is a refusal."""
        create = self._api.payment_intents.create
        return self._one("payment_intent", lambda: create(_any(params), {"idempotency_key": key}))

    def intent(self, intent: str, *, expand: list[str]) -> Answer:
        """Read one payment with what was charged for it."""
        read = self._api.payment_intents.retrieve
        return self._one("payment_intent", lambda: read(intent, _any({"expand": expand})))

    def intents(self, **params: Any) -> list[dict[str, Any]] | None:
        """List payments, newest first; None when the list is not known to be whole."""
        return self._many(lambda: self._api.payment_intents.list(_any({"limit": PAGE, **params})))

    def create_refund(self, params: Mapping[str, Any], key: str) -> Answer:
        """Give a payment back, or a part of it."""
        return self._one("refund", lambda: self._api.refunds.create(_any(params), {"idempotency_key": key}))

    def refund(self, refund: str, *, expand: list[str]) -> Answer:
        """Read one refund."""
        return self._one("refund", lambda: self._api.refunds.retrieve(refund, _any({"expand": expand})))

    def refunds(self, **params: Any) -> list[dict[str, Any]] | None:
        """List refunds, newest first; None when the list is not known to be whole."""
        return self._many(lambda: self._api.refunds.list(_any({"limit": PAGE, **params})))

    def dispute(self, dispute: str, *, expand: list[str]) -> Answer:
        """Read one dispute."""
        return self._one("dispute", lambda: self._api.disputes.retrieve(dispute, _any({"expand": expand})))

    def disputes(self, **params: Any) -> list[dict[str, Any]] | None:
        """List disputes, newest first; None when the list is not known to be whole."""
        return self._many(lambda: self._api.disputes.list(_any({"limit": PAGE, **params})))

    def _one(self, kind: str, ask: Callable[[], stripe.StripeObject]) -> Answer:
        try:
            body = ask().to_dict()
        except stripe.StripeError as problem:
            return _answer_of(problem)
        except _UNREADABLE:
            return Answer("unclear", code="unreadable")
        if body.get("object") != kind or not (isinstance(body.get("id"), str) or kind in ("balance", "account_link")):
            return Answer("unclear", code="unreadable")
        return Answer("done", body)

    def _many(self, ask: Callable[[], Any]) -> list[dict[str, Any]] | None:
        try:
            found = [thing.to_dict() for thing in islice(ask().auto_paging_iter(), MOST_LISTED + 1)]
        except _UNREADABLE:
            return None
        is_whole = len(found) <= MOST_LISTED and all(isinstance(thing.get("id"), str) for thing in found)
        return found if is_whole else None


def _any(params: Mapping[str, Any]) -> Any:
    return dict(params)


def _answer_of(problem: stripe.StripeError) -> Answer:
    said = problem.json_body.get("error") if isinstance(problem.json_body, dict) else None
    said = said if isinstance(said, dict) else {}
    kind, code, status = said.get("type"), str(said.get("code") or ""), problem.http_status
    headers = problem.headers or {}
    request, is_replay = headers.get("request-id", ""), headers.get("idempotent-replayed") == "true"
    is_certain = kind in _CERTAIN_TYPES and (status in _CERTAIN_STATUSES or (status, code) == _NOT_OURS)
    if is_certain and code not in _NOT_YET:
        return Answer("refused", code=code or "refused", request=request, is_replay=is_replay)
    return Answer("unclear", code=code or str(kind or status or "unreachable"), request=request, is_replay=is_replay)
