"""Acting for an artist: asked by mail, accepted through a link, given back or ended."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import select

from app.identity.errors import BeyondOwn, LinkUsed
from app.identity.models import Member
from app.identity.pages import SignedOut, session_cookie, visitor_of
from app.identity.pages.door import DOOR, KEEP_REFERRER, LONGEST_EMAIL, PER_ADDRESS, again, several
from app.identity.pages.visitors import FactorMissing, came
from app.identity.policies import Visitor
from app.identity.service import come_in
from app.kernel import limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.errors import DayUnusable, GrantElsewhere, GrantOver
from app.roster.pages.artist import ARTIST, RIGHT_SENTENCES, artist_shown
from app.roster.pages.dashboard import ROSTER
from app.roster.policies import artist_to_act_for, grant_to_end
from app.roster.schemas import GrantForm, TakeUp
from app.roster.service import grants

LINK = f"{grants.LINKS}/{{token:str}}"
GIVE: dict[str, Any] = {"recent": True, "in_person": True}
SELF: dict[str, Any] = {"in_person": True}


@post(f"{ARTIST}/grants", sync_to_thread=True, opt=GIVE)
def offer(request: Request[Any, Any, Any], artist_id: FromPath[str], data: URLEncodedBody[GrantForm]) -> Response[Any]:
    """Ask somebody by mail to act for an artist."""
    visitor, tenant, rights = visitor_of(request), tenant_of(request), several(data.rights)
    try:
        with tenant_work(tenant) as session:
            artist = artist_to_act_for(session, visitor, parse_uuid(artist_id))
            limits.hit(tenant, f"artist-grants:{visitor.member.id}", grants.PER_GIVER)
            until = until_of(tenant, data.until)
            grants.offer(session, tenant, visitor, artist, email=data.email, rights=rights, until=until)
    except (Invalid, BeyondOwn, Conflict) as refusal:
        typed = {"email": data.email[:LONGEST_EMAIL], "rights": rights, "until": data.until[:10]}
        return again(request, "roster/artist.html", refusal, **artist_shown(request, artist_id, **typed))
    return flash.done(f"{ROSTER}/{artist_id}#managers", tenant, sentence("The mail with the link is on its way."))


def until_of(tenant: Tenant, text: str) -> datetime | None:
    """The end of a day where the label is."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise DayUnusable(fields={"until": DayUnusable.message}) from None
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(tenant.time_zone))


@post(f"{ARTIST}/grants/{{grant_id:str}}/removal", sync_to_thread=True, opt=SELF)
def end(request: Request[Any, Any, Any], artist_id: FromPath[str], grant_id: FromPath[str]) -> Redirect:
    """End somebody's access to an artist, or give one's own back."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        artist, grant = grant_to_end(session, visitor, parse_uuid(artist_id), parse_uuid(grant_id))
        grants.end(session, tenant, visitor, artist, grant)
        was_own = grant.member_id == visitor.member.id
    back = ROSTER if was_own else f"{ROSTER}/{artist_id}#managers"
    return flash.done(back, tenant, sentence("The access has ended."))


def _who(request: Request[Any, Any, Any]) -> Visitor | None:
    """Who is signed in; a link is also opened by somebody who is not."""
    try:
        return visitor_of(request)
    except FactorMissing:
        raise
    except SignedOut:
        return None


def _shown(request: Request[Any, Any, Any], token: str, visitor: Visitor | None) -> dict[str, Any]:
    """What a link offers, and whether whoever opens it can take it up as they are."""
    with tenant_read(tenant_of(request)) as session:
        found = grants.offered_by(session, token)
        if found is None:
            raise GrantOver
        grant, artist = found
        is_member = session.scalar(select(Member.id).where(Member.email == grant.email)) is not None
    is_theirs = visitor is not None and visitor.member.email == grant.email
    step = "accept" if is_theirs else "elsewhere" if visitor else "sign_in" if is_member else "join"
    link = f"{grants.LINKS}/{quote(token)}"
    return {
        "grant": grant, "artist": artist, "step": step, "link": link, "door": f"{DOOR}?next={quote(link)}",
        "right_names": RIGHT_SENTENCES,
    }  # fmt: skip


@get(LINK, sync_to_thread=True, opt=SELF)
def link_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """Show what an artist offers; looking at it uses nothing up, so that a mail scanner cannot."""
    limits.hit(tenant_of(request), f"invitation-from:{realm_of(request).client}", PER_ADDRESS)
    shown = _shown(request, token, _who(request))
    response = page("roster/grant.html", realm_of(request), name="", problem=None, **shown)
    response.headers.update(KEEP_REFERRER)
    return response


@post(LINK, sync_to_thread=True, opt=SELF)
def take_up(request: Request[Any, Any, Any], token: FromPath[str], data: URLEncodedBody[TakeUp]) -> Response[Any]:
    """Accept what an artist offers, once: as the member it was sent to, or as somebody new."""
    tenant, visitor = tenant_of(request), _who(request)
    limits.hit(tenant, f"invitation-from:{realm_of(request).client}", PER_ADDRESS)
    shown = _shown(request, token, visitor)
    if shown["step"] == "elsewhere":
        raise GrantElsewhere
    if shown["step"] == "sign_in":
        return Redirect(shown["door"], status_code=303)
    try:
        if visitor is None:
            return _joined(request, tenant, token, data)
        with tenant_work(tenant) as session:
            artist = grants.take_up(session, tenant, token, visitor.member)
    except (GrantOver, LinkUsed):
        raise
    except Refusal as refusal:
        return again(request, "roster/grant.html", refusal, name=data.name, **shown)
    return flash.done(f"{ROSTER}/{artist.id}", tenant, sentence("You act for this artist from now on."))


def _joined(request: Request[Any, Any, Any], tenant: Tenant, token: str, data: TakeUp) -> Redirect:
    with tenant_work(tenant) as session:
        member = grants.join(session, tenant, token, name=data.name, password=data.password)
        held = come_in(session, tenant, member, came(request, "invitation"))
    return Redirect("/portal/welcome", status_code=303, cookies=[session_cookie(held)])


handlers = [offer, end, link_page, take_up]
