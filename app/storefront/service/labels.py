"""Labels with a barcode for things on the shelf, on sheets of 3 × 8 (70 × 36 mm) as PDF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.brand.service.drawing import Sheet
from app.catalog.rules.identifiers import bare, is_gtin
from app.storefront.models import Product, Variant
from app.storefront.queries.products import variants_on_sale
from app.storefront.rules.barcodes import code128, retail
from app.storefront.service.gathering import titled

MOST_EACH = 48
GTIN_14 = 14
"""So many digits has the code of a box of things; no till reads it."""


def sheets(session: Session, product: Product, each: int, language: str) -> Sheet:
    """So many labels of every variant that is sold, one variant after the other."""
    title = titled(product, language)
    data = {
        "title": title,
        "labels": labels(title, session.scalars(variants_on_sale(product.id)).all(), each),
    }
    return Sheet("labels.typ", data, language)


def labels(title: str, variants: Sequence[Variant], each: int) -> list[dict[str, Any]]:
    """What stands on labels: a variant's own barcode, else its SKU, by both of which stock and products are found."""
    made: list[dict[str, Any]] = []
    for variant in variants:
        code = variant.barcode or variant.sku
        made += [{"title": title, "variant": variant.title, "code": code} | _drawn(code)] * each
    return made


def _drawn(code: str) -> dict[str, Any]:
    """The bars of a code as tills read it, with its digits where they stand below; of any other as scanners do."""
    digits = bare(code)
    if is_gtin(code) and len(digits) < GTIN_14:
        bars, below = retail(digits[1:] if len(digits) == len("0036000291452") and digits[0] == "0" else digits)
        return {"bars": bars, "below": below}
    return {"bars": code128(code) if code.isascii() else [], "below": []}  # what symbols lack would be found by nothing
