"""What stands on an artist's page."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel.activity import Activity
from app.roster.models import Artist, BandMember

Entry = tuple[str, str, str]
"""Where it leads, what it is called, and a remark."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an artist's page that another slice fills; `title` is a msgid."""

    title: str
    read: Callable[[Session, Visitor, UUID], list[Entry]]


_sections: dict[str, Section] = {}


def add_section(section: Section) -> None:
    """Register a part of an artist's page."""
    _sections[section.title] = section


def sections(session: Session, visitor: Visitor, artist_id: UUID) -> list[tuple[str, list[Entry]]]:
    """What other slices know of an artist, part by part."""
    return [(section.title, section.read(session, visitor, artist_id)) for section in _sections.values()]


def history(subjects: Collection[UUID], *, limit: int) -> Select[Activity]:
    """What happened to these rows, newest first."""
    query = select(Activity).where(Activity.subject_id.in_(subjects))
    return query.order_by(Activity.at.desc(), Activity.seq.desc()).limit(limit)


def band(artist_id: UUID) -> Select[BandMember, Artist]:
    """Who plays in a band."""
    query = select(BandMember, Artist).join(Artist, Artist.id == BandMember.artist_id)
    return query.where(BandMember.band_id == artist_id).order_by(Artist.sort_name)
