"""Products as a list: searched, filtered, put on sale and taken off it many at once; and new ones."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import URLEncodedBody
from sqlalchemy.orm import Session

from app.catalog.pages.pictures import picture
from app.catalog.policies import recording_to_read, release_to_read
from app.identity.policies import Visitor
from app.kernel import activity
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.money import from_micros
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.pages import told
from app.kernel.web.realm import realm_of
from app.kernel.web.tables import table
from app.lists.pages import view_pages, views_of
from app.lists.rules import ANY_TEXT, Listing
from app.roster.queries.search import forgive
from app.storefront.models import Product, StoreSettings
from app.storefront.pages.portal.around import (
    KIND_SENTENCES,
    PRODUCTS,
    AnyRequest,
    Sent,
    amount,
    chosen,
    one,
    page_of,
    store_page,
    today_of,
    visitor_for,
)
from app.storefront.queries import products as queries
from app.storefront.rules.portal_refusals import NothingChosen, ShopMissing
from app.storefront.rules.products import NewPart, NewProduct, NewVariant
from app.storefront.service import products

SHOWN, EXPORTED = 50, 50_000
PRODUCT_STATES = {"draft": sentence("Draft"), "live": sentence("On sale"), "archived": sentence("Archived")}
PRODUCT_TONES = {"draft": "", "live": "success", "archived": ""}
INTERVAL_SENTENCES = {"month": sentence("Every month"), "year": sentence("Every year")}
LISTING = Listing(
    "store_products",
    PRODUCTS,
    parts={
        "q": ANY_TEXT,
        "kind": frozenset(KIND_SENTENCES),
        "state": frozenset(PRODUCT_STATES),
        "preorder": frozenset({"open"}),
    },
    sorts=("-changed", "title", "-added"),
)
HEADS = (
    sentence("Product"), sentence("Kind"), sentence("State"), sentence("Artist"), sentence("Variants"),
    sentence("Price from"), sentence("Currency"), sentence("In stock"), sentence("Address"),
)  # fmt: skip
FIELDS = ("title", "kind", "price", "release", "recording", "interval", "part")


@get(PRODUCTS, sync_to_thread=True)
def list_products(request: AnyRequest) -> Response[str]:
    """Show products as filtered, a page at a time."""
    return _listed(request)


def _listed(request: AnyRequest, refusal: Refusal | None = None, typed: dict[str, str] | None = None) -> Response[str]:
    visitor, tenant = visitor_for(request)
    asked, at = LISTING.asked(request.url.query), page_of(request)
    with tenant_read(tenant) as session:
        if asked.get("q"):
            forgive(session)
        rows = session.execute(
            queries.products(asked, today=today_of(tenant), limit=SHOWN + 1, offset=(at - 1) * SHOWN)
        ).all()
        views = views_of(session, visitor, LISTING.name, PRODUCTS, asked.query)
        is_there = session.get(StoreSettings, 1) is not None
    shown = rows[:SHOWN]
    covers = {row.Product.id: _cover(tenant, row) for row in shown}
    found: dict[str, Any] = {"rows": shown, "more": len(rows) > SHOWN, "at": at, "views": views, "is_there": is_there}
    words = {"product_states": PRODUCT_STATES, "product_tones": PRODUCT_TONES, "intervals": INTERVAL_SENTENCES}
    told_of = {"asked": asked, "covers": covers, "currency": tenant.currency, "typed": typed or {}}
    return store_page(request, "products", PRODUCTS, refusal=refusal, **found, **words, **told_of)


def _cover(tenant: Tenant, row: Any) -> Any:
    return picture(tenant, row.Product.image or row.artwork, most=96)


@get(f"{PRODUCTS}/export", sync_to_thread=True)
def export(request: AnyRequest) -> Response[bytes]:
    """Give the products of a filter as a table."""
    visitor, tenant = visitor_for(request)
    realm, asked = realm_of(request), LISTING.asked(request.url.query)
    with tenant_work(tenant) as session:
        if asked.get("q"):
            forgive(session)
        rows = session.execute(queries.products(asked, today=today_of(tenant), limit=EXPORTED)).all()
        after = {"rows": len(rows), "filter": asked.query}
        activity.record(session, visitor.actor, "store.exported", after=after)
    lines = (
        [
            row.Product.title,
            told(realm, KIND_SENTENCES[row.Product.kind]),
            told(realm, PRODUCT_STATES[row.Product.state]),
            row.artist,
            row.variants,
            from_micros(row.least) if row.least is not None else None,
            tenant.currency,
            row.free,
            row.Product.slug,
        ]
        for row in rows
    )
    heads = [told(realm, head) for head in HEADS]
    return table(f"{tenant.slug}-products", request.query_params.get("as", "csv"), heads, lines)


@post(PRODUCTS, sync_to_thread=True)
def add(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Make a product, and lead to its page."""
    visitor, tenant = visitor_for(request, "store.edit")
    language = realm_of(request).language
    try:
        with tenant_work(tenant) as session:
            if session.get(StoreSettings, 1) is None:
                raise ShopMissing
            wish = _wish(session, visitor, tenant, data, language)
            product = products.create(session, visitor.actor, tenant, wish)
    except Invalid as refusal:
        return _listed(request, refusal, {name: one(data, name) for name in FIELDS})
    said = sentence("The product was made. It is a draft until you put it on sale.")
    return flash.done(f"{PRODUCTS}/{product.id}", tenant, said)


def _wish(session: Session, visitor: Visitor, tenant: Tenant, data: Sent, language: str) -> NewProduct:
    kind, title = one(data, "kind"), one(data, "title")
    price = amount(one(data, "price") or "0", tenant.currency, language, field="price")
    wish = NewProduct(kind=kind, title=title, variants=[NewVariant(price_micros=price)])
    if kind == "membership":
        wish.interval = one(data, "interval")
    if kind == "bundle":
        parts = [parse_uuid(each.strip()) for each in one(data, "part").split(",")]
        wish.parts = [NewPart(key) for key in dict.fromkeys(parts) if key is not None]
    if one(data, "release") and kind in ("digital", "physical"):
        release = release_to_read(session, visitor, parse_uuid(one(data, "release")))
        wish.release_id, wish.title = release.id, title or release.title
    elif one(data, "recording") and kind == "digital":
        recording = recording_to_read(session, visitor, parse_uuid(one(data, "recording")))
        wish.recording_id, wish.title = recording.id, title or recording.title
    return wish


@post(f"{PRODUCTS}/state", sync_to_thread=True)
def set_states(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Put the chosen products on sale, or take them off it."""
    visitor, tenant = visitor_for(request, "store.edit")
    keys, wanted = chosen(data), one(data, "state")
    if not keys:
        raise NothingChosen
    verb = products.archive if wanted == "archived" else products.publish
    try:
        with tenant_work(tenant) as session:
            found: list[Product] = queries.chosen_products(session, keys)
            for product in found:
                verb(session, visitor.actor, product)
    except (Invalid, Conflict) as refusal:
        return _listed(request, refusal)
    said = sentence("Taken off sale.") if wanted == "archived" else sentence("Put on sale.")
    return flash.done(PRODUCTS, tenant, said)


keeping = view_pages(LISTING.name, PRODUCTS, permission="store.view", kept=lambda query: LISTING.asked(query).query)
handlers = [list_products, export, add, set_states, *keeping]
