"""The card processor as a gateway: its own pages take the money, and what it says is asked for again and again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from app.kernel import clock
from app.kernel.errors import Unavailable
from app.kernel.tenant import Tenant
from app.payouts.gateways.stripe.amounts import Unpayable
from app.payouts.gateways.stripe.client import TIMEOUTS, Answer, Wire
from app.payouts.gateways.stripe.mapping import metadata
from app.storefront.gateways.gateway import Back, Charge, Report, Returned, Said
from app.storefront.gateways.stripe import mapping
from app.storefront.gateways.stripe.mapping import ALONE, CHARGED, PAID, Body

LISTED: Final = [f"data.{PAID}"]
LISTED_ALONE: Final = [f"data.{CHARGED}"]
MARGIN: Final = ["payment_intent"]
BEFORE: Final = timedelta(minutes=5)
DISPUTES_FOR: Final = timedelta(days=130)
"""A bank may want a payment back for about four months."""


class GatewaySilent(Unavailable):
    """The processor's lists could not be read as a whole."""

    message = "The payment service does not answer. Try again in a minute."
    retry_after = 60


class StripeGateway:
    """Takes payments on the processor's own pages.

    A refusal is only what the processor itself says was not done. Whatever else happens is `unknown`: the same key and
    body may be asked for again within 23 hours, later the lists are searched and nothing is asked for any more.
    """

    name = "stripe"

    def __init__(self, key: str, base: str, *, timeouts: tuple[float, float] = TIMEOUTS) -> None:
        self._wire = Wire(key, base, timeouts)

    @property
    def is_live(self) -> bool:
        """Whether it moves real money; an event that says otherwise is not for it."""
        return self._wire.is_live

    def methods(self, currency: str) -> tuple[str, ...]:
        """The ways to pay in a currency."""
        return mapping.methods(currency)

    def start(self, tenant: Tenant, charge: Charge) -> Report:
        """Open a buyer's page; one whose key may be forgotten is only looked for."""
        if charge.is_again and mapping.is_late(charge.started_at, clock.now()):
            return self._searched(tenant, charge)
        try:
            answer = self._asked(tenant, charge)
        except Unpayable:
            return Report(charge.payment_id, "failed", problem="not_supported")
        if answer.kind == "done":
            return mapping.report_of_intent(answer.body) if charge.again else mapping.report_of(answer.body)
        if answer.kind == "refused" and not charge.is_again:
            return Report(charge.payment_id, "failed", problem=mapping.problem_of(answer.code), facts=answer.facts)
        if answer.kind == "refused" or answer.is_replay:
            return self._searched(tenant, charge)  # an earlier try is over, and may have come through
        return _silent(charge, answer)

    def _asked(self, tenant: Tenant, charge: Charge) -> Answer:
        if charge.again:
            return self._wire.create_intent(mapping.again_params(tenant, charge), charge.key)
        return self._wire.create_session(mapping.session_params(tenant, charge), charge.key)

    def _searched(self, tenant: Tenant, charge: Charge) -> Report:
        whence = int((charge.started_at - BEFORE).timestamp())
        until = int((charge.started_at + mapping.KEY_LIFE + BEFORE).timestamp())
        ask = self._wire.intents if charge.again else self._wire.sessions
        found = ask(created={"gte": whence, "lte": until}, expand=LISTED_ALONE if charge.again else LISTED)
        if found is None:
            return Report(charge.payment_id, "unknown", problem="unreachable")
        marked = mapping.marks(tenant, charge.payment_id)
        for each in found:
            if marked.items() <= metadata(each).items():
                return mapping.report_of_intent(each) if charge.again else mapping.report_of(each)
        return Report(charge.payment_id, "failed", problem="lapsed")

    def stop(self, tenant: Tenant, reference: str) -> Report:
        """Close a buyer's page, unless it was paid meanwhile."""
        if not reference.startswith("pi_"):  # what was charged without a page is over when it was answered
            self._wire.expire_session(reference)
        said = self.read(tenant, reference)
        return said if isinstance(said, Report) else Report(None, "unknown", reference)

    def read(self, tenant: Tenant, reference: str) -> Said:
        """What is now true of a page, a payment, a refund or a dispute; of what is not this label's, nothing."""
        if reference.startswith(("re_", "pyr_")):
            return self._refund(tenant, reference)
        if reference.startswith(("dp_", "du_")):
            answer = self._wire.dispute(reference, expand=MARGIN)
            is_ours = answer.kind == "done" and mapping.owner_of(answer.body) == tenant.id
            return mapping.disputed_of(answer.body) if is_ours else _unknown(reference, answer)
        if reference.startswith("pi_"):
            return self._page_of(tenant, reference)
        answer = self._wire.session(reference, expand=[PAID])
        is_ours = answer.kind == "done" and mapping.owner_of(answer.body) == tenant.id
        return mapping.report_of(answer.body) if is_ours else _unknown(reference, answer)

    def _page_of(self, tenant: Tenant, intent: str) -> Report:
        found = self._wire.sessions(payment_intent=intent, expand=LISTED)
        if found is None:
            return Report(None, "unknown", intent, problem="unreachable")
        ours = [each for each in found if mapping.owner_of(each) == tenant.id]
        return mapping.report_of(ours[0]) if ours else self._alone(tenant, intent)

    def _alone(self, tenant: Tenant, intent: str) -> Report:
        """A payment that has no page."""
        answer = self._wire.intent(intent, expand=[CHARGED])
        if answer.kind == "done" and mapping.owner_of(answer.body) == tenant.id and ALONE in metadata(answer.body):
            return mapping.report_of_intent(answer.body)
        return _unknown(intent, answer)

    def _refund(self, tenant: Tenant, reference: str) -> Returned:
        answer = self._wire.refund(reference, expand=MARGIN)
        if answer.kind == "done" and mapping.owner_of(answer.body) == tenant.id:
            return mapping.returned_of(answer.body)
        problem = "other" if answer.kind == "done" else "unreachable"
        return Returned(None, "unknown", reference, problem=problem, facts=answer.facts)

    def read_refund(self, tenant: Tenant, reference: str) -> Returned:
        """What is now true of a refund."""
        return self._refund(tenant, reference)

    def refund(self, tenant: Tenant, back: Back) -> Returned:
        """Give money back; a refund whose key may be forgotten is only looked for."""
        intent, facts = self._intent_of(back.payment)
        if intent is None:
            return Returned(back.refund_id, "unknown", problem="unreachable", facts=facts)
        if back.is_again:
            known = self._known(back, intent)
            if known is not None or mapping.is_late(back.asked_at, clock.now()):
                return known or Returned(back.refund_id, "failed", problem="unreachable")
        try:
            params = mapping.refund_params(tenant, back, intent)
        except Unpayable:
            return Returned(back.refund_id, "failed", problem="not_supported")
        answer = self._wire.create_refund(params, back.key)
        if answer.kind == "done":
            return mapping.returned_of(answer.body)
        if answer.kind == "refused" or answer.is_replay:
            known = self._known(back, intent) if back.is_again else None
            problem = mapping.problem_of(answer.code)
            return known or Returned(back.refund_id, "failed", problem=problem, facts=answer.facts)
        return Returned(back.refund_id, "unknown", problem="unreachable", facts=answer.facts)

    def _intent_of(self, payment: str) -> tuple[str | None, dict[str, str]]:
        """The payment of a page, or what was charged without one; else what the processor said."""
        if payment.startswith("pi_"):
            return payment, {}
        page = self._wire.session(payment, expand=[])
        intent = page.body.get("payment_intent")
        return (intent if page.kind == "done" and isinstance(intent, str) else None), page.facts

    def _known(self, back: Back, intent: str) -> Returned | None:
        """What became of a refund that was asked for before; None where the processor has none of it."""
        found = self._wire.refunds(payment_intent=intent)
        if found is None:
            return Returned(back.refund_id, "unknown", problem="unreachable")
        for each in found:
            if metadata(each).get("refund_id") == str(back.refund_id):
                return mapping.returned_of(each)
        return None

    def movements(self, tenant: Tenant, since: datetime) -> Iterable[Said]:
        """Everything of the label's that was paid, given back or disputed since then."""
        whence = int((since - timedelta(days=1)).timestamp())
        for page in self._of(tenant, self._wire.sessions(created={"gte": whence}, expand=LISTED)):
            yield mapping.report_of(page)
        for intent in self._of(tenant, self._wire.intents(created={"gte": whence}, expand=LISTED_ALONE)):
            if ALONE in metadata(intent):
                yield mapping.report_of_intent(intent)
        margin = ["data.payment_intent"]
        for refund in self._of(tenant, self._wire.refunds(created={"gte": int(since.timestamp())}, expand=margin)):
            yield mapping.returned_of(refund)
        long_ago = int((since - DISPUTES_FOR).timestamp())
        for dispute in self._of(tenant, self._wire.disputes(created={"gte": long_ago}, expand=margin)):
            yield mapping.disputed_of(dispute)

    def owner_of(self, reference: str) -> str | None:
        """Which label a dispute or a refund is of, where its own margin does not say; None where nobody answers."""
        is_dispute = reference.startswith(("dp_", "du_"))
        ask = self._wire.dispute if is_dispute else self._wire.refund
        answer = ask(reference, expand=MARGIN)
        if answer.kind != "done":
            raise GatewaySilent
        return mapping.owner_of(answer.body)

    def _of(self, tenant: Tenant, things: list[Body] | None) -> Iterable[Body]:
        if things is None:
            raise GatewaySilent
        return [each for each in things if mapping.owner_of(each) == tenant.id]


def _silent(charge: Charge, answer: Answer) -> Report:
    return Report(charge.payment_id, "unknown", problem="unreachable", facts=answer.facts)


def _unknown(reference: str, answer: Answer) -> Report:
    problem = "other" if answer.kind in ("done", "refused") else "unreachable"
    return Report(None, "unknown", reference, problem=problem, facts=answer.facts)
