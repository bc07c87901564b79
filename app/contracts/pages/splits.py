"""Who shares in a recording: proposed by staff, confirmed or contested by each or on their behalf."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Recording
from app.contracts.errors import DetailsUnusable, SharesTooMuch
from app.contracts.pages import sent
from app.contracts.pages.contract import spelling
from app.contracts.pages.editor import PAYEE
from app.contracts.pages.listing import today_of
from app.contracts.policies import (
    may_split,
    own_payees,
    recording_to_split,
    shared_recording_to_read,
    sheet_to_answer,
)
from app.contracts.queries import splits
from app.contracts.rules import vocabulary
from app.contracts.service import splitting
from app.identity.pages import visitor_of
from app.identity.policies import Visitor
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told, told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.models import Party, Payee
from app.roster.policies.parties import may_see_party
from app.roster.queries.artist import history

SPLITS = "/portal/splits"
SPLIT = f"{SPLITS}/{{recording_id:str}}"
HISTORY, LONGEST_NOTE = 40, 1_000


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody says to a share."""

    note: str = ""


@get(SPLIT, sync_to_thread=True)
def split_page(request: Request[Any, Any, Any], recording_id: FromPath[str]) -> Response[str]:
    """Show who shares in a recording, from which day on, and who agreed."""
    with tenant_read(tenant_of(request)) as session:
        recording = shared_recording_to_read(session, visitor_of(request), parse_uuid(recording_id))
        return _page(request, session, recording, {})


def _page(
    request: Request[Any, Any, Any],
    session: Session,
    recording: Recording,
    typed: dict[str, Any],
    refusal: Invalid | None = None,
) -> Response[str]:
    visitor, realm = visitor_of(request), realm_of(request)
    fields = typed or {"share": ["1"], "effective_from": today_of(tenant_of(request)).isoformat()}
    read = sent.Reader(fields, realm.language)
    problems = {name: told(realm, problem) for name, problem in (refusal.fields if refusal else {}).items()}
    shown: dict[str, Any] = {
        "recording": recording,
        "sheets": splits.of_recording(session, recording.id),
        "may_split": may_split(session, visitor, recording.id),
        "own": set(session.scalars(select(Payee.id).where(own_payees(visitor)))),
        "history": list(session.scalars(history([recording.id], limit=HISTORY).where(_about_splits()))),
        "meanings": meanings(),
        "problem": told_refusal(realm, refusal) if refusal and not problems else "",
        "problems": problems,
        "one": read.one,
        "several": read.several,
        "vocabulary": vocabulary,
        **spelling(realm, ""),
    }
    return page("contracts/splits.html", realm, here=SPLITS, status=422 if refusal else 200, **shown)


def _about_splits() -> Any:
    from app.kernel.activity import Activity

    return Activity.action.like("split.%")


@post(SPLIT, sync_to_thread=True)
def propose_split(
    request: Request[Any, Any, Any], recording_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]
) -> Response[Any]:
    """Propose who shares in a recording from a day on."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(recording_id)
    try:
        with tenant_work(tenant) as session:
            recording = recording_to_split(session, visitor, known)
            read = sent.Reader(data, realm_of(request).language)
            shares, day = _shares(session, visitor, read), read.day("effective_from")
            if day is None:
                read.problems.setdefault("effective_from", sent.DAY)
            if read.problems or day is None:
                raise DetailsUnusable(fields=read.problems)
            splitting.propose(session, visitor.actor, recording.id, shares, effective_from=day)
    except (DetailsUnusable, SharesTooMuch) as refusal:
        with tenant_read(tenant) as session:
            return _page(request, session, shared_recording_to_read(session, visitor, known), data, refusal)
    return flash.done(f"{SPLITS}/{recording_id}", tenant, sentence("The split was proposed to everybody in it."))


def _shares(session: Session, visitor: Visitor, read: sent.Reader) -> dict[Any, int]:
    rows = sent.read_shares(read)
    shares = {row["payee"]: row["share_ppm"] for row in rows}
    seen = select(Payee.id).join(Party, Party.id == Payee.party_id).where(may_see_party(visitor), Payee.id.in_(shares))
    if not shares or len(shares) < len(rows) or set(session.scalars(seen)) != set(shares):
        read.problems.setdefault("shares", PAYEE)
    return shares


@post(f"{SPLITS}/sheets/{{sheet_id:str}}/payees/{{payee_id:str}}/confirmation", sync_to_thread=True)
def confirm(
    request: Request[Any, Any, Any], sheet_id: FromPath[str], payee_id: FromPath[str], data: URLEncodedBody[Answer]
) -> Redirect:
    """Agree to a share."""
    return _answered(request, sheet_id, payee_id, data.note, agrees=True)


@post(f"{SPLITS}/sheets/{{sheet_id:str}}/payees/{{payee_id:str}}/contest", sync_to_thread=True)
def contest(
    request: Request[Any, Any, Any], sheet_id: FromPath[str], payee_id: FromPath[str], data: URLEncodedBody[Answer]
) -> Redirect:
    """Contest a share: it is worked out and held, the others are paid."""
    return _answered(request, sheet_id, payee_id, data.note, agrees=False)


def _answered(request: Request[Any, Any, Any], sheet_id: str, payee_id: str, note: str, *, agrees: bool) -> Redirect:
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        sheet, payee = sheet_to_answer(session, visitor, parse_uuid(sheet_id), parse_uuid(payee_id))
        said = note.strip()[:LONGEST_NOTE] or None
        splitting.answer(session, visitor.actor, sheet, payee.id, agrees=agrees, note=said)
    done = sentence("The share is confirmed.") if agrees else sentence("The share is contested and held.")
    return flash.done(f"{SPLITS}/{sheet.recording_id}", tenant, done)


handlers = [split_page, propose_split, confirm, contest]
