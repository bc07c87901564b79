"""The front page, and the choice of a market."""

from __future__ import annotations

from typing import Any

from litestar import Response

from app.storefront.pages.routes import shop_get
from app.storefront.pages.shopper import AnyRequest, shop_page, shopper_of


@shop_get("")
def front(request: AnyRequest) -> Response[Any]:
    """Show what is new."""
    shopper = shopper_of(request)
    return shop_page(request, "store/front.html", shopper, keep=True)


handlers = [front]
