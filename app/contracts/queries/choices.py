"""Contracts, and what they may be about, to choose from by name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Text, cast, func, literal, or_, select, union_all

from app.catalog.models import Recording, Release, Track
from app.catalog.policies import may_see_recording, may_see_release
from app.contracts.models import Contract
from app.contracts.policies import may_see_contract
from app.contracts.rules.vocabulary import LEVEL_SENTENCES
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.kernel.web.languages import say
from app.roster.models import Artist, Imprint, Party
from app.roster.policies import may_see_artist, may_see_imprint
from app.roster.queries.choices import CHOICES, SHOWN
from app.roster.queries.search import as_searched, matches


def contracts(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Contracts, by id, with their number."""
    query = select(cast(Contract.id, Text), Contract.title, Contract.number).where(may_see_contract(visitor))
    if keys:
        return query.where(cast(Contract.id, Text).in_(keys))
    query = query.join(Party, Party.id == Contract.party_id)
    fitting = or_(_holds(Contract.title, wanted), _holds(Contract.number, wanted), _holds(Party.legal_name, wanted))
    return query.where(fitting).order_by(Contract.number.desc()).limit(SHOWN)


def recordings(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Recordings, by id."""
    note = func.concat_ws(" · ", Recording.artist_line, Recording.isrc)
    query = select(cast(Recording.id, Text), Recording.title, note).where(may_see_recording(visitor))
    if keys:
        return query.where(cast(Recording.id, Text).in_(keys))
    fitting = matches(Recording.folded, wanted) if wanted else literal(True)
    return query.where(fitting).order_by(as_sorted(Recording.title), Recording.id).limit(SHOWN)


def releases(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Releases, by id."""
    query = select(cast(Release.id, Text), Release.title, Release.artist_line).where(may_see_release(visitor))
    if keys:
        return query.where(cast(Release.id, Text).in_(keys))
    fitting = matches(Release.folded, wanted) if wanted else literal(True)
    return query.where(fitting).order_by(as_sorted(Release.title), Release.id).limit(SHOWN)


def subjects(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Whatever a contract may be about, by level and id, with what it is."""
    found = union_all(
        *(part.limit(SHOWN) if not keys else part for part in _subjects(visitor, wanted, keys))
    ).subquery()
    query = select(found.c.key, found.c.name, found.c.note)
    return query.order_by(found.c.place, as_sorted(found.c.name), found.c.key).limit(max(SHOWN, len(keys)))


def _subjects(visitor: Visitor, wanted: str, keys: list[str]) -> list[Any]:
    on = select(Track.id, Recording.title, Recording.folded, Release.title.label("release")).join(
        Recording, Recording.id == Track.recording_id
    )
    tracks = on.join(Release, Release.id == Track.release_id).where(may_see_release(visitor)).subquery()
    artists = (Artist.id, Artist.name, Artist.folded, literal(""))
    imprints = (Imprint.id, Imprint.name, as_searched(Imprint.name), literal(""))
    releases = (Release.id, Release.title, Release.folded, Release.artist_line)
    recordings = (Recording.id, Recording.title, Recording.folded, Recording.artist_line)
    on_releases = (tracks.c.id, tracks.c.title, tracks.c.folded, tracks.c.release)
    found = (
        ("artist", artists, may_see_artist(visitor)),
        ("imprint", imprints, may_see_imprint(visitor)),
        ("release", releases, may_see_release(visitor)),
        ("recording", recordings, may_see_recording(visitor)),
        ("track", on_releases, literal(True)),
    )
    language = visitor.language
    return [
        _part(place, level, columns, wanted, keys, say(LEVEL_SENTENCES[level], language)).where(may_see)
        for place, (level, columns, may_see) in enumerate(found)
    ]


def _part(place: int, level: str, columns: tuple[Any, ...], wanted: str, keys: list[str], called: str) -> Any:
    key, name, folded, note = columns
    named = func.concat(literal(f"{level}:", Text), cast(key, Text))
    said = func.concat_ws(" · ", literal(called, Text), func.nullif(note, ""))
    query = select(named.label("key"), name.label("name"), said.label("note"), literal(place).label("place"))
    if keys:
        return query.where(named.in_(keys))
    return query.where(matches(folded, wanted)) if wanted else query


def _holds(column: Any, wanted: str) -> Any:
    return func.strpos(as_searched(column), as_searched(literal(wanted, Text))) > 0


CHOICES |= {"contracts": contracts, "recordings": recordings, "releases": releases, "subjects": subjects}
