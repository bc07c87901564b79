"""What is printed for orders: packing slips, and one list of what to take from the shelves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.api.errors import NothingToPrint
from app.api.rest.conventions import Answer, Call
from app.api.rest.conventions.numbered import Query, asked
from app.api.rest.orders import SECTION
from app.brand.service.drawing import Sheet, draw_sheet
from app.kernel.db import tenant_read
from app.kernel.files.rules import content_disposition
from app.kernel.ids import parse_uuid
from app.kernel.web.strict import QueryUnusable
from app.storefront.models import Order
from app.storefront.policies import order_to_read, require_shop
from app.storefront.queries.orders import chosen_orders
from app.storefront.rules.portal_refusals import NothingChosen
from app.storefront.service import papers

PDF: Final = "application/pdf"
MOST: Final = 200
CHOSEN: Final[Query] = {
    "order_ids": {
        "type": "string",
        "maxLength": 37 * MOST,
        "description": "Ids of up to 200 orders, with commas between them.",
        "examples": ["01936f0e-7d2b-7c41-9a55-0c8f5ad8e1b2"],
    }
}


@SECTION.document("/orders/{order_id}/packing-slip", scope="store:read", media_type=PDF)
def fetch_packing_slip(call: Call) -> Answer:
    """Fetch the packing slips of an order. A page for each parcel, sent or not, in the buyer's language."""
    asked(call, {})
    with tenant_read(call.tenant) as session:
        order = order_to_read(session, call.visitor, call.id("order_id"))
        paper = _paper(call, session, [order], "packing", only_open=False)
    return _drawn(call, paper, "packing")


@SECTION.document("/order-papers/packing-slips", scope="store:read", media_type=PDF, query=CHOSEN)
def fetch_packing_slips(call: Call) -> Answer:
    """Fetch packing slips of many orders. Of their parcels that are not sent yet, the oldest order first."""
    return _of_many(call, "packing")


@SECTION.document("/order-papers/pick-list", scope="store:read", media_type=PDF, query=CHOSEN)
def fetch_pick_list(call: Call) -> Answer:
    """Fetch a pick list. What to take from the shelves for the parcels of these orders that are not sent yet."""
    return _of_many(call, "picking")


def _of_many(call: Call, kind: Literal["packing", "picking"]) -> Answer:
    require_shop(call.visitor)
    keys = _keys(asked(call, CHOSEN).get("order_ids", ""))
    with tenant_read(call.tenant) as session:
        paper = _paper(call, session, chosen_orders(session, keys), kind, only_open=True)
    return _drawn(call, paper, kind)


def _keys(said: str) -> list[UUID]:
    found = [parse_uuid(each) for each in said.split(",") if each]
    known = [key for key in found if key is not None]
    if len(known) < len(found) or not 0 < len(known) <= MOST:
        raise QueryUnusable(name="order_ids")
    return known


def _paper(call: Call, session: Session, orders: Sequence[Order], kind: str, *, only_open: bool) -> tuple[Sheet, int]:
    """What is printed, and for how many parcels."""
    try:
        parcels = papers.wanted(session, orders, only_open=only_open)
    except NothingChosen:
        raise NothingToPrint from None
    return papers.paper(session, call.tenant, parcels, kind, call.realm.language), len(parcels)


def _drawn(call: Call, paper: tuple[Sheet, int], kind: str) -> Answer:
    sheet, parcels = paper
    name = f"{call.tenant.slug}-{kind}-{parcels}.pdf"
    headers = {"content-disposition": content_disposition(name, PDF, attachment=True)}
    return Answer(draw_sheet(call.tenant, sheet), headers=headers, media_type=PDF)
