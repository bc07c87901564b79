"""Everything that the label has, in one file: asked for, made by a worker, fetched, gone after a day."""

from __future__ import annotations

from typing import Any, Literal

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Call, Section, View
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.operations import BASE
from app.api.rest.conventions.running import counted
from app.api.rest.conventions.schemas import Count, Id, Moment
from app.api.service.callers import caller_of
from app.identity.errors import OutOfScope
from app.identity.policies import Visitor, require
from app.identity.service.usage import usage_of
from app.kernel.files.rules import content_disposition
from app.kernel.ids import parse_uuid
from app.kernel.web.realm import tenant_of
from tenants.archive import keeping
from tenants.archive.errors import ExportUnknown
from tenants.archive.models import Export
from tenants.hosts.service import HOSTS_PER_LABEL

SECTION = Section("Everything", "How much the label has, and all of it in one file.")
SCOPE = "label:export"
TAR = "application/x-tar"


class UsageLimits(View):
    """What the label may use at once."""

    hosts: Count
    requests: Count
    streams: Count
    jobs: Count
    upload_bytes: Count
    statement_timeout_ms: Count
    api_requests: Count
    api_client_requests: Count


class UsageView(View):
    """What the label has: members are people and programs that are let in, `activity` the rows of its log."""

    members: Count
    files: Count
    bytes: Count
    activity: Count
    hosts: Count
    limits: UsageLimits


class LabelExportView(View):
    """The newest export of everything. `parts` are the tables and files that are in it so far."""

    id: Id
    state: Literal["making", "ready", "failed"]
    parts: Count
    size: int | None
    asked_at: Moment
    ready_at: Moment | None
    kept_until: Moment | None


@SECTION.get("/label/usage", scope="label:write", gives=UsageView)
def read_usage(call: Call, session: Session) -> Answer:
    """Read limits and usage. How much the label has, and what it may use at once."""
    asked(call, {})
    require(call.visitor, "label.settings")
    most = {name: getattr(call.tenant.limits, name) for name in UsageLimits.__struct_fields__ if name != "hosts"}
    used = usage_of(session, call.tenant)._asdict()
    return Answer(used | {"limits": most | {"hosts": HOSTS_PER_LABEL}})


def _require_everything(visitor: Visitor) -> None:
    """Refuse a program of a part of the label what holds all of it."""
    require(visitor, "label.export")
    if not visitor.scope.is_whole:
        raise OutOfScope


@SECTION.apart("/label/exports", scope=SCOPE, gives=LabelExportView, status=202)
def export_everything(call: Call) -> Answer:
    """Export everything. By a worker; while one is being made, asking again gives that one."""
    _require_everything(call.visitor)
    made = keeping.ask(call.tenant, by=call.actor)
    return Answer(_newest(call), 202, location=f"{BASE}/label/exports/{made}/file")


@SECTION.get("/label/exports/newest", scope=SCOPE, gives=LabelExportView)
def read_label_export(call: Call, session: Session) -> Answer:  # noqa: ARG001 it stands among all labels' exports
    """Read how the newest export stands. 404 where there is none, or its day is over."""
    asked(call, {})
    _require_everything(call.visitor)
    return Answer(_newest(call))


def _newest(call: Call) -> dict[str, Any]:
    found = keeping.newest(call.tenant)
    if found is None:
        raise ExportUnknown
    export, has_failed = found
    return _shown(export, has_failed=has_failed)


def _shown(export: Export, *, has_failed: bool) -> dict[str, Any]:
    state = "ready" if export.ready_at else "failed" if has_failed else "making"
    return {name: getattr(export, name) for name in LabelExportView.__struct_fields__ if name != "state"} | {
        "state": state
    }


@get(f"{BASE}/label/exports/{{export_id:str}}/file", sync_to_thread=True)
def _file(request: Request[Any, Any, Any], export_id: FromPath[str]) -> Stream:
    tenant, caller = tenant_of(request), caller_of(request, SCOPE)
    counted(tenant, caller)
    _require_everything(caller.visitor)
    by = caller.visitor.actor
    token = keeping.link(tenant, parse_uuid(export_id), by=by)
    export, content = keeping.opened(tenant, token, by=by)
    name = f"{tenant.slug}-{export.asked_at:%Y%m%d}.tar"
    headers = {
        "content-disposition": content_disposition(name, TAR, attachment=True),
        "content-length": str(export.size),
        "cache-control": "no-store",
    }
    return Stream(content, media_type=TAR, headers=headers)


@SECTION.streamed("/label/exports/{export_id}/file", _file, scope=SCOPE, media_type=TAR)
def fetch_label_export() -> None:
    """Fetch everything. The file, which imports into an empty label; each time is written into the log."""
