"""From what a run's contracts earned to the statements of their payees."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contracts.models import CollateralLink, Contract, SplitShare
from app.contracts.rules.terms import Terms
from app.kernel import ids
from app.kernel.db import copy_rows, table_of
from app.kernel.money import WHOLE_PPM, exact
from app.royalties.models import WHOLE, Earning, LineShare, RoyaltyPeriod, RoyaltyRun, Statement, StatementEntry
from app.royalties.rules import stretches
from app.royalties.rules.closing import close, cross
from app.royalties.rules.dividing import flat
from app.royalties.rules.positions import Case, PartOf, Portion, Position
from app.royalties.rules.settling import settle
from app.royalties.service import history
from app.royalties.service.compiling import Deals

Parts = dict[UUID | None, list[PartOf]]


@dataclass(frozen=True, slots=True)
class Settled:
    """A contract with what its payees are told."""

    contract: Contract
    terms: Terms
    parts: Parts
    positions: dict[UUID, Position]
    has_sales: bool
    is_due: bool
    """Of a contract that is not accounted for yet only what crosses to or from it is told."""


def settle_run(
    session: Session,
    run: RoyaltyRun,
    known: Deals,
    retroactive: Mapping[UUID, Mapping[UUID | None, Decimal]],
    then: Mapping[UUID, list[PartOf]] = MappingProxyType({}),
) -> None:
    """Write the statements of a run: every payee of every contract that earned, cost or owes something.

    `then` are the parts under sheets that only stand for how something was divided in an earlier run.
    """
    period = session.get_one(RoyaltyPeriod, run.period_id)
    terms = newest_terms(known, period)
    earned = _portions(session, run)
    wanted = {portion.sheet for each in earned.values() for portion in each}
    wanted |= {sheet for each in retroactive.values() for sheet in each}
    sheets = _sheets(session, wanted - {None})
    then = {**_divided_before(session, wanted - {None} - sheets.keys() - then.keys()), **then}
    past = history.read(session, run, period, terms, retroactive)
    settled: dict[UUID, Settled] = {}
    for contract in session.scalars(select(Contract).where(Contract.id.in_(terms)).order_by(Contract.number)):
        portions, own = earned.get(contract.id, []), terms[contract.id]
        is_due = bool(portions) or stretches.is_due(own, past.period)
        if not portions and not past.concerns(contract, own):
            continue
        change = retroactive.get(contract.id, {})
        parts = _parts(own, {portion.sheet for portion in portions} | change.keys(), sheets, then)
        if is_due:
            case = Case(own, portions, parts, period.ends_on, retroactive=change, **past.case(contract, own))
            positions = settle(case)
        else:
            positions = past.standing(contract)
        settled[contract.id] = Settled(contract, own, parts, positions, bool(portions), is_due)
    _cross(session, settled)
    for each in settled.values():
        for payee, position in each.positions.items():
            close(each.terms, position, past.withheld(each.contract, payee))
    _write(session, run, settled)


def newest_terms(known: Deals, period: RoyaltyPeriod) -> dict[UUID, Terms]:
    """The terms by which each contract is settled: those that hold at the end of the period."""
    rows = known.versions.filter(known.versions["effective_from"] <= period.ends_on)
    pairs = rows.select("contract_id", "version_id").iter_rows()
    return {UUID(contract): known.terms[UUID(version)] for contract, version in pairs}


def _portions(session: Session, run: RoyaltyRun) -> dict[UUID, list[Portion]]:
    receipts: Any = func.sum(Earning.base * Earning.factor * Earning.fx)
    query: Any = (
        select(
            Earning.contract_id,
            Earning.sheet_id,
            Earning.channel,
            func.sum(Earning.amount),
            func.sum(Earning.positive),
            func.sum(Earning.quantity),
            receipts,
        )
        .where(Earning.run_id == run.id)
        .group_by(Earning.contract_id, Earning.sheet_id, Earning.channel)
        .order_by(Earning.contract_id, Earning.sheet_id, Earning.channel)
    )
    found: dict[UUID, list[Portion]] = defaultdict(list)
    for contract, sheet, channel, amount, positive, quantity, receipts in session.execute(query):
        found[contract].append(Portion(sheet, channel, amount, positive, quantity, receipts))
    return found


def _sheets(session: Session, sheets: set[Any] | None) -> dict[UUID, list[SplitShare]]:
    query = select(SplitShare).order_by(SplitShare.payee_id)
    if sheets is not None:
        query = query.where(SplitShare.sheet_id.in_(sheets))
    found: dict[UUID, list[SplitShare]] = defaultdict(list)
    for share in session.scalars(query):
        found[share.sheet_id].append(share)
    return found


def sharing(session: Session, known: Deals, period: RoyaltyPeriod) -> Callable[..., Mapping[UUID, Decimal] | None]:
    """Which part each payee has of a contract now, under a split sheet or under none; nothing without such a sheet."""
    terms = newest_terms(known, period)
    sheets = _sheets(session, None)

    def shares(contract: UUID, sheet: UUID | None) -> Mapping[UUID, Decimal] | None:
        if contract not in terms or (sheet is not None and sheet not in sheets):
            return None
        return {part.payee: part.share for part in _parts(terms[contract], {sheet}, sheets, {})[sheet]}

    return shares


def _divided_before(session: Session, sheets: set[Any]) -> dict[UUID, list[PartOf]]:
    """The parts under sheets that only stand for how something was divided in an earlier run."""
    query = select(LineShare.sheet_id, LineShare.payee_id, LineShare.share).distinct()
    found: dict[UUID, list[PartOf]] = defaultdict(list)
    for sheet, payee, share in session.execute(query.where(LineShare.sheet_id.in_(sheets))) if sheets else ():
        found[sheet].append(PartOf(payee, share))
    return found


def _parts(
    terms: Terms,
    wanted: set[UUID | None],
    sheets: Mapping[UUID, Sequence[SplitShare]],
    then: Mapping[UUID, list[PartOf]],
) -> Parts:
    """Who gets which part, by split sheet; what a sheet leaves over is shared as the contract says."""
    own = flat(terms.shares)
    parts: Parts = {None: [PartOf(payee, share) for payee, share in own.items()]}
    with exact():
        for sheet in filter(None, wanted):
            if sheet in then:
                parts[sheet] = then[sheet]
                continue
            shares = sheets[sheet]
            left = 1 - Decimal(sum(share.share_ppm for share in shares)) / WHOLE_PPM
            parts[sheet] = _merged(
                map(_named, shares), [PartOf(who, share * left) for who, share in own.items() if left]
            )
    return parts


def _named(share: SplitShare) -> PartOf:
    """A part by a split sheet: held until it is confirmed."""
    part = Decimal(share.share_ppm) / WHOLE_PPM
    return PartOf(share.payee_id, part, Decimal(0) if share.state == "confirmed" else part)


def _merged(*parts: Iterable[PartOf]) -> list[PartOf]:
    """One part for each payee; of one that is named by the sheet and by the contract only the former can be held."""
    merged: dict[UUID, PartOf] = {}
    for part in chain(*parts):
        before = merged.get(part.payee, PartOf(part.payee, Decimal(0)))
        merged[part.payee] = PartOf(part.payee, before.share + part.share, before.held + part.held)
    return list(merged.values())


def _cross(session: Session, settled: Mapping[UUID, Settled]) -> None:
    query = select(CollateralLink).order_by(CollateralLink.from_id, CollateralLink.to_id)
    for link in session.scalars(query):
        payer, debtor = settled.get(link.from_id), settled.get(link.to_id)
        if payer and debtor and payer.terms.currency == debtor.terms.currency:
            titles = {"payer_title": payer.contract.title, "debtor_title": debtor.contract.title}
            for payee in payer.positions.keys() & debtor.positions.keys():
                cross(payer.positions[payee], debtor.positions[payee], payer.terms.controlled, **titles)


def _write(session: Session, run: RoyaltyRun, settled: Mapping[UUID, Settled]) -> None:
    statements: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    shares: list[dict[str, Any]] = []
    for contract, each in settled.items():
        shares += [
            {"run_id": run.id, "contract_id": contract, "sheet_id": sheet or WHOLE, **_shared(part)}
            for sheet, parts in each.parts.items()
            for part in parts
        ]
        for payee, position in each.positions.items():
            if not (each.has_sales or position.entries or (each.is_due and position.opening_micros)):
                continue
            statement = ids.new_id()
            statements.append(
                {
                    "id": statement,
                    "run_id": run.id,
                    "contract_id": contract,
                    "payee_id": payee,
                    "currency": each.terms.currency,
                    "opening_micros": position.opening_micros,
                    "earned_micros": position.earned_micros,
                    "closing_micros": position.balance_micros,
                    "payable_micros": position.payable_micros,
                    "reserve_micros": position.reserve_micros,
                    "kept_micros": position.kept_micros,
                }
            )
            entries += [
                {
                    "statement_id": statement,
                    "position": place,
                    "kind": entry.kind,
                    "amount_micros": entry.amount_micros,
                    "recoupable_id": entry.recoupable,
                    "facts": json.dumps(entry.facts),
                }
                for place, entry in enumerate(position.entries, 1)
            ]
    for model, rows in ((LineShare, shares), (Statement, statements), (StatementEntry, entries)):
        if rows:
            out = io.StringIO()
            csv.writer(out).writerows(row.values() for row in rows)
            copy_rows(session, table_of(model), list(rows[0]), out.getvalue().encode())


def _shared(part: PartOf) -> dict[str, Any]:
    return {"payee_id": part.payee, "share": part.share, "is_held": part.held != 0, "held": part.held}
