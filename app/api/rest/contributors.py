"""Contributors: everybody who is credited, under which codes, and who of them is the same."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Body, Call, Patch, Resource, Section, UnsetType, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Code, Id, Moment
from app.catalog.policies import (
    contributor_to_change,
    contributor_to_read,
    contributors_to_merge,
    may_see_contributor,
    merger_to_end,
)
from app.catalog.queries.contributors import holds
from app.catalog.service import contributors
from app.catalog.service.loading import take_turn
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.roster.models import Contributor
from app.roster.queries.search import forgive

SECTION = Section("Contributors", "Everybody who is credited: writers, players, engineers.")


class ContributorView(View):
    """Somebody who is credited. `remark` tells two of one name apart."""

    id: Id
    name: Annotated[str, Meta(examples=["Ada Byron"])]
    remark: str
    artist_id: Id | None
    party_id: Id | None
    isni: str | None
    ipi: str | None
    created_at: Moment


class ContributorChange(Patch, frozen=True):
    """Under which codes somebody is known."""

    isni: Code | UnsetType | None = UNSET
    ipi: Code | UnsetType | None = UNSET


class Merger(Body, frozen=True):
    """Who somebody is."""

    into_id: Id


def _visible(visitor: Visitor) -> ColumnElement[bool]:
    return may_see_contributor(visitor) & Contributor.merged_into_id.is_(None)


CONTRIBUTORS = Resource(
    name="contributors",
    view=ContributorView,
    model=Contributor,
    visible=_visible,
    filters={
        "q": by.search(holds, "Part of a name, as people type it, or a whole ISNI or IPI.", forgive),
        "artist_id": by.ident(Contributor.artist_id, "Who this artist is as a contributor."),
        "isni": by.text(Contributor.isni, "Who has this ISNI."),
        "ipi": by.text(Contributor.ipi, "Who has this IPI name number."),
    },
    sorts={"name": as_sorted(Contributor.name)},
    version=None,
)


@SECTION.listing("/contributors", CONTRIBUTORS, scope="catalog:read")
def list_contributors(call: Call, session: Session) -> Answer:
    """List contributors. Whoever is credited where the client sees something."""
    return CONTRIBUTORS.page(call, session)


@SECTION.get("/contributors/{contributor_id}", scope="catalog:read", resource=CONTRIBUTORS)
def read_contributor(call: Call, session: Session) -> Answer:
    """Read a contributor. Who was merged is answered as who they are."""
    person = contributor_to_read(session, call.visitor, call.id("contributor_id"))
    return CONTRIBUTORS.one(call, session, person.id)


@SECTION.patch(
    "/contributors/{contributor_id}",
    scope="catalog:write",
    takes=ContributorChange,
    resource=CONTRIBUTORS,
    matches=False,
)
def change_contributor(call: Call, session: Session, body: ContributorChange) -> Answer:
    """Note under which codes somebody is known."""
    person = contributor_to_change(session, call.visitor, call.id("contributor_id"))
    typed = {
        name: (held or "") if said is UNSET else (said or "")
        for name, said, held in (("isni", body.isni, person.isni), ("ipi", body.ipi, person.ipi))
    }
    contributors.set_codes(session, call.actor, person, typed)
    session.flush()
    return CONTRIBUTORS.one(call, session, person.id)


@SECTION.put("/contributors/{contributor_id}/merger", scope="catalog:write", takes=Merger, resource=CONTRIBUTORS)
def merge_contributor(call: Call, session: Session, body: Merger) -> Answer:
    """Say who somebody is. What is credited to them is credited to that one from then on."""
    take_turn(session)  # before anybody is held: a load has its turn already when it waits for people
    one, other = contributors_to_merge(session, call.visitor, call.id("contributor_id"), body.into_id)
    contributors.merge(session, call.actor, one, other)
    session.flush()
    return CONTRIBUTORS.one(call, session, other.id)


@SECTION.delete("/contributors/{contributor_id}/merger", scope="catalog:write", resource=CONTRIBUTORS)
def part_contributor(call: Call, session: Session) -> Answer:
    """Take a merger back. While what it moved is as it left it."""
    take_turn(session)
    one, other = merger_to_end(session, call.visitor, call.id("contributor_id"))
    contributors.part(session, call.actor, one, other)
    session.flush()
    return CONTRIBUTORS.one(call, session, one.id)
