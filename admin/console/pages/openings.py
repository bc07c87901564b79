"""Labels that a worker opens, because building a schema is nothing a web process may do."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get
from litestar.response import Redirect

from admin.console import queries
from admin.console.errors import OpeningUnknown
from admin.models import Operator
from admin.pages import operator_of
from app.kernel.db import platform_read, platform_work
from app.kernel.jobs import ask
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of
from tenants.provisioning.schemas import OpenLabel

OPENINGS = "/admin/openings"


def ask_worker(operator: Operator, wish: OpenLabel) -> Redirect:
    """Have a worker open a label, once per request key, and lead to where its progress is shown."""
    with platform_work() as session:
        args = {"wish": msgspec.to_builtins(wish), "operator": str(operator.id)}
        ask(session, "operators.open_label", args, key=wish.request_key)
    return Redirect(f"{OPENINGS}?key={quote(wish.request_key, safe='')}", status_code=303)


@get(OPENINGS, sync_to_thread=True)
def show_opening(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show how far the opening of a label has come, and lead to the label once it is live."""
    operator_of(request)
    with platform_read() as session:
        opening = queries.opening(session, request.query_params.get("key", ""))
    if opening is None:
        raise OpeningUnknown
    if opening.tenant_id is not None:
        said = sentence("The label is live. Its owner has been invited.")
        return flash.done(f"/admin/labels/{opening.tenant_id}", None, said)
    return page("console/opening.html", realm_of(request), here="/admin", opening=opening)


handlers: list[Any] = [show_opening]
