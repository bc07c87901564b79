"""Who may act for the visitor's artists: asked by mail, ended here."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.artist.pages.frame import app_page, around
from app.artist.queries import music
from app.artist.rules.tasks import APP
from app.identity.errors import BeyondOwn
from app.identity.pages import AnyRequest, seen, visitor_of
from app.identity.pages.door import LONGEST_EMAIL, again, several
from app.identity.policies import Visitor
from app.kernel import limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import tenant_of
from app.roster.pages.artist import grant_facts
from app.roster.pages.grants import GIVE, SELF, until_of
from app.roster.policies import artist_to_act_for, grant_to_end
from app.roster.schemas import GrantForm
from app.roster.service import grants, pictures

TEAM = f"{APP}/team"
GRANTS = f"{TEAM}/{{artist_id:str}}/grants"
MOST = 50
UNTYPED: dict[str, Any] = {"artist": "", "email": "", "rights": (), "until": ""}


@get(TEAM, sync_to_thread=True)
def team_page(request: AnyRequest) -> Response[str]:
    """Show who acts for each of the visitor's artists, and for whom the visitor acts."""
    visitor = visitor_of(request)
    return app_page(request, "artist/team.html", visitor, problem=None, typed=UNTYPED, **_shown(request, visitor))


def _shown(request: AnyRequest, visitor: Visitor) -> dict[str, Any]:
    tenant = tenant_of(request)
    with tenant_read(tenant) as session:
        acts = [
            (artist, pictures.copies_of(session, tenant, artist), grant_facts(session, visitor, artist))
            for artist in session.scalars(music.artists(visitor).limit(MOST))
        ]
    return {"acts": acts}


@post(GRANTS, sync_to_thread=True, opt=GIVE)
def offer(request: AnyRequest, artist_id: FromPath[str], data: URLEncodedBody[GrantForm]) -> Response[Any]:
    """Ask somebody by mail to act for an artist."""
    visitor, tenant, rights = visitor_of(request), tenant_of(request), several(data.rights)
    try:
        with tenant_work(tenant) as session:
            artist = artist_to_act_for(session, visitor, parse_uuid(artist_id))
            limits.hit(tenant, f"artist-grants:{visitor.member.id}", grants.PER_GIVER)
            until = until_of(tenant, data.until)
            grants.offer(session, tenant, visitor, artist, email=data.email, rights=rights, until=until)
    except (Invalid, BeyondOwn, Conflict) as refusal:
        typed = {"artist": artist_id, "email": data.email[:LONGEST_EMAIL], "rights": rights, "until": data.until[:10]}
        values = around(request) | _shown(request, visitor) | {"typed": typed}
        return seen(again(request, "artist/team.html", refusal, **values), tenant, visitor)
    return flash.done(TEAM, tenant, sentence("The mail with the link is on its way."))


@post(f"{GRANTS}/{{grant_id:str}}/removal", sync_to_thread=True, opt=SELF)
def end(request: AnyRequest, artist_id: FromPath[str], grant_id: FromPath[str]) -> Redirect:
    """End somebody's access to an artist, or give one's own back."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        artist, grant = grant_to_end(session, visitor, parse_uuid(artist_id), parse_uuid(grant_id))
        grants.end(session, tenant, visitor, artist, grant)
    return flash.done(TEAM, tenant, sentence("The access has ended."))


handlers = [team_page, offer, end]
