"""Splits: who shares in a recording, from which day on, and who agreed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.schemas import Day, Id, Moment, Ppm
from app.contracts.errors import DetailsUnusable
from app.contracts.policies import recording_to_split, shared_recording_to_read, sheet_to_answer
from app.contracts.queries import splits
from app.contracts.service import splitting
from app.kernel.sentences import sentence
from app.roster.models import Party, Payee
from app.roster.policies.parties import may_see_party

SECTION = Section("Splits", "Who shares in a recording. What nobody was given stays with the contract.")
PAYEE = sentence("Choose payees from the list.")


class SplitShareView(View):
    """One participant's share in a recording, and whether they agree."""

    payee_id: Id
    name: str
    share_ppm: Ppm
    state: Literal["waiting", "confirmed", "contested"]
    decided_at: Moment | None
    note: str | None


class SplitView(View):
    """Who shares in a recording from a day on."""

    id: Id
    recording_id: Id
    effective_from: Day
    shares: list[SplitShareView]


class SplitList(View):
    """The splits of a recording, the newest first."""

    items: list[SplitView]


class SplitShareSaid(Body, frozen=True):
    """What a payee gets."""

    payee_id: Id
    share_ppm: Annotated[int, Meta(ge=1, le=1_000_000, examples=[500_000])]


class SplitSaid(Body, frozen=True):
    """Who shares in a recording from a day on; everybody in it confirms."""

    effective_from: Day
    shares: Annotated[list[SplitShareSaid], Meta(min_length=1, max_length=200)]


class SplitAnswer(Body, frozen=True):
    """Whether a payee agrees; a contested share is worked out and held."""

    agrees: bool
    note: Annotated[str, Meta(max_length=1_000)] | None = None


@SECTION.get("/recordings/{recording_id}/splits", scope="contracts:read", gives=SplitList)
def list_splits(call: Call, session: Session) -> Answer:
    """List the splits of a recording."""
    recording = shared_recording_to_read(session, call.visitor, call.id("recording_id"))
    return Answer({"items": [_shown(each) for each in splits.of_recording(session, recording.id)]})


def _shown(split: splits.Sheet) -> dict[str, Any]:
    shares = [
        {
            "payee_id": payee.id,
            "name": payee.name,
            "share_ppm": share.share_ppm,
            "state": share.state,
            "decided_at": share.decided_at,
            "note": share.note,
        }
        for share, payee in split.shares
    ]
    own = {name: getattr(split.sheet, name) for name in ("id", "recording_id", "effective_from")}
    return own | {"shares": shares}


@SECTION.post("/recordings/{recording_id}/splits", scope="contracts:write", takes=SplitSaid, gives=SplitView)
def propose_split(call: Call, session: Session, body: SplitSaid) -> Answer:
    """Propose a split. One for the same day takes the place of the one before, and everybody confirms anew."""
    recording = recording_to_split(session, call.visitor, call.id("recording_id"))
    shares = {share.payee_id: share.share_ppm for share in body.shares}
    seen = select(Payee.id).join(Party, Party.id == Payee.party_id)
    seen = seen.where(may_see_party(call.visitor), Payee.id.in_(shares))
    if len(shares) < len(body.shares) or set(session.scalars(seen)) != set(shares):
        raise DetailsUnusable(fields={"shares": PAYEE})
    sheet = splitting.propose(session, call.actor, recording.id, shares, effective_from=body.effective_from)
    return Answer(_found(session, sheet.recording_id, sheet.id), status=201)


def _found(session: Session, recording_id: Any, sheet_id: Any) -> dict[str, Any]:
    return next(_shown(each) for each in splits.of_recording(session, recording_id) if each.sheet.id == sheet_id)


@SECTION.put("/splits/{split_id}/payees/{payee_id}/answer", scope="contracts:write", takes=SplitAnswer, gives=SplitView)
def answer_split(call: Call, session: Session, body: SplitAnswer) -> Answer:
    """Confirm or contest a share. In the payee's name, by their artist or by whoever writes contracts about it."""
    sheet, payee = sheet_to_answer(session, call.visitor, call.id("split_id"), call.id("payee_id"))
    note = (body.note or "").strip() or None
    splitting.answer(session, call.actor, sheet, payee.id, agrees=body.agrees, note=note)
    session.flush()
    return Answer(_found(session, sheet.recording_id, sheet.id))
