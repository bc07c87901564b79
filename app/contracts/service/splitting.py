"""Who shares in a recording: proposed for all, confirmed by each; what is not contested is paid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.contracts.errors import SharesTooMuch, SplitUnknown
from app.contracts.models import SplitShare, SplitSheet
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.money import WHOLE_PPM


def propose(
    session: Session, actor: Actor, recording_id: UUID, shares: Mapping[UUID, int], *, effective_from: date
) -> SplitSheet:
    """Propose who shares in a recording from a day on, in parts per million; what is left over stays with the contract.

    A proposal for the same day takes the place of the one before, and everybody confirms anew.
    """
    total = sum(shares.values())
    if total > WHOLE_PPM or any(share <= 0 for share in shares.values()):
        raise SharesTooMuch(percent=f"{total / 10_000:g}")
    query = select(SplitSheet).where(
        SplitSheet.recording_id == recording_id, SplitSheet.effective_from == effective_from
    )
    sheet = session.scalar(query.with_for_update())
    if sheet is None:
        sheet = SplitSheet(
            id=ids.new_id(),
            recording_id=recording_id,
            effective_from=effective_from,
            created_by=actor.id,
            created_at=clock.now(),
        )
        session.add(sheet)
        session.flush()
    session.execute(delete(SplitShare).where(SplitShare.sheet_id == sheet.id))
    session.add_all(SplitShare(sheet_id=sheet.id, payee_id=payee, share_ppm=ppm) for payee, ppm in shares.items())
    session.flush()
    after = {"from": effective_from.isoformat(), "shares": {str(payee): ppm for payee, ppm in shares.items()}}
    activity.record(session, actor, "split.proposed", subject_type="recording", subject_id=recording_id, after=after)
    return sheet


def answer(
    session: Session, actor: Actor, sheet: SplitSheet, payee_id: UUID, *, agrees: bool, note: str | None = None
) -> None:
    """Confirm or contest one share; a contested share is worked out and held, the others are paid."""
    share = session.get(SplitShare, (sheet.id, payee_id), with_for_update=True)
    if share is None:
        raise SplitUnknown
    share.state, share.decided_at, share.note = "confirmed" if agrees else "contested", clock.now(), note
    session.flush()
    activity.record(
        session,
        actor,
        "split.confirmed" if agrees else "split.contested",
        subject_type="recording",
        subject_id=sheet.recording_id,
        after={"payee": str(payee_id), "share_ppm": share.share_ppm, "note": note},
    )
