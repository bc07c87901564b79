"""A value that is edited where it stands: sent with the version it was decided on, answered as a piece of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

from litestar import MediaType, Request, Response
from litestar.response import Redirect
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from app.kernel.web.pages import render, told_refusal
from app.kernel.web.paging import Changed, etag, require_unchanged
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import status_of

_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:cell, 0))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of one row: what it is called (a msgid), where a new one is POSTed and as which field, and what it is.

    With `choices`, value and name, it is one of them. `more` goes along unchanged, and `href` is where the value leads.
    """

    id: str
    label: str
    action: str
    field: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()
    more: Mapping[str, str] = part(default_factory=dict)
    href: str = ""

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return self.called(self.value)

    @property
    def tag(self) -> str:
        """The version of the value, as ETag and If-Match carry it."""
        return tag_of(self.value, self.more)

    def called(self, value: str) -> str:
        """A value as people read it: a choice by its name."""
        return dict(self.choices).get(value, value)


def tag_of(value: str, more: Mapping[str, str] | None = None) -> str:
    """The version of a cell with this value."""
    return etag(value, sorted((more or {}).items()))


Read = Callable[[Session], Cell]
Change = Callable[[Session], object]


def wants_part(request: Request[Any, Any, Any]) -> bool:
    """Tell whether a piece of a page is wanted, which a script puts into its place."""
    return request.headers.get("hx-request-type") == "partial"


def led(request: Request[Any, Any, Any], path: str) -> Response[Any]:
    """Lead the whole page on, also where only a piece of it was asked for."""
    if wants_part(request):
        return Response(None, status_code=204, headers={"hx-redirect": path})
    return Redirect(path, status_code=303)


def edit(
    request: Request[Any, Any, Any], read: Read, change: Change, *, typed: str, match: str = ""
) -> Response[str] | None:
    """Change a value that is still what its editor saw, and give back its cell anew, with the way back in a toast.

    Whoever was slower gets the cell with both values (412); what cannot be used stays in it with its reason. For an
    ordinary form it is None, because the answer is a page, and refusals are raised; `match` is that form's If-Match.
    """
    is_part, tenant = wants_part(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            session.execute(_IN_TURN, {"cell": f"{tenant.id} {request.url.path}"})
            before = read(session)
            require_unchanged(request.headers.get("if-match") if is_part else match or "*", before.tag)
            change(session)
            session.flush()
            after = read(session)
    except (Conflict, Forbidden, Invalid) as refusal:
        if not is_part:
            raise
        with tenant_read(tenant) as session:
            return _part(request, read(session), refusal=refusal, typed=typed)
    return _part(request, after, before=before) if is_part else None


def _part(
    request: Request[Any, Any, Any],
    cell: Cell,
    *,
    before: Cell | None = None,
    refusal: Refusal | None = None,
    typed: str = "",
) -> Response[str]:
    realm = realm_of(request)
    shown = {
        "cell": cell,
        "before": before if before and before.tag != cell.tag else None,
        "problem": told_refusal(realm, refusal) if refusal else "",
        "is_behind": isinstance(refusal, Changed),
        "typed": typed,
    }
    status = status_of(refusal) if refusal else 200
    content = render("cell.html", realm, **shown)
    return Response(content, media_type=MediaType.HTML, status_code=status, headers={"etag": cell.tag})
