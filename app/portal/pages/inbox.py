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
from app.identity.service.news import about, among, news
from app.kernel.activity.meanings import asking, meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.portal import service

SHOWN = 100
INBOX = "/portal/inbox"
ASKING = "attention"


class ChosenNews(msgspec.Struct, forbid_unknown_fields=True):
    """The rows that were chosen, and what is to be done with them."""

    id: list[str] | str = []
    archive: str = ""


@get("/portal/inbox", sync_to_thread=True)
def inbox(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the newest news of a member, or those alone after which somebody has to do something."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    only_asking = request.query_params.get("show") == ASKING
    query = news(visitor).limit(SHOWN)
    with tenant_read(tenant) as session:
        waiting = session.execute(query.where(among(asking()))).all()
        rows = waiting if only_asking else session.execute(query).all()
        subjects = about(session, visitor, [row for row, _ in rows])
    shown: dict[str, Any] = {"rows": rows, "waiting": len(waiting), "show": ASKING if only_asking else ""}
    return page("portal/inbox.html", realm_of(request), here=INBOX, meanings=meanings(), subjects=subjects, **shown)


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
