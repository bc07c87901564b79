"""Advances and costs of a contract: proposed with a receipt, approved or rejected by somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect

from app.contracts.errors import CostUnusable
from app.contracts.pages.contract import changed, show_contract
from app.contracts.pages.editor import CONTRACT
from app.contracts.pages.listing import today_of
from app.contracts.pages.sent import Reader
from app.contracts.policies import contract_to_change, contract_to_edit, contract_to_read, cost_to_decide
from app.contracts.schemas import NewCost
from app.contracts.service import recouping
from app.identity.pages import visitor_of
from app.kernel import files
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.ids import parse_uuid
from app.kernel.money import WHOLE_PPM, exact
from app.kernel.sentences import sentence
from app.kernel.web.realm import realm_of, tenant_of

READ_BYTES, MOST_PLACES = 1 << 20, 4


def _chunks(upload: UploadFile) -> Iterator[bytes]:
    while chunk := upload.file.read(READ_BYTES):
        yield chunk


@post(f"{CONTRACT}/costs", sync_to_thread=True)
def propose_cost(
    request: Request[Any, Any, Any],
    contract_id: FromPath[str],
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Note an advance or a cost with its receipt; it counts once somebody else approved it."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(contract_id)
    with tenant_read(tenant) as session:
        contract_to_edit(session, visitor, known)
    try:
        new = _meant(request, {name: value for name, value in data.items() if isinstance(value, str)})
        recouping.check(_with(new, None))  # a receipt of no cost would be everybody's
        receipt = _receipt(visitor.actor, data.get("receipt"))
        with tenant_work(tenant) as session:
            contract = contract_to_change(session, visitor, known)
            recouping.propose(session, visitor.actor, contract, _with(new, receipt))
    except Invalid as refusal:
        with tenant_read(tenant) as session:
            return show_contract(request, session, contract_to_read(session, visitor, known), problem=refusal)
    return changed(tenant, contract_id, sentence("The cost was proposed. Somebody else approves it."), "costs")


def _meant(request: Request[Any, Any, Any], data: dict[str, Any]) -> dict[str, Any]:
    read = Reader(data, realm_of(request).language)
    part = read.percent("recoupable", Decimal(1)) or Decimal(0)
    with exact():
        ppm = part * WHOLE_PPM
    amount, position = read.number("amount"), read.whole("position", "", 0)
    day = read.day("incurred_on") or today_of(tenant_of(request))
    if read.problems or ppm != int(ppm) or amount is None:
        raise CostUnusable
    return {
        "kind": read.one("kind"),
        "name": read.one("name")[:200],
        "amount": amount,
        "incurred_on": day,
        "recoupable_ppm": int(ppm),
        "position": position or 0,
    }


def _receipt(actor: Actor, upload: Any) -> UUID | None:
    if not isinstance(upload, UploadFile) or not upload.filename:
        return None
    return files.store_stream(actor, _chunks(upload), name=upload.filename, media_type=upload.content_type).id


def _with(new: dict[str, Any], receipt: UUID | None) -> NewCost:
    return NewCost(**new, receipt_id=receipt)


@post(f"{CONTRACT}/costs/{{cost_id:str}}/approval", sync_to_thread=True, opt={"recent": True})
def approve_cost(request: Request[Any, Any, Any], contract_id: FromPath[str], cost_id: FromPath[str]) -> Redirect:
    """Let a cost count that somebody else proposed."""
    return _decided(request, contract_id, cost_id, approved=True)


@post(f"{CONTRACT}/costs/{{cost_id:str}}/rejection", sync_to_thread=True, opt={"recent": True})
def reject_cost(request: Request[Any, Any, Any], contract_id: FromPath[str], cost_id: FromPath[str]) -> Redirect:
    """Let a cost that somebody else proposed not count."""
    return _decided(request, contract_id, cost_id, approved=False)


def _decided(request: Request[Any, Any, Any], contract_id: str, cost_id: str, *, approved: bool) -> Redirect:
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        cost = cost_to_decide(session, visitor, parse_uuid(contract_id), parse_uuid(cost_id))
        recouping.decide(session, visitor.actor, cost, approved=approved)
    said = sentence("The cost counts from now on.") if approved else sentence("The cost does not count.")
    return changed(tenant, contract_id, said, "costs")


handlers = [propose_cost, approve_cost, reject_cost]
