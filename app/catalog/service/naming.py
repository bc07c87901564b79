"""Who and what is meant by a name that somebody typed: the one that was chosen, the one of that name, or a new one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.models import Work
from app.catalog.policies import may_see_work
from app.catalog.service.loading import take_turn
from app.identity.policies import Visitor
from app.kernel import activity, ids
from app.roster.models import Artist, Contributor
from app.roster.policies import may_see_artist
from app.roster.rules import name_key
from app.roster.service.artists import add_artist, clean_name


def artist_meant(
    session: Session, visitor: Visitor, name: str, chosen: UUID | None, *, known: Collection[str] = ()
) -> str:
    """The id of an act: one that the visitor sees or that is there already, or one that is taken onto the roster."""
    name = clean_name(name)
    of_name = Artist.name_key == name_key(name)
    seen = may_see_artist(visitor) | Artist.id.in_([UUID(one) for one in known])
    found = session.scalar(select(Artist.id).where(Artist.id == chosen, of_name, seen)) if chosen else None
    found = found or session.scalar(select(Artist.id).where(of_name, seen).order_by(Artist.id).limit(1))
    if found is None:
        take_turn(session)
        found = add_artist(session, visitor, name=name, kind="solo").id
    return str(found)


def contributor_meant(session: Session, name: str, chosen: UUID | None) -> str:
    """The id of somebody who is credited; a merged name means who it leads to, and whoever is not known yet is now."""
    name = clean_name(name)
    of_name = Contributor.name_key == name_key(name)
    meant = func.coalesce(Contributor.merged_into_id, Contributor.id)
    found = session.scalar(select(meant).where(Contributor.id == chosen, of_name)) if chosen else None
    plain = select(meant).where(of_name, Contributor.remark == "")
    if found is None:
        take_turn(session)
        found = session.scalar(plain)
    if found is None:
        person = Contributor(id=ids.new_id(), name=name, name_key=name_key(name), remark="")
        session.add(person)
        session.flush()
        found = person.id
    return str(found)


def work_meant(
    session: Session, visitor: Visitor, title: str, chosen: UUID | None, *, known: Collection[str] = ()
) -> str:
    """The id of a work: the chosen one where it may be, else a new one; titles alone do not make two works one."""
    title = clean_name(title)
    seen = may_see_work(visitor) | Work.id.in_([UUID(one) for one in known])
    found = session.scalar(select(Work.id).where(Work.id == chosen, Work.title == title, seen)) if chosen else None
    if found is None:
        work = Work(id=ids.new_id(), title=title, version=1)
        session.add(work)
        session.flush()
        told: dict[str, Any] = {"subject_type": "work", "subject_id": work.id, "after": {"title": title}}
        activity.record(session, visitor.actor, "work.created", **told)
        found = work.id
    return str(found)
