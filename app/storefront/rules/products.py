"""What a product must say to be kept, and to be sold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from app.kernel.web.languages import LANGUAGES
from app.storefront.rules.product_slugs import FORM
from app.storefront.rules.refusals import ProductUnusable
from app.storefront.rules.rounding import is_whole_minor
from app.storefront.rules.taxes import TAX_CLASSES

KINDS: Final = ("digital", "physical", "bundle", "membership")
INTERVALS: Final = ("month", "year")
MOST_VARIANTS: Final = 100
MOST_PARTS: Final = 100
LONGEST_TITLE: Final = 200
HIGHEST_MICROS: Final = 10**15


class NewVariant(msgspec.Struct, kw_only=True):
    """A variant as it is wanted; with the `id` of one that is there it is that one. Prices by market's id."""

    price_micros: int
    id: UUID | None = None
    sku: str = ""
    title: str = ""
    options: dict[str, str] = {}
    was_micros: int | None = None
    cost_micros: int = 0
    grams: int = 0
    barcode: str | None = None
    is_active: bool = True
    prices: dict[UUID, int] = {}
    was: dict[UUID, int] = {}


class NewPart(msgspec.Struct):
    """So many of a variant in a bundle."""

    variant_id: UUID
    quantity: int = 1


class NewProduct(msgspec.Struct, kw_only=True):
    """A product as it is wanted; the fields are those of `Product`. Descriptions may be HTML and are cleaned."""

    kind: str
    title: str
    variants: list[NewVariant]
    slug: str = ""
    titles: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    release_id: UUID | None = None
    recording_id: UUID | None = None
    artist_id: UUID | None = None
    tax_class: str = ""
    on_sale_from: datetime | None = None
    ships_on: date | None = None
    most: int | None = None
    is_named_price: bool = False
    interval: str | None = None
    fulfilled_by: str = ""
    position: int = 0
    parts: list[NewPart] = []


def whole(wish: NewProduct) -> NewProduct:
    """A wish with what follows from its kind where nothing is said."""
    has_body = wish.kind == "physical"
    return msgspec.structs.replace(
        wish,
        title=wish.title.strip(),
        tax_class=wish.tax_class or ("goods" if has_body else "digital"),
        fulfilled_by=wish.fulfilled_by or ("label" if has_body else "nobody"),
        titles=texts(wish.titles),
    )


def texts(said: dict[str, str]) -> dict[str, str]:
    """Texts by language, those that are there in languages that the shop speaks."""
    return {key: text.strip() for key, text in said.items() if key in LANGUAGES and text.strip()}


def check(wish: NewProduct, currency: str, markets: dict[UUID, str]) -> None:
    """Refuse what cannot be kept; `currency` is the label's, `markets` has the currency of each."""
    is_bundle, is_membership = wish.kind == "bundle", wish.kind == "membership"
    checks = {
        "title": (0 < len(wish.title) <= LONGEST_TITLE, ProductUnusable.TITLE),
        "kind": (wish.kind in KINDS, ProductUnusable.KIND),
        "tax_class": (wish.tax_class in TAX_CLASSES, ProductUnusable.TAX),
        "slug": (not wish.slug or bool(FORM.fullmatch(wish.slug)), ProductUnusable.SLUG),
        "release_id": (wish.kind != "digital" or _is_music(wish), ProductUnusable.MUSIC),
        "interval": (is_membership == (wish.interval in INTERVALS), ProductUnusable.INTERVAL),
        "parts": (is_bundle == bool(wish.parts) and _are_counted(wish.parts), ProductUnusable.PARTS),
        "most": (wish.most is None or wish.most > 0, ProductUnusable.MOST),
    }
    wrong = {field: why for field, (is_right, why) in checks.items() if not is_right}
    wrong |= _variants(wish.variants, currency, markets)
    if wrong:
        raise ProductUnusable(fields=wrong)


def _is_music(wish: NewProduct) -> bool:
    """Whether it is one release or one recording."""
    return (wish.release_id is None) != (wish.recording_id is None)


def _are_counted(parts: Sequence[NewPart]) -> bool:
    return all(1 <= part.quantity <= MOST_PARTS for part in parts)


def _variants(variants: Sequence[NewVariant], currency: str, markets: dict[UUID, str]) -> dict[str, str]:
    if not 0 < len(variants) <= MOST_VARIANTS:
        return {"variants": ProductUnusable.VARIANTS}
    wrong: dict[str, str] = {}
    for place, variant in enumerate(variants):
        own = [variant.price_micros, variant.cost_micros, variant.was_micros or 0]
        listed = [(key, micros) for said in (variant.prices, variant.was) for key, micros in said.items()]
        is_known = all(key in markets for key, _ in listed)
        if not is_known or not all(_is_price(each, currency) for each in own[::2]) or own[1] < 0:
            wrong[f"variants.{place}.price"] = ProductUnusable.PRICE
        elif not all(_is_price(micros, markets[key]) for key, micros in listed):
            wrong[f"variants.{place}.prices"] = ProductUnusable.PRICE
    return wrong


def _is_price(micros: int, currency: str) -> bool:
    return 0 <= micros <= HIGHEST_MICROS and is_whole_minor(micros, currency)
