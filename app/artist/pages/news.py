"""What happened that concerns the visitor's artists, what of it is new, and where each leads."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.artist import service
from app.artist.pages.frame import app_page
from app.artist.policies import (
    ANSWERED,
    OF_ARTISTS,
    OF_CONTRACTS,
    OF_HOLDS,
    OF_PAYEES,
    OF_PAYOUTS,
    OF_RELEASES,
    OF_SPLITS,
)
from app.artist.queries import news as queries
from app.artist.rules.tasks import APP
from app.identity.pages import AnyRequest, seen, visitor_of
from app.identity.policies import Visitor
from app.kernel.activity import Activity
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import TenantState
from app.kernel.web import flash
from app.kernel.web.realm import realm_of, tenant_of
from app.royalties.pages.periods import teller_of

NEWS = f"{APP}/news"
SHOWN = 60
PLACES = {
    OF_CONTRACTS: "contracts/{id}",
    OF_SPLITS: "splits/{id}",
    OF_RELEASES: "releases/{id}",
    OF_PAYOUTS: "money/payouts/{id}",
    OF_PAYEES: "money/{id}",
    OF_HOLDS: "money",
    OF_ARTISTS: "team",
}
"""Where in the app what is news about each of these is found."""

ICONS = {
    **dict.fromkeys(OF_CONTRACTS, "file-text"),
    **dict.fromkeys(OF_SPLITS, "split"),
    **dict.fromkeys(OF_RELEASES, "disc-3"),
    **dict.fromkeys(OF_ARTISTS, "users"),
    **dict.fromkeys(OF_PAYOUTS, "banknote"),
    **dict.fromkeys(OF_PAYEES, "building"),
    **dict.fromkeys(OF_HOLDS, "lock"),
    **dict.fromkeys(ANSWERED, "circle-question-mark"),
}


@get(NEWS, sync_to_thread=True)
def news_page(request: AnyRequest) -> Response[str]:
    """Show the newest news."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        found = [(row, state) for row, state in session.execute(queries.news(visitor).limit(SHOWN)).all()]
        rows = [row for row, _ in found]
        shown: dict[str, Any] = {"names": queries.names(session, rows), "spans": queries.spans(session, rows)}
    shown |= {"rows": found, "icons": ICONS, "meanings": meanings(), "teller": teller_of(realm_of(request))}
    return app_page(request, "artist/news.html", visitor, **shown)


@get(f"{NEWS}/{{activity_id:str}}", sync_to_thread=True)
def open_news(request: AnyRequest, activity_id: FromPath[str]) -> Response[Any]:
    """Lead to what a piece of news is about; from then on it is read."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    mark = tenant.state is TenantState.ACTIVE and visitor.acting is None
    with tenant_work(tenant) if mark else tenant_read(tenant) as session:
        row = service.read(session, visitor, parse_uuid(activity_id), mark=mark)
        place = _place(session, visitor, row)
    return seen(Redirect(place, status_code=303), tenant, visitor)


def _place(session: Session, visitor: Visitor, row: Activity) -> str:
    """Where a piece of news leads."""
    if row.action in ANSWERED:
        return f"{APP}/statements/{row.subject_id}/lines/{(row.after or {}).get('line')}#thread"
    for actions, part in PLACES.items():
        if row.action in actions:
            return f"{APP}/{part}".format(id=row.subject_id)
    statement = session.scalar(queries.first_statement(visitor, row.subject_id))
    return f"{APP}/statements/{statement}" if statement else f"{APP}/statements"


@post(f"{NEWS}/all", sync_to_thread=True)
def read_all(request: AnyRequest) -> Redirect:
    """Mark everything as read."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        service.mark_all_read(session, visitor)
    return flash.done(NEWS, tenant, sentence("Marked as read."))


handlers = [news_page, open_news, read_all]
