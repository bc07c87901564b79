"""Whether a member who keeps a page open may keep it open."""

from __future__ import annotations

from collections.abc import Callable

from litestar.response import Stream

from app.identity import service
from app.identity.pages.visitors import AnyRequest, cookie_name
from app.identity.policies import Visitor
from app.kernel.db import tenant_read
from app.kernel.tenant import Tenant
from app.kernel.web.realm import tenant_of

EVENT_STREAM = {"cache-control": "no-store", "x-accel-buffering": "no"}


def staying(request: AnyRequest, visitor: Visitor) -> Callable[[], bool]:
    """A question to ask again and again: does the session live, are label and rights as when it began?"""
    tenant, registry = tenant_of(request), request.app.state.registry
    token = request.cookies.get(cookie_name(), "")
    standing = (tenant.state, tenant.cell, tenant.fence_epoch)

    def still_welcome() -> bool:
        known: Tenant | None = registry.by_id(tenant.id)
        if known is None or (known.state, known.cell, known.fence_epoch) != standing:
            return False
        with tenant_read(known) as session:
            found = service.member_of_token(session, token)
        if found is None or found.held.id != visitor.session_id:
            return False
        now = service.visitor_from(known, found)
        return (now.permissions, now.member.scope) == (visitor.permissions, visitor.member.scope)

    return still_welcome


def event_stream(stream: object) -> Stream:
    """The answer that keeps a page up to date, as it passes every proxy."""
    return Stream(stream, media_type="text/event-stream", headers=EVENT_STREAM)  # type: ignore[arg-type]
