"""What earlier periods left behind for a contract's settlement: balances, reserves, guarantees, costs still open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Numeric, Text, cast, func, select
from sqlalchemy.orm import Session, aliased

from app.contracts.models import Contract, Recoupable, SplitShare
from app.contracts.rules.accounts import account_of
from app.contracts.rules.terms import Terms
from app.kernel.money import WHOLE_PPM, exact, from_micros, to_micros
from app.ledger import service as ledger
from app.ledger.rules import Kind
from app.royalties.models import Earning, RoyaltyPeriod, RoyaltyRun, Statement, StatementEntry
from app.royalties.rules.closing import songs_in
from app.royalties.rules.positions import Charge, Hold, Past, Position
from app.royalties.rules.stretches import Stretch, age, guaranteed
from app.royalties.service import apart, covering, retelling
from app.royalties.service.retelling import Key


class Held(NamedTuple):
    """A reserve of a published statement: the end of its period, how much, and what was let go of it since."""

    statement: UUID
    ends_on: date
    held: int
    released: int


class Told(NamedTuple):
    """A published statement: the end of its period, what was earned, also for earlier ones, and what was made up."""

    ends_on: date
    earned: int
    made_up: int


@dataclass(frozen=True)
class History:
    """Everything before a period, by contract."""

    period: Stretch
    before: Sequence[Stretch]
    """The periods that payees were told of earlier, in order of time."""

    restates: bool
    openings: Mapping[Key, int]
    songs: Mapping[Key, int]
    """Mechanicals that are still in openings."""

    kept: Mapping[Key, int]
    """What of balances was never to be used to earn costs back when payees were told last."""

    sums: Mapping[Key, Mapping[str, int]]
    """Of entries in published statements, by kind."""

    contested: Mapping[Key, Mapping[str, int]]
    """What is held of contested shares, by split sheet."""

    confirmed: Collection[tuple[UUID, str]]
    """Payees and the sheets with a share of theirs that everybody agrees on."""

    holds: Mapping[Key, Sequence[Held]]
    charges: Mapping[UUID, Sequence[Charge]]
    costs: Mapping[UUID, int]
    recovered: Mapping[UUID, int]
    receipts: Mapping[UUID, Decimal]
    """What royalties were of in earlier runs, by contract."""

    covering: Mapping[UUID, Decimal]
    """Out of which a contract's costs come back, since it began and with this run: what it earned, or its receipts."""

    told: Mapping[Key, Mapping[str, int]]
    positive: Mapping[Key, Mapping[str, Decimal]]
    """What earlier runs said of this period, and of what they kept reserves, by channel."""

    statements: Mapping[Key, Sequence[Told]] = field(default_factory=dict)

    def concerns(self, contract: Contract, terms: Terms) -> bool:
        """Whether a contract has something to be told even without sales."""
        return contract.id in self._waiting or self._span(contract, terms) is not None

    @cached_property
    def _waiting(self) -> set[UUID]:
        aside = {key[0] for key in self.sums if self._deferred(key) or self._apart(key)}
        return {key[0] for key in (*self.openings, *self.holds, *self.contested)} | set(self.charges) | aside

    @cached_property
    def _payees(self) -> dict[UUID, set[UUID]]:
        """Everybody who was ever told of a contract, and has something open there."""
        found: dict[UUID, set[UUID]] = defaultdict(set)
        for contract, payee in (*self.openings, *self.sums, *self.holds, *self.contested):
            found[contract].add(payee)
        return found

    def _deferred(self, key: Key) -> int:
        sums = self.sums.get(key, {})
        return -sums.get("deferred", 0) - sums.get("deferred_released", 0)

    def _span(self, contract: Contract, terms: Terms) -> date | None:
        return guaranteed(
            terms, starts_on=contract.starts_on, ends_on=contract.ends_on, before=self.before, period=self.period
        )

    def case(self, contract: Contract, terms: Terms) -> dict[str, Any]:
        """What a settlement rests on besides the earnings."""
        payees = {share.payee for share in terms.shares} | self._payees.get(contract.id, set())
        span = self._span(contract, terms)
        recovered = self.recovered.get(contract.id, 0)
        return {
            "charges": self.charges.get(contract.id, ()),
            "unrecovered_micros": self.costs.get(contract.id, 0) - recovered,
            "shared": self.receipts.get(contract.id, Decimal(0)) - from_micros(recovered),
            "restates": self.restates,
            "is_triggered": self._is_triggered(contract.id, terms),
            "ends_guarantee": span is not None,
            "past": {payee: self._past((contract.id, payee), terms, span) for payee in sorted(payees)},
        }

    def _is_triggered(self, contract: UUID, terms: Terms) -> bool:
        """Whether the contract that another one waits for has earned its costs back, less the waiting one's or not."""
        trigger = terms.trigger
        if trigger is None:
            return True
        with exact():
            covering = self.covering.get(trigger.contract, Decimal(0))
            if trigger.at == "net":
                covering -= self.covering.get(contract, Decimal(0))
        return to_micros(covering) >= self.costs.get(trigger.contract, 0)

    def standing(self, contract: Contract) -> dict[UUID, Position]:
        """The accounts of a contract as they stand, without a step."""
        found = {}
        for payee in sorted(self._payees.get(contract.id, set())):
            key = contract.id, payee
            before = self.openings.get(key, 0), self.songs.get(key, 0), self._kept(key), self._apart(key)
            found[payee] = Position(payee, *before)
        return found

    def _kept(self, key: Key) -> int:
        return max(0, min(self.kept.get(key, 0), self.openings.get(key, 0)))

    def _apart(self, key: Key) -> int:
        return self.sums.get(key, {}).get("apart", 0)

    def withheld(self, contract: Contract, payee: UUID) -> int:
        """The tax that was kept back of a payee under a contract so far."""
        return -self.sums.get((contract.id, payee), {}).get("withholding", 0)

    def _past(self, key: Key, terms: Terms, span: date | None) -> Past:
        sums, contested = self.sums.get(key, {}), self.contested.get(key, {})
        told = [each for each in self.statements.get(key, ()) if span is None or each.ends_on > span]
        return Past(
            opening_micros=self.openings.get(key, 0),
            songs_micros=self.songs.get(key, 0),
            kept_micros=self._kept(key),
            apart_micros=self._apart(key),
            holds=[
                Hold(each.statement, age(terms, each.ends_on, self.before, self.period), each.held, each.released)
                for each in self.holds.get(key, ())
            ],
            deferred_micros=self._deferred(key),
            contested=contested,
            confirmed=[sheet for sheet in contested if (key[1], sheet) in self.confirmed],
            guaranteed_micros=sums.get("guarantee", 0) + sums.get("guarantee_recouped", 0),
            earned_micros=sum(each.earned for each in told),
            positive=self._kept_of(key, terms),
            told=self.told.get(key, {}),
            made_up_micros=sum(each.made_up for each in told),
        )

    def _kept_of(self, key: Key, terms: Terms) -> Decimal:
        channels = terms.reserve.channels if terms.reserve else ()
        with exact():
            parts = self.positive.get(key, {})
            return sum((part for channel, part in parts.items() if not channels or channel in channels), Decimal(0))


def read(
    session: Session,
    run: RoyaltyRun,
    period: RoyaltyPeriod,
    terms: Mapping[UUID, Terms],
    retroactive: Mapping[UUID, Mapping[UUID | None, Decimal]],
) -> History:
    """What was before a run's period; `retroactive` is what the run changes of that."""
    contested, openings = _contested(session), _openings(session, _keys(session, terms), terms)
    return History(
        period=Stretch(period.starts_on, period.ends_on),
        before=_before(session, period),
        restates=run.restates_id is not None,
        openings=openings,
        songs={key: songs_in(told, openings.get(key, 0)) for key, told in apart.songs(session).items()},
        kept=apart.kept(session),
        sums=_sums(session),
        contested=contested,
        confirmed=_confirmed(session, contested),
        holds=_holds(session),
        charges=_charges(session, period.ends_on),
        costs=_costs(session, period.ends_on),
        recovered=_recovered(session),
        receipts=_receipts(session),
        covering=covering.read(session, run, terms, retroactive),
        told=retelling.told(session, run) if run.restates_id else {},
        positive=retelling.positive(session, run) if run.restates_id else {},
        statements=_statements(session),
    )


def _before(session: Session, period: RoyaltyPeriod) -> list[Stretch]:
    told = select(RoyaltyRun.id).where(RoyaltyRun.period_id == RoyaltyPeriod.id, RoyaltyRun.state == "published")
    query = select(RoyaltyPeriod.starts_on, RoyaltyPeriod.ends_on).where(
        RoyaltyPeriod.ends_on < period.ends_on, told.exists()
    )
    return [Stretch(*row) for row in session.execute(query.order_by(RoyaltyPeriod.ends_on))]


def _keys(session: Session, terms: Mapping[UUID, Terms]) -> set[Key]:
    known = {(contract, share.payee) for contract, each in terms.items() for share in each.shares}
    rows = session.execute(_told(select(Statement.contract_id, Statement.payee_id).distinct()))
    return known | {(contract, payee) for contract, payee in rows}


def _openings(session: Session, keys: Collection[Key], terms: Mapping[UUID, Terms]) -> dict[Key, int]:
    subjects = {account_of(*key): key for key in keys if key[0] in terms}
    found = ledger.balances(session, kind=Kind.PAYABLE, subjects=subjects)
    held: dict[Key, int] = {}
    for account, micros in found.items():
        key = subjects[account.subject] if account.subject else None
        if key and micros and account.currency == terms[key[0]].currency:
            held[key] = micros
    return held


def _told(query: Any) -> Any:
    """Only what was published."""
    return query.join(RoyaltyRun, RoyaltyRun.id == Statement.run_id).where(RoyaltyRun.state == "published")


def _sums(session: Session) -> dict[Key, dict[str, int]]:
    query = select(
        Statement.contract_id, Statement.payee_id, StatementEntry.kind, _micros(StatementEntry.amount_micros)
    )
    query = query.join(StatementEntry, StatementEntry.statement_id == Statement.id)
    found: dict[Key, dict[str, int]] = defaultdict(dict)
    rows = session.execute(_told(query).group_by(Statement.contract_id, Statement.payee_id, StatementEntry.kind))
    for contract, payee, kind, micros in rows:
        found[contract, payee][kind] = micros
    return found


def _contested(session: Session) -> dict[Key, dict[str, int]]:
    """What is held of contested shares, by split sheet; what was held before sheets were noted stands under none."""
    sheet = func.coalesce(StatementEntry.facts["sheet"].astext, "")
    query = (
        select(Statement.contract_id, Statement.payee_id, sheet, -_micros(StatementEntry.amount_micros))
        .join(StatementEntry, StatementEntry.statement_id == Statement.id)
        .where(StatementEntry.kind.in_(("contested", "contested_released")))
        .group_by(Statement.contract_id, Statement.payee_id, sheet)
        .order_by(Statement.contract_id, Statement.payee_id, sheet)
    )
    found: dict[Key, dict[str, int]] = defaultdict(dict)
    for contract, payee, name, micros in session.execute(_told(query)):
        if micros > 0:
            found[contract, payee][name] = micros
    return found


def _confirmed(session: Session, contested: Mapping[Key, Mapping[str, int]]) -> set[tuple[UUID, str]]:
    """Of shares that were held, the ones that everybody agrees on; under no sheet where a payee has none in doubt."""
    payees = {key[1] for key in contested}
    rows = session.execute(
        select(SplitShare.payee_id, cast(SplitShare.sheet_id, Text), SplitShare.state == "confirmed").where(
            SplitShare.payee_id.in_(payees)
        )
    ).all()
    in_doubt = {payee for payee, _, is_agreed in rows if not is_agreed}
    agreed = {(payee, sheet) for payee, sheet, is_agreed in rows if is_agreed}
    return agreed | {(payee, "") for payee in payees - in_doubt}


def _holds(session: Session) -> dict[Key, list[Held]]:
    """Reserves that are not let go of entirely, the oldest first."""
    released = aliased(StatementEntry)
    let_go = (
        select(func.coalesce(_micros(released.amount_micros), 0))
        .join(telling := aliased(Statement), telling.id == released.statement_id)
        .join(run := aliased(RoyaltyRun), run.id == telling.run_id)
        .where(run.state == "published", released.kind == "reserve_released")
        .where(released.facts["of"].astext == cast(Statement.id, Text))
        .correlate(Statement)
        .scalar_subquery()
    )
    query = (
        _told(
            select(
                Statement.contract_id, Statement.payee_id, Statement.id, RoyaltyPeriod.ends_on,
                -StatementEntry.amount_micros, let_go,
            ).join(StatementEntry, StatementEntry.statement_id == Statement.id)
        )
        .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
        .where(StatementEntry.kind == "reserve_held")
        .order_by(RoyaltyPeriod.ends_on, RoyaltyRun.number)
    )  # fmt: skip
    found: dict[Key, list[Held]] = defaultdict(list)
    for contract, payee, *hold in session.execute(query):
        if hold[2] != hold[3]:
            found[contract, payee].append(Held(*hold))
    return found


def _charges(session: Session, until: date) -> dict[UUID, list[Charge]]:
    """What was approved and no published statement charged yet, in the order in which it is recouped."""
    charged = _told(
        select(StatementEntry.recoupable_id)
        .join(Statement, Statement.id == StatementEntry.statement_id)
        .where(StatementEntry.recoupable_id.is_not(None))
    )
    query = select(Recoupable).where(
        Recoupable.state == "approved", Recoupable.incurred_on <= until, Recoupable.id.not_in(charged)
    )
    found: dict[UUID, list[Charge]] = defaultdict(list)
    for cost in session.scalars(query.order_by(Recoupable.position, Recoupable.incurred_on, Recoupable.id)):
        micros = cost.amount_micros * cost.recoupable_ppm // WHOLE_PPM
        found[cost.contract_id].append(Charge(cost.id, cost.name, cost.kind, micros))
    return found


def _costs(session: Session, until: date) -> dict[UUID, int]:
    recoupable = cast(Recoupable.amount_micros, Numeric) * Recoupable.recoupable_ppm / WHOLE_PPM
    query = select(Recoupable.contract_id, _micros(func.floor(recoupable))).group_by(Recoupable.contract_id)
    rows = session.execute(query.where(Recoupable.state == "approved", Recoupable.incurred_on <= until))
    return {contract: micros for contract, micros in rows}  # noqa: C416 rows are not pairs to mypy


def _recovered(session: Session) -> dict[UUID, int]:
    """What came back out of all receipts; each payee's statement says the same of its contract."""
    each = _told(
        select(
            Statement.run_id, Statement.contract_id, cast(StatementEntry.facts["recovered_micros"].astext, BigInteger)
        )
        .join(StatementEntry, StatementEntry.statement_id == Statement.id)
        .where(StatementEntry.kind == "costs_first")
        .distinct()
    )
    found: dict[UUID, int] = defaultdict(int)
    for _, contract, micros in session.execute(each):
        found[contract] += micros
    return found


def _receipts(session: Session) -> dict[UUID, Decimal]:
    receipts: Any = func.sum(Earning.base * Earning.factor * Earning.fx)
    query = (
        select(Earning.contract_id, receipts)
        .join(RoyaltyRun, RoyaltyRun.id == Earning.run_id)
        .where(RoyaltyRun.state == "published")
        .group_by(Earning.contract_id)
    )
    return {contract: amount for contract, amount in session.execute(query)}  # noqa: C416 as above


def _statements(session: Session) -> dict[Key, list[Told]]:
    def steps(kind: str) -> ColumnElement[int]:
        of_kind = select(func.coalesce(_micros(StatementEntry.amount_micros), 0)).where(
            StatementEntry.statement_id == Statement.id, StatementEntry.kind == kind
        )
        return of_kind.correlate(Statement).scalar_subquery()

    earned = Statement.earned_micros + steps("retroactive")
    columns = (RoyaltyPeriod.ends_on, earned, steps("guarantee"))
    query = select(Statement.contract_id, Statement.payee_id, *columns)
    found: dict[Key, list[Told]] = defaultdict(list)
    for contract, payee, *told in session.execute(
        _told(query).join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
    ):
        found[contract, payee].append(Told(*told))
    return found


def _micros(amount: Any) -> ColumnElement[int]:
    return cast(func.sum(amount), BigInteger)
