"""Which contract pays a sale, and why: asked for any sale, answered by what a run does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.rest.contracts import SECTION, Territory
from app.api.rest.conventions import Answer, Body, Call, View
from app.api.rest.conventions.schemas import Count, Day, Id
from app.catalog.policies import recording_to_read, release_to_read
from app.contracts.errors import DetailsUnusable
from app.contracts.models import Contract
from app.contracts.policies import may_see_contract
from app.contracts.rules.fitting import Circumstances
from app.contracts.rules.terms import Channel, Level
from app.identity.policies import require_somewhere
from app.kernel.sentences import sentence
from app.royalties.service.explaining import Paying, Piece, explain

ABOUT = sentence("Choose a recording or a release from the list.")
CLAUSE = {"id": "streams", "misfits": ["territories"], "is_chosen": False}
Word = Annotated[str, Meta(max_length=200)]


class TriedContract(View):
    """A contract that is about what was sold, and what became of it; none named where the client may not see it."""

    contract_id: Id | None
    level: Level
    territory: str
    fate: Literal["pays", "beaten", "elsewhere", "not_yet", "over", "unsigned"]


class TestedClause(View):
    """A clause of a contract that pays, and in what the sale does not meet it."""

    id: str
    misfits: Annotated[list[str], Meta(examples=[["territories"]])]
    is_chosen: bool


class PayingContract(View):
    """A contract that pays, the version that held, its clauses, and whether the recording's split divides it."""

    contract_id: Id | None
    version: Count | None
    clauses: Annotated[list[TestedClause], Meta(examples=[[CLAUSE]])]
    is_split: bool


class ExplainedPiece(View):
    """One of so many equal parts of what was sold: what was tried, the most specific first, and what pays."""

    recording_id: Id | None
    release_id: Id | None
    of_parts: Count
    tried: list[TriedContract]
    paying: list[PayingContract]


class Explanation(View):
    """What a run would do with a sale, piece by piece; nothing where the catalogue has nothing of it."""

    pieces: list[ExplainedPiece]


class AskedSale(Body, frozen=True):
    """A sale: of a recording or a release, where, how and when. What is left out meets no condition on it."""

    sold_on: Day
    recording_id: Id | None = None
    release_id: Id | None = None
    territory: Territory = ""
    channel: Channel = "stream"
    configuration: Word = ""
    price_band: Word = ""
    commercial_model: Word = ""
    source: Word = ""


@SECTION.post("/explanations", scope="contracts:read", takes=AskedSale, gives=Explanation, status=200)
def explain_sale(call: Call, session: Session, body: AskedSale) -> Answer:
    """Ask which contract pays a sale, and why. What was sold is found with `catalog:read`; nothing is kept."""
    require_somewhere(call.visitor, "contracts.view")
    if body.recording_id is None and body.release_id is None:
        raise DetailsUnusable(fields={"recording_id": ABOUT})
    if body.recording_id is not None:
        recording_to_read(session, call.visitor, body.recording_id)
    if body.release_id is not None:
        release_to_read(session, call.visitor, body.release_id)
    pieces = explain(session, body.recording_id, body.release_id, _circumstances(body))
    ids = {tried.contract.id for piece in pieces for tried in piece.tried}
    seen = set(session.scalars(select(Contract.id).where(Contract.id.in_(ids), may_see_contract(call.visitor))))
    return Answer({"pieces": [_piece(piece, {key: key for key in seen}) for piece in pieces]})


def _circumstances(body: AskedSale) -> Circumstances:
    return Circumstances(
        territory=body.territory or None,
        channel=body.channel,
        configuration=body.configuration.lower() or None,
        price_band=body.price_band.lower() or None,
        commercial_model=body.commercial_model.lower() or None,
        source=body.source,
        sold_on=body.sold_on,
    )


def _piece(piece: Piece, seen: Mapping[UUID, UUID]) -> dict[str, Any]:
    return {
        "recording_id": piece.recording,
        "release_id": piece.release,
        "of_parts": piece.whole,
        "tried": [
            {
                "contract_id": seen.get(each.contract.id),
                "level": each.level,
                "territory": each.territory,
                "fate": each.fate,
            }
            for each in piece.tried
        ],
        "paying": [_paying(each, is_seen=each.contract.id in seen) for each in piece.paying],
    }


def _paying(paying: Paying, *, is_seen: bool) -> dict[str, Any]:
    clauses = [{"id": each.clause.id, "misfits": each.misfits, "is_chosen": each.is_chosen} for each in paying.clauses]
    return {
        "contract_id": paying.contract.id if is_seen else None,
        "version": paying.version.number if is_seen else None,
        "clauses": clauses if is_seen else [],
        "is_split": paying.sheet is not None,
    }
