"""What the stand-in for the card processor remembers: accounts, balances, transfers, payouts, and what they do to each other."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from itertools import count
from typing import Any

from tests.payouts.stripe_wire import Refused, whole

Thing = dict[str, Any]
PLATFORM = ""
WHOLE_ONLY = ("huf", "isk", "twd", "ugx")
CAME_BACK = ("failed", "canceled", "reversed")
THREE_DECIMAL = ("bhd", "jod", "kwd", "omr", "tnd")


class Books:
    """The state of one platform; every method runs under the server's lock."""

    def __init__(self, *, livemode: bool) -> None:
        self.livemode = livemode
        self.shifted = 0.0
        self.balances: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.instant_left: Counter[str] = Counter()
        self.accounts: dict[str, Thing] = {}
        self.transfers: dict[str, Thing] = {}
        self.payouts: dict[str, dict[str, Thing]] = defaultdict(dict)
        self.events: list[Thing] = []
        self.refused_transfers: dict[str, str] = {}
        self.refused_payouts: dict[str, str] = {}
        self.refused_reversals: dict[str, str] = {}
        self._numbers = count(1)

    def now(self) -> int:
        return int(time.time() + self.shifted)

    def name(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers):08d}aB"

    def account(self, name: str) -> Thing:
        if name not in self.accounts:
            raise Refused(400, "resource_missing", param="account")
        return self.accounts[name]

    def open_account(self, params: Thing) -> Thing:
        name = self.name("acct").replace("acct_", "acct_1")
        account = {
            "id": name, "object": "account", "business_type": params.get("business_type"),
            "capabilities": {"transfers": "inactive"}, "charges_enabled": False, "country": params.get("country", "US"),
            "controller": params.get("controller", {}), "created": self.now(), "default_currency": "eur",
            "details_submitted": False, "email": params.get("email"), "metadata": params.get("metadata", {}),
            "external_accounts": {"object": "list", "data": [], "has_more": False, "url": f"/v1/accounts/{name}/external_accounts"},
            "payouts_enabled": False, "settings": params.get("settings", {}), "tos_acceptance": params.get("tos_acceptance", {}),
            "requirements": {
                "currently_due": ["external_account", "tos_acceptance.date"], "past_due": [], "eventually_due": [],
                "pending_verification": [], "errors": [], "alternatives": [], "current_deadline": None,
                "disabled_reason": "requirements.past_due",
            },
        }  # fmt: skip
        self.accounts[name] = account
        return account

    def account_link(self, params: Thing) -> Thing:
        self.account(params["account"])
        path = f"https://connect.stripe.com/setup/e/{params['account']}/{self.name('x')}"
        return {"object": "account_link", "created": self.now(), "expires_at": self.now() + 300, "url": path}

    def transfer(self, params: Thing) -> Thing:
        amount, currency, to = whole(params, "amount"), params["currency"], params["destination"]
        self.account(to)
        self._refuse(self.refused_transfers.get(to))
        if self.balances[PLATFORM][currency] < amount:
            raise Refused(400, "balance_insufficient")
        self._move(PLATFORM, to, currency, amount)
        name = self.name("tr")
        self.transfers[name] = {
            "id": name, "object": "transfer", "amount": amount, "amount_reversed": 0, "balance_transaction": self.name("txn"),
            "created": self.now(), "currency": currency, "description": None, "destination": to,
            "destination_payment": self.name("py"), "livemode": self.livemode, "metadata": params.get("metadata", {}),
            "reversals": {"object": "list", "data": [], "has_more": False, "url": f"/v1/transfers/{name}/reversals"},
            "reversed": False, "source_transaction": None, "source_type": "card",
            "transfer_group": params.get("transfer_group"),
        }  # fmt: skip
        return self.transfers[name]

    def reverse(self, name: str, params: Thing) -> Thing:
        transfer = self.transfers.get(name)
        if transfer is None:
            raise Refused(404, "resource_missing", param="transfer")
        amount = whole(params, "amount") if "amount" in params else transfer["amount"] - transfer["amount_reversed"]
        if transfer["reversed"] or amount > transfer["amount"] - transfer["amount_reversed"]:
            raise Refused(400, param="amount")
        self._refuse(self.refused_reversals.get(transfer["destination"]))
        if self.balances[transfer["destination"]][transfer["currency"]] < amount:
            raise Refused(400, "balance_insufficient")
        self._move(transfer["destination"], PLATFORM, transfer["currency"], amount)
        reversal = {
            "id": self.name("trr"), "object": "transfer_reversal", "amount": amount, "created": self.now(),
            "balance_transaction": self.name("txn"), "currency": transfer["currency"], "transfer": name,
            "destination_payment_refund": self.name("pyr"), "metadata": params.get("metadata", {}), "source_refund": None,
        }  # fmt: skip
        transfer["reversals"]["data"].insert(0, reversal)
        transfer["amount_reversed"] += amount
        transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
        return reversal

    def payout(self, account: str, params: Thing) -> Thing:
        amount, currency, method = whole(params, "amount"), params["currency"], params.get("method", "standard")
        self._check_payout(account, amount, currency, method, params.get("statement_descriptor", ""))
        self._move(account, "the bank", currency, amount)
        if method == "instant":
            self.instant_left[currency] -= amount
        payout = {
            "id": self.name("po"), "object": "payout", "amount": amount, "application_fee": None,
            "application_fee_amount": None, "arrival_date": self.now() + (0 if method == "instant" else 86_400),
            "automatic": False, "balance_transaction": self.name("txn"), "created": self.now(), "currency": currency,
            "description": None, "destination": self.name("ba"), "failure_balance_transaction": None, "failure_code": None,
            "failure_message": None, "livemode": self.livemode, "metadata": params.get("metadata", {}), "method": method,
            "original_payout": None, "payout_method": None, "reconciliation_status": "not_applicable", "reversed_by": None,
            "source_type": "card", "statement_descriptor": params.get("statement_descriptor"), "status": "pending",
            "trace_id": {"status": "pending", "value": None}, "type": "bank_account",
        }  # fmt: skip
        self.payouts[account][payout["id"]] = payout
        self.happened("payout.created", payout, account)
        return payout

    def turn(self, account: str, name: str, status: str, code: str = "") -> Thing:
        """A bank's word on a payout; gives the event of it."""
        payout = self.payouts[account][name]
        if status == "reversed":
            payout["reversed_by"] = self.name("po")
        if status in CAME_BACK and payout["status"] not in CAME_BACK:
            self._move("the bank", account, payout["currency"], payout["amount"])
            payout |= {"failure_code": code or None, "failure_balance_transaction": self.name("txn")}
        if status == "paid":
            payout["trace_id"] = {"status": "supported", "value": f"trace-{name}"}
        payout["status"] = "paid" if status == "reversed" else status
        kind = {"in_transit": "payout.updated", "reversed": "payout.updated"}.get(status, f"payout.{status}")
        return self.happened(kind, payout, account)

    def balance(self, account: str) -> Thing:
        held = [
            {"amount": amount, "currency": code, "source_types": {"card": amount}}
            for code, amount in self.balances[account].items()
        ]
        instant = [
            {"amount": left, "currency": code, "source_types": {"card": left}}
            for code, left in self.instant_left.items()
        ]
        found = {"object": "balance", "available": held, "livemode": self.livemode, "pending": []}
        return found | ({"instant_available": instant} if instant and account == PLATFORM else {})

    def happened(self, kind: str, thing: Thing, account: str = PLATFORM) -> Thing:
        event = {
            "id": self.name("evt"), "object": "event", "api_version": "2026-10-28.endive", "created": self.now(),
            "data": {"object": {**thing}}, "livemode": self.livemode, "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None}, "type": kind, **({"account": account} if account else {}),
        }  # fmt: skip
        self.events.insert(0, event)
        return event

    def _check_payout(self, account: str, amount: int, currency: str, method: str, text: str) -> None:
        if not self.account(account)["payouts_enabled"]:
            raise Refused(400, "payouts_not_allowed")
        self._refuse(self.refused_payouts.get(account))
        if len(text) > 22 or not text.isascii() or set(text) & set("<>\"'\\*"):
            raise Refused(400, "parameter_invalid_string", param="statement_descriptor")
        if amount % (100 if currency in WHOLE_ONLY else 10 if currency in THREE_DECIMAL else 1):
            raise Refused(400, "parameter_invalid_integer", param="amount")
        if method == "instant" and amount > self.instant_left[currency]:
            raise Refused(400, "instant_payouts_limit_exceeded")
        if self.balances[account][currency] < amount:
            raise Refused(400, "balance_insufficient")

    def _refuse(self, code: str | None) -> None:
        if code:
            raise Refused(
                402 if code.startswith("card_") else 400,
                code,
                "card_error" if code.startswith("card_") else "invalid_request_error",
            )

    def _move(self, giver: str, taker: str, currency: str, amount: int) -> None:
        self.balances[giver][currency] -= amount
        self.balances[taker][currency] += amount
