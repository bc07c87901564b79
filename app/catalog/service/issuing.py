"""Issuing ISRC and UPC from an imprint's ranges: no gap, no twin, never again.

A number is taken under the lock of its counter's row, in the transaction that gives it to its holder: whoever rolls
back takes nothing, and whoever waits gets the next number.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.catalog.errors import PrefixMissing, RangeUsedUp
from app.catalog.models import IsrcCounter, IssuedCode, Recording, Release, Track, UpcCounter
from app.catalog.rules.issuing import ISRC_NUMBERS, isrc_of, upc_numbers, upc_of
from app.catalog.service.editing import set_values
from app.kernel import activity
from app.kernel.actor import Actor
from app.roster.models import Imprint


def issue_missing(session: Session, actor: Actor, release: Release, *, year: int) -> int:
    """Give a release its UPC and its recordings their ISRC where they have none; give back how many were issued."""
    imprint = session.get_one(Imprint, release.imprint_id)
    issued = 0
    if release.upc is None:
        set_values(session, actor, release, {"upc": next_upc(session, imprint, release)})
        issued += 1
    query = select(Recording).join(Track, Track.recording_id == Recording.id)
    query = query.where(Track.release_id == release.id, Recording.isrc.is_(None))
    recordings = session.scalars(query.order_by(Track.disc, Track.number).with_for_update(of=Recording)).unique()
    for recording in recordings:
        set_values(session, actor, recording, {"isrc": next_isrc(session, imprint, recording, year=year)})
        issued += 1
    if issued:
        told = {"title": release.title, "count": issued}
        activity.record(session, actor, "code.issued", subject_type="release", subject_id=release.id, after=told)
    return issued


def next_isrc(session: Session, imprint: Imprint, recording: Recording, *, year: int) -> str:
    """The next free ISRC of the imprint's prefix and a year of reference, given to a recording."""
    prefix = imprint.isrc_prefix
    if prefix is None:
        raise PrefixMissing
    while True:
        first = insert(IsrcCounter).values(prefix=prefix, year=year % 100, last=1)
        counted = first.on_conflict_do_update(index_elements=["prefix", "year"], set_={"last": IsrcCounter.last + 1})
        number = session.execute(counted.returning(IsrcCounter.last)).scalar_one()
        if number > ISRC_NUMBERS:
            raise RangeUsedUp(prefix=prefix)
        code = isrc_of(prefix, year, number)
        if _is_free(session, IssuedCode(kind="isrc", code=code, subject_id=recording.id)):
            return code


def next_upc(session: Session, imprint: Imprint, release: Release) -> str:
    """The next free UPC of the imprint's prefix, given to a release."""
    prefix = imprint.upc_prefix
    if prefix is None:
        raise PrefixMissing
    while True:
        first = insert(UpcCounter).values(prefix=prefix, last=0)
        counted = first.on_conflict_do_update(index_elements=["prefix"], set_={"last": UpcCounter.last + 1})
        number = session.execute(counted.returning(UpcCounter.last)).scalar_one()
        if number >= upc_numbers(prefix):
            raise RangeUsedUp(prefix=prefix)
        code = upc_of(prefix, number)
        if _is_free(session, IssuedCode(kind="upc", code=code.zfill(14), subject_id=release.id)):
            return code


def _is_free(session: Session, wanted: IssuedCode) -> bool:
    """Take a code, unless it came in from outside already."""
    row = {"kind": wanted.kind, "code": wanted.code, "subject_id": wanted.subject_id}
    taken = insert(IssuedCode).values(**row, issued_at=func.now()).on_conflict_do_nothing().returning(IssuedCode.code)
    return session.execute(taken).scalar_one_or_none() is not None
