"""The step of a label's set-up that asks for its first artist."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import exists, select

from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.identity.pages.welcome import FIRST_ARTIST, after_the_artist
from app.identity.policies import Visitor, allows
from app.kernel.db import tenant_read, tenant_work
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.errors import NameMissing
from app.roster.models import Artist
from app.roster.pages.dashboard import KIND_SENTENCES
from app.roster.schemas import NewArtist
from app.roster.service import artists

AnyRequest = Request[Any, Any, Any]


def _shown(visitor: Visitor, typed: NewArtist) -> dict[str, Any]:
    return {"here": FIRST_ARTIST, "kinds": KIND_SENTENCES, "typed": typed, "leads_to": after_the_artist(visitor)}


@get(FIRST_ARTIST, sync_to_thread=True)
def first_artist(request: AnyRequest) -> Response[Any]:
    """Ask for the first artist; where there is one, or the visitor may add none, lead on."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        has_artist = session.scalar(select(exists().select_from(Artist)))
    if has_artist or not (allows(visitor, "catalog.edit") and visitor.scope.is_whole):
        return Redirect(after_the_artist(visitor), status_code=303)
    return page("roster/first.html", realm_of(request), problem=None, **_shown(visitor, NewArtist("")))


@post(FIRST_ARTIST, sync_to_thread=True)
def add_first_artist(request: AnyRequest, data: URLEncodedBody[NewArtist]) -> Response[Any]:
    """Take the first act onto the roster, and lead on."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            artists.add_artist(session, visitor, name=data.name, kind=data.kind)
    except NameMissing as refusal:
        return again(request, "roster/first.html", refusal, **_shown(visitor, data))
    return flash.done(after_the_artist(visitor), tenant, sentence("The artist was added."))


handlers: list[Any] = [first_artist, add_first_artist]
