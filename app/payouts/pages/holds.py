"""Holding back what is disputed, with what shows it: opened, renewed by a second person, let go of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from sqlalchemy.orm import Session

from app.identity.pages import visitor_here
from app.identity.policies import Visitor
from app.kernel import files
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.ids import parse_uuid
from app.kernel.money import from_minor
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import realm_of, tenant_of
from app.payouts.errors import AmountUnusable, HoldTooLarge
from app.payouts.pages.payee import refused
from app.payouts.pages.surface import PAYEES, read_minor
from app.payouts.policies import hold_to_change, payee_to_read, require_all
from app.payouts.service import holds
from app.roster.models import Payee

LONGEST_REASON, READ_BYTES = 500, 1 << 20


@post(f"{PAYEES}/{{payee_id:str}}/holds", sync_to_thread=True, opt={"in_person": True})
def hold(
    request: Request[Any, Any, Any],
    payee_id: FromPath[str],
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Keep a disputed amount from being paid, with what shows that it is disputed."""
    visitor, tenant, realm = visitor_here(request), tenant_of(request), realm_of(request)
    typed = {name: value for name, value in data.items() if isinstance(value, str)}
    currency, reason = typed.get("currency", ""), typed.get("reason", "").strip()
    with tenant_read(tenant) as session:
        _payee_to_hold(session, visitor, payee_id)  # nothing is kept of somebody who may not
    try:
        minor = read_minor(typed.get("amount", ""), currency, realm.language)
        if minor is None:
            raise AmountUnusable(digits=2)
        if not 0 < len(reason) <= LONGEST_REASON:
            raise HoldTooLarge(HoldTooLarge.REASON)
        what: dict[str, Any] = {"currency": currency, "amount_micros": from_minor(minor, currency)}
        with tenant_read(tenant) as session:
            holds.sources_for(session, _payee_to_hold(session, visitor, payee_id), **what)
        evidence = _evidence(visitor.actor, data.get("evidence"))  # a file of no hold would be everybody's
        with tenant_work(tenant) as session:
            payee = _payee_to_hold(session, visitor, payee_id)
            holds.hold(session, visitor.actor, payee, **what, reason=reason, evidence=evidence)
    except Invalid as refusal:
        return refused(request, visitor, payee_id, refusal)
    return flash.done(f"{PAYEES}/{payee_id}", tenant, sentence("The amount is held back for 30 days."))


def _payee_to_hold(session: Session, visitor: Visitor, payee_id: str) -> Payee:
    payee = payee_to_read(session, visitor, parse_uuid(payee_id))
    require_all(visitor, "payouts.prepare")
    return payee


def _evidence(actor: Actor, upload: Any) -> list[UUID]:
    if not isinstance(upload, UploadFile) or not upload.filename:
        return []
    return [files.store_stream(actor, _chunks(upload), name=upload.filename, media_type=upload.content_type).id]


def _chunks(upload: UploadFile) -> Iterator[bytes]:
    while chunk := upload.file.read(READ_BYTES):
        yield chunk


@post("/portal/holds/{hold_id:str}/renewal", sync_to_thread=True, opt={"in_person": True})
def renew(request: Request[Any, Any, Any], hold_id: FromPath[str]) -> Response[Any]:
    """Hold for thirty days more; somebody other than who held last."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_work(tenant) as session:
        held = hold_to_change(session, visitor, parse_uuid(hold_id))
        holds.renew(session, visitor.actor, held)
    return flash.done(f"{PAYEES}/{held.payee_id}", tenant, sentence("The amount is held for 30 days more."))


@post("/portal/holds/{hold_id:str}/release", sync_to_thread=True, opt={"in_person": True})
def release(request: Request[Any, Any, Any], hold_id: FromPath[str]) -> Response[Any]:
    """Let go of what was held."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_work(tenant) as session:
        held = hold_to_change(session, visitor, parse_uuid(hold_id))
        holds.release(session, visitor.actor, held)
    return flash.done(f"{PAYEES}/{held.payee_id}", tenant, sentence("The amount can be paid again."))


handlers = [hold, renew, release]
