"""News: what others did that one should hear of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.errors import NewsUnknown
from app.identity.pages import visitor_of
from app.identity.service.news import news
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.portal import service

SHOWN = 100
INBOX = "/portal/inbox"


class ChosenNews(msgspec.Struct, forbid_unknown_fields=True):
    """The rows that were chosen, and what is to be done with them."""

    id: list[str] | str = []
    archive: str = ""


@get("/portal/inbox", sync_to_thread=True)
def inbox(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the newest news of a member."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        query = news(visitor.member, service.news_actions(visitor)).limit(SHOWN)
        rows = [(row, state) for row, state in session.execute(query).all()]
    return page("portal/inbox.html", realm_of(request), here=INBOX, rows=rows, meanings=meanings())


@post("/portal/inbox/readings", sync_to_thread=True)
def read_some(request: Request[Any, Any, Any], data: URLEncodedBody[ChosenNews]) -> Redirect:
    """Mark the chosen news as read, or put them away."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    wanted = [_id(text) for text in ([data.id] if isinstance(data.id, str) else data.id)]
    with tenant_work(tenant) as session:
        service.mark_news(session, visitor, wanted, archive=bool(data.archive))
    undo = f"{INBOX}/{wanted[0]}/return" if data.archive and len(wanted) == 1 else None
    said = sentence("Put away.") if data.archive else sentence("Marked as read.")
    return flash.done(INBOX, tenant, said, undo=undo)


@post("/portal/inbox/all", sync_to_thread=True)
def read_all(request: Request[Any, Any, Any]) -> Redirect:
    """Mark everything as read."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        service.mark_all_read(session, visitor)
    return flash.done(INBOX, tenant, sentence("Marked as read."))


@post("/portal/inbox/{activity_id:str}/return", sync_to_thread=True)
def bring_back(request: Request[Any, Any, Any], activity_id: FromPath[str]) -> Redirect:
    """Put news that were put away into the inbox again."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        service.bring_back(session, visitor, _id(activity_id))
    return flash.done(INBOX, tenant, sentence("Back in your inbox."))


def _id(text: str) -> UUID:
    known = parse_uuid(text)
    if known is None:
        raise NewsUnknown
    return known


handlers = [inbox, read_some, read_all, bring_back]
