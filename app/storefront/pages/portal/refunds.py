"""Giving money back: what of an order, looked at before it is done."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.pages import visitor_of
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.money import format_money, from_minor, to_minor
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import realm_of
from app.storefront.models import Order, OrderLine, Payment
from app.storefront.pages.portal.around import (
    MONEY,
    ORDERS,
    REASON_SENTENCES,
    AnyRequest,
    Sent,
    lines,
    one,
    optional_amount,
    optional_whole,
    sent_along,
    store_page,
    typed_amount,
    visitor_for,
)
from app.storefront.policies import order_to_change, order_to_read
from app.storefront.queries import orders as queries
from app.storefront.rules.payment_refusals import RefundEmpty, RefundReasonMissing, RefundTooMuch
from app.storefront.rules.portal_refusals import SentUnusable
from app.storefront.rules.portions import portion
from app.storefront.service import refunding
from app.storefront.service.refunding import RefundLine
from app.storefront.service.telling import number_of

REFUND = f"{ORDERS}/{{order_id:str}}/refund"
FIELDS = ("line", "quantity", "amount")
LONGEST_REASON = 300


@get(REFUND, sync_to_thread=True, opt=MONEY)
def show(request: AnyRequest, order_id: FromPath[str]) -> Response[str]:
    """Show what can be given back; with `review`, what the wish comes to before anybody confirms it."""
    visitor, tenant = visitor_for(request, "store.edit")
    asked, language = sent_along(request), realm_of(request).language
    with tenant_read(tenant) as session:
        order = order_to_read(session, visitor, parse_uuid(order_id))
        facts = _facts(session, order, language)
    if "review" not in asked:
        return store_page(request, "refund", ORDERS, review=None, typed=_everything(facts, language), **facts)
    typed = _typed(asked, facts)
    try:
        review = _review(facts, order, asked, language)
    except Invalid as refusal:
        return store_page(request, "refund", ORDERS, refusal=refusal, review=None, typed=typed, **facts)
    return store_page(request, "refund", ORDERS, review=review, typed=typed, **facts)


def _facts(session: Session, order: Order, language: str) -> dict[str, Any]:
    rows = refunding.money_lines(session, order.id)
    payment = session.scalar(select(Payment).where(Payment.order_id == order.id, Payment.state == "paid"))
    return {
        "order": order,
        "order_number": number_of(session, order),
        "payment": payment,
        "rows": rows,
        "titles": queries.titles_for(session, [order], rows, language),
        "shipping_left": refunding.shipping_left(session, order),
        "reasons": REASON_SENTENCES,
        "price_of": refunding.price_of,
    }


def _everything(facts: dict[str, Any], language: str) -> dict[str, Any]:
    """The form as it begins: all that is left."""
    currency = facts["order"].currency
    rows = {str(row.id): (str(row.quantity - row.refunded_quantity), "") for row in facts["rows"]}
    sending = typed_amount(facts["shipping_left"], currency, language) if facts["shipping_left"] else ""
    return {"rows": rows, "shipping": sending, "reason": "", "words": "", "restock": True}


def _typed(data: Sent, facts: dict[str, Any]) -> dict[str, Any]:
    known = {str(row.id): ("0", "") for row in facts["rows"]}
    for row in lines(data, FIELDS) if any(name in data for name in FIELDS) else []:
        known[row["line"]] = (row["quantity"], row["amount"])
    said = {name: one(data, name) for name in ("shipping", "reason", "words")}
    return {"rows": known, **said, "restock": bool(one(data, "restock"))}


def _wanted(order: Order, rows: list[OrderLine], data: Sent, language: str) -> list[RefundLine]:
    """The lines of a wish, each with how many and how much, as it was typed or as so many cost."""
    known = {row.id: row for row in rows}
    found = []
    for typed in lines(data, FIELDS):
        key = parse_uuid(typed["line"])
        if key is None or key not in known:
            raise SentUnusable
        quantity = optional_whole(typed["quantity"], most=1000, field=f"quantity-{key}") or 0
        micros = optional_amount(typed["amount"], order.currency, language, field=f"amount-{key}")
        if micros is None:
            micros = _worth(known[key], quantity, order.currency)
        if quantity or micros:
            found.append(RefundLine(key, quantity, micros))
    return found


def _worth(line: OrderLine, quantity: int, currency: str) -> int:
    """What so many of a line cost, in whole minor units; the last ones cost what is left."""
    left = refunding.price_of(line) - line.refunded_micros
    if quantity >= line.quantity - line.refunded_quantity:
        return left
    minor = to_minor(refunding.price_of(line), currency).minor
    return min(left, from_minor(portion(minor, given=quantity, whole=line.quantity), currency))


def _review(facts: dict[str, Any], order: Order, data: Sent, language: str) -> dict[str, Any]:
    """What a wish comes to, with the fields that confirm exactly this."""
    wanted = _wanted(order, facts["rows"], data, language)
    shipping = optional_amount(one(data, "shipping"), order.currency, language, field="shipping") or 0
    reason = _reason(data)
    left = {row.id: row for row in facts["rows"]}
    for each in wanted:
        row = left[each.line_id]
        over = refunding.price_of(row) - row.refunded_micros
        if each.quantity > row.quantity - row.refunded_quantity or (each.micros or 0) > over:
            raise RefundTooMuch(available=format_money(over, order.currency, language.replace("-", "_")))
    total = sum(each.micros or 0 for each in wanted) + shipping
    if total <= 0:
        raise RefundEmpty
    if not reason:
        raise RefundReasonMissing(fields={"reason": RefundReasonMissing.message})
    return {
        "lines": wanted,
        "shipping": shipping,
        "total": total,
        "reason": reason,
        "restock": bool(one(data, "restock")),
    }


def _reason(data: Sent) -> str:
    """Why, as it is kept: a usual reason's key, or words."""
    words, key = " ".join(one(data, "words").split())[:LONGEST_REASON], one(data, "reason")
    return words or (key if key in REASON_SENTENCES else "")


@post(REFUND, sync_to_thread=True, opt=MONEY)
def refund(request: AnyRequest, order_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Give back what was looked at."""
    visitor, tenant = visitor_for(request, "store.edit")
    language = realm_of(request).language
    try:
        with tenant_work(tenant) as session:
            order = order_to_change(session, visitor, parse_uuid(order_id))
            rows = refunding.money_lines(session, order.id)
            wanted = _wanted(order, rows, data, language)
            shipping = optional_amount(one(data, "shipping"), order.currency, language, field="shipping") or 0
            refunding.refund(
                session,
                tenant,
                visitor.actor,
                order,
                wanted,
                shipping_micros=shipping,
                reason=_reason(data),
                restock=bool(one(data, "restock")),
            )
    except (Invalid, Conflict) as refusal:
        return _again(request, order_id, data, refusal)
    return flash.done(
        f"{ORDERS}/{order.id}", tenant, sentence("The refund was asked for. It shows here once it is done.")
    )


def _again(request: AnyRequest, order_id: str, data: Sent, refusal: Refusal) -> Response[str]:
    visitor, tenant = visitor_of(request), visitor_for(request)[1]
    with tenant_read(tenant) as session:
        facts = _facts(session, order_to_read(session, visitor, parse_uuid(order_id)), realm_of(request).language)
    return store_page(request, "refund", ORDERS, refusal=refusal, review=None, typed=_typed(data, facts), **facts)


handlers = [show, refund]
