"""The shop as a whole: whether it is open, where it sends from, what its orders are called, and how it does."""

from __future__ import annotations

from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.numbered import Query, asked
from app.api.rest.conventions.schemas import Count, Day, Id
from app.api.rest.markets import Country
from app.api.rest.money_parts import Currency
from app.kernel import clock
from app.storefront.models import StoreSettings
from app.storefront.policies import require_shop, settings_to_change, settings_to_read
from app.storefront.queries import selling
from app.storefront.queries.products import unsold_releases
from app.storefront.queries.selling import Sold
from app.storefront.service import arranging, comparing, markets, offering

SECTION = Section("Shop", "Whether the shop is open, where it sends from, and how it does.")
TOPS: Final = 10
PERIODS: Final = ["1", "7", "28", "90"]
USUAL_DAYS: Final = "28"
DAYS: Final[Query] = {
    "days": {"type": "string", "enum": PERIODS, "default": USUAL_DAYS, "description": "How many days up to today."}
}


class ShopState(Body, frozen=True):
    """Whether the shop is open."""

    is_open: bool


class ShopView(View):
    """How the shop stands. `order_prefix` stands before the numbers of orders; returns are taken for so many days."""

    is_open: bool
    ships_from: Country
    order_prefix: str
    returns_days: Count


class ShopDetails(Body, frozen=True):
    """Where the shop sends from, what stands before the numbers of its orders, and how long things may come back."""

    ships_from: Country
    order_prefix: Annotated[str, Meta(pattern="^[A-Za-z0-9/#-]*$", max_length=8, examples=["BH-"])]
    returns_days: Annotated[int, Meta(ge=0, le=365, examples=[30])]


class NewShop(Body, frozen=True):
    """Where a new shop sends from; nothing said: from where the label's clocks are."""

    ships_from: Country | None = None


class Offered(View):
    """The products that were made: a download of each release that is out and had none."""

    product_ids: list[Id]


class SoldDay(View):
    """What a day brought."""

    on: Day
    gross_micros: int
    units: int


class TopProduct(View):
    """A product with what it brought in these days."""

    product_id: Id
    title: str
    kind: str
    units: int
    gross_micros: int


class SoldView(View):
    """What was sold in a currency, and in as many days before.

    Gross is what was paid for things, with tax and without sending, less what went back; net is what contracts divide.
    """

    currency: Currency
    gross_micros: int
    net_micros: int
    units: int
    orders: Count
    before_gross_micros: int
    before_net_micros: int
    before_units: int
    before_orders: Count
    days: list[SoldDay]
    top: list[TopProduct]


class ShopSales(View):
    """How the shop does, by currency: they cannot be added."""

    until: Day
    days: Count
    items: list[SoldView]


class ShopTasks(View):
    """How much of the shop waits for somebody."""

    parcels: Count
    failed_prints: Count
    failed_refunds: Count
    open_disputes: Count
    open_differences: Count
    unsold_releases: Count


@SECTION.get("/shop", scope="store:read", gives=ShopView)
def read_shop(call: Call, session: Session) -> Answer:
    """Read how the shop stands. 404 where none was opened yet."""
    asked(call, {})
    return _shop(settings_to_read(session, call.visitor))


def _shop(settings: StoreSettings, *, status: int = 200) -> Answer:
    shown = {name: getattr(settings, name) for name in ShopView.__struct_fields__}
    return Answer(shown, status, version=_tag(settings))


def _tag(settings: StoreSettings) -> tuple[object, ...]:
    return "shop", settings.id, settings.version


@SECTION.put("/shop", scope="store:write", takes=ShopState, gives=ShopState)
def set_shop_state(call: Call, session: Session, body: ShopState) -> Answer:
    """Open the shop. Or close it; orders that were placed go on."""
    settings_to_change(session, call.visitor)
    arranging.set_open(session, call.actor, is_open=body.is_open)
    return Answer({"is_open": body.is_open})


@SECTION.put("/shop/details", scope="store:write", takes=ShopDetails, gives=ShopView, matches=True)
def change_shop(call: Call, session: Session, body: ShopDetails) -> Answer:
    """Say where the shop sends from. And what its orders are called, and how long things are taken back."""
    settings = settings_to_change(session, call.visitor)
    call.require_unchanged(*_tag(settings))
    details: dict[str, Any] = msgspec.structs.asdict(body)
    offering.set_details(session, call.actor, settings, details=details, version=settings.version)
    return _shop(settings)


@SECTION.post("/shop/openings", scope="store:write", takes=NewShop, gives=ShopView)
def open_shop(call: Call, session: Session, body: NewShop) -> Answer:
    """Make a shop and open it. With the usual markets and ways of sending; one that is there stays as it is."""
    require_shop(call.visitor, "store.edit")
    if body.ships_from is not None:
        offering.check_origin(body.ships_from)
    markets.open_shop(session, call.actor, call.tenant, country=body.ships_from)
    return _shop(settings_to_read(session, call.visitor), status=201)


@SECTION.post("/shop/downloads", scope="store:write", gives=Offered)
def offer_releases(call: Call, session: Session) -> Answer:
    """Sell every release. A download of each that is out and has none, at the usual price, published at once."""
    settings_to_change(session, call.visitor)
    made = offering.offer_releases(session, call.tenant, call.actor)
    return Answer({"product_ids": [product.id for product in made]}, 201)


@SECTION.get("/shop/sales", scope="store:read", gives=ShopSales, query=DAYS)
def read_shop_sales(call: Call, session: Session) -> Answer:
    """Read how the shop does. Day by day against as many days before, and what sold best."""
    days = int(asked(call, DAYS).get("days", USUAL_DAYS))
    settings_to_read(session, call.visitor)
    today = clock.now().astimezone(ZoneInfo(call.tenant.time_zone)).date()
    found = []
    for sold in selling.sold(session, today, days, call.tenant.time_zone):
        top = selling.top_products(session, sold.currency, today, days, TOPS)
        found.append(_sold(sold) | {"top": [_top(each) for each in top]})
    return Answer({"until": today, "days": days, "items": found})


def _sold(sold: Sold) -> dict[str, Any]:
    sums = {name: getattr(sold, name) for name in SoldView.__struct_fields__ if name not in ("days", "top")}
    return sums | {"days": [each._asdict() for each in sold.days]}


def _top(top: selling.Top) -> dict[str, Any]:
    kept = {name: getattr(top, name) for name in TopProduct.__struct_fields__ if name != "product_id"}
    return kept | {"product_id": top.id}


@SECTION.get("/shop/tasks", scope="store:read", gives=ShopTasks)
def read_shop_tasks(call: Call, session: Session) -> Answer:
    """Read what of the shop waits for somebody. Parcels, what failed, and what is not settled."""
    asked(call, {})
    settings_to_read(session, call.visitor)
    waiting = selling.waiting(session)
    return Answer(
        {
            "parcels": waiting.parcels,
            "failed_prints": waiting.failed,
            "failed_refunds": waiting.refunds,
            "open_disputes": waiting.disputes,
            "open_differences": len(comparing.open_differences(session)),
            "unsold_releases": len(unsold_releases(session)),
        }
    )
