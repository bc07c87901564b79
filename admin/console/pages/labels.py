"""Labels: the list, one label, and everything that is done to one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from admin.console import activity, queries, service
from admin.console.errors import NotConfirmed
from admin.console.pages import openings
from admin.pages import operator_of
from app.kernel import ids
from app.kernel.db import current, platform_read, platform_work, tenant_read
from app.kernel.errors import Invalid, Refusal
from app.kernel.jobs import ask
from app.kernel.sentences import sentence
from app.kernel.tenant import READ_ONLY, Tenant, TenantState
from app.kernel.web import flash
from app.kernel.web.languages import own_names, say_refusal
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of
from app.ledger.models import LedgerFreeze
from app.ledger.service.freezing import frozen
from tenants.billing.rules import FLAGS, PLANS, check_plan
from tenants.fleet.revisions import is_served
from tenants.hosts.service import hosts_of, may_have_certificate
from tenants.lifecycle import service as life
from tenants.provisioning.errors import NoSpare
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label
from tenants.registry.queries import as_tenant, tenant_row

LABELS = "/admin"
READABLE = (TenantState.ACTIVE, *READ_ONLY)


class LabelWish(msgspec.Struct, forbid_unknown_fields=True):
    """What the form for a new label sends."""

    slug: str
    name: str
    owner_email: str
    request_key: str
    time_zone: str = "UTC"
    currency: str = "EUR"
    plan: str = "standard"
    cell: str = "home"
    language: list[str] | str = "en"


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be done to a label; `confirm` is its short name, typed again."""

    what: str
    reason: str = ""
    confirm: str = ""
    cell: str = ""
    name: str = ""
    slug: str = ""
    grace_days: str = "30"


class PlanForm(msgspec.Struct, forbid_unknown_fields=True):
    """A label's plan and flags."""

    plan: str
    flag: list[str] | str = []


@get("/admin", sync_to_thread=True)
def list_labels(request: Request[Any, Any, Any]) -> Response[str]:
    """Show every label with state, plan, revision and hosts."""
    operator_of(request)
    state, wanted = request.query_params.get("state", ""), request.query_params.get("q", "")[:100]
    with platform_read() as session:
        rows, states = queries.labels(session, state=state, wanted=wanted), queries.states(session)
        held = queries.frozen(session)
    shown: dict[str, Any] = {
        "rows": rows,
        "states": states,
        "state": state,
        "wanted": wanted,
        "frozen": held,
        "plans": PLANS,
    }
    return page("console/labels.html", realm_of(request), here=LABELS, **shown)


@get("/admin/search", sync_to_thread=True)
def search(request: Request[Any, Any, Any]) -> Response[str]:
    """Find labels by name, short name or host, for the palette."""
    operator_of(request)
    with platform_read() as session:
        rows = queries.labels(session, wanted=request.query_params.get("q", "")[:100])[:8]
    found = [("building", each.row.name, each.row.slug or "", f"/admin/labels/{each.row.id}") for each in rows]
    return page("portal/found.html", realm_of(request), found=found)


@get("/admin/labels/new", sync_to_thread=True)
def new_label(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the form for a new label."""
    operator_of(request)
    return _new(request)


def _new(request: Request[Any, Any, Any], status: int = 200, **shown: Any) -> Response[str]:
    choices = {"zones": sorted(available_timezones()), "cells": list(current().settings.owner_urls), "plans": PLANS}
    values = (
        {"wish": None, "problem": "", "fields": {}, "key": str(ids.new_id()), "spoken": own_names()} | choices | shown
    )
    return page("console/new_label.html", realm_of(request), status=status, here=LABELS, **values)


@post("/admin/labels", sync_to_thread=True)
def open_one(request: Request[Any, Any, Any], data: URLEncodedBody[LabelWish]) -> Response[Any]:
    """Open a label; sent twice it opens once."""
    operator = operator_of(request)
    details = msgspec.structs.asdict(data)
    spoken = details.pop("language")
    details["languages"] = (spoken,) if isinstance(spoken, str) else tuple(spoken)
    try:
        check_plan(data.plan)
        wish = OpenLabel(**details)
        tenant = open_label(wish, may_build=False)
    except NoSpare:
        return openings.ask_worker(operator, wish)
    except Refusal as refusal:
        fields = refusal.fields if isinstance(refusal, Invalid) else {}
        problem = say_refusal(refusal, realm_of(request).language)
        return _new(request, 422, wish=data, problem=problem, fields=fields, key=data.request_key)
    service.note(operator, "label.opened", tenant_id=tenant.id, slug=tenant.slug, plan=tenant.plan)
    return flash.done(f"/admin/labels/{tenant.id}", None, sentence("The label is live. Its owner has been invited."))


@get("/admin/labels/{label_id:str}", sync_to_thread=True)
def show_label(request: Request[Any, Any, Any], label_id: FromPath[str]) -> Response[str]:
    """Show one label with everything an operator may know of it."""
    operator_of(request)
    return label_page(request, label_id)


def label_page(request: Request[Any, Any, Any], label_id: str, status: int = 200, problem: str = "") -> Response[str]:
    """One label, and what was refused about it."""
    with platform_read() as session:
        row = tenant_row(session, label_id)
        used, steps = queries.usage(session, row.id), queries.operations(session, row.id)
        audit = queries.audit(session, tenant_id=row.id)
    settings = current().settings
    registry, admin_host = request.app.state.registry, f"admin.{settings.base_domain}"
    hosts = [
        (host, may_have_certificate(registry, host.host, admin_host=admin_host)) for host in hosts_of(as_tenant(row))
    ]
    return page(
        "console/label.html",
        realm_of(request),
        status=status,
        here=LABELS,
        row=row,
        hosts=hosts,
        used=used,
        steps=steps,
        audit=audit,
        said=activity.said,
        plans=PLANS,
        flags=FLAGS,
        cells=[cell for cell in settings.owner_urls if cell != row.cell],
        freeze=books_of(as_tenant(row)),
        problem=problem,
    )


def books_of(tenant: Tenant) -> LedgerFreeze | None:
    """What holds a label's books, if they are frozen and can be read."""
    if tenant.state not in READABLE or not is_served(tenant.revision):
        return None
    with tenant_read(tenant) as session:
        return frozen(session)


@post("/admin/labels/{label_id:str}/changes", sync_to_thread=True)
def change(request: Request[Any, Any, Any], label_id: FromPath[str], data: URLEncodedBody[Change]) -> Response[Any]:
    """Suspend, resume, rename, move or close a label."""
    operator = operator_of(request)
    with platform_read() as session:
        row = tenant_row(session, label_id)
    try:
        said = _done(row.id, row.slug or "", data, service.actor_of(operator))
    except Refusal as refusal:
        return label_page(request, row.id, status=422, problem=say_refusal(refusal, realm_of(request).language))
    facts = {name: value for name, value in msgspec.structs.asdict(data).items() if value and name != "confirm"}
    service.note(operator, f"label.{data.what}", tenant_id=row.id, **facts)
    return flash.done(f"/admin/labels/{row.id}", None, said)


def _done(tenant_id: str, slug: str, data: Change, by: Any) -> str:
    if data.what in ("close", "move") and data.confirm != slug:
        raise NotConfirmed
    if data.what == "suspend":
        life.suspend(tenant_id, by=by, reason=data.reason[:500])
        return sentence("The label is suspended: it can be read, and nothing changed.")
    if data.what == "resume":
        life.resume(tenant_id, by=by)
        return sentence("The label is active again.")
    if data.what == "rename":
        life.rename(tenant_id, by=by, slug=data.slug or None, display_name=data.name or None)
        return sentence("The label has its new name.")
    if data.what == "close":
        days = int(data.grace_days) if data.grace_days.isdigit() and len(data.grace_days) < 4 else 30
        life.close(tenant_id, by=by, grace=timedelta(days=min(days, 365)))
        return sentence("The label is closing. It can be read and exported until its grace has passed.")
    if data.what == "move":
        with platform_work() as session:
            ask(session, "tenants.move", {"label": tenant_id, "cell": data.cell})
        return sentence("The label is being moved.")
    raise Invalid


@post("/admin/labels/{label_id:str}/plan", sync_to_thread=True)
def set_plan(request: Request[Any, Any, Any], label_id: FromPath[str], data: URLEncodedBody[PlanForm]) -> Redirect:
    """Give a label another plan, and features that are not for everybody yet."""
    operator = operator_of(request)
    flags = [data.flag] if isinstance(data.flag, str) else data.flag
    tenant = life.set_plan(label_id, by=service.actor_of(operator), plan=data.plan, flags=flags)
    service.note(operator, "label.plan", tenant_id=tenant.id, plan=data.plan, flags=flags)
    return flash.done(f"/admin/labels/{tenant.id}", None, sentence("Saved."))


class ShareForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the artist side keeps of payouts, in percent."""

    percent: str


@post("/admin/labels/{label_id:str}/share", sync_to_thread=True)
def set_share(
    request: Request[Any, Any, Any], label_id: FromPath[str], data: URLEncodedBody[ShareForm]
) -> Response[Any]:
    """Note what the artist side keeps of payouts by the label's contract with us."""
    operator, digits = operator_of(request), data.percent.strip()
    share = int(digits) * 10_000 if digits.isdecimal() and len(digits) <= 3 else 0
    try:
        tenant = life.set_artist_share(label_id, by=service.actor_of(operator), share_ppm=share)
    except Refusal as refusal:
        return label_page(request, label_id, status=422, problem=say_refusal(refusal, realm_of(request).language))
    service.note(operator, "label.share", tenant_id=tenant.id, share_ppm=share)
    return flash.done(f"/admin/labels/{tenant.id}", None, sentence("Saved."))


handlers = [list_labels, search, new_label, open_one, *openings.handlers, show_label, change, set_plan, set_share]
