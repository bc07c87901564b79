"""The stand-in for the card processor at the till: buyers' pages, refunds and disputes in its published shapes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from stripe.params._dispute_list_params import DisputeListParams
from stripe.params._payment_intent_create_params import PaymentIntentCreateParams
from stripe.params._payment_intent_list_params import PaymentIntentListParams
from stripe.params._refund_create_params import RefundCreateParams
from stripe.params._refund_list_params import RefundListParams
from stripe.params.checkout._session_create_params import SessionCreateParams
from stripe.params.checkout._session_list_params import SessionListParams

from tests.payouts import stripe_stand_in, stripe_wire
from tests.payouts.stripe_stand_in import Asked, StandIn
from tests.payouts.stripe_wire import Refused, whole

Thing = dict[str, Any]
stripe_wire.PUBLISHED.update({
    ("POST", "checkout/sessions"): SessionCreateParams, ("GET", "checkout/sessions"): SessionListParams,
    ("POST", "refunds"): RefundCreateParams, ("GET", "refunds"): RefundListParams,
    ("GET", "disputes"): DisputeListParams, ("POST", "payment_intents"): PaymentIntentCreateParams,
    ("GET", "payment_intents"): PaymentIntentListParams,
})  # fmt: skip


class Till(StandIn):
    """The processor where buyers pay. Tests act as buyers and banks."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.pages: dict[str, Thing] = {}
        self.intents: dict[str, Thing] = {}
        self.refunds: dict[str, Thing] = {}
        self.disputes: dict[str, Thing] = {}
        self.refund_status = "succeeded"
        self.declines_again = ""
        """Why cards are declined that are charged while no buyer is there."""
        self.settles_in: tuple[str, float] | None = None
        """Another currency in which money is settled, and what one of the payment's is of it."""

    def pay(self, page: str, *, later: bool = False) -> Thing:
        """A buyer pays on a page; gives the event."""
        with self.lock:
            session = self.pages[page]
            intent = self.intents[session["payment_intent"]]
            session["status"], session["url"] = "complete", None
            if later:
                intent["status"] = "processing"
                return self.event("checkout.session.completed", session)
            session["payment_status"], intent["status"] = "paid", "succeeded"
            intent["payment_method"] = self.books.name("pm")
            if session["customer_creation"] == "always":
                session["customer"] = intent["customer"] = self.books.name("cus")
            intent["latest_charge"] = self._charge(session)
            return self.event("checkout.session.completed", session)

    def decline(self, page: str, code: str = "card_declined") -> None:
        """A buyer's card is declined; the page stays open."""
        with self.lock:
            self.intents[self.pages[page]["payment_intent"]]["last_payment_error"] = {
                "type": "card_error",
                "code": code,
            }

    def dispute(self, page: str, status: str = "needs_response") -> Thing:
        """A buyer's bank wants a payment back, or decides; gives the event."""
        with self.lock:
            session = self.pages[page]
            name = f"du_{page[3:]}"
            known = self.disputes.setdefault(name, {
                "id": name, "object": "dispute", "amount": session["amount_total"], "currency": session["currency"],
                "created": self.books.now(), "charge": "ch_x", "payment_intent": session["payment_intent"], "metadata": {},
                "reason": "fraudulent", "evidence_details": {"due_by": self.books.now() + 600_000}, "livemode": self.livemode,
                "balance_transactions": [{"object": "balance_transaction", "amount": -session["amount_total"], "fee": 1500, "currency": session["currency"], "exchange_rate": None}],
            })  # fmt: skip
            known["status"] = status
            return self.event("charge.dispute.created", known)

    def event(self, kind: str, thing: Thing) -> Thing:
        """What the processor sends when something happens to a thing."""
        return {
            "id": self.books.name("evt"), "object": "event", "type": kind, "livemode": self.livemode,
            "created": self.books.now(), "data": {"object": {name: thing[name] for name in ("id", "object", "metadata")}},
        }  # fmt: skip

    def _charge(self, session: Thing) -> Thing:
        amount, currency = session["amount_total"], session["currency"]
        fee, rate = amount * 14 // 1000 + 25, None
        if self.settles_in:
            currency, rate = self.settles_in
            amount, fee = round(amount * rate), round(fee * rate)
        return {
            "id": self.books.name("ch"), "object": "charge", "created": self.books.now(),
            "balance_transaction": {
                "id": self.books.name("txn"), "object": "balance_transaction", "amount": amount, "fee": fee,
                "currency": currency, "exchange_rate": rate,
            },
            "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
        }  # fmt: skip

    def _done(self, asked: Asked) -> Thing:
        path = asked.path.removeprefix("/v1/")
        if path.startswith("checkout/sessions"):
            return self._session(asked, path.removeprefix("checkout/sessions").strip("/"))
        if path.startswith("payment_intents"):
            return self._intent(asked, path.removeprefix("payment_intents").strip("/"))
        if path.startswith(("refunds", "disputes")):
            kind, _, name = path.partition("/")
            things = {"refunds": self.refunds, "disputes": self.disputes}[kind]
            if asked.method == "POST":
                return self._refund(asked.params)
            return self._expanded(_found(things, name)) if name else self._list(asked, things)
        return super()._done(asked)

    def _session(self, asked: Asked, rest: str) -> Thing:
        if asked.method == "POST" and rest:
            session = _found(self.pages, rest.partition("/")[0])
            if session["status"] != "open":
                raise Refused(400, "resource_missing")
            session["status"], session["url"] = "expired", None
            return session
        if asked.method == "POST":
            return self._open(asked.params)
        if not rest:
            return self._list(asked, self.pages)
        session = _found(self.pages, rest)
        return self._expanded(session) if "expand" in asked.params else session

    def _intent(self, asked: Asked, name: str) -> Thing:
        if asked.method == "POST":
            return self._charge_again(asked.params)
        if name:
            return _found(self.intents, name)
        return stripe_stand_in._listed(asked, [dict(each) for each in reversed(self.intents.values())])

    def _charge_again(self, params: Thing) -> Thing:
        """A payment whose buyer is not there: only of a card that was kept for that, and a decline is an error."""
        kept = [each for each in self.intents.values() if each.get("setup_future_usage") == "off_session"]
        if not any((each["customer"], each["payment_method"]) == (params["customer"], params["payment_method"])
                   for each in kept):  # fmt: skip
            raise Refused(400, "resource_missing", param="payment_method")
        name, why = self.books.name("pi"), self.declines_again
        intent = self.intents[name] = {
            "id": name, "object": "payment_intent", "status": "requires_payment_method" if why else "succeeded",
            "amount": whole(params, "amount"), "currency": params["currency"], "metadata": params["metadata"],
            "customer": params["customer"], "payment_method": params["payment_method"], "created": self.books.now(),
            "last_payment_error": {"type": "card_error", "code": why} if why else None, "latest_charge": None,
            "setup_future_usage": None, "livemode": self.livemode,
        }  # fmt: skip
        if why:
            raise Refused(402, why, "card_error")
        intent["latest_charge"] = self._charge({"amount_total": intent["amount"], "currency": intent["currency"]})
        return intent

    def _list(self, asked: Asked, things: dict[str, Thing]) -> Thing:
        found = [self._expanded(each) for each in reversed(things.values())]
        intent = asked.params.get("payment_intent")
        found = [each for each in found if intent is None or each["payment_intent"]["id"] == intent]
        return stripe_stand_in._listed(asked, found)

    def _expanded(self, thing: Thing) -> Thing:
        return {**thing, "payment_intent": self.intents[thing["payment_intent"]]}

    def _open(self, params: Thing) -> Thing:
        item = params["line_items"]["0"]["price_data"]
        if int(params["expires_at"]) < self.books.now() + 1_800:
            raise Refused(400, "parameter_invalid_integer", param="expires_at")
        name, intent = self.books.name("cs_test"), self.books.name("pi")
        marks = params["payment_intent_data"]["metadata"]
        self.intents[intent] = {
            "id": intent, "object": "payment_intent", "status": "requires_payment_method", "metadata": marks,
            "latest_charge": None, "last_payment_error": None, "created": self.books.now(), "payment_method": None,
            "setup_future_usage": params["payment_intent_data"].get("setup_future_usage"), "customer": None,
        }  # fmt: skip
        self.pages[name] = {
            "id": name, "object": "checkout.session", "status": "open", "payment_status": "unpaid", "created": self.books.now(),
            "url": f"https://checkout.stripe.com/c/pay/{name}", "amount_total": whole(item, "unit_amount"),
            "currency": item["currency"], "metadata": params["metadata"], "payment_intent": intent, "mode": "payment",
            "client_reference_id": params["client_reference_id"], "livemode": self.livemode,
            "customer_creation": params.get("customer_creation", "if_required"), "customer": None,
        }  # fmt: skip
        return self._expanded(self.pages[name])

    def _refund(self, params: Thing) -> Thing:
        amount, intent = whole(params, "amount"), params["payment_intent"]
        page = next((each for each in self.pages.values() if each["payment_intent"] == intent), None)
        if page is None and "amount" in self.intents.get(intent, {}):
            page = self.intents[intent] | {"amount_total": self.intents[intent]["amount"]}
        if page is None:
            raise Refused(404, "resource_missing")
        gone = sum(each["amount"] for each in self.refunds.values() if each["payment_intent"] == intent)
        if gone + amount > page["amount_total"]:
            raise Refused(400, "charge_already_refunded")
        name = self.books.name("re")
        self.refunds[name] = {
            "id": name, "object": "refund", "amount": amount, "currency": page["currency"], "payment_intent": intent,
            "status": self.refund_status, "metadata": params.get("metadata", {}), "created": self.books.now(),
        }  # fmt: skip
        return self.refunds[name]


def _found(things: dict[str, Thing], name: str) -> Thing:
    if name not in things:
        raise Refused(404, "resource_missing", param="id")
    return things[name]


@contextmanager
def till(**how: Any) -> Iterator[Till]:
    """The processor, listening on this machine for the length of a block."""
    processor = Till(**how)
    server = stripe_stand_in._Server(("127.0.0.1", 0), stripe_stand_in._handler(processor))
    processor.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield processor
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
