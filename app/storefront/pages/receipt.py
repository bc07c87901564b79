"""The receipt of an order as a document, for whoever has the order's link."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from app.brand.service.drawing import draw_sheet
from app.fans.pages.visitors import language_here
from app.identity.pages import AnyRequest
from app.kernel.db import tenant_read
from app.kernel.web.realm import tenant_of
from app.storefront.models import Order
from app.storefront.rules.payment_refusals import ReceiptMissing
from app.storefront.service import links, receipts

HEADERS: Final = {"cache-control": "private, no-store", "referrer-policy": "same-origin", "x-robots-tag": "noindex"}


@get("/{language:str}/orders/{token:str}/receipt.pdf", sync_to_thread=True)
def show(request: AnyRequest, language: FromPath[str], token: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """Give the receipt of an order that was paid."""
    language_here(request)
    tenant = tenant_of(request)
    order_id = links.order_id_of(tenant, token)
    with tenant_read(tenant) as session:
        order = session.get(Order, order_id)
        if order is None or order.paid_at is None:
            raise ReceiptMissing
        sheet = receipts.sheet(session, tenant, order)
    name = f'inline; filename="receipt-{order.number}.pdf"'
    return Response(
        draw_sheet(tenant, sheet), media_type="application/pdf", headers=HEADERS | {"content-disposition": name}
    )


handlers = [show]
