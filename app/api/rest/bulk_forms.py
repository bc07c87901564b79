"""Operations of which many are done in a few statements: what each means, and doing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.api.rest.conventions.calls import tag_of
from app.api.rest.conventions.operations import Operation
from app.api.rest.conventions.schemas import said
from app.api.rest.recordings import RECORDINGS, RecordingChange
from app.catalog.rules import fields
from app.catalog.service import together
from app.identity.policies import Visitor
from app.kernel.errors import Refusal
from app.kernel.ids import parse_uuid
from app.kernel.web.paging import require_unchanged
from app.kernel.web.strict import decode


@dataclass(frozen=True, slots=True)
class Meant:
    """A change of one recording's plain fields."""

    row_id: UUID
    typed: Mapping[str, str]
    check: Callable[[int], None]


def meant(operation: Operation, places: Mapping[str, str], body: str | None, if_match: str | None) -> Meant | None:
    """What an operation means, where it can be done with others; None where it goes by itself, or is declined there."""
    if operation.takes is not RecordingChange:
        return None
    row_id = parse_uuid(places["recording_id"])
    try:
        named = said(decode((body or "").encode(), "application/json", RecordingChange))
    except Refusal:
        return None
    if row_id is None or not set(named) <= together.PLAIN:
        return None
    typed = {name: fields.told(value) or "" for name, value in named.items()}
    return Meant(row_id, typed, _unchanged(row_id, if_match))


def _unchanged(row_id: UUID, if_match: str | None) -> Callable[[int], None]:
    def check(version: int) -> None:
        if if_match is not None and if_match.strip() != "*":
            require_unchanged(if_match, tag_of((RECORDINGS.name, row_id, version)))

    return check


def change(session: Session, visitor: Visitor, wishes: Sequence[Meant]) -> list[Refusal | None]:
    """Do them all; for each, why not."""
    wanted = [together.Wish(wish.row_id, wish.typed, wish.check) for wish in wishes]
    return together.change_recordings(session, visitor, visitor.actor, wanted)
