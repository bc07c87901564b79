"""What contracts tell the roster of each artist."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Subquery, Text, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from app.contracts.models import Contract, ContractScope
from app.contracts.policies import may_see_contract
from app.contracts.rules.states import STATE_SENTENCES
from app.identity.policies import Visitor
from app.kernel.sentences import sentence
from app.roster.models import Artist
from app.roster.queries.artist import Entry, Section, add_section
from app.roster.queries.columns import fill

SHOWN = 50


@fill("contract")
def contract_ends(visitor: Visitor, today: date) -> Subquery:
    """The first day on which a contract in force with an artist, or about them, ends, of those the visitor sees."""
    about = select(ContractScope.contract_id).where(
        ContractScope.level == "artist", ContractScope.subject_id == Artist.id
    )
    query = (
        select(
            Artist.id.label("artist_id"),
            cast(func.min(Contract.ends_on), Text).label("value"),
            literal("").label("note"),
        )
        .join(Contract, or_(Contract.party_id == Artist.party_id, Contract.id.in_(about)))
        .where(may_see_contract(visitor), Contract.state == "active", Contract.ends_on >= today)
        .group_by(Artist.id)
    )
    return query.subquery("contract_ends")


def _contracts(session: Session, visitor: Visitor, artist_id: UUID) -> list[Entry]:
    about = select(ContractScope.contract_id).where(
        ContractScope.level == "artist", ContractScope.subject_id == artist_id
    )
    query = select(Contract).where(Contract.id.in_(about), may_see_contract(visitor))
    rows = session.scalars(query.order_by(Contract.number.desc()).limit(SHOWN))
    return [(f"/portal/contracts/{row.id}", row.title, STATE_SENTENCES[row.state]) for row in rows]


add_section(Section(sentence("Contracts"), _contracts))
