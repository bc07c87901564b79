"""Stock: what lies where, moved with a reason, counted anew by pasting, and told of when few are left."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, URLEncodedBody
from sqlalchemy import select

from app.kernel import activity
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import told
from app.kernel.web.realm import realm_of
from app.kernel.web.tables import table
from app.lists.pages import view_pages, views_of
from app.lists.rules import ANY_TEXT, Listing
from app.roster.queries.search import forgive
from app.storefront.models import Product, Stock
from app.storefront.pages.portal.around import (
    STOCK,
    AnyRequest,
    countries,
    one,
    optional_whole,
    page_of,
    store_page,
    visitor_for,
    whole,
)
from app.storefront.policies import location_to_change, variant_to_change, variant_to_read
from app.storefront.queries import stocks as queries
from app.storefront.queries.orders import prefix_of
from app.storefront.rules import counts as rules
from app.storefront.rules.portal_refusals import CountsUnusable
from app.storefront.service import arranging, counting
from app.storefront.service import stock as service

SHOWN, EXPORTED, MOVES = 50, 50_000, 200
LARGEST_SHEET = 1 << 20
VARIANT = f"{STOCK}/{{variant_id:str}}"
LISTING = Listing(
    "store_stock",
    STOCK,
    parts={
        "q": ANY_TEXT,
        "location": ANY_TEXT,
        "low": frozenset({"some"}),
        "none": frozenset({"some"}),
        "archived": frozenset({"some"}),
    },
    sorts=("title", "free"),
)
HEADS = (
    sentence("SKU"), sentence("On hand"), sentence("Set aside"), sentence("Available"), sentence("Few from"),
    sentence("Location"), sentence("Product"), sentence("Variant"),
)  # fmt: skip


@get(STOCK, sync_to_thread=True)
def list_stock(request: AnyRequest) -> Response[str]:
    """Show what lies where, a page at a time."""
    return _listed(request)


def _listed(request: AnyRequest, refusal: Refusal | None = None, **typed: Any) -> Response[str]:
    visitor, tenant = visitor_for(request)
    asked, at = LISTING.asked(request.url.query), page_of(request)
    with tenant_read(tenant) as session:
        if asked.get("q"):
            forgive(session)
        rows = session.execute(queries.stocks(asked, limit=SHOWN + 1, offset=(at - 1) * SHOWN)).all()
        views = views_of(session, visitor, LISTING.name, STOCK, asked.query)
        places = queries.locations(session)
    found: dict[str, Any] = {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "at": at, "views": views, "asked": asked}
    reasons = {key: rules.REASON_SENTENCES[key] for key in rules.BY_HAND if key != counting.COUNTED}
    words = {"reasons": reasons, "places": places, "countries": countries(realm_of(request).language)}
    return store_page(request, "stock", STOCK, refusal=refusal, typed=typed, **found, **words)


@get(f"{STOCK}/export", sync_to_thread=True)
def export(request: AnyRequest) -> Response[bytes]:
    """Give the list as a table; the same table can be changed and pasted back."""
    visitor, tenant = visitor_for(request)
    realm, asked = realm_of(request), LISTING.asked(request.url.query)
    with tenant_work(tenant) as session:
        if asked.get("q"):
            forgive(session)
        rows = session.execute(queries.stocks(asked, limit=EXPORTED)).all()
        after = {"rows": len(rows), "filter": asked.query}
        activity.record(session, visitor.actor, "store.exported", after=after)
    lines = (
        [
            row.sku,
            row.on_hand,
            row.reserved,
            None if row.on_hand is None else row.on_hand - row.reserved,
            row.low_at,
            row.location,
            row.title,
            row.variant,
        ]
        for row in rows
    )
    heads = [told(realm, head) for head in HEADS]
    return table(f"{tenant.slug}-stock", request.query_params.get("as", "csv"), heads, lines)


@post(f"{STOCK}/counts", sync_to_thread=True)
def count(
    request: AnyRequest,
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Take counts that were pasted or sent as a file, all of them or none."""
    visitor, tenant = visitor_for(request, "store.edit")
    upload, pasted = data.get("file"), str(data.get("counts") or "")
    try:
        if isinstance(upload, UploadFile) and upload.filename:
            raw = upload.file.read(LARGEST_SHEET + 1)
            if len(raw) > LARGEST_SHEET:
                raise CountsUnusable(CountsUnusable.MANY, most=rules.MOST_LINES)
            pasted = raw.decode("utf-8-sig", errors="replace")
        counts = rules.read_counts(pasted.replace("\x00", ""))
        with tenant_work(tenant) as session:
            place = location_to_change(session, visitor, parse_uuid(str(data.get("location") or "")))
            counting.count(session, visitor.actor, place, counts)
    except (Invalid, Conflict) as refusal:
        return _listed(request, refusal, counts=pasted[:20_000])
    return flash.done(STOCK, tenant, sentence("The counts were taken."))


@post(f"{STOCK}/locations", sync_to_thread=True)
def add_location(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Add a place where things lie."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        with tenant_work(tenant) as session:
            arranging.add_location(session, visitor.actor, name=one(data, "name"), country=one(data, "country"))
    except Invalid as refusal:
        return _listed(request, refusal)
    return flash.done(STOCK, tenant, sentence("The place was added."))


@post(f"{VARIANT}/moves", sync_to_thread=True)
def move(request: AnyRequest, variant_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Put some of a variant somewhere, or take some away."""
    visitor, tenant = visitor_for(request, "store.edit")
    reason = one(data, "reason")
    try:
        quantity = whole(one(data, "quantity"), least=-rules.MOST_COUNT, most=rules.MOST_COUNT, field="quantity")
        with tenant_work(tenant) as session:
            variant = variant_to_change(session, visitor, parse_uuid(variant_id))
            place = location_to_change(session, visitor, parse_uuid(one(data, "location")))
            known = reason if reason in rules.BY_HAND else "received"
            service.move(session, visitor.actor, variant.id, place.id, quantity, known)
    except (Invalid, Conflict) as refusal:
        return _history(request, variant_id, refusal)
    return flash.done(f"{STOCK}/{variant.id}", tenant, sentence("The stock was changed."))


@post(f"{VARIANT}/threshold", sync_to_thread=True)
def set_low(request: AnyRequest, variant_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Say at how few the label is told."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        low_at = optional_whole(one(data, "low_at"), most=rules.MOST_COUNT, field="low_at")
        with tenant_work(tenant) as session:
            variant = variant_to_change(session, visitor, parse_uuid(variant_id))
            place = location_to_change(session, visitor, parse_uuid(one(data, "location")))
            held = session.get(Stock, {"variant_id": variant.id, "location_id": place.id}, with_for_update=True)
            if held is not None:
                service.set_low(session, held, low_at)
    except Invalid as refusal:
        return _history(request, variant_id, refusal)
    return flash.done(f"{STOCK}/{variant.id}", tenant, sentence("Saved."))


@get(VARIANT, sync_to_thread=True)
def history(request: AnyRequest, variant_id: FromPath[str]) -> Response[str]:
    """Show what lies where of a variant, and why."""
    return _history(request, variant_id)


def _history(request: AnyRequest, variant_id: str, refusal: Refusal | None = None) -> Response[str]:
    visitor, tenant = visitor_for(request)
    with tenant_read(tenant) as session:
        variant = variant_to_read(session, visitor, parse_uuid(variant_id))
        product = session.get_one(Product, variant.product_id)
        places = queries.locations(session)
        rows = session.scalars(select(Stock).where(Stock.variant_id == variant.id))
        held = {row.location_id: row for row in rows}
        moves = session.execute(queries.moves(variant.id, MOVES)).all()
        prefix = prefix_of(session)
    told_of = {"variant": variant, "product": product, "places": places, "held": held, "moves": moves, "prefix": prefix}
    hand = {key: rules.REASON_SENTENCES[key] for key in rules.BY_HAND if key != counting.COUNTED}
    words = {"reasons": rules.REASON_SENTENCES, "by_hand": hand}
    return store_page(request, "stock_of", STOCK, refusal=refusal, **told_of, **words)


keeping = view_pages(LISTING.name, STOCK, permission="store.view", kept=lambda query: LISTING.asked(query).query)
handlers = [list_stock, export, count, add_location, move, set_low, history, *keeping]
