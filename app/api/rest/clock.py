"""The label's clock: everybody's, or that of a sandbox, which can be moved on."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.schemas import Moment
from app.kernel import clock
from app.kernel.web.strict import QueryUnusable
from tenants.archive import sandboxing

SECTION = Section(
    "Clock",
    "What time it is for the label. A sandbox, the copy of a label to try things in, is made in the portal; its time "
    "can be moved on, and what would have happened meanwhile by itself happens then.",
)
Seconds = Annotated[int, Meta(ge=0, examples=[86_400])]


class ClockView(View):
    """The time, and how far it runs ahead of everybody's: that of a sandbox alone does."""

    now: Moment
    is_sandbox: bool
    ahead_seconds: Seconds


class ClockMove(Body, frozen=True):
    """By how much the time of a sandbox is to be moved on."""

    seconds: Annotated[int, Meta(ge=1, le=366 * 86_400, examples=[86_400])]


@SECTION.get("/clock", scope="label:read", gives=ClockView)
def read_clock(call: Call, session: Session) -> Answer:  # noqa: ARG001 it stands in no table
    """Read the clock."""
    for name in call.query:
        raise QueryUnusable(name=name[:40])
    ahead = call.tenant.limits.clock_ahead_seconds if call.tenant.is_sandbox else 0
    return Answer({"now": clock.now(), "is_sandbox": call.tenant.is_sandbox, "ahead_seconds": ahead})


@SECTION.apart("/clock/moves", scope="label:write", takes=ClockMove, gives=ClockView)
def move_clock(call: Call, body: ClockMove) -> Answer:
    """Move the clock of a sandbox on. Tokens that were given for a shorter time have ended then; ask for another."""
    moved = sandboxing.move_clock(call.tenant, timedelta(seconds=body.seconds), actor=call.actor)
    with clock.running_ahead(timedelta(seconds=moved.limits.clock_ahead_seconds)):
        now = clock.now()
    return Answer({"now": now, "is_sandbox": True, "ahead_seconds": moved.limits.clock_ahead_seconds}, status=201)
