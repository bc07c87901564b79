"""Everybody who is credited: a list, and what each of them did as far as a visitor sees it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.catalog.models import Credit, Recording, Work, WorkWriter
from app.catalog.policies import may_see_contributor, may_see_recording, may_see_work
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.roster.models import Contributor
from app.roster.queries.search import as_searched, called

ALIKE = 5


def contributors(visitor: Visitor, wanted: str, *, after: list[str] | None, limit: int) -> Executable:
    """One row a person, by name, from after a place: roles, recordings and works that the visitor sees."""
    place = as_sorted(Contributor.name)
    played, wrote = _played(visitor), _wrote(visitor)
    query = (
        select(
            Contributor,
            _one(played.with_only_columns(func.array_agg(func.distinct(Credit.role)))).label("roles"),
            _one(wrote.with_only_columns(func.array_agg(func.distinct(WorkWriter.role)))).label("parts"),
            _one(played.with_only_columns(func.count(func.distinct(Credit.recording_id)))).label("recordings"),
            _one(wrote.with_only_columns(func.count(func.distinct(WorkWriter.work_id)))).label("works"),
            place.label("place"),
        )
        .where(Contributor.merged_into_id.is_(None), may_see_contributor(visitor))
        .order_by(place, Contributor.id)
        .limit(limit)
    )
    if wanted:
        query = query.where(holds(wanted))
    if after is not None:
        query = query.where(tuple_(place, Contributor.id) > tuple_(after[0], UUID(after[1])))
    return query


def holds(wanted: str) -> ColumnElement[bool]:
    """A name or an alias as people type it, or a code as it is written."""
    code = "".join(wanted.split()).upper()
    alias = select(Contributor.merged_into_id).where(called(Contributor.name, wanted))
    return or_(
        called(Contributor.name, wanted),
        Contributor.id.in_(alias.where(Contributor.merged_into_id.is_not(None))),
        Contributor.ipi == code,
        Contributor.isni == code,
    )


def _played(visitor: Visitor) -> Select[Any]:
    query = select(Credit.role).where(Credit.contributor_id == Contributor.id)
    if visitor.scope.is_whole:
        return query
    return query.where(Credit.recording_id.in_(select(Recording.id).where(may_see_recording(visitor))))


def _wrote(visitor: Visitor) -> Select[Any]:
    query = select(WorkWriter.role).where(WorkWriter.contributor_id == Contributor.id)
    if visitor.scope.is_whole:
        return query
    return query.where(WorkWriter.work_id.in_(select(Work.id).where(may_see_work(visitor))))


def _one(query: Select[Any]) -> Any:
    return query.correlate(Contributor).scalar_subquery()


def credits_of(visitor: Visitor, person: Contributor, limit: int) -> Executable:
    """The recordings on which somebody is credited, with what they did there."""
    query = (
        select(Recording.id, Recording.title, Recording.artist_line, func.array_agg(Credit.role).label("roles"))
        .join(Credit, Credit.recording_id == Recording.id)
        .where(Credit.contributor_id == person.id, may_see_recording(visitor))
        .group_by(Recording.id)
        .order_by(Recording.title, Recording.id)
    )
    return query.limit(limit)


def works_of(visitor: Visitor, person: Contributor, limit: int) -> Executable:
    """The works that somebody wrote, with which part of each is theirs."""
    query = select(Work.id, Work.title, WorkWriter.role, WorkWriter.share_ppm)
    query = query.join(WorkWriter, WorkWriter.work_id == Work.id)
    query = query.where(WorkWriter.contributor_id == person.id, may_see_work(visitor))
    return query.order_by(Work.title, Work.id, WorkWriter.role).limit(limit)


def aliases_of(session: Session, person: Contributor) -> list[Contributor]:
    """Who was merged into somebody, by name."""
    query = select(Contributor).where(Contributor.merged_into_id == person.id)
    return list(session.scalars(query.order_by(Contributor.name, Contributor.id)))


def alike(session: Session, visitor: Visitor, person: Contributor, wanted: str) -> list[Any]:
    """Who might be the same: those called as somebody types, or those whose names are spelled most alike."""
    rest = (Contributor.id != person.id, Contributor.merged_into_id.is_(None), may_see_contributor(visitor))
    near = func.ext.similarity(as_searched(Contributor.name), as_searched(wanted or person.name))
    query = select(Contributor).where(*rest).order_by(near.desc(), Contributor.id).limit(ALIKE)
    if wanted:
        return list(session.scalars(query.where(called(Contributor.name, wanted))))
    return list(session.scalars(query.where(near > 0.4)))
