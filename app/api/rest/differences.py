"""Where the card processor's list and the books differ, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Count, Id, Moment
from app.api.rest.products import whole_shop
from app.storefront.models import GatewayCheck, GatewayDifference
from app.storefront.policies import difference_to_settle, require_shop
from app.storefront.rules.portal_refusals import NoteMissing
from app.storefront.service import comparing

SECTION = Section("Differences", "Where the card processor tells other things than the books.")


class GatewayDifferenceView(View):
    """Something that only one of both knows, or that they know otherwise; `facts` is what the processor says."""

    id: Id
    gateway: Annotated[str, Meta(examples=["stripe"])]
    kind: Literal["missing", "extra", "amount", "state"]
    reference: str
    payment_id: Id | None
    facts: dict[str, Any]
    found_at: Moment
    resolved_at: Moment | None
    resolved_by: Id | None
    note: str | None


class GatewayCheckView(View):
    """How far a processor's list was compared with the books, and how many differences were found the last time."""

    gateway: Annotated[str, Meta(examples=["stripe"])]
    until: Moment
    checked_at: Moment
    found: Count


class GatewayChecks(View):
    """The comparisons, one for each processor."""

    items: list[GatewayCheckView]


class Resolution(Body, frozen=True):
    """What came of a difference, in a few words."""

    note: Annotated[str, Meta(min_length=1, max_length=500, examples=["Paid by mistake, and given back."])]


DIFFERENCES = Resource(
    name="gateway_differences",
    view=GatewayDifferenceView,
    model=GatewayDifference,
    visible=whole_shop,
    filters={
        "is_open": by.flag(GatewayDifference.resolved_at.is_(None), "Whether nobody said yet what came of it."),
        "kind": by.choice(GatewayDifference.kind, ("missing", "extra", "amount", "state"), "Differences of one kind."),
    },
    sorts={"found_at": GatewayDifference.found_at},
    usual_sort="-found_at",
    version=None,
)


@SECTION.listing("/gateway-differences", DIFFERENCES, scope="store:read")
def list_gateway_differences(call: Call, session: Session) -> Answer:
    """List differences. Between the card processor's list and the books, the newest first."""
    return DIFFERENCES.page(call, session)


@SECTION.get("/gateway-checks", scope="store:read", gives=GatewayChecks)
def list_gateway_checks(call: Call, session: Session) -> Answer:
    """List comparisons. How far each processor's list was compared with the books."""
    asked(call, {})
    require_shop(call.visitor)
    rows = session.scalars(select(GatewayCheck).order_by(GatewayCheck.gateway))
    kept = GatewayCheckView.__struct_fields__
    return Answer({"items": [{name: getattr(row, name) for name in kept} for row in rows]})


@SECTION.put(
    "/gateway-differences/{difference_id}/resolution", scope="store:write", takes=Resolution, resource=DIFFERENCES
)
def settle_gateway_difference(call: Call, session: Session, body: Resolution) -> Answer:
    """Say what came of a difference. By somebody who is there; money in suspense stays there until it is moved."""
    difference = difference_to_settle(session, call.require_person(), call.id("difference_id"))
    note = " ".join(body.note.split())
    if not note:
        raise NoteMissing
    comparing.resolve(session, call.actor, difference, note)
    return DIFFERENCES.one(call, session, difference.id)
