"""What brings people to the shop and tells them of it: discounts, pages, and who bought."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Body, Call, Patch, Resource, Section, UnsetType, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import PAGES, SEARCH, Query, asked, page_by_key
from app.api.rest.conventions.schemas import Code, Count, Id, LongText, Moment, Text
from app.api.rest.money_parts import Currency, Micros
from app.api.rest.products import whole_shop
from app.kernel.web.languages import say
from app.lists.rules import ANY_TEXT, Asked, Listing
from app.roster.queries.search import forgive
from app.storefront.models import Discount, StorePage
from app.storefront.policies import (
    discount_to_change,
    discount_to_read,
    require_shop,
    text_to_change,
    text_to_read,
)
from app.storefront.queries import customers
from app.storefront.rules.portal_refusals import CustomerUnknown
from app.storefront.rules.texts import LEGAL_SENTENCES
from app.storefront.service import discounts, pages
from app.storefront.service.discounts import NewDiscount
from app.storefront.service.pages import Text as PageText

SECTION = Section("Selling", "Discounts, pages of the shop, and its customers.")


class DiscountView(View):
    """What makes a basket cheaper: by a code, or by itself."""

    id: Id
    name: str
    code: str | None
    kind: Literal["percent", "amount", "buy_x", "free_shipping"]
    value: int
    currency: Currency | None
    buy: int | None
    get: int | None
    product_ids: list[Id]
    market_ids: list[Id]
    least_micros: Micros | None
    starts_at: Moment | None
    ends_at: Moment | None
    most_uses: int | None
    once_each: bool
    stacks: bool
    used: Count
    ended_at: Moment | None
    created_at: Moment


class NewDiscountSaid(Body, frozen=True):
    """A new discount. `value` is parts per million of a percentage, micros of an amount."""

    name: Annotated[str, Meta(min_length=1, max_length=80, examples=["Summer"])]
    kind: Literal["percent", "amount", "buy_x", "free_shipping"]
    code: Code | None = None
    value: Annotated[int, Meta(ge=0, le=10**15)] = 0
    currency: Currency | None = None
    buy: Annotated[int, Meta(ge=1, le=100)] | None = None
    get: Annotated[int, Meta(ge=1, le=100)] | None = None
    product_ids: list[Id] = msgspec.field(default_factory=list)
    market_ids: list[Id] = msgspec.field(default_factory=list)
    least_micros: Annotated[int, Meta(ge=0, le=10**15)] | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    most_uses: Annotated[int, Meta(ge=1)] | None = None
    once_each: bool = False
    stacks: bool = False


class StorePageView(View):
    """A text of the label's own: a page, a post of the journal, a legal page."""

    id: Id
    kind: Literal["page", "post", "legal"]
    slug: str
    titles: dict[str, str]
    bodies: dict[str, str]
    picture_id: Id | None
    published_at: Moment | None
    created_at: Moment
    updated_at: Moment


class NewStorePage(Body, frozen=True):
    """A page that nobody sees yet, in the label's first language."""

    kind: Literal["page", "post", "legal"]
    title: Text


class LegalPage(View):
    """A legal page that was begun; it is read and written as any other page."""

    id: Id
    slug: Annotated[str, Meta(examples=["terms"])]
    titles: dict[str, str]


class LegalPages(View):
    """The legal pages that were begun now."""

    items: list[LegalPage]


class StorePageChange(Patch, frozen=True):
    """A page in one language; an empty title takes the language away. Only what is published can be of another time."""

    language: Annotated[str, Meta(min_length=2, max_length=20, examples=["de"])]
    title: Text | UnsetType = UNSET
    body: LongText | UnsetType = UNSET
    slug: Code | UnsetType = UNSET
    published_at: Moment | UnsetType = UNSET


ORDERS_SHOWN: Final = 100
CUSTOMERS: Final[Query] = SEARCH | {
    "kind": {"type": "string", "enum": ["fan", "guest"], "description": "Fans have an account, guests have none."},
    "has_bought": {"type": "string", "enum": ["true"], "description": "Only who paid for something."},
}
EMAIL: Final[Query] = {
    "email": {
        "type": "string",
        "maxLength": 254,
        "description": "Whose mail address it is.",
        "examples": ["fan@example.com"],
    }
}
_LISTING = Listing(
    "api_customers", "/customers", parts={"q": ANY_TEXT, "kind": ANY_TEXT, "bought": ANY_TEXT}, sorts=("seen",)
)


class SpendView(View):
    """What somebody spent in a currency, less what they got back."""

    currency: Currency
    micros: Micros


class CustomerView(View):
    """Somebody who bought or signed up, by mail address."""

    email: str
    name: str
    country: str
    is_fan: bool
    orders: Count
    spent: list[SpendView]
    seen_at: Moment | None


class CustomerPage(View):
    """Customers, the latest first."""

    items: list[CustomerView]
    next: str | None


class ConsentView(View):
    """What a fan agreed to or took back last, in the words that they read."""

    kind: Annotated[str, Meta(examples=["newsletter"])]
    is_given: bool
    sentence: str
    source: str
    at: Moment


class CustomerDetailView(View):
    """What is known of a mail address; `fan_since` where they have an account. Orders are the newest hundred."""

    email: str
    name: str
    fan_since: Moment | None
    is_confirmed: bool
    language: str | None
    country: str | None
    order_ids: list[Id]
    spent: list[SpendView]
    consents: list[ConsentView]
    follows: Count
    owned: Count


DISCOUNTS = Resource(
    name="discounts",
    view=DiscountView,
    model=Discount,
    visible=whole_shop,
    filters={
        "code": by.text(Discount.code, "The discount with this code.", "SUMMER"),
        "is_over": by.flag(Discount.ended_at.is_not(None), "Whether it was ended."),
    },
    sorts={"created_at": Discount.created_at},
    version=None,
)
STORE_PAGES = Resource(
    name="store_pages",
    view=StorePageView,
    model=StorePage,
    visible=whole_shop,
    columns={"picture_id": StorePage.image_id},
    filters={
        "kind": by.choice(StorePage.kind, ("page", "post", "legal"), "Texts of one kind."),
        "is_published": by.flag(StorePage.published_at.is_not(None), "Whether everybody sees it."),
    },
    sorts={"updated_at": StorePage.updated_at},
    hidden=frozenset({"bodies"}),
)


@SECTION.listing("/discounts", DISCOUNTS, scope="store:read")
def list_discounts(call: Call, session: Session) -> Answer:
    """List discounts."""
    return DISCOUNTS.page(call, session)


@SECTION.get("/discounts/{discount_id}", scope="store:read", resource=DISCOUNTS)
def read_discount(call: Call, session: Session) -> Answer:
    """Read a discount."""
    return DISCOUNTS.one(call, session, discount_to_read(session, call.visitor, call.id("discount_id")).id)


@SECTION.post("/discounts", scope="store:write", takes=NewDiscountSaid, resource=DISCOUNTS)
def add_discount(call: Call, session: Session, body: NewDiscountSaid) -> Answer:
    """Add a discount."""
    require_shop(call.visitor, "store.edit")
    made = discounts.create(session, call.actor, NewDiscount(**msgspec.structs.asdict(body)))
    return DISCOUNTS.one(call, session, made.id, status=201, at=f"/api/v1/discounts/{made.id}")


@SECTION.delete("/discounts/{discount_id}", scope="store:write", resource=DISCOUNTS)
def end_discount(call: Call, session: Session) -> Answer:
    """End a discount. It stays in the list as ended."""
    found = discount_to_change(session, call.visitor, call.id("discount_id"))
    discounts.end(session, call.actor, found)
    return DISCOUNTS.one(call, session, found.id)


@SECTION.listing("/store-pages", STORE_PAGES, scope="store:read")
def list_store_pages(call: Call, session: Session) -> Answer:
    """List the shop's pages."""
    return STORE_PAGES.page(call, session)


@SECTION.get("/store-pages/{page_id}", scope="store:read", resource=STORE_PAGES)
def read_store_page(call: Call, session: Session) -> Answer:
    """Read a page of the shop."""
    return STORE_PAGES.one(call, session, text_to_read(session, call.visitor, call.id("page_id")).id)


@SECTION.post("/store-pages", scope="store:write", takes=NewStorePage, resource=STORE_PAGES)
def begin_store_page(call: Call, session: Session, body: NewStorePage) -> Answer:
    """Begin a page of the shop. Nobody sees it until it is published."""
    require_shop(call.visitor, "store.edit")
    made = pages.create(session, call.tenant, call.actor, kind=body.kind, title=body.title)
    return STORE_PAGES.one(call, session, made.id, status=201, at=f"/api/v1/store-pages/{made.id}")


@SECTION.post("/store-pages/legal", scope="store:write", gives=LegalPages)
def begin_legal_pages(call: Call, session: Session) -> Answer:
    """Begin the legal pages. Those that a shop usually has and this one lacks; nobody sees them yet."""
    require_shop(call.visitor, "store.edit")
    titles = {slug: say(text, call.tenant.languages[0]) for slug, text in LEGAL_SENTENCES.items()}
    made = pages.write_legal(session, call.tenant, call.actor, titles)
    kept = LegalPage.__struct_fields__
    return Answer({"items": [{name: getattr(page, name) for name in kept} for page in made]}, 201)


@SECTION.patch("/store-pages/{page_id}", scope="store:write", takes=StorePageChange, resource=STORE_PAGES)
def write_store_page(call: Call, session: Session, body: StorePageChange) -> Answer:
    """Write a page of the shop. In one language; its HTML is cleaned."""
    page = text_to_change(session, call.visitor, call.id("page_id"))
    STORE_PAGES.require_unchanged(call, page)
    language = body.language
    wish = PageText(
        language=language,
        title=page.titles.get(language, "") if body.title is UNSET else body.title,
        body=page.bodies.get(language, "") if body.body is UNSET else body.body,
        slug=page.slug if body.slug is UNSET else body.slug,
        version=page.version,
        published_at=None if body.published_at is UNSET else body.published_at,
    )
    pages.change(session, call.tenant, call.actor, page, wish)
    return STORE_PAGES.one(call, session, page.id)


@SECTION.put("/store-pages/{page_id}/publication", scope="store:write", resource=STORE_PAGES)
def publish_store_page(call: Call, session: Session) -> Answer:
    """Publish a page of the shop."""
    page = text_to_change(session, call.visitor, call.id("page_id"))
    pages.publish(session, call.actor, page)
    return STORE_PAGES.one(call, session, page.id)


@SECTION.delete("/store-pages/{page_id}/publication", scope="store:write", resource=STORE_PAGES)
def withdraw_store_page(call: Call, session: Session) -> Answer:
    """Take a page of the shop back. It can be published again."""
    page = text_to_change(session, call.visitor, call.id("page_id"))
    pages.take_back(session, call.actor, page)
    return STORE_PAGES.one(call, session, page.id)


@SECTION.delete("/store-pages/{page_id}", scope="store:write", matches=True)
def remove_store_page(call: Call, session: Session) -> Answer:
    """Remove a page of the shop. With all its languages."""
    page = text_to_change(session, call.visitor, call.id("page_id"))
    STORE_PAGES.require_unchanged(call, page)
    pages.remove(session, call.actor, page)
    return Answer()


@SECTION.get("/customers", scope="store:read", gives=CustomerPage, query=PAGES | CUSTOMERS)
def list_customers(call: Call, session: Session) -> Answer:
    """List customers. Whoever bought or signed up, by mail address, with what they spent."""
    require_shop(call.visitor)
    told = asked(call, PAGES | CUSTOMERS)
    values = {"q": told.get("q", "").strip(), "kind": told.get("kind", ""), "bought": told.get("has_bought", "")}

    def fetch(after: list[Any] | None, limit: int) -> list[tuple[dict[str, Any], list[Any]]]:
        said = Asked(_LISTING, "seen", {name: value for name, value in values.items() if value})
        last = (datetime.fromisoformat(after[0]), str(after[1])) if after else None
        if values["q"]:
            forgive(session)
        rows = session.execute(customers.customers(said, limit=limit, after=last)).all()
        spent = customers.spends(session, [row.email for row in rows])
        return [(_customer(row, spent.get(row.email, [])), [row.seen.isoformat(), row.email]) for row in rows]

    return page_by_key(call, CUSTOMERS, fetch)


def _customer(row: Any, spent: list[Any]) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("email", "name", "country", "is_fan", "orders")}
    return told | {"seen_at": row.seen, "spent": [each._asdict() for each in spent]}


@SECTION.get("/customers/by-email", scope="store:read", gives=CustomerDetailView, query=EMAIL)
def read_customer(call: Call, session: Session) -> Answer:
    """Read a customer. What is known of a mail address: orders, what was spent, and what they agreed to."""
    require_shop(call.visitor)
    email = asked(call, EMAIL).get("email", "").strip().lower()
    found = customers.customer(session, email, ORDERS_SHOWN)
    if found is None:
        raise CustomerUnknown
    fan, ordered = found.fan, found.orders
    consents = [{name: getattr(each, name) for name in ConsentView.__struct_fields__} for each in found.consents]
    shown = {
        "email": email,
        "name": (fan.name if fan else "") or (ordered[0].customer if ordered else ""),
        "fan_since": fan.created_at if fan else None,
        "is_confirmed": fan is not None and fan.confirmed_at is not None,
        "language": fan.language if fan else None,
        "country": fan.country if fan else None,
        "order_ids": [order.id for order in ordered],
        "spent": [each._asdict() for each in found.spends],
        "consents": consents,
        "follows": found.follows,
        "owned": found.owned,
    }
    return Answer(shown)
