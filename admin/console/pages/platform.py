"""Incidents and caught mail."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from admin.console import service
from admin.console.errors import IncidentUnknown
from admin.pages import operator_of
from app.kernel import ids, mail
from app.kernel.db import current, platform_read, platform_work
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of

INCIDENTS = "/admin/incidents"


class IncidentForm(msgspec.Struct, forbid_unknown_fields=True):
    """What labels are to be told."""

    text: str
    level: str = "warning"
    cell: str = ""


@get("/admin/incidents", sync_to_thread=True)
def list_incidents(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what labels are told now."""
    operator_of(request)
    with platform_read() as session:
        rows = service.open_incidents(session)
    cells = list(current().settings.owner_urls)
    return page("console/incidents.html", realm_of(request), here=INCIDENTS, rows=rows, cells=cells)


@post("/admin/incidents", sync_to_thread=True)
def announce(request: Request[Any, Any, Any], data: URLEncodedBody[IncidentForm]) -> Redirect:
    """Tell labels of a trouble."""
    operator = operator_of(request)
    with platform_work() as session:
        service.announce(session, text=data.text, level=data.level, cell=data.cell or None)
    service.note(operator, "incident.announced", text=data.text[:300], cell=data.cell)
    return flash.done(INCIDENTS, None, sentence("Labels read it from now on."))


@post("/admin/incidents/{incident_id:str}/end", sync_to_thread=True)
def end(request: Request[Any, Any, Any], incident_id: FromPath[str]) -> Redirect:
    """End what labels are told."""
    operator, known = operator_of(request), ids.parse_uuid(incident_id)
    if known is None:
        raise IncidentUnknown
    with platform_work() as session:
        service.end_incident(session, known)
    service.note(operator, "incident.ended", incident=str(known))
    return flash.done(INCIDENTS, None, sentence("It is not shown any more."))


@get("/admin/mail", sync_to_thread=True)
def list_mail(request: Request[Any, Any, Any]) -> Response[str]:
    """Show mail that was kept instead of sent."""
    operator_of(request)
    mails = mail.caught(current().settings)
    return page("console/mail.html", realm_of(request), here="/admin/mail", mails=mails)


handlers = [list_incidents, announce, end, list_mail]
