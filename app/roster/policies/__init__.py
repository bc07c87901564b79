"""Doors to artists and imprints, as narrowly as each visitor is let in."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import Session

from app.identity.errors import OutOfScope, PermissionMissing
from app.identity.policies import Visitor, allows, granted_for, require, require_somewhere
from app.identity.rules.permissions import Permission
from app.kernel.collation import as_sorted
from app.kernel.ids import parse_uuid
from app.roster.errors import ArtistUnknown, GrantUnknown, ImprintUnknown
from app.roster.models import Artist, ArtistGrant, BandMember, Imprint

Reach = Callable[[frozenset[str]], ColumnElement[bool]]

_reaches: list[Reach] = []


def reach(provide: Reach) -> Reach:
    """Register what makes an artist belong to the imprints of these keys: it is known only where releases are."""
    if provide not in _reaches:
        _reaches.append(provide)
    return provide


def may_see_artist(visitor: Visitor, permission: Permission = "catalog.view") -> ColumnElement[bool]:
    """For which rows of `artists` a visitor has a permission: those of their scope, and those who granted it."""
    granted = granted_for(visitor, permission)
    own = _own_artists(visitor) if permission in visitor.permissions else false()
    return own | Artist.key.in_(sorted(granted)) if granted else own


def _own_artists(visitor: Visitor) -> ColumnElement[bool]:
    scope = visitor.scope
    mine = true() if scope.artists is None else Artist.key.in_(sorted(scope.artists))
    if scope.imprints is None:
        return mine
    return mine & or_(false(), *(provide(scope.imprints) for provide in _reaches))


def may_see_imprint(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `imprints` a visitor sees."""
    keys = visitor.scope.imprints
    if "catalog.view" not in visitor.permissions:
        return false()
    return true() if keys is None else Imprint.key.in_(sorted(keys))


def visible_imprints(visitor: Visitor) -> Select[Imprint]:
    """The imprints that a visitor sees, by name."""
    require_somewhere(visitor, "catalog.view")
    return select(Imprint).where(may_see_imprint(visitor)).order_by(as_sorted(Imprint.name), Imprint.id)


def artist_to_read(session: Session, visitor: Visitor, artist_id: UUID | None) -> Artist:
    """An artist that the visitor may look at."""
    require_somewhere(visitor, "catalog.view")
    found = session.scalar(select(Artist).where(Artist.id == artist_id, may_see_artist(visitor)))
    if found is None:
        raise ArtistUnknown
    return found


def artist_named(session: Session, visitor: Visitor, said: str) -> Artist:
    """An artist that the visitor may look at, by key as a chooser says it, or by id."""
    known = parse_uuid(said.strip())
    by_key = select(Artist.id).where(Artist.key == said.strip(), may_see_artist(visitor))
    return artist_to_read(session, visitor, known or session.scalar(by_key))


def band_member_to_change(session: Session, band: Artist, artist_id: UUID | None) -> BandMember:
    """Who plays in a band, locked, of a band that the visitor changes."""
    found = session.get(BandMember, (band.id, artist_id), with_for_update=True) if artist_id else None
    if found is None:
        raise ArtistUnknown
    return found


def artist_to_change(session: Session, visitor: Visitor, artist_id: UUID | None) -> Artist:
    """The same, locked, for somebody who edits the catalogue."""
    return _locked(session, visitor, artist_id, "catalog.edit")


def artist_to_present(session: Session, visitor: Visitor, artist_id: UUID | None) -> Artist:
    """The same, locked, for somebody who says how the artist is shown: picture, biographies, links."""
    return _locked(session, visitor, artist_id, "artists.page")


def artist_seen_to_present(session: Session, visitor: Visitor, artist_id: UUID | None) -> Artist:
    """The same, not locked, for the form."""
    artist = artist_to_read(session, visitor, artist_id)
    if not may_do_for(session, visitor, artist, "artists.page"):
        raise PermissionMissing
    return artist


def may_do_for(session: Session, visitor: Visitor, artist: Artist, permission: Permission) -> bool:
    """Whether a visitor has a permission for one artist."""
    mine = select(Artist.id).where(Artist.id == artist.id, may_see_artist(visitor, permission))
    return session.scalar(mine) is not None


def _locked(session: Session, visitor: Visitor, artist_id: UUID | None, permission: Permission) -> Artist:
    artist = artist_to_read(session, visitor, artist_id)
    if not may_do_for(session, visitor, artist, permission):
        raise PermissionMissing
    session.refresh(artist, with_for_update=True)
    return artist


def acts_as(visitor: Visitor, artist: Artist) -> bool:
    """Whether a visitor is the artist: a member of the role artist to whom the label gave them."""
    member = visitor.member
    return member.role == "artist" and artist.key in member.artists and visitor.acting is None


def may_grant(visitor: Visitor, artist: Artist) -> bool:
    """Whether a visitor may let others act for an artist: the artist, or staff who invite people; no manager."""
    is_staff = visitor.acting is None and "team.invite" in visitor.permissions
    return acts_as(visitor, artist) or (is_staff and allows(visitor, "team.invite", artist=artist.key))


def artist_to_act_for(session: Session, visitor: Visitor, artist_id: UUID | None) -> Artist:
    """An artist, locked, for whom the visitor may let others act."""
    artist = artist_to_read(session, visitor, artist_id)
    if not may_grant(visitor, artist):
        raise PermissionMissing
    session.refresh(artist, with_for_update=True)
    return artist


def grant_to_end(
    session: Session, visitor: Visitor, artist_id: UUID | None, grant_id: UUID | None
) -> tuple[Artist, ArtistGrant]:
    """Leave that somebody has for an artist: whoever may give it ends it, and whoever has it gives it back."""
    artist = artist_to_read(session, visitor, artist_id)
    query = select(ArtistGrant).where(ArtistGrant.id == grant_id, ArtistGrant.artist_id == artist.id)
    grant = session.scalar(query.with_for_update())
    if grant is None or not (may_grant(visitor, artist) or grant.member_id == visitor.member.id):
        raise GrantUnknown
    return artist, grant


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
