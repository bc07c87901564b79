"""Which contract pays a sale, and why: asked for any sale, answered by what a run does."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release
from app.catalog.policies import may_see_recording, may_see_release
from app.contracts.models import Contract
from app.contracts.pages.contract import spelling
from app.contracts.pages.listing import CONTRACTS, today_of
from app.contracts.pages.sent import DAY, Reader
from app.contracts.policies import may_see_contract
from app.contracts.queries.lists import named_subjects
from app.contracts.rules.fitting import Circumstances
from app.contracts.rules.terms import CHANNELS
from app.identity.pages import visitor_of
from app.identity.policies import Visitor, require_somewhere
from app.kernel.db import tenant_read
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of
from app.royalties.service.explaining import Piece, explain

FATES = {
    "pays": sentence("Pays"),
    "beaten": sentence("A contract for something smaller, or for this territory, comes first."),
    "elsewhere": sentence("It is for another territory."),
    "not_yet": sentence("It began later."),
    "over": sentence("It had ended."),
    "unsigned": sentence("No version of it was signed for this day."),
}
DIMENSIONS = {
    "territories": sentence("Territory"),
    "channels": sentence("Channel"),
    "configurations": sentence("Configuration"),
    "price_bands": sentence("Price band"),
    "commercial_models": sentence("Commercial model"),
    "sources": sentence("Source"),
    "dates": sentence("Day of the sale"),
}
UNKNOWN = sentence("Choose a recording or a release from the list.")
FIELDS = ("recording", "release", "territory", "channel", "configuration", "band", "model", "source", "sold_on")


@get(f"{CONTRACTS}/explain", sync_to_thread=True)
def explain_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask about a sale, and say which contract pays it, by which clause, and why no other does."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    require_somewhere(visitor, "contracts.view")
    typed = {name: request.query_params.get(name, "")[:200] for name in FIELDS}
    read = Reader(typed | {"sold_on": typed["sold_on"] or today_of(tenant).isoformat()}, realm.language)
    facts: dict[str, Any] = {"pieces": None, "names": {}, "seen": {}}
    if typed["recording"] or typed["release"]:
        sale = _sale(read)
        with tenant_read(tenant) as session:
            recording, release = _chosen(session, visitor, read)
            if not read.problems and sale is not None:
                facts = _answer(session, visitor, explain(session, recording, release, sale))
    problems = {name: told(realm, problem) for name, problem in read.problems.items()}
    shown = {"one": read.one, "several": read.several, "problems": problems, "fates": FATES, "dimensions": DIMENSIONS}
    status = 422 if problems else 200
    return page("contracts/explain.html", realm, here=CONTRACTS, status=status, **facts, **shown, **spelling(realm, ""))


def _sale(read: Reader) -> Circumstances | None:
    day: date | None = read.day("sold_on")
    if day is None:
        read.problems.setdefault("sold_on", DAY)
        return None
    channel = read.one("channel")
    return Circumstances(
        territory=read.one("territory").upper() or None,
        channel=channel if channel in CHANNELS else CHANNELS[0],
        configuration=read.one("configuration").lower() or None,
        price_band=read.one("band").lower() or None,
        commercial_model=read.one("model").lower() or None,
        source=read.one("source"),
        sold_on=day,
    )


def _chosen(session: Session, visitor: Visitor, read: Reader) -> tuple[UUID | None, UUID | None]:
    recording, release = parse_uuid(read.one("recording")), parse_uuid(read.one("release"))
    known = select(Recording.id).where(Recording.id == recording, may_see_recording(visitor))
    if read.one("recording") and session.scalar(known) is None:
        read.problems.setdefault("recording", UNKNOWN)
    on = select(Release.id).where(Release.id == release, may_see_release(visitor))
    if read.one("release") and session.scalar(on) is None:
        read.problems.setdefault("release", UNKNOWN)
    return recording, release


def _answer(session: Session, visitor: Visitor, pieces: list[Piece]) -> dict[str, Any]:
    """The answer, with the contracts of which the visitor may know."""
    things = [("recording", piece.recording) for piece in pieces if piece.recording]
    things += [("release", piece.release) for piece in pieces if piece.release]
    ids = {tried.contract.id for piece in pieces for tried in piece.tried}
    seen = select(Contract.id, Contract.title).where(Contract.id.in_(ids), may_see_contract(visitor))
    return {
        "pieces": pieces,
        "names": named_subjects(session, things),
        "seen": dict(session.execute(seen).all()) if ids else {},
    }


handlers = [explain_page]
