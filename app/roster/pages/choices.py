"""What a chooser by name offers."""

from __future__ import annotations

from typing import Any

from litestar import Request, get

from app.identity.pages import visitor_of
from app.kernel.db import tenant_read
from app.kernel.errors import NotFound
from app.kernel.web.realm import tenant_of
from app.roster.queries.choices import CHOICES
from app.roster.queries.search import forgive

MOST_KEYS, LONGEST = 200, 100


@get("/portal/choices", sync_to_thread=True)
def choices(request: Request[Any, Any, Any]) -> list[dict[str, str]]:
    """Give what a visitor may choose from: what is called like a text, or is of some keys."""
    visitor, asked = visitor_of(request), request.query_params
    choosing = CHOICES.get(asked.get("of", ""))
    if choosing is None:
        raise NotFound
    keys = [key for key in asked.get("keys", "").split(",") if key][:MOST_KEYS]
    with tenant_read(tenant_of(request)) as session:
        forgive(session)
        rows = session.execute(choosing(visitor, asked.get("q", "").strip()[:LONGEST], keys)).all()
    return [{"key": key, "name": name, "note": note or ""} for key, name, note in rows]


handlers = [choices]
