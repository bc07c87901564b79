"""Bands: who plays what, since when and until when."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import activity, clock
from app.roster.errors import ArtistUnknown, SpanUnusable
from app.roster.models import Artist, BandMember

LONGEST_PART = 100
PARTIAL_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")


def note_member(
    session: Session, visitor: Visitor, band: Artist, artist: Artist, *, part: str, since: str, until: str
) -> None:
    """Note that an artist plays in a band, or until when they did; of a date the year may be all that is known."""
    if artist.id == band.id:
        raise ArtistUnknown
    span = {name: said.strip() or None for name, said in (("since", since), ("until", until))}
    wrong = {name: SpanUnusable.message for name, said in span.items() if said and not PARTIAL_DATE.fullmatch(said)}
    if not wrong and span["since"] and span["until"] and span["until"] < span["since"][: len(span["until"])]:
        wrong = {"until": SpanUnusable.message}
    if wrong:
        raise SpanUnusable(fields=wrong)
    known = session.get(BandMember, (band.id, artist.id), with_for_update=True)
    before = _said(artist, known) if known else None
    row = known or BandMember(band_id=band.id, artist_id=artist.id)
    row.part, row.since, row.until = " ".join(part.split())[:LONGEST_PART], span["since"], span["until"]
    session.add(row)
    _tell(session, visitor, band, before=before, after=_said(artist, row))


def remove_member(session: Session, visitor: Visitor, band: Artist, row: BandMember) -> None:
    """Take somebody out of a band as if they had never played in it."""
    artist = session.get_one(Artist, row.artist_id)
    before = _said(artist, row)
    session.delete(row)
    _tell(session, visitor, band, before=before, after={"member": None})


def _said(artist: Artist, row: BandMember) -> dict[str, Any]:
    parts = (artist.name, row.part, f"{row.since or ''}–{row.until or ''}" if row.since or row.until else "")
    return {"member": ", ".join(filter(None, parts))}


def _tell(session: Session, visitor: Visitor, band: Artist, **told: Any) -> None:
    band.version, band.updated_at = band.version + 1, clock.now()
    activity.record(session, visitor.actor, "artist.changed", subject_type="artist", subject_id=band.id, **told)
