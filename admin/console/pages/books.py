"""A label's frozen books: lifted by an operator who has seen them right and says why."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath, URLEncodedBody

from admin.console import service
from admin.console.pages.labels import label_page
from admin.console.queries import BOOKS_LIFTED
from admin.pages import operator_of
from app.kernel.db import platform_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.sentences import sentence
from app.kernel.tenant import READ_ONLY
from app.kernel.web import flash
from app.kernel.web.languages import say_refusal
from app.kernel.web.realm import realm_of
from app.ledger.service import freezing
from tenants.registry.queries import as_tenant, tenant_row


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """Why money may move again."""

    reason: str


@post("/admin/labels/{label_id:str}/books", sync_to_thread=True)
def lift(request: Request[Any, Any, Any], label_id: FromPath[str], data: URLEncodedBody[Reason]) -> Response[Any]:
    """Let a label's money move again, once its books are right."""
    operator = operator_of(request)
    with platform_read() as session:
        tenant = as_tenant(tenant_row(session, label_id))
    try:
        with tenant_work(tenant, even=READ_ONLY) as own:
            freezing.lift(own, service.actor_of(operator), reason=data.reason)
    except Refusal as refusal:
        return label_page(request, tenant.id, status=422, problem=say_refusal(refusal, realm_of(request).language))
    service.note(operator, BOOKS_LIFTED, tenant_id=tenant.id, reason=data.reason[: freezing.LONGEST_REASON])
    return flash.done(f"/admin/labels/{tenant.id}", None, sentence("The books are right, and money moves again."))


handlers = [lift]
