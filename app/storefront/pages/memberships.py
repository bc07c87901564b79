"""A fan's memberships: what the next period costs and when it is charged, and the way out."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from app.fans.pages.visitors import account, account_page, language_here, signed_fan, to
from app.identity.pages import AnyRequest
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.web.realm import tenant_of
from app.storefront.queries import library as queries
from app.storefront.service import links, members, renewing
from app.storefront.service.fan_doors import membership_to_end
from app.storefront.service.gathering import titled


@get("/{language:str}/account/memberships", sync_to_thread=True)
def show(request: AnyRequest) -> Response[Any]:
    """Show what a fan is a member of, what the next period costs and when, and what is to be paid."""
    fan, tenant, language = signed_fan(request), tenant_of(request), language_here(request)
    with tenant_read(tenant) as session:
        rows = session.execute(queries.memberships(fan)).all()
        nexts = renewing.next_prices(session, tenant, [(row.Membership, row.Product) for row in rows])
    shown = [
        {
            "member": row.Membership,
            "title": titled(row.Product, language),
            "next": nexts.get(row.Membership.id),
            "order": row.Order,
            "pay": links.order_path(tenant, language, row.Order.id) if row.Order else "",
        }
        for row in rows
    ]
    return account_page(request, "store/account/memberships.html", here="memberships", memberships=shown)


@post("/{language:str}/account/memberships/{membership_id:str}/end", sync_to_thread=True)
def end(request: AnyRequest, membership_id: FromPath[str]) -> Response[Any]:
    """End a membership; what is paid for stays open until its last day."""
    fan, tenant = signed_fan(request), tenant_of(request)
    with tenant_work(tenant) as session:
        member = membership_to_end(session, fan, parse_uuid(membership_id))
        members.end(session, tenant, fan, member.id)
    return to(account(request, "/memberships"))


handlers: list[Any] = [show, end]
