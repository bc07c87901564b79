"""The imprints of the label, as a tree."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.identity.policies import allows
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.paging import require_unchanged
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.policies import imprint_to_change, require_whole, visible_imprints
from app.roster.schemas import ImprintForm
from app.roster.service import imprints

IMPRINTS = "/portal/artists/imprints"


@get(IMPRINTS, sync_to_thread=True)
def list_imprints(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the tree of imprints."""
    return page("roster/imprints.html", realm_of(request), problem=None, **_shown(request))


def _shown(request: Request[Any, Any, Any]) -> dict[str, Any]:
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        rows = imprints.tree(session, visible_imprints(visitor))
    may_edit = allows(visitor, "catalog.edit")
    may_add = may_edit and visitor.scope.is_whole
    return {"here": IMPRINTS, "rows": rows, "may_edit": may_edit, "may_add": may_add}


@post(IMPRINTS, sync_to_thread=True)
def add_imprint(request: Request[Any, Any, Any], data: URLEncodedBody[ImprintForm]) -> Redirect:
    """Make an imprint."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        imprints.add_imprint(session, visitor, data)
    return flash.done(IMPRINTS, tenant, sentence("The imprint was added."))


@post(f"{IMPRINTS}/{{imprint_id:str}}", sync_to_thread=True)
def change_imprint(
    request: Request[Any, Any, Any], imprint_id: FromPath[str], data: URLEncodedBody[ImprintForm]
) -> Redirect:
    """Change an imprint that is still as its editor saw it."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        imprint = imprint_to_change(session, visitor, parse_uuid(imprint_id))
        require_unchanged(f'"{data.match}"', f'"{imprint.version}"')
        imprints.change_imprint(session, visitor, imprint, data)
    return flash.done(IMPRINTS, tenant, sentence("The imprint was changed."))


@post(f"{IMPRINTS}/{{imprint_id:str}}/removal", sync_to_thread=True)
def remove_imprint(request: Request[Any, Any, Any], imprint_id: FromPath[str]) -> Response[Any]:
    """Take an imprint away to which nothing belongs."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            imprint = imprint_to_change(session, visitor, parse_uuid(imprint_id))
            require_whole(visitor)
            imprints.remove_imprint(session, visitor, imprint)
    except Conflict as refusal:
        return again(request, "roster/imprints.html", refusal, **_shown(request))
    return flash.done(IMPRINTS, tenant, sentence("The imprint was removed."))


handlers = [list_imprints, add_imprint, change_imprint, remove_imprint]
