"""Whatever the deals, the sales and what happens to them: the engine and a calculator of fractions say the same."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.catalog.models import Release, Track
from app.contracts.models import Contract, SplitSheet
from app.contracts.rules.accounts import account_of
from app.contracts.rules.terms import Trigger
from app.contracts.schemas import Scope
from app.contracts.service import recouping, splitting
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.ledger.rules import Account, Kind
from app.ledger.service import auditing as books
from app.royalties.models import RoyaltyPeriod, Statement
from app.royalties.rules import auditing
from app.royalties.service import auditing as packs
from app.royalties.service import examining, lines, rates
from tests.factories.labels import a_label
from tests.factories.ledger import balance
from tests.factories.money import (
    a_contract,
    a_cost,
    a_payee,
    a_period,
    a_report,
    a_run,
    pay_out,
    publish,
    tracks_of,
)
from tests.royalties.fractional import Deal, Key, Row, Rule, Songs, Waits, plain
from tests.royalties.oracle import Oracle, Told
from tests.royalties.spelling import as_terms

MANY = int(os.environ.get("ORACLE_EXAMPLES", "5"))
MONTHS = (
    (date(2026, 1, 1), date(2026, 1, 31)),
    (date(2026, 2, 1), date(2026, 2, 28)),
    (date(2026, 3, 1), date(2026, 3, 31)),
)
TRACKS = ("one", "two", "three")
PAYEES = ("ann", "ben", "cai")
UPC = "036000291452"
CHANNELS = ("stream", "download", "physical")
ACCOUNTS = (Kind.PAYABLE, Kind.RESERVE, Kind.DEFERRED, Kind.CONTESTED, Kind.UNRECOUPED)
NEAR = Fraction(40, 1_000_000)
"""Each of an account's steps is rounded to the micro; a tax on top of it makes the most of that."""

F = Fraction
PART = st.integers(0, 20).map(lambda each: F(each, 20))
SOME = st.integers(1, 20).map(lambda each: F(each, 40))


MONEY = st.integers(0, 40_000).map(lambda each: F(each, 100))
KINDS = ("grows", "reserve", "guarantee", "costs first", "tax", "tax on top", "songs", "kept")


class Doing(NamedTuple):
    """What happens in a period: sales are accounted for, restated with more, and paid out."""

    rows: tuple[Row, ...]
    late: tuple[tuple[Row, ...], ...]
    paid: Fraction
    in_doubt: bool
    """Whether a share in a track is not agreed on."""


@st.composite
def rules(draw: Any, channel: str, *, is_plain: bool) -> Rule:
    """What is paid in a channel."""
    base = draw(st.sampled_from(["net", "net", "ppd", "unit"]))
    rule = Rule(channel, draw(PART), base, draw(st.sampled_from([F(1), F(9, 10)])), F(draw(st.integers(0, 300)), 100))
    rule = replace(rule, taken=tuple(draw(st.lists(SOME, max_size=2))), foreign=draw(st.sampled_from([F(1), F(1, 2)])))
    kind = draw(st.sampled_from(["", "", "places", "either", "marginal", "slab"]))
    if kind == "places":
        places, is_whole = draw(st.none() | st.integers(2, 4)), draw(st.booleans())
        return replace(rule, places=places, is_down=draw(st.booleans()), whole=is_whole)
    if kind == "either":
        return replace(rule, at_least=F(draw(st.integers(0, 200)), 100))
    if kind in ("marginal", "slab") and not is_plain:
        above = sorted(draw(st.sets(st.integers(1, 4_000), min_size=1, max_size=3)))
        by = draw(st.sampled_from(["units", "gross", "net", "recoupment"]))
        steps = tuple((F(each, 1_000 if by == "recoupment" else 10), draw(PART)) for each in above)
        rule = replace(rule, steps=steps, by=by, is_slab=kind == "slab")
    return rule


@st.composite
def deals(draw: Any, name: str, kinds: Sequence[str] = KINDS) -> Deal:
    """A contract with one rule a channel."""
    kind = draw(st.sampled_from(kinds))
    own = [draw(rules(each, is_plain=kind != "grows")) for each in CHANNELS]
    first, second = draw(st.integers(1, 600_000)), draw(st.integers(1, 400_000))
    shares: list[tuple[str, Fraction, str | None]] = [("ann", F(first, 1_000_000), None)]
    if draw(st.booleans()):
        shares.append(("ben", F(second, 1_000_000), draw(st.sampled_from([None, "ann"]))))
    deal = Deal(name, tuple(own), tuple(shares), cost=draw(MONEY), minimum=draw(st.sampled_from([F(0), F(5), F(50)])))
    deal = replace(deal, at_receipt=draw(st.booleans()))
    if kind == "reserve":
        release = draw(st.sampled_from([(F(1),), (F(1, 2), F(1, 2)), (F(0), F(1, 4), F(3, 4))]))
        return replace(deal, held=draw(PART), let_go=release, most_held=draw(st.none() | MONEY))
    if kind == "guarantee":
        return replace(deal, least=F(draw(st.integers(1, 20_000)), 100), comes_back=draw(st.booleans()))
    if kind == "costs first":
        same = tuple(replace(each, rate=own[0].rate, places=None, whole=False) for each in own)
        return replace(deal, rules=same, costs_first=True)
    if kind in ("tax", "tax on top"):
        return replace(deal, tax=draw(st.sampled_from([F(1, 10), F(3, 10)])), is_on_top=kind == "tax on top")
    if kind == "songs":
        few = st.integers(1, 12)  # a contract about songs names some
        rate, portion = F(draw(st.integers(1, 200)), 1000), draw(st.sampled_from([F(1), F(3, 4)]))
        songs = Songs(rate, portion, draw(st.integers(1, 10)), draw(few), draw(few) - 1)
        return replace(deal, songs=songs._replace(pays=draw(st.sampled_from(["own", "nothing", "all"]))))
    if kind == "kept":
        return replace(deal, kept=tuple(draw(st.sets(st.sampled_from(CHANNELS), min_size=1, max_size=2))))
    if kind == "waits":
        return replace(deal, waits=Waits("main", draw(st.booleans()), draw(st.booleans())))
    return deal


@st.composite
def rows(draw: Any, period: int) -> Row:
    """A row of this month or of an earlier one that comes late."""
    channel = draw(st.sampled_from(CHANNELS))
    units = draw(st.integers(-15, 60).filter(bool))
    net = F(draw(st.integers(0, 10**10)), 10 ** draw(st.sampled_from([7, 8, 10])))
    return Row(
        draw(st.integers(0, period)),
        draw(st.sampled_from([*TRACKS, "album"])),
        channel,
        draw(st.sampled_from(["US", "DE"])),
        units,
        net if units > 0 else -net,
        draw(st.none() | st.integers(0, 500).map(lambda each: F(each, 100))),
        draw(st.sampled_from(["USD", "USD", "EUR", "JPY"])),
    )


def came(sold: Sequence[Row], month: int) -> tuple[Row, ...]:
    """Rows of one report, whose money came in one month."""
    return tuple(row._replace(came=month) for row in sold)


class World(NamedTuple):
    """A label's deals and what happens."""

    deals: tuple[Deal, ...]
    sheets: dict[str, dict[str, Fraction]]
    doubter: str
    """Whose share in a track is in doubt, if one is."""

    crosses: bool
    doings: tuple[Doing, ...]


@st.composite
def worlds(draw: Any) -> World:
    """A deal for everything, perhaps one of a producer's beside it, and two or three months of sales."""
    main = draw(deals("main"))
    has_producer = draw(st.booleans())
    is_slab = any(each.is_slab for each in main.rules)  # what its step adds for earlier periods covers no costs
    kinds = KINDS if is_slab else (*KINDS, "waits", "waits", "waits")
    points = replace(draw(deals("points", kinds)), pieces=draw(st.sampled_from([("one",), ("one", "three")])))
    own = (main, points) if has_producer else (main,)
    is_simple = not any(each.costs_first for each in own)
    sheets = {}
    if is_simple and draw(st.booleans()):
        parts = st.integers(1, 500_000).map(lambda each: F(each, 1_000_000))
        sheets = {"two": draw(st.fixed_dictionaries({"cai": parts}, optional={"ann": parts}))}
    keeps = bool(main.kept) or (main.songs is not None and main.songs.pays == "nothing")
    doubts = len(sheets) * (not main.held and not is_slab and not keeps) * draw(st.integers(0, 3))
    doings = []
    for period in range(draw(st.integers(2, 3))):
        some = st.builds(came, st.lists(rows(period), max_size=5), st.sampled_from(range(3)))
        late = tuple(draw(some) for _ in range(draw(st.sampled_from([0, 0, 1, 2]))))
        doings.append(Doing(draw(some), late, draw(st.sampled_from([F(0), F(1, 2), F(1)])), period < doubts))
    doubter = draw(st.sampled_from(sorted(sheets["two"]) if sheets else [""]))
    return World(own, sheets, doubter, has_producer and draw(st.booleans()), tuple(doings))


@pytest.mark.timeout(120 + 40 * MANY)
@settings(
    max_examples=MANY,
    deadline=None,
    phases=(Phase.generate,),  # each example is a label of its own: to shrink one takes longer than to read it
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
@given(world=worlds())
def test_the_engine_and_a_calculator_of_fractions_agree(connected: Any, tmp_path: Path, world: World) -> None:
    stage = Stage(world, tmp_path)
    for period, doing in enumerate(world.doings):
        in_doubt = stage.answer(agrees=not doing.in_doubt)
        own = stage.account(period, doing.rows, in_doubt)
        for more in doing.late:
            event("restated")
            stage.account(period, more, in_doubt, restates=own)
        stage.pay(doing.paid)


class Stage:
    """The same world twice: in the product, and in fractions."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder, self.tenant = world, folder, a_label()
        self.recordings = dict(zip(TRACKS, tracks_of(self.tenant, 3), strict=True))
        self.payees = {name: a_payee(self.tenant, name) for name in PAYEES}
        self.titles = count(1)
        fx: dict[tuple[int, str], Fraction] = {}
        with tenant_work(self.tenant) as session:
            query = select(Release).join(Track).where(Track.recording_id == self.recordings["one"].id)
            session.scalars(query).one().upc = UPC
            for number, (_, last) in enumerate(MONTHS):
                euro, yen = Decimal("1.1") + Decimal(number) / 100, Decimal(125) + 125 * number
                rates.keep_rate(session, None, base="EUR", quote="USD", on=last, rate=euro, source="test")
                rates.keep_rate(session, None, base="USD", quote="JPY", on=last, rate=yen, source="test")
                fx |= {(number, "USD"): F(1), (number, "EUR"): F(euro), (number, "JPY"): 1 / F(yen)}
        self.contracts: dict[str, Contract] = {}
        for deal in world.deals:
            self.contracts[deal.name] = self._contract(deal)
        self.minimums = {deal.name: deal.minimum for deal in world.deals}
        self.sheets: dict[str, SplitSheet] = {}
        self.oracle = Oracle(world.deals, TRACKS, fx, world.sheets, ("main", "points") if world.crosses else None)
        self._splits()

    def _contract(self, deal: Deal) -> Contract:
        scopes = [Scope("recording", self.recordings[each].id) for each in deal.pieces]
        more: dict[str, Any] = {"scopes": scopes, "kind": "producer"} if scopes else {}
        costs = [a_cost(f"{plain(deal.cost):f}")] if deal.cost else []
        waits = deal.waits and Trigger(
            contract=self.contracts[deal.waits.for_deal].id,
            at="net" if deal.waits.is_net else "combined",
            is_retroactive=deal.waits.is_retroactive,
        )
        terms = msgspec.structs.replace(as_terms(deal, self.payees), trigger=waits)
        return a_contract(self.tenant, terms, costs=costs, **more)

    def _splits(self) -> None:
        actor = Actor.system(self.tenant)
        with tenant_work(self.tenant) as session:
            if self.world.crosses:
                main = session.get_one(Contract, self.contracts["main"].id)
                recouping.cross(session, actor, main, [self.contracts["points"].id])
            for track, sheet in self.world.sheets.items():
                shares = {self.payees[name].id: int(part * 1_000_000) for name, part in sheet.items()}
                self.sheets[track] = splitting.propose(
                    session, actor, self.recordings[track].id, shares, effective_from=date(2020, 1, 1)
                )

    def answer(self, *, agrees: bool) -> list[Key]:
        """Whoever shares in a track agrees or does not; whose share under which deal is held then."""
        with tenant_work(self.tenant) as session:
            for track, sheet in self.sheets.items():
                own = session.get_one(SplitSheet, sheet.id)
                for name in self.world.sheets[track]:
                    does = agrees or name != self.world.doubter
                    splitting.answer(session, Actor.system(self.tenant), own, self.payees[name].id, agrees=does)
        return [] if agrees else [("main", self.world.doubter)] * len(self.sheets)

    def account(
        self, period: int, sold: Sequence[Row], in_doubt: Sequence[Key], restates: RoyaltyPeriod | None = None
    ) -> RoyaltyPeriod:
        """Bring rows in, run, publish, and compare every account with what it ought to be."""
        if sold:
            received_on = MONTHS[sold[0].came][1]
            rows = map(self._cells, sold)
            a_report(self.tenant, self.folder, rows, month=MONTHS[period][0], received_on=received_on)
        own = restates or a_period(self.tenant, *MONTHS[period])
        run = a_run(self.tenant, own, restates=restates is not None)
        publish(self.tenant, run)
        wanted = self.oracle.run(period, sold, in_doubt=in_doubt)
        with tenant_work(self.tenant) as session:
            assert books.problems(session) == []
            assert examining.problems(session) == []
            for key, told in wanted.items():
                for kind, exact in zip(ACCOUNTS, told, strict=True):
                    assert abs(self._balance(session, key, kind) - exact) <= NEAR, (key, kind)
            for each in session.scalars(select(Statement).where(Statement.run_id == run.id)):
                found = auditing.verify(packs.pack(session, self.tenant, each))
                assert found.problems == [], each
                self._adds_up(session, each, wanted)
        return own

    def _adds_up(self, session: Any, each: Statement, wanted: dict[Key, Told]) -> None:
        """A statement's lines and what they are summed by come to what it says was earned; what is due is said."""
        assert sum(line.amount_micros for line in lines.lines(session, each)) == each.earned_micros
        for by in ("store", "territory", "month"):
            assert sum(micros for _, micros in lines.sums(session, each, by)) == each.earned_micros, by
        (deal,) = (name for name, contract in self.contracts.items() if contract.id == each.contract_id)
        (payee,) = (name for name, own in self.payees.items() if own.id == each.payee_id)
        minimum, closing = self.minimums[deal], wanted[deal, payee].closing
        if abs(closing - minimum) > NEAR and abs(closing) > NEAR:
            due = closing if closing > max(minimum, F(0)) else F(0)
            assert abs(F(each.payable_micros, 1_000_000) - due) <= NEAR, (deal, payee, "due")

    def _balance(self, session: Any, key: Key, kind: Kind) -> Fraction:
        subject = account_of(self.contracts[key[0]].id, self.payees[key[1]].id)
        return F(balance(session, Account(kind, subject, "USD")), 1_000_000)

    def pay(self, part: Fraction) -> None:
        """Pay everybody a part of what can be paid."""
        for key in self.oracle.at:
            with tenant_work(self.tenant) as session:
                micros = int(self._balance(session, key, Kind.PAYABLE) * 1_000_000 * part)
            if micros > 0:
                pay_out(self.tenant, self.contracts[key[0]], self.payees[key[1]], micros, on=MONTHS[-1][1])
                self.oracle.pay(key, F(micros, 1_000_000))

    def _cells(self, row: Row) -> dict[str, Any]:
        title = f"{row.piece} {next(self.titles)}"  # no row is like another: one that is would be known already
        what: dict[str, Any] = {"UPC": UPC, "Title": title}
        if row.piece != "album":
            what = {"ISRC": self.recordings[row.piece].isrc, "Title": title}
        start, end = MONTHS[row.month]
        return what | {
            "Channel": row.channel, "Territory": row.territory, "Currency": row.currency, "Quantity": row.units,
            "Net": f"{plain(row.net):f}", "Unit price": "" if row.price is None else f"{plain(row.price):f}",
            "Sold from": start, "Sold until": end,
        }  # fmt: skip
