"""Codes on cards, each worth a digital product once."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Count, Id, Moment
from app.api.rest.products import whole_shop
from app.storefront.models import DownloadCode
from app.storefront.policies import product_to_change
from app.storefront.service.products import MOST_CODES, make_codes

SECTION = Section("Download codes", "Codes on cards, each worth a digital product once.")


class DownloadCodeView(View):
    """A code that was made and whether somebody used it; the code itself is told only when it is made."""

    id: Id
    product_id: Id
    batch: str
    made_at: Moment
    used_at: Moment | None
    fan_id: Id | None


class NewDownloadCodes(Body, frozen=True):
    """So many codes; a batch without a name is called after its day."""

    count: Annotated[int, Meta(ge=1, le=MOST_CODES, examples=[100])]
    batch: Annotated[str, Meta(max_length=80, examples=["Tour 2026"])] = ""


class DownloadCodesMade(View):
    """A batch of codes, told this once."""

    product_id: Id
    batch: str
    count: Count
    codes: list[str]


CODES = Resource(
    name="download_codes",
    view=DownloadCodeView,
    model=DownloadCode,
    visible=whole_shop,
    filters={
        "product_id": by.ident(DownloadCode.product_id, "Codes for this product."),
        "batch": by.text(DownloadCode.batch, "Codes of this batch.", "Tour 2026"),
        "is_used": by.flag(DownloadCode.used_at.is_not(None), "Whether somebody used it."),
    },
    version=None,
)


@SECTION.listing("/download-codes", CODES, scope="store:read")
def list_download_codes(call: Call, session: Session) -> Answer:
    """List download codes. Of which batch each is and whether it was used."""
    return CODES.page(call, session)


@SECTION.post(
    "/products/{product_id}/download-codes", scope="store:write", takes=NewDownloadCodes, gives=DownloadCodesMade
)
def make_download_codes(call: Call, session: Session, body: NewDownloadCodes) -> Answer:
    """Make download codes. For a digital product; they are told in this answer and nowhere again."""
    product = product_to_change(session, call.visitor, call.id("product_id"))
    made = make_codes(session, call.actor, product, body.batch, body.count)
    told = {"product_id": product.id, "batch": made[0].batch, "count": len(made)}
    return Answer(told | {"codes": [each.code for each in made]}, 201)
