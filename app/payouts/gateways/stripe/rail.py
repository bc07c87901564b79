"""The rail itself: a transfer, then a payout, each under its own key, and a reversal where the payout is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from app.kernel import clock
from app.kernel.tenant import Tenant
from app.payouts.gateways.rail import Limits, Order, RailState, Report
from app.payouts.gateways.stripe import amounts, mapping
from app.payouts.gateways.stripe.accounts import Accounts, AccountUnusable, ProcessorUnreachable
from app.payouts.gateways.stripe.amounts import Unpayable
from app.payouts.gateways.stripe.client import TIMEOUTS, Answer, Unanswered, Wire
from app.payouts.gateways.stripe.mapping import Body, Plan
from app.settings import Settings

COMES_BACK_WITHIN = timedelta(days=14)
"""A bank gives back within five banking days; so far back a list of what moved looks for what came back."""


CAME_BACK: tuple[RailState, ...] = ("failed", "returned")


class StripeRail(Accounts):
    """Pays through connected accounts.

    A refusal is only what the processor itself says was not done. Whatever else happens is `unknown`: the same key and
    body may be asked for again within 23 hours, later the lists are searched and nothing is submitted any more.
    """

    name = "stripe"
    is_shared = True
    batch = 1
    lease = timedelta(seconds=75)

    def __init__(self, key: str, base: str, *, timeouts: tuple[float, float] = TIMEOUTS) -> None:
        super().__init__(Wire(key, base, timeouts))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The rail that the settings name; they must hold a key."""
        if settings.stripe_secret_key is None:
            raise ValueError("no key is set")
        return cls(settings.stripe_secret_key, settings.stripe_api_base)

    @property
    def is_live(self) -> bool:
        """Whether it moves real money; an event that says otherwise is not for it."""
        return self._wire.is_live

    def limits(self, tenant: Tenant, currency: str) -> Limits:  # noqa: ARG002 one platform account pays for all labels
        """What it takes now; where nobody answers, standard only."""
        try:
            least = amounts.minimum_minor(currency)
        except Unpayable:
            return Limits(minimum_minor=0, maximum_minor=0, instant_left_minor=0, has_instant=False, step_minor=0)
        answer = self._wire.balance()
        instant = [each for each in answer.body.get("instant_available") or () if each["currency"] == currency.lower()]
        left = amounts.from_units(sum(each["amount"] for each in instant), currency)
        step = amounts.step_minor(currency)
        return Limits(least, None, instant_left_minor=max(left, 0), has_instant=bool(instant), step_minor=step)

    def send(self, tenant: Tenant, orders: Sequence[Order]) -> Iterator[Report]:
        """Hand orders over, one report each; an order that was tried before is looked for first."""
        for order in orders:
            yield self._settled(tenant, order, looks_first=order.first_tried_at is not None)

    def find(self, tenant: Tenant, order: Order) -> Report:
        """What became of an order: searched by its metadata, and asked for under its key while that still counts."""
        return self._settled(tenant, order, looks_first=True)

    def read(self, tenant: Tenant, reference: str) -> Report:
        """What is now said of `acct_…/po_…` or of a transfer; of what is not this label's, nothing.

        A payout that failed leaves its money on the payee's account: it is taken back before that is said.
        """
        account, _, payout = reference.rpartition("/")
        answer = self._wire.payout(account, payout) if account else self._wire.transfer(payout)
        if answer.kind != "done":
            return Report(None, "unknown", reference, problem="unreachable", facts=answer.facts)
        if mapping.metadata(answer.body).get("tenant") != tenant.id:
            return Report(None, "unknown", reference, problem="other", facts={"code": "not_this_label"})
        if not account:
            return self._found(answer.body)
        report = mapping.report_of_payout(account, answer.body)
        return self._returned(report, answer.body)

    def movements(self, tenant: Tenant, since: datetime) -> Iterable[Report]:
        """Every transfer of the label since then with what became of it, and what came back of earlier ones.

        Payouts that nobody of us asked for have no payout's id. Changes nothing.
        """
        whence = int((since - COMES_BACK_WITHIN).timestamp())
        ours: dict[str, list[Body]] = {}
        try:
            for transfer in self._of_label(tenant, self._wire.walk_transfers(created={"gte": whence})):
                ours.setdefault(str(transfer.get("destination")), []).append(transfer)
        except Unanswered:
            raise ProcessorUnreachable from None
        for account, group in ours.items():
            yield from self._moved(tenant, account, group, since)

    def _of_label(self, tenant: Tenant, transfers: Iterable[Body]) -> Iterator[Body]:
        owners: dict[str, str | None] = {}
        for transfer in transfers:
            owner = mapping.metadata(transfer).get("tenant")
            account = str(transfer.get("destination"))
            if owner is None:
                if account not in owners:
                    owners[account] = self._owner_of(account)
                owner = owners[account]
            if owner == tenant.id:
                yield transfer

    def _owner_of(self, account: str) -> str | None:
        try:
            return self.account_state(account).tenant_id
        except AccountUnusable:
            return None

    def _moved(self, tenant: Tenant, account: str, transfers: list[Body], since: datetime) -> Iterator[Report]:
        earliest = min(map(mapping.created, transfers))
        payouts = self._wire.payouts(account, created={"gte": earliest - 1})
        if payouts is None:
            raise ProcessorUnreachable
        names = {str(transfer["id"]) for transfer in transfers}
        by_transfer = {mapping.metadata(payout).get("transfer"): payout for payout in payouts}
        for transfer in transfers:
            payout = by_transfer.get(transfer["id"])
            report = mapping.report_of_payout(account, payout) if payout else _report_alone(transfer)
            came_back = report.state in CAME_BACK or mapping.is_reversed(transfer)
            if came_back or mapping.created(transfer) >= since.timestamp():
                yield report
        for payout in payouts:
            marks = mapping.metadata(payout)
            is_extra = marks.get("transfer") not in names and marks.get("tenant", tenant.id) == tenant.id
            if is_extra and mapping.created(payout) >= since.timestamp():
                yield mapping.report_of_payout(account, payout)

    def _settled(self, tenant: Tenant, order: Order, *, looks_first: bool) -> Report:
        try:
            plan = mapping.plan(tenant, order)
        except Unpayable as no:
            return _report(order, "refused", problem=no.problem)
        transfer: Body | None = None
        if looks_first:
            found = self._transfers_of(plan)
            if found is None:
                return _report(order, "unknown", problem="unreachable")
            transfer = found[0] if found else None
            if transfer is None and plan.is_late(clock.now()):
                return _report(order, "refused", problem="unreachable")
        done = transfer or self._transferred(plan, looks_first=looks_first)
        return done if isinstance(done, Report) else self._paid_out(plan, done, looks_first=looks_first)

    def _transferred(self, plan: Plan, *, looks_first: bool) -> Body | Report:
        answer = self._wire.create_transfer(plan.transfer, f"{plan.order.key}:transfer")
        if answer.kind == "refused" and looks_first:
            found = self._transfers_of(plan)  # the earlier try may have arrived while this one was on its way
            if found:
                return found[0]
            if found is None or self._is_doubtful(plan, answer):
                return _report(plan.order, "unknown", problem="unreachable", answer=answer)
        if answer.kind == "refused":
            return _report(plan.order, "refused", problem=mapping.problem_of(answer.code), answer=answer)
        if answer.kind == "unclear" or not _is_as_asked(answer.body, plan):
            return _report(plan.order, "unknown", problem="unreachable", answer=answer)
        return answer.body

    def _paid_out(self, plan: Plan, transfer: Body, *, looks_first: bool) -> Report:
        if looks_first:
            known = self._payout_known(plan, transfer)
            if known is not None:
                return known
            if plan.is_late(clock.now()):
                return self._taken_back(transfer, "unreachable")
        key = f"{plan.order.key}:payout"
        answer = self._wire.create_payout(plan.account, plan.payout(str(transfer["id"])), key)
        if answer.kind == "done" and _is_as_asked(answer.body, plan):
            return self._reported(plan.account, answer.body)
        if answer.kind == "refused" and looks_first:
            known = self._payout_known(plan, transfer)
            if known is not None:
                return known
        if answer.kind == "refused" and not (looks_first and self._is_doubtful(plan, answer)):
            return self._taken_back(transfer, mapping.problem_of(answer.code), code=answer.code)
        return _report(plan.order, "unknown", str(transfer["id"]), problem="unreachable", answer=answer)

    def _is_doubtful(self, plan: Plan, answer: Answer) -> bool:
        """Whether a refusal may be only of this question, while an earlier one is still worked on."""
        return plan.may_be_under_way(clock.now()) and not answer.is_replay

    def _payout_known(self, plan: Plan, transfer: Body) -> Report | None:
        """What is known of an order's payout; None when for certain there is none and its money is over there."""
        payouts = self._wire.payouts(plan.account, created={"gte": mapping.created(transfer) - 1})
        if payouts is None:
            return _report(plan.order, "unknown", str(transfer["id"]), problem="unreachable")
        for payout in filter(plan.is_of, payouts):
            return self._reported(plan.account, payout)
        return _report_alone(transfer) if mapping.is_reversed(transfer) else None

    def _found(self, transfer: Body) -> Report:
        """What became of a transfer that is known alone."""
        account, marks = str(transfer.get("destination")), mapping.metadata(transfer)
        payouts = self._wire.payouts(account, created={"gte": mapping.created(transfer) - 1})
        if payouts is None:
            return mapping.report_of_transfer(transfer, "unknown", "unreachable")
        for payout in payouts:
            if mapping.metadata(payout).get("transfer") == transfer["id"] and marks:
                return self._reported(account, payout)
        return _report_alone(transfer)

    def _reported(self, account: str, payout: Body) -> Report:
        return self._returned(mapping.report_of_payout(account, payout), payout)

    def _returned(self, report: Report, payout: Body) -> Report:
        """A payout as it is; one that came back only once its money is back with the platform."""
        if report.state not in CAME_BACK:
            return report
        answer = self._wire.transfer(mapping.metadata(payout).get("transfer", ""))
        if answer.kind != "done":
            return replace(report, state="unknown", problem="unreachable")
        back = self._taken_back(answer.body, report.problem)
        if back.state != "failed":
            return replace(report, state=back.state, problem=back.problem, facts={**report.facts, **back.facts})
        return replace(report, facts={**back.facts, **report.facts})

    def _taken_back(self, transfer: Body, problem: str, *, code: str = "") -> Report:
        """`failed` when the money is back on the platform's balance, `unknown` while that is not certain."""
        if mapping.is_reversed(transfer):
            return _report_alone(transfer)
        marks = mapping.metadata(transfer)
        key, body = f"{marks.get('order_key', transfer['id'])}:reversal", {"metadata": {**marks, "problem": problem}}
        answer = self._wire.create_reversal(str(transfer["id"]), body, key)
        if answer.kind == "done":
            return mapping.report_of_transfer(transfer, "failed", problem, code=code, reversal=answer.body["id"])
        again = self._wire.transfer(str(transfer["id"]))
        if again.kind == "done" and mapping.is_reversed(again.body):
            return _report_alone(again.body)
        return mapping.report_of_transfer(transfer, "unknown", problem, code=code, reversal=answer.code or "unclear")

    def _transfers_of(self, plan: Plan) -> list[Body] | None:
        found = self._wire.transfers(transfer_group=plan.group)
        return None if found is None else [each for each in found if plan.is_of(each)]


def _report_alone(transfer: Body) -> Report:
    """A transfer without a payout: all of it back, or its payout not known."""
    if not mapping.is_reversed(transfer):
        return mapping.report_of_transfer(transfer, "unknown", "unreachable")
    for reversal in transfer.get("reversals", {}).get("data", ()):
        if why := mapping.metadata(reversal).get("problem"):
            return mapping.report_of_transfer(transfer, "failed", why, reversal=str(reversal["id"]))
    return mapping.report_of_transfer(transfer, "failed", "other")


def _is_as_asked(thing: Body, plan: Plan) -> bool:
    return thing.get("amount") == plan.units and thing.get("currency") == plan.order.currency.lower()


def _report(
    order: Order, state: RailState, reference: str = "", *, problem: str, answer: Answer | None = None
) -> Report:
    facts = answer.facts if answer else {}
    return Report(order.payout_id, state, reference, problem, order.amount_minor, order.currency, facts=facts)
