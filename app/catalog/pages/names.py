"""What is called something like what somebody types into a form of the catalogue."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get

from app.catalog.queries import recordings as queries
from app.identity.pages import visitor_of
from app.identity.policies import require_somewhere
from app.kernel.db import tenant_read
from app.kernel.web.realm import tenant_of
from app.kernel.web.strict import query
from app.lists.errors import FilterUnusable
from app.lists.rules import LONGEST_TEXT
from app.roster.queries.search import forgive

MOST = 8


@get("/portal/names", sync_to_thread=True)
def names(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the artists, people, works, recordings or releases that fit best."""
    visitor = visitor_of(request)
    require_somewhere(visitor, "catalog.view")
    asked = query(request, "of", "q")
    wanted, kind = asked.get("q", "").strip(), asked.get("of", "artists")
    if kind not in queries.NAMED or len(wanted) > LONGEST_TEXT:
        raise FilterUnusable
    with tenant_read(tenant_of(request)) as session:
        forgive(session)
        found = queries.named(session, visitor, kind, wanted, MOST) if wanted else []
    said = [{"id": str(row.id), "name": row.name, "note": row.note} for row in found]
    return Response(msgspec.json.encode(said), media_type="application/json")


handlers = [names]
