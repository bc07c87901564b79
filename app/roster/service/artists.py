"""Artists: added, changed, let go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.identity.models import Member
from app.identity.policies import Visitor
from app.identity.rules.roles import role_named
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.sentences import sentence
from app.roster.errors import NameMissing, StatusUnusable
from app.roster.models import Artist, ArtistGrant, BandMember, Contributor, Payee
from app.roster.policies import artist_to_change, require_whole
from app.roster.rules import fold, name_key, slug, sort_name

LONGEST_NAME = 200
OPEN = ("active", "paused")
_KEYS_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' catalog loading', 0))")
"""The turn that loads of the catalogue take too, because they make artists and imprints."""


def clean_name(said: str) -> str:
    """A name without doubled spaces; refused where it is none."""
    name = " ".join(said.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise NameMissing(fields={"name": NameMissing.message})
    return name


def free_key(session: Session, model: Any, name: str, row_id: UUID) -> str:
    """A short name for addresses and scopes that nothing else of its kind has."""
    session.execute(_KEYS_IN_TURN)
    key = slug(name)
    taken = not key or session.scalar(select(model.id).where(model.key == key)) is not None
    return f"{key or 'n'}-{str(row_id)[-8:]}" if taken else key


def add_artist(session: Session, visitor: Visitor, *, name: str, kind: str) -> Artist:
    """Take an act onto the roster."""
    require_whole(visitor)
    name, row_id = clean_name(name), ids.new_id()
    artist = Artist(
        id=row_id,
        key=free_key(session, Artist, name, row_id),
        kind=kind if kind in ("solo", "band", "other") else "other",
        status="active",
        **_named(name),
    )
    session.add(artist)
    session.flush()
    _tell(session, visitor, "artist.added", artist.id, after={"name": name})
    return artist


def _named(name: str) -> dict[str, str]:
    return {"name": name, "name_key": name_key(name), "folded": fold(name), "sort_name": sort_name(name)}


def change_artist(session: Session, visitor: Visitor, artist: Artist, wanted: dict[str, Any]) -> bool:
    """Give an artist new values, and tell whether any was new; a new name brings its sorting and search along."""
    if "name" in wanted:
        wanted["name"] = clean_name(wanted["name"])
        if wanted["name"] != artist.name:
            given = {"sort_name": wanted["sort_name"]} if _is_own_sorting(artist, wanted) else {}
            wanted = (
                _named(wanted["name"]) | {k: v for k, v in wanted.items() if k not in ("name", "sort_name")} | given
            )
    changes = {field: value for field, value in wanted.items() if getattr(artist, field) != value}
    if not changes:
        return False
    before = artist.change(changes, clock.now())
    hidden = {"name_key", "folded"}
    told = {"before": _shown(before, hidden), "after": _shown(changes, hidden)}
    _tell(session, visitor, "artist.changed", artist.id, **told)
    return True


def _is_own_sorting(artist: Artist, wanted: dict[str, Any]) -> bool:
    said = wanted.get("sort_name")
    return bool(said) and said != artist.sort_name


def _shown(values: dict[str, Any], hidden: set[str]) -> dict[str, Any]:
    return {field: value for field, value in values.items() if field not in hidden}


def set_status(session: Session, visitor: Visitor, artist_id: UUID | None, status: str) -> None:
    """Pause an artist or make them active again."""
    artist = artist_to_change(session, visitor, artist_id)
    if status not in OPEN:
        raise StatusUnusable(fields={"status": StatusUnusable.message})
    leaving = {"leaves_on": None} if artist.status == "left" else {}
    change_artist(session, visitor, artist, {"status": status, **leaving})


Referring = Callable[[Session, UUID], list[tuple[str, int]]]
_referring: list[Referring] = []


def refers(count: Referring) -> Referring:
    """Register what still refers to an artist elsewhere: sentences (msgids) with a number each."""
    if count not in _referring:
        _referring.append(count)
    return count


@dataclass(frozen=True, slots=True)
class Ties:
    """What still refers to an artist: things by their sentence and number, and the people who may act for them."""

    things: list[tuple[str, int]]
    members: list[str]


def _of_roster(session: Session, artist_id: UUID) -> list[tuple[str, int]]:
    """What of the roster refers to an artist: who acts for them, who is paid, in which bands they are, who they are."""
    now = clock.now()
    grants = session.scalars(select(ArtistGrant).where(ArtistGrant.artist_id == artist_id))
    paid = select(func.count()).select_from(Payee).join(Artist, Artist.party_id == Payee.party_id)
    counted = {
        sentence("Payees"): paid.where(Artist.id == artist_id),
        sentence("Bands"): select(func.count()).where(BandMember.artist_id == artist_id),
        sentence("Contributors"): select(func.count()).where(Contributor.artist_id == artist_id),
    }
    found = [(what, session.scalar(query) or 0) for what, query in counted.items()]
    return [(sentence("Managers"), sum(grant.is_open(now) for grant in grants)), *found]


def ties(session: Session, artist: Artist) -> Ties:
    """What still refers to an artist."""
    things = [told for count in (_of_roster, *_referring) for told in count(session, artist.id) if told[1]]
    acting = select(Member.name).where(Member.artists.contains([artist.key]), Member.disabled_at.is_(None))
    return Ties(things, list(session.scalars(acting.order_by(Member.name))))


def let_go(session: Session, visitor: Visitor, artist: Artist, on: date, *, today: date) -> None:
    """End an artist's time on the roster at a day: history stays, access ends."""
    artist.leave(on)
    artist.version += 1
    _tell(session, visitor, "artist.leaving", artist.id, after={"name": artist.name, "leaves_on": on.isoformat()})
    if on <= today:
        finish(session, visitor.actor, artist)


def finish(session: Session, actor: Actor, artist: Artist) -> None:
    """Do what the day of leaving brings."""
    closed = end_access(session, artist)
    after = {"name": artist.name, "members": [str(member_id) for member_id in closed]}
    activity.record(session, actor, "artist.left", subject_type="artist", subject_id=artist.id, after=after)


def end_access(session: Session, artist: Artist) -> list[UUID]:
    """Close what an artist and their managers may reach; give back the members who reached it.

    Only members of a narrow role lose the artist: for all others, having no artist would mean having every one.
    """
    artist.status, now = "left", clock.now()
    for grant in session.scalars(select(ArtistGrant).where(ArtistGrant.artist_id == artist.id)):
        grant.revoke(now)
    closed = []
    for member in session.scalars(select(Member).where(Member.artists.contains([artist.key]))):
        role = role_named(member.role)
        if member.custom_role is None and role is not None and role.is_narrow:
            member.artists = [key for key in member.artists if key != artist.key]
            closed.append(member.id)
    return closed


def leaving_by(session: Session, today: date) -> list[Artist]:
    """Artists whose day has come."""
    query = select(Artist).where(Artist.leaves_on <= today, Artist.status != "left").with_for_update()
    return list(session.scalars(query))


def _tell(session: Session, visitor: Visitor, action: str, artist_id: UUID, **told: Any) -> None:
    activity.record(session, visitor.actor, action, subject_type="artist", subject_id=artist_id, **told)
