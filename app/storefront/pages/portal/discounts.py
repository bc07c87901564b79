"""What makes baskets cheaper, and codes on cards that are worth a download."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.rules.numbers import read_percent
from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.money import AmountMalformed, exact
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.realm import realm_of
from app.kernel.web.tables import table
from app.lists.rules import asked_of
from app.storefront.models import Market, Product
from app.storefront.pages.portal.around import (
    CODES,
    DISCOUNTS,
    AnyRequest,
    Sent,
    amount,
    chosen,
    moment_of,
    one,
    optional_amount,
    optional_whole,
    store_page,
    visitor_for,
    whole,
)
from app.storefront.policies import discount_to_change, product_to_change
from app.storefront.queries import discounts as queries
from app.storefront.rules.portal_refusals import NumberUnusable
from app.storefront.service import discounts, products
from app.storefront.service.discounts import NewDiscount

KIND_SENTENCES = {
    "percent": sentence("A part of the price"),
    "amount": sentence("An amount"),
    "buy_x": sentence("Buy some, get some free"),
    "free_shipping": sentence("Free sending"),
}
TYPED = (
    "name", "code", "kind", "percent", "amount", "currency", "buy", "get", "least", "most_uses", "starts_at", "ends_at",
    "product", "once_each", "stacks",
)  # fmt: skip


@get(DISCOUNTS, sync_to_thread=True)
def list_discounts(request: AnyRequest) -> Response[str]:
    """Show discounts that run or will, or those that are over."""
    return _listed(request)


def _listed(request: AnyRequest, refusal: Refusal | None = None, typed: dict[str, str] | None = None) -> Response[str]:
    _, tenant = visitor_for(request)
    shown = "over" if one(asked_of(request.url.query), "shown") == "over" else ""
    with tenant_read(tenant) as session:
        rows = list(session.scalars(queries.discounts(clock.now(), is_over=shown == "over")))
        keys = {key for row in rows for key in row.product_ids}
        names = _names(session, Product.id, Product.title, Product.id.in_(keys))
        markets = _names(session, Market.id, Market.name, True)
        currencies = session.scalars(select(Market.currency).distinct().order_by(Market.currency)).all()
    told = {"rows": rows, "names": names, "markets": markets, "shown": shown, "typed": typed or {}}
    codes = dict.fromkeys((tenant.currency, *currencies))
    words = {"discount_kinds": KIND_SENTENCES, "currency": tenant.currency, "currencies": {key: key for key in codes}}
    return store_page(request, "discounts", DISCOUNTS, refusal=refusal, **told, **words)


def _names(session: Session, key: Any, name: Any, chosen_rows: Any) -> dict[UUID, str]:
    query = select(key, name) if chosen_rows is True else select(key, name).where(chosen_rows)
    return {row[0]: row[1] for row in session.execute(query.order_by(name))}


@post(DISCOUNTS, sync_to_thread=True)
def add(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Make a discount."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        wish = _wish(tenant, data, realm_of(request).language)
        with tenant_work(tenant) as session:
            discounts.create(session, visitor.actor, wish)
    except Invalid as refusal:
        return _listed(request, refusal, {name: one(data, name) for name in TYPED})
    return flash.done(DISCOUNTS, tenant, sentence("The discount counts from its first day on."))


def _wish(tenant: Tenant, data: Sent, language: str) -> NewDiscount:
    kind = one(data, "kind")
    wish = NewDiscount(
        name=one(data, "name")[:80],
        kind=kind,
        code=one(data, "code") or None,
        product_ids=[key for each in one(data, "product").split(",") if (key := parse_uuid(each.strip())) is not None],
        market_ids=chosen(data, "market"),
        least_micros=optional_amount(one(data, "least"), tenant.currency, language, field="least"),
        starts_at=moment_of(tenant, one(data, "starts_at"), field="starts_at"),
        ends_at=moment_of(tenant, one(data, "ends_at"), field="ends_at"),
        most_uses=optional_whole(one(data, "most_uses"), least=1, field="most_uses"),
        once_each=bool(one(data, "once_each")),
        stacks=bool(one(data, "stacks")),
    )
    if kind == "percent":
        wish.value = _ppm(one(data, "percent"), language)
    if kind == "amount":
        wish.currency = one(data, "currency") or tenant.currency
        wish.value = amount(one(data, "amount"), wish.currency, language, field="amount")
    if kind == "buy_x":
        wish.buy = whole(one(data, "buy"), least=1, most=100, field="buy")
        wish.get = whole(one(data, "get"), least=1, most=100, field="get")
    return wish


def _ppm(text: str, language: str) -> int:
    try:
        with exact():
            ppm = read_percent(text, language) * 1_000_000
    except AmountMalformed as refusal:
        raise NumberUnusable("percent", text) from refusal
    if ppm != ppm.to_integral_value() or not 0 < ppm <= 1_000_000:
        raise NumberUnusable("percent", text)
    return int(ppm)


@post(f"{DISCOUNTS}/{{discount_id:str}}/end", sync_to_thread=True)
def end(request: AnyRequest, discount_id: FromPath[str]) -> Response[Any]:
    """Let a discount count no more."""
    visitor, tenant = visitor_for(request, "store.edit")
    with tenant_work(tenant) as session:
        discounts.end(session, visitor.actor, discount_to_change(session, visitor, parse_uuid(discount_id)))
    return flash.done(DISCOUNTS, tenant, sentence("The discount is over."))


@get(CODES, sync_to_thread=True)
def list_codes(request: AnyRequest) -> Response[str]:
    """Show batches of codes and how many of each were used."""
    return _codes(request, {"product": request.query_params.get("product", "")[:64]})


def _codes(request: AnyRequest, typed: dict[str, str], refusal: Refusal | None = None) -> Response[str]:
    _, tenant = visitor_for(request)
    with tenant_read(tenant) as session:
        rows = session.execute(queries.batches()).all()
    return store_page(request, "codes", CODES, refusal=refusal, rows=rows, typed=typed)


@post(CODES, sync_to_thread=True)
def make_codes(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Make a batch of codes, and give them as a file, this once."""
    visitor, tenant = visitor_for(request, "store.edit")
    batch = one(data, "batch")[:80]
    try:
        count = whole(one(data, "count"), least=1, most=products.MOST_CODES, field="count")
        with tenant_work(tenant) as session:
            product = product_to_change(session, visitor, parse_uuid(one(data, "product")))
            made = products.make_codes(session, visitor.actor, product, batch, count)
            lines = [[code.code, product.title, code.batch] for code in made]
    except (Invalid, Conflict) as refusal:
        typed = {name: one(data, name) for name in ("product", "batch", "count")}
        return _codes(request, typed, refusal)
    answer = table(f"{tenant.slug}-codes", "csv", ["Code", "Product", "Batch"], lines)
    answer.status_code = 200
    return answer


handlers = [list_discounts, add, end, list_codes, make_codes]
