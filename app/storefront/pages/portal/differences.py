"""Where the payment service's list and the books differ, and what came of it."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy import select

from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.money import from_minor
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.storefront.models import GatewayCheck, GatewayDifference, Order, Payment
from app.storefront.pages.portal.around import DIFFERENCES, MONEY, AnyRequest, one, store_page, visitor_for
from app.storefront.policies import difference_to_settle
from app.storefront.rules.portal_refusals import NoteMissing
from app.storefront.service import comparing

LONGEST: Final = 500
SETTLED_SHOWN: Final = 20
SENTENCES: Final = {
    "amount": sentence("Another amount was paid than was asked for"),
    "extra": sentence("The service lists something that the books do not have"),
    "missing": sentence("The books have a payment that the service does not list"),
}
KINDS: Final = {
    "payment": sentence("Payment"),
    "refund": sentence("Refund"),
    "dispute": sentence("Dispute"),
}


@get(DIFFERENCES, sync_to_thread=True)
def show(request: AnyRequest) -> Response[str]:
    """Show what is open, and what was settled last."""
    return _shown(request)


def _shown(request: AnyRequest, refusal: Refusal | None = None, typed: dict[str, str] | None = None) -> Response[str]:
    _, tenant = visitor_for(request)
    settled = select(GatewayDifference).where(GatewayDifference.resolved_at.is_not(None))
    with tenant_read(tenant) as session:
        rows = comparing.open_differences(session)
        past = list(session.scalars(settled.order_by(GatewayDifference.resolved_at.desc()).limit(SETTLED_SHOWN)))
        wanted = {row.payment_id for row in (*rows, *past) if row.payment_id}
        query = select(Payment.id, Order.id, Order.number).join(Order, Order.id == Payment.order_id)
        orders = {
            payment: (key, number) for payment, key, number in session.execute(query.where(Payment.id.in_(wanted)))
        }
        checks = list(session.scalars(select(GatewayCheck).order_by(GatewayCheck.gateway)))
    told: dict[str, Any] = {"rows": rows, "past": past, "orders": orders, "checks": checks, "typed": typed or {}}
    return store_page(
        request, "differences", DIFFERENCES, refusal=refusal, amounts={row.id: _amount(row) for row in rows},
        why_words=SENTENCES, of_words=KINDS, **told,
    )  # fmt: skip


def _amount(row: GatewayDifference) -> tuple[int, str] | None:
    minor, currency = row.facts.get("amount_minor"), row.facts.get("currency")
    return (from_minor(int(minor), str(currency)), str(currency)) if minor and currency else None


@post(f"{DIFFERENCES}/{{difference_id:str}}/resolution", sync_to_thread=True, opt=MONEY)
def settle(request: AnyRequest, difference_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Say what came of a difference; money in suspense stays there until it is moved by hand."""
    visitor, tenant = visitor_for(request, "store.edit")
    note = " ".join(one(data, "note").split())[:LONGEST]
    try:
        with tenant_work(tenant) as session:
            difference = difference_to_settle(session, visitor, parse_uuid(difference_id))
            if not note:
                raise NoteMissing
            comparing.resolve(session, visitor.actor, difference, note)
    except Invalid as refusal:
        return _shown(request, refusal, {difference_id: note})
    return flash.done(DIFFERENCES, tenant, sentence("The difference is settled."))


handlers = [show, settle]
