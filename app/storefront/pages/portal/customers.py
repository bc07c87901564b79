"""Customers: fans and guests, with what they bought and what they agreed to."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from app.kernel import activity
from app.kernel.db import tenant_read, tenant_work
from app.kernel.money import from_micros
from app.kernel.sentences import sentence
from app.kernel.web.pages import told
from app.kernel.web.realm import realm_of
from app.kernel.web.tables import table
from app.lists.pages import view_pages, views_of
from app.lists.rules import ANY_TEXT, Listing, asked_of
from app.roster.queries.search import forgive
from app.storefront.pages.portal.around import CUSTOMERS, AnyRequest, one, page_of, store_page, visitor_for
from app.storefront.queries import customers as queries
from app.storefront.queries.orders import prefix_of
from app.storefront.rules.portal_refusals import CustomerUnknown

SHOWN, EXPORTED, ORDERS_SHOWN = 50, 50_000, 100
LISTING = Listing(
    "store_customers",
    CUSTOMERS,
    parts={
        "q": ANY_TEXT,
        "kind": frozenset({"fan", "guest"}),
        "bought": frozenset({"some"}),
    },
    sorts=("-seen",),
)
HEADS = (
    sentence("Mail address"), sentence("Name"), sentence("Country"), sentence("Has an account"), sentence("Orders"),
    sentence("Last seen"), sentence("Spent"),
)  # fmt: skip
CONSENT_SENTENCES = {
    "newsletter": sentence("News by mail"),
    "marketing": sentence("News by mail"),
    "artists": sentence("News of artists they follow"),
    "analytics": sentence("Counting what they look at"),
    "terms": sentence("Terms of sale"),
}


@get(CUSTOMERS, sync_to_thread=True)
def list_customers(request: AnyRequest) -> Response[str]:
    """Show customers as filtered, a page at a time."""
    visitor, tenant = visitor_for(request)
    asked, at = LISTING.asked(request.url.query), page_of(request)
    with tenant_read(tenant) as session:
        query = queries.customers(asked, limit=SHOWN + 1, offset=(at - 1) * SHOWN)
        if asked.get("q"):
            forgive(session)
        rows = session.execute(query).all()
        spends = queries.spends(session, [row.email for row in rows[:SHOWN]])
        views = views_of(session, visitor, LISTING.name, CUSTOMERS, asked.query)
    found: dict[str, Any] = {
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "at": at,
        "views": views,
        "spends": spends,
    }
    return store_page(request, "customers", CUSTOMERS, asked=asked, **found)


@get(f"{CUSTOMERS}/export", sync_to_thread=True)
def export(request: AnyRequest) -> Response[bytes]:
    """Give the customers of a filter as a table."""
    visitor, tenant = visitor_for(request)
    realm, asked = realm_of(request), LISTING.asked(request.url.query)
    with tenant_work(tenant) as session:
        if asked.get("q"):
            forgive(session)
        rows = session.execute(queries.customers(asked, limit=EXPORTED)).all()
        spends = queries.spends(session, [row.email for row in rows])
        after = {"rows": len(rows), "filter": asked.query}
        activity.record(session, visitor.actor, "store.exported", after=after)
    lines = (
        [
            row.email,
            row.name,
            row.country,
            "1" if row.is_fan else "",
            row.orders,
            row.seen,
            " + ".join(f"{from_micros(each.micros):f} {each.currency}" for each in spends.get(row.email, ())),
        ]
        for row in rows
    )
    heads = [told(realm, head) for head in HEADS]
    return table(f"{tenant.slug}-customers", request.query_params.get("as", "csv"), heads, lines)


@get(f"{CUSTOMERS}/of", sync_to_thread=True)
def show(request: AnyRequest) -> Response[str]:
    """Show what is known of a mail address."""
    _, tenant = visitor_for(request)
    email = one(asked_of(request.url.query), "email").lower()[:254]
    with tenant_read(tenant) as session:
        found = queries.customer(session, email, ORDERS_SHOWN)
        if found is None:
            raise CustomerUnknown
        prefix = prefix_of(session)
    return store_page(request, "customer", CUSTOMERS, email=email, it=found, prefix=prefix, consents=CONSENT_SENTENCES)


keeping = view_pages(LISTING.name, CUSTOMERS, permission="store.view", kept=lambda query: LISTING.asked(query).query)
handlers = [list_customers, export, show, *keeping]
