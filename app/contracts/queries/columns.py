"""What contracts tell the roster of each artist."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Subquery, Text, cast, func, literal, or_, select

from app.contracts.models import Contract, ContractScope
from app.contracts.policies import may_see_contract
from app.identity.policies import Visitor
from app.roster.models import Artist
from app.roster.policies import may_see_artist
from app.roster.queries.columns import fill


@fill("contract")
def next_end(visitor: Visitor, today: date) -> Subquery:
    """The first day from today on on which a contract with an artist, or about them, ends."""
    about = select(ContractScope.contract_id).where(
        ContractScope.level == "artist", ContractScope.subject_id == Artist.id
    )
    query = (
        select(
            Artist.id.label("artist_id"),
            cast(func.min(Contract.ends_on), Text).label("value"),
            literal(1).label("note"),
        )
        .join(Contract, or_(Contract.party_id == Artist.party_id, Contract.id.in_(about)))
        .where(Contract.state == "active", Contract.ends_on >= today)
        .where(may_see_contract(visitor), may_see_artist(visitor, "contracts.view"))
        .group_by(Artist.id)
    )
    return query.subquery("contract_ends")
