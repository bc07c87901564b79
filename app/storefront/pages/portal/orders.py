"""Orders as a list: searched, filtered, exported, and printed for many at once."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import URLEncodedBody

from app.brand.service.drawing import draw_sheet
from app.kernel import activity
from app.kernel.db import tenant_read, tenant_work
from app.kernel.money import from_micros
from app.kernel.sentences import sentence
from app.kernel.web.pages import told
from app.kernel.web.paging import following, place
from app.kernel.web.realm import realm_of
from app.kernel.web.tables import table
from app.lists.pages import view_pages, views_of
from app.lists.rules import ANY_TEXT, Listing
from app.roster.queries.search import forgive
from app.storefront.models import ORDER_STATES, Order
from app.storefront.pages.portal.around import ORDERS, STATE_SENTENCES, AnyRequest, chosen, one, store_page, visitor_for
from app.storefront.queries import orders as queries
from app.storefront.queries.orders import prefix_of
from app.storefront.rules.portal_refusals import NothingChosen, TooManyChosen
from app.storefront.service import papers
from app.storefront.service.telling import number_of

SHOWN, EXPORTED, MOST_PRINTED = 50, 50_000, 200
LISTING = Listing(
    "store_orders",
    ORDERS,
    parts={
        "q": ANY_TEXT,
        "state": frozenset(ORDER_STATES),
        "send": frozenset({"open"}),
        "refunds": frozenset({"some"}),
        "country": ANY_TEXT,
        "currency": ANY_TEXT,
    },
    sorts=("-placed",),
)
HEADS = (
    sentence("Number"), sentence("Placed"), sentence("State"), sentence("Name"), sentence("Mail address"),
    sentence("Country"), sentence("Currency"), sentence("Items"), sentence("Discount"), sentence("Sending"),
    sentence("Tax"), sentence("Total"), sentence("Refunded"),
)  # fmt: skip


@get(ORDERS, sync_to_thread=True)
def list_orders(request: AnyRequest) -> Response[str]:
    """Show orders as filtered, a page at a time."""
    visitor, tenant = visitor_for(request)
    asked = LISTING.asked(request.url.query)
    marker = request.query_params.get("after")
    after = place(tenant, f"orders?{asked.query}", marker) if marker else None
    with tenant_read(tenant) as session:
        if asked.get("q"):
            forgive(session)
        rows = session.execute(queries.orders(asked, after=after, limit=SHOWN + 1)).all()
        views = views_of(session, visitor, LISTING.name, ORDERS, asked.query)
        waits, prefix = queries.count_to_send(session), prefix_of(session)
    more = following(tenant, f"orders?{asked.query}", rows, SHOWN, lambda last: [last.Order.number])
    found: dict[str, Any] = {"rows": rows[:SHOWN], "following": more, "views": views}
    return store_page(request, "orders", ORDERS, asked=asked, waiting=waits, prefix=prefix, **found)


@get(f"{ORDERS}/export", sync_to_thread=True)
def export(request: AnyRequest) -> Response[bytes]:
    """Give the orders of a filter as a table."""
    visitor, tenant = visitor_for(request)
    realm, asked = realm_of(request), LISTING.asked(request.url.query)
    with tenant_work(tenant) as session:
        if asked.get("q"):
            forgive(session)
        rows = session.execute(queries.orders(asked, limit=EXPORTED)).all()
        prefix = prefix_of(session)
        after = {"rows": len(rows), "filter": asked.query}
        activity.record(session, visitor.actor, "store.exported", after=after)
    heads = [told(realm, head) for head in HEADS]
    cells = (_cells(row.Order, prefix, told(realm, STATE_SENTENCES[row.Order.state])) for row in rows)
    return table(f"{tenant.slug}-orders", request.query_params.get("as", "csv"), heads, cells)


def _cells(order: Order, prefix: str, state: str) -> list[Any]:
    sums = (
        order.items_micros, order.discount_micros, order.shipping_micros, order.tax_micros, order.total_micros,
        order.refunded_micros,
    )  # fmt: skip
    about = [order.customer, order.email or "", order.country, order.currency]
    return [f"{prefix}{order.number}", order.placed_at, state, *about, *(from_micros(each) for each in sums)]


@post(f"{ORDERS}/papers", sync_to_thread=True)
def print_many(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[bytes]:
    """Give packing slips or one pick list for the chosen orders."""
    visitor_for(request)
    keys = chosen(data)
    if not keys:
        raise NothingChosen
    if len(keys) > MOST_PRINTED:
        raise TooManyChosen(most=MOST_PRINTED)
    kind = "picking" if one(data, "kind") == "picking" else "packing"
    return printed(request, keys, kind, only_open=True)


def printed(request: AnyRequest, keys: list[Any], kind: str, *, only_open: bool) -> Response[bytes]:
    """Slips or a pick list of some orders as a document."""
    _, tenant = visitor_for(request)
    language = realm_of(request).language
    with tenant_read(tenant) as session:
        parcels = papers.wanted(session, queries.chosen_orders(session, keys), only_open=only_open)
        sheet = papers.paper(session, tenant, parcels, kind, language)
        name = number_of(session, parcels[0].order) if len(keys) == 1 else str(len(parcels))
    headers = {"content-disposition": f'attachment; filename="{tenant.slug}-{kind}-{name}.pdf"'}
    return Response(draw_sheet(tenant, sheet), media_type="application/pdf", status_code=200, headers=headers)


keeping = view_pages(LISTING.name, ORDERS, permission="store.view", kept=lambda query: LISTING.asked(query).query)
handlers = [list_orders, export, print_many, *keeping]
