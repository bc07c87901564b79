"""Who plays in a band, since when and until when."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.kernel.db import tenant_work
from app.kernel.errors import Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import tenant_of
from app.roster.pages.artist import ARTIST, artist_shown
from app.roster.pages.dashboard import ROSTER
from app.roster.policies import artist_named, artist_to_change, band_member_to_change
from app.roster.schemas import Member
from app.roster.service import bands

MEMBER = f"{ARTIST}/members/{{member_id:str}}"


@post(f"{ARTIST}/members", sync_to_thread=True)
def add_member(
    request: Request[Any, Any, Any], artist_id: FromPath[str], data: URLEncodedBody[Member]
) -> Response[Any]:
    """Note that an artist plays, or played, in this band; said again, it is corrected."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            band = artist_to_change(session, visitor, parse_uuid(artist_id))
            other = artist_named(session, visitor, data.artist)
            said = {"part": data.part, "since": data.since, "until": data.until}
            bands.note_member(session, visitor, band, other, **said)
    except Invalid as refusal:
        return again(request, "roster/artist.html", refusal, **artist_shown(request, artist_id))
    return flash.done(f"{ROSTER}/{artist_id}#members", tenant, sentence("The member was added."))


@post(f"{MEMBER}/removal", sync_to_thread=True)
def remove_member(request: Request[Any, Any, Any], artist_id: FromPath[str], member_id: FromPath[str]) -> Redirect:
    """Take somebody away who was noted by mistake; who left has an end instead."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        band = artist_to_change(session, visitor, parse_uuid(artist_id))
        bands.remove_member(session, visitor, band, band_member_to_change(session, band, parse_uuid(member_id)))
    return flash.done(f"{ROSTER}/{artist_id}#members", tenant, sentence("The member was removed."))


handlers = [add_member, remove_member]
