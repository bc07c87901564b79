"""Acting in a label: asked for with a reason, allowed by an owner of the label, entered once at a time."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from admin.console.service import note
from admin.models import Operator
from admin.pages.door import AnyRequest, again, operator_of
from app.identity.errors import ChoiceUnusable
from app.identity.service import notices, support
from app.kernel import ids
from app.kernel.db import platform_read, tenant_read, tenant_work
from app.kernel.tenant import Tenant, TenantState
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of
from tenants.registry.queries import as_tenant, tenant_row

SUPPORT = "/admin/labels/{label_id:str}/support"


class AskForm(msgspec.Struct, forbid_unknown_fields=True):
    """Why, and for how many hours, an operator wants to look."""

    reason: str
    hours: int


def _label(name: str) -> Tenant:
    with platform_read() as session:
        return as_tenant(tenant_row(session, name))


def _shown(tenant: Tenant, operator: Operator, way_in: str = "") -> dict[str, Any]:
    with tenant_read(tenant) as session:
        grants = [grant for grant in support.open_grants(session) if grant.operator_id in (None, operator.id)]
    return {"label": tenant, "grants": grants, "way_in": way_in, "here": "/admin"}


@get(SUPPORT, sync_to_thread=True)
def support_page(request: AnyRequest, label_id: FromPath[str]) -> Response[str]:
    """Show what was asked of a label and what it allows."""
    operator, tenant = operator_of(request), _label(label_id)
    return page("identity/operator_support.html", realm_of(request), problem=None, **_shown(tenant, operator))


@post(SUPPORT, sync_to_thread=True)
def ask(request: AnyRequest, label_id: FromPath[str], data: URLEncodedBody[AskForm]) -> Response[Any]:
    """Ask a label's owners to let the operator look."""
    operator, tenant = operator_of(request), _label(label_id)
    try:
        with tenant_work(tenant, even={TenantState.SUSPENDED}) as session:
            grant = support.ask(session, tenant, operator.id, reason=data.reason, hours=data.hours)
    except ChoiceUnusable as refusal:
        return again(request, "identity/operator_support.html", refusal, **_shown(tenant, operator))
    note(operator, "support.asked", tenant_id=tenant.id, reason=grant.reason, hours=grant.hours)
    return Redirect(f"/admin/labels/{tenant.id}/support", status_code=303)


@post(f"{SUPPORT}/{{grant_id:str}}/enter", sync_to_thread=True)
def enter(request: AnyRequest, label_id: FromPath[str], grant_id: FromPath[str]) -> Response[str]:
    """Show the link that leads into the label once, within two minutes."""
    operator, tenant = operator_of(request), _label(label_id)
    with tenant_work(tenant, even={TenantState.SUSPENDED}) as session:
        token = support.issue_way_in(session, operator.id, ids.parse_uuid(grant_id))
    note(operator, "support.entered", tenant_id=tenant.id, grant=grant_id)
    way_in = f"{notices.base_address(tenant)}/portal/support/{token}"
    return page("identity/operator_support.html", realm_of(request), problem=None, **_shown(tenant, operator, way_in))


handlers: list[Any] = [support_page, ask, enter]
