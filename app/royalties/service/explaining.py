"""Which contract pays a sale, and why: what a run would do with one sale, with everything it tried on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from app.contracts.models import Contract, ContractVersion
from app.contracts.rules.fitting import Circumstances, clause_for, misfits
from app.contracts.rules.terms import Clause
from app.royalties.rules.stretches import Stretch
from app.royalties.service import compiling, resolving
from app.royalties.service.compiling import Deals

Fate = Literal["pays", "beaten", "elsewhere", "not_yet", "over", "unsigned"]
"""What became of a contract: it pays, a more specific one does, or it does not hold there or then."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A contract that is about the sale's thing, how specific it is, and what became of it."""

    contract: Contract
    level: str
    territory: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Tested:
    """A clause, the dimensions in which the sale does not meet it, and whether it is the one that counts."""

    clause: Clause
    misfits: list[str]
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Paying:
    """The contract that pays in a lane, its version that held, its clauses, and the split of what it pays."""

    contract: Contract
    version: ContractVersion
    clauses: list[Tested]
    sheet: UUID | None


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of what was sold: a recording or a whole product, what was tried, and what pays."""

    recording: UUID | None
    release: UUID | None
    whole: int
    """Of how many equal parts of the sale this is one."""

    tried: list[Tried] = field(default_factory=list)
    paying: list[Paying] = field(default_factory=list)


def explain(session: Session, recording: UUID | None, release: UUID | None, sale: Circumstances) -> list[Piece]:
    """What a run would do with a sale, piece by piece."""
    used = resolving.only(recording, release)
    found, known = resolving.candidates(session, used), compiling.deals(session, Stretch(sale.sold_on, sale.sold_on))
    pieces = resolving.pieces(session, used)
    sold = pieces.with_columns(territory=pl.lit(sale.territory, pl.String), sold_on=pl.lit(sale.sold_on))
    chosen = resolving.choose(sold.select("piece", "territory", "sold_on"), found)
    held = compiling.with_versions(chosen, known)
    held = held.join(sold.select("piece", "recording_id"), on="piece")
    held = resolving.with_sheets(held, resolving.sheets(session))
    return [
        Piece(
            _id(row["recording_id"]),
            _id(row["release_id"]),
            row["whole"],
            list(_tried(session, row["piece"], found, held, sale)),
            [_paying(session, each, known, sale) for each in _of(held, row["piece"])],
        )
        for row in pieces.iter_rows(named=True)
    ]


def _of(rows: pl.DataFrame, piece: int) -> list[dict[str, Any]]:
    return list(rows.filter(pl.col("piece") == piece).sort("lane").iter_rows(named=True))


def _tried(
    session: Session, piece: int, found: pl.DataFrame, held: pl.DataFrame, sale: Circumstances
) -> Iterator[Tried]:
    """Every contract about a piece, the most specific first."""
    winners = {(row["lane"], row["contract_id"]) for row in _of(held, piece)}
    is_local = pl.col("scope").fill_null("") != ""
    order = found.filter(pl.col("piece") == piece).with_columns(is_local=is_local)
    seen: set[str] = set()
    for row in order.sort("rank", "is_local", "contract_id", descending=[True, True, False]).iter_rows(named=True):
        contract = session.get_one(Contract, UUID(row["contract_id"]))
        fate = _fate(row, sale)
        if fate == "beaten" and row["lane"] not in seen:
            seen.add(row["lane"])
            fate = "pays" if (row["lane"], row["contract_id"]) in winners else "unsigned"
        yield Tried(contract, row["level"], row["scope"] or "", fate)


def _fate(row: dict[str, Any], sale: Circumstances) -> Fate:
    starts, ends = row["starts_on"], row["ends_on"]
    if row["scope"] and row["scope"] != sale.territory:
        return "elsewhere"
    if starts > sale.sold_on:
        return "not_yet"
    return "over" if ends is not None and ends < sale.sold_on else "beaten"


def _paying(session: Session, row: dict[str, Any], known: Deals, sale: Circumstances) -> Paying:
    version = session.get_one(ContractVersion, UUID(row["version_id"]))
    clauses = known.terms[version.id].clauses
    chosen = clause_for(clauses, sale)
    tested = [Tested(clause, list(misfits(clause.when, sale)), clause is chosen) for clause in clauses]
    return Paying(session.get_one(Contract, version.contract_id), version, tested, _id(row["sheet_id"]))


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
