"""Who shares in recordings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.catalog.models import Recording, RecordingArtist, Track
from app.catalog.policies import may_see_recording
from app.contracts.models import ContractScope, SplitShare, SplitSheet
from app.identity.policies import Visitor
from app.roster.models import Payee

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Sheet:
    """A split of a recording with its shares and whose they are."""

    sheet: SplitSheet
    shares: list[tuple[SplitShare, Payee]]

    @property
    def total_ppm(self) -> int:
        """What is shared out, in parts per million; the rest stays with the contract."""
        return sum(share.share_ppm for share, _ in self.shares)


def of_recording(session: Session, recording_id: UUID) -> list[Sheet]:
    """The splits of a recording, the newest first."""
    query = (
        select(SplitSheet, SplitShare, Payee)
        .join(SplitShare, SplitShare.sheet_id == SplitSheet.id)
        .join(Payee, Payee.id == SplitShare.payee_id)
        .where(SplitSheet.recording_id == recording_id)
        .order_by(SplitSheet.effective_from.desc(), SplitShare.share_ppm.desc(), Payee.name)
    )
    rows = session.execute(query).all()
    return [
        Sheet(sheet, [(share, payee) for _, share, payee in found])
        for sheet, found in groupby(rows, key=lambda row: row[0])
    ]


def of_contract(session: Session, visitor: Visitor, contract_id: UUID) -> list[Any]:
    """The recordings that a contract is about and that somebody shares in: id and title."""
    about = ContractScope.contract_id == contract_id
    level, subject = ContractScope.level, ContractScope.subject_id
    by = select(RecordingArtist.artist_id).where(RecordingArtist.recording_id == Recording.id)
    on = select(Track.id).where(Track.recording_id == Recording.id)
    releases = select(Track.release_id).where(Track.recording_id == Recording.id)
    covered = exists().where(
        about,
        or_(
            (level == "recording") & (subject == Recording.id),
            (level == "artist") & subject.in_(by),
            (level == "track") & subject.in_(on),
            (level == "release") & subject.in_(releases),
        ),
    )
    is_split = exists().where(SplitSheet.recording_id == Recording.id)
    query = select(Recording.id, Recording.title).where(covered, is_split, may_see_recording(visitor))
    return list(session.execute(query.order_by(Recording.title, Recording.id).limit(SHOWN)).all())
