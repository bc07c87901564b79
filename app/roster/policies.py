"""Doors to artists and imprints, as narrowly as each visitor is let in."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import Session

from app.identity.errors import OutOfScope
from app.identity.policies import Visitor, require
from app.roster.errors import ArtistUnknown, ImprintUnknown
from app.roster.models import Artist, Imprint

Reach = Callable[[frozenset[str]], ColumnElement[bool]]

_reaches: list[Reach] = []


def reach(provide: Reach) -> Reach:
    """Register what makes an artist belong to the imprints of these keys: it is known only where releases are."""
    if provide not in _reaches:
        _reaches.append(provide)
    return provide


def may_see_artist(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `artists` a visitor sees."""
    scope = visitor.scope
    mine = true() if scope.artists is None else Artist.key.in_(sorted(scope.artists))
    if scope.imprints is None:
        return mine
    return mine & or_(false(), *(provide(scope.imprints) for provide in _reaches))


def may_see_imprint(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `imprints` a visitor sees."""
    keys = visitor.scope.imprints
    return true() if keys is None else Imprint.key.in_(sorted(keys))


def visible_imprints(visitor: Visitor) -> Select[Imprint]:
    """The imprints that a visitor sees, by name."""
    require(visitor, "catalog.view")
    return select(Imprint).where(may_see_imprint(visitor)).order_by(Imprint.name, Imprint.id)


def artist_to_read(session: Session, visitor: Visitor, artist_id: UUID | None) -> Artist:
    """An artist that the visitor may look at."""
    require(visitor, "catalog.view")
    found = session.scalar(select(Artist).where(Artist.id == artist_id, may_see_artist(visitor)))
    if found is None:
        raise ArtistUnknown
    return found


def artist_to_change(session: Session, visitor: Visitor, artist_id: UUID | None) -> Artist:
    """The same, locked, for somebody who edits the catalogue."""
    artist = artist_to_read(session, visitor, artist_id)
    require(visitor, "catalog.edit")
    session.refresh(artist, with_for_update=True)
    return artist


def require_whole(visitor: Visitor) -> None:
    """Refuse whoever is narrowed to a part what concerns the whole: new artists and imprints."""
    require(visitor, "catalog.edit")
    if not visitor.scope.is_whole:
        raise OutOfScope


def imprint_to_change(session: Session, visitor: Visitor, imprint_id: UUID | None) -> Imprint:
    """An imprint, locked, for somebody who edits the catalogue."""
    require(visitor, "catalog.view")
    found = session.scalar(select(Imprint).where(Imprint.id == imprint_id, may_see_imprint(visitor)).with_for_update())
    if found is None:
        raise ImprintUnknown
    require(visitor, "catalog.edit")
    return found
