"""Who shares in recordings: to look at, to confirm, to contest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.artist.errors import ReasonNeeded
from app.artist.pages.frame import app_page, around
from app.artist.policies import recording_to_read, sharing_payees
from app.artist.queries import deals
from app.artist.rules.tasks import APP
from app.contracts.pages.contract import spelling
from app.contracts.pages.splits import LONGEST_NOTE, Answer
from app.contracts.policies import own_payees, sheet_to_answer
from app.contracts.service import splitting
from app.identity.pages import AnyRequest, seen, visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.models import Payee
from app.royalties.pages.run import page_number

SPLITS = f"{APP}/splits"
SHARE = f"{SPLITS}/sheets/{{sheet_id:str}}/payees/{{payee_id:str}}"
SHOWN = 60


@get(SPLITS, sync_to_thread=True)
def list_splits(request: AnyRequest) -> Response[str]:
    """Show what waits for the visitor, and every recording in which they share."""
    visitor, at = visitor_of(request), page_number(request)
    with tenant_read(tenant_of(request)) as session:
        waiting = session.execute(deals.waiting_shares(visitor).limit(SHOWN)).all()
        query = deals.split_recordings(visitor, limit=SHOWN + 1, skip=(at - 1) * SHOWN)
        found = list(session.scalars(query))
    shown: dict[str, Any] = {"recordings": found[:SHOWN], "more": len(found) > SHOWN, "at": at}
    shown |= {"waiting": {recording.id for *_, recording in waiting}, **spelling(realm_of(request), "")}
    return app_page(request, "artist/splits.html", visitor, **shown)


@get(f"{SPLITS}/{{recording_id:str}}", sync_to_thread=True)
def split_page(request: AnyRequest, recording_id: FromPath[str]) -> Response[str]:
    """Show who shares in a recording from which day on, and who agreed."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        shown = _shown(request, session, visitor, parse_uuid(recording_id))
    return app_page(request, "artist/split.html", visitor, problem=None, refused="", **shown)


def _shown(request: AnyRequest, session: Session, visitor: Visitor, recording_id: UUID | None) -> dict[str, Any]:
    recording = recording_to_read(session, visitor, recording_id)
    return {
        "recording": recording,
        "sheets": deals.sheets(session, recording),
        "own": set(session.scalars(select(Payee.id).where(own_payees(visitor)))),
        "followed": set(session.scalars(select(Payee.id).where(sharing_payees(visitor)))),
        **spelling(realm_of(request), ""),
    }


@post(f"{SHARE}/confirmation", sync_to_thread=True)
def confirm(
    request: AnyRequest, sheet_id: FromPath[str], payee_id: FromPath[str], data: URLEncodedBody[Answer]
) -> Response[Any]:
    """Agree to one's share."""
    return _answered(request, sheet_id, payee_id, data.note, agrees=True)


@post(f"{SHARE}/contest", sync_to_thread=True)
def contest(
    request: AnyRequest, sheet_id: FromPath[str], payee_id: FromPath[str], data: URLEncodedBody[Answer]
) -> Response[Any]:
    """Contest one's share and say why: it is worked out and held, the others are paid."""
    return _answered(request, sheet_id, payee_id, data.note, agrees=False)


def _answered(request: AnyRequest, sheet_id: str, payee_id: str, note: str, *, agrees: bool) -> Response[Any]:
    visitor, tenant = visitor_of(request), tenant_of(request)
    said = note.strip()[:LONGEST_NOTE] or None
    with tenant_work(tenant) as session:
        sheet, payee = sheet_to_answer(session, visitor, parse_uuid(sheet_id), parse_uuid(payee_id))
        recording = recording_to_read(session, visitor, sheet.recording_id)
        if agrees or said:
            splitting.answer(session, visitor.actor, sheet, payee.id, agrees=agrees, note=said)
            return _done(request, recording.id, agrees=agrees)
        shown = _shown(request, session, visitor, recording.id) | {"refused": f"{sheet.id}-{payee.id}"}
    return seen(again(request, "artist/split.html", ReasonNeeded(), **around(request), **shown), tenant, visitor)


def _done(request: AnyRequest, recording_id: UUID, *, agrees: bool) -> Redirect:
    said = sentence("The share is confirmed.") if agrees else sentence("The share is contested and held.")
    return flash.done(f"{SPLITS}/{recording_id}", tenant_of(request), said)


handlers = [list_splits, split_page, confirm, contest]
