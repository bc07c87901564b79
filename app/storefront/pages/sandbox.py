"""The page on which buyers pay where no money moves: the sandbox's processor, with cards that misbehave."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.fans.pages.visitors import language_here
from app.identity.pages import AnyRequest
from app.kernel import limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import NotFound
from app.kernel.money import format_money, from_minor
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of
from app.storefront.gateways import gateways, sandbox
from app.storefront.gateways.cards import CARDS
from app.storefront.models import SandboxCharge
from app.storefront.rules import payment_refusals
from app.storefront.service import hearing, paying
from app.storefront.service.paying import EVEN

PER_CLIENT: Final = "60/5minutes"
NOT_KEPT: Final = {"cache-control": "private, no-store", "referrer-policy": "same-origin", "x-robots-tag": "noindex"}
QUIET: Final = "6975"
"""The card whose payment nobody is told of: it is found by asking."""


class PayForm(msgspec.Struct, forbid_unknown_fields=True):
    """A card that was chosen, an answer to the bank's question, or the way back."""

    do: str
    card: str = ""


@get("/{language:str}/pay/{token:str}", sync_to_thread=True)
def show(request: AnyRequest, language: FromPath[str], token: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """Show what is to be paid, and the cards, or the bank's question; what is over leads back."""
    language_here(request)
    _require_sandbox()
    with tenant_read(tenant_of(request)) as session:
        charge = sandbox.charge_of(session, token)
    return _page(request, charge) if charge.state in ("open", "challenged") else _back(charge)


@post("/{language:str}/pay/{token:str}", sync_to_thread=True)
def answer(
    request: AnyRequest,
    language: FromPath[str],  # noqa: ARG001
    token: FromPath[str],
    data: URLEncodedBody[PayForm],
) -> Response[Any]:
    """Pay, answer the bank, or leave."""
    language_here(request)
    _require_sandbox()
    tenant = tenant_of(request)
    limits.hit(tenant, f"sandbox-pay:{realm_of(request).client}", PER_CLIENT)
    with tenant_work(tenant, even=EVEN) as session:
        charge = _done(session, token, data)
        if charge.state != "open" and charge.ending != QUIET:
            hearing.hear_of(session, [(charge.reference, charge.state)])
    if charge.state in ("open", "challenged"):
        return _page(request, charge)
    if charge.ending != QUIET:
        paying.settle(tenant, charge.payment_id)
    return _back(charge)


def _require_sandbox() -> None:
    """Where real money moves there is no such page."""
    if not gateways.is_sandbox():
        raise NotFound


def _done(session: Session, token: str, data: PayForm) -> SandboxCharge:
    if data.do == "leave":
        return sandbox.leave(session, token)
    if data.do in ("confirm", "refuse"):
        return sandbox.prove(session, token, is_me=data.do == "confirm")
    return sandbox.pay(session, token, data.card)


def _page(request: AnyRequest, charge: SandboxCharge) -> Response[Any]:
    realm = realm_of(request)
    amount = format_money(
        from_minor(charge.amount_minor, charge.currency), charge.currency, realm.language.replace("-", "_")
    )
    problem = told(realm, payment_refusals.told(charge.problem)) if charge.problem else ""
    cards = [(card.number, _grouped(card.number), told(realm, card.meaning)) for card in CARDS]
    response = page(
        "store/pay.html",
        realm,
        action=request.url.path,
        amount=amount,
        order=charge.order_number,
        cards=cards,
        problem=problem,
        is_challenged=charge.state == "challenged",
    )
    response.headers.update(NOT_KEPT)
    return response


def _grouped(number: str) -> str:
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))


def _back(charge: SandboxCharge) -> Response[Any]:
    return Redirect(charge.back_url, status_code=303, headers=NOT_KEPT)


handlers = [show, answer]
