"""Contracts in force, their clauses applied to the circumstances of sales: each answer once for all its sales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.models import Contract, ContractVersion
from app.contracts.rules.fitting import Circumstances, clause_for, factor
from app.contracts.rules.terms import Clause, Terms
from app.contracts.service.favouring import favoured
from app.royalties.rules.stretches import Stretch, is_due

CIRCUMSTANCES: Final = (
    "territory", "channel", "configuration", "price_band", "commercial_model", "source", "sold_on",
)  # fmt: skip
RULES: Final = {
    "clause": pl.String, "base": pl.String, "portion": pl.String, "price": pl.String, "either": pl.String,
    "other_base": pl.String, "other_portion": pl.String, "other_price": pl.String, "unit_places": pl.Int16,
    "rounds_down": pl.Boolean, "whole_units": pl.Boolean, "factor": pl.String, "rate": pl.String,
}  # fmt: skip
VERSIONS: Final = {
    "contract_id": pl.String, "version_id": pl.String, "effective_from": pl.Date, "deal_currency": pl.String,
    "is_due": pl.Boolean, "at_receipt": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deals:
    """The terms of every signed version, by version, as most favoured nations make them; and whose they are."""

    terms: Mapping[UUID, Terms]
    titles: Mapping[UUID, str]
    versions: pl.DataFrame
    """One row a version, with its number `version` and what `VERSIONS` names."""


def deals(session: Session, period: Stretch) -> Deals:
    """Every contract that somebody signed; where one follows another, the terms of the period's last day count."""
    on = period.ends_on
    query = select(ContractVersion).where(ContractVersion.signed_at.is_not(None))
    rows = session.scalars(query.order_by(ContractVersion.effective_from, ContractVersion.number)).all()
    terms = {row.id: row.read() for row in rows}
    now = {row.contract_id: terms[row.id] for row in rows if row.effective_from and row.effective_from <= on}
    known = {row.id: favoured(row.contract_id, {**now, row.contract_id: terms[row.id]}) for row in rows}
    frame = pl.DataFrame(
        [
            (
                *(str(row.contract_id), str(row.id), row.effective_from, own.currency),
                *(is_due(own, period), own.rate_day == "receipt"),
            )
            for row, own in ((row, terms[row.id]) for row in rows)
        ],
        schema=VERSIONS,
        orient="row",
    ).with_row_index("version")
    titles = {row.id: row.title for row in session.execute(select(Contract.id, Contract.title))}
    return Deals(known, titles, frame)


def with_versions(rows: pl.DataFrame, known: Deals) -> pl.DataFrame:
    """Rows with the version of their contract that held when the sale was made; without one they go."""
    asked = rows.select("contract_id", "sold_on").unique()
    fit = asked.join(known.versions, on="contract_id").filter(pl.col("effective_from") <= pl.col("sold_on"))
    newest = fit.sort("effective_from", maintain_order=True).unique(["contract_id", "sold_on"], keep="last")
    return rows.join(newest.drop("effective_from"), on=["contract_id", "sold_on"])


def rules_for(asked: pl.DataFrame, known: Deals) -> pl.DataFrame:
    """`asked`, a row for each version and circumstance, with the clause that applies, where one does."""
    cache: dict[tuple[tuple[Clause, ...], Circumstances], tuple[object, ...] | None] = {}
    answers: list[tuple[object, ...]] = []
    places: list[int] = []
    clauses = {str(version): terms.clauses for version, terms in known.terms.items()}
    for place, (version, *sale) in enumerate(asked.select("version_id", *CIRCUMSTANCES).iter_rows()):
        key = (clauses[version], Circumstances(*sale))
        if key not in cache:
            cache[key] = _answer(*key)
        answer = cache[key]
        if answer is not None:
            answers.append(answer)
            places.append(place)
    found = pl.DataFrame(answers, schema=RULES, orient="row")
    return pl.concat([asked[places], found], how="horizontal")


def _answer(clauses: Sequence[Clause], sale: Circumstances) -> tuple[object, ...] | None:
    clause = clause_for(clauses, sale)
    if clause is None:
        return None
    base, other = clause.base, clause.base.other
    return (
        clause.id,
        base.kind,
        _said(base.portion),
        _said(base.amount),
        base.either,
        other.kind if other else None,
        _said(other.portion if other else None),
        _said(other.amount if other else None),
        clause.unit_places,
        clause.rounding == "down",
        clause.whole_units,
        _said(factor(clause, sale)),
        _said(clause.rate),
    )


def _said(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
