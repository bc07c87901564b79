"""Who acts for an artist: asked by mail, told with what they may do, and ended."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Id, Moment
from app.identity.errors import PermissionMissing
from app.kernel import clock, limits
from app.roster.models import ArtistGrant
from app.roster.policies import artist_to_act_for, artist_to_read, grant_to_end, may_grant
from app.roster.queries import grants as leave
from app.roster.service import grants

SECTION = Section("Acting for artists", "Whom an artist lets act for them, with which rights and until when.")
Right = Literal["money", "releases", "page"]


class ArtistGrantView(View):
    """Leave to act for an artist; `member_id` is who took it up."""

    id: Id
    artist_id: Id
    email: Annotated[str, Meta(examples=["max@agency.example"])]
    member_id: Id | None
    rights: list[Right]
    state: Literal["asked", "unanswered", "active", "over"]
    granted_by: Id
    granted_at: Moment
    accepted_at: Moment | None
    expires_at: Moment | None


class ArtistGrants(View):
    """Who may act for an artist, the newest first; what was taken back is not among them."""

    items: list[ArtistGrantView]


class NewArtistGrant(Body, frozen=True):
    """Whom to ask by mail, for what, and until when; without an end until it is taken back."""

    email: Annotated[str, Meta(min_length=3, max_length=254, examples=["max@agency.example"])]
    rights: Annotated[list[Right], Meta(min_length=1, max_length=3)]
    expires_at: Moment | None = None


@SECTION.get("/artists/{artist_id}/grants", scope="team:write", gives=ArtistGrants)
def list_artist_grants(call: Call, session: Session) -> Answer:
    """List who acts for an artist. For whoever may let others do so: the artist, and staff who invite people."""
    asked(call, {})
    artist = artist_to_read(session, call.visitor, call.id("artist_id"))
    if not may_grant(call.visitor, artist):
        raise PermissionMissing
    return Answer({"items": [_grant(row) for row, _ in session.execute(leave.of_artist(artist.id))]})


def _grant(row: ArtistGrant) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in ArtistGrantView.__struct_fields__ if name != "state"}
    return kept | {"state": row.state(clock.now())}


@SECTION.post("/artists/{artist_id}/grants", scope="team:write", takes=NewArtistGrant, gives=ArtistGrantView)
def offer_artist_grant(call: Call, session: Session, body: NewArtistGrant) -> Answer:
    """Ask somebody to act for an artist. By somebody who is there, who gives no right that the token has not."""
    visitor = call.require_person()
    artist = artist_to_act_for(session, visitor, call.id("artist_id"))
    limits.hit(call.tenant, f"artist-grants:{visitor.member.id}", grants.PER_GIVER)
    wish = msgspec.structs.asdict(body)
    until = wish.pop("expires_at")
    made = grants.offer(session, call.tenant, visitor, artist, until=until, **wish)
    return Answer(_grant(made), 201)


@SECTION.delete("/artists/{artist_id}/grants/{grant_id}", scope="team:write")
def end_artist_grant(call: Call, session: Session) -> Answer:
    """End somebody's access to an artist. At once; whoever has it may give it back, too."""
    artist, grant = grant_to_end(session, call.visitor, call.id("artist_id"), call.id("grant_id"))
    grants.end(session, call.tenant, call.visitor, artist, grant)
    return Answer()
