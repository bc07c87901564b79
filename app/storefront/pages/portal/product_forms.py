"""What the editor of a product shows and sends: texts in one language, variants in rows, prices by market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel.commas import between_commas
from app.kernel.ids import parse_uuid
from app.kernel.tenant import Tenant
from app.roster.models import Artist
from app.roster.policies import may_see_artist
from app.storefront.models import Market, Product, Variant
from app.storefront.pages.portal.around import (
    Sent,
    amount,
    day_of,
    lines,
    moment_of,
    one,
    optional_amount,
    optional_whole,
    typed_amount,
    typed_moment,
)
from app.storefront.queries.products import Edited
from app.storefront.rules.portal_refusals import SentUnusable
from app.storefront.rules.products import NewPart, NewProduct, NewVariant

ROW: Final = ("variant", "variant_title", "options", "sku", "price", "was", "cost", "grams", "barcode")
PART: Final = ("part", "part_quantity")
AT: Final = "at."
LONGEST_TEXT: Final = 100_000


def shown(tenant: Tenant, product: Product, it: Edited, language: str, reader: str) -> dict[str, Any]:
    """A product as it stands in its editor: single values."""
    is_first = language == tenant.languages[0]
    return {
        "title": product.title,
        "title_here": product.titles.get(language, ""),
        "description": product.descriptions.get(language, ""),
        "slug": product.slug,
        "tax_class": product.tax_class,
        "fulfilled_by": product.fulfilled_by,
        "on_sale_from": typed_moment(tenant, product.on_sale_from),
        "ships_on": product.ships_on.isoformat() if product.ships_on else "",
        "most": str(product.most or ""),
        "position": str(product.position),
        "named": "1" if product.is_named_price else "",
        "is_first": is_first,
        "rows": [_row(variant, tenant.currency, reader) for variant in it.variants],
        "parts": [{"part": str(part.variant_id), "part_quantity": str(part.quantity)} for part, _ in it.parts],
    }


def _row(variant: Variant, currency: str, reader: str) -> dict[str, str]:
    options = ", ".join(f"{name}: {value}" for name, value in variant.options.items())
    usual = " / ".join(variant.options.values())
    return {
        "variant": str(variant.id),
        "variant_title": "" if variant.title == usual else variant.title,
        "options": options,
        "sku": variant.sku,
        "price": typed_amount(variant.price_micros, currency, reader),
        "was": typed_amount(variant.was_micros, currency, reader),
        "cost": typed_amount(variant.cost_micros or None, currency, reader),
        "grams": str(variant.grams or ""),
        "barcode": variant.barcode or "",
    }


def at_market(variant: object, market: object) -> str:
    """The name of the field that has a variant's price in a market."""
    return f"{AT}{variant}.{market}"


def typed(data: Sent) -> dict[str, Any]:
    """What somebody typed, to be shown once more."""
    names = (
        "title", "title_here", "description", "slug", "tax_class", "fulfilled_by", "on_sale_from", "ships_on", "most",
        "position", "named", "artist",
    )  # fmt: skip
    said: dict[str, Any] = {name: one(data, name) for name in names if name in data or name == "named"}
    said["rows"] = lines(data, ROW) if "price" in data else []
    if "part" in data:
        said["parts"] = lines(data, PART)
    said["prices"] = {name: one(data, name) for name in data if name.startswith(AT)}
    return said


def wished(
    session: Session,
    visitor: Visitor,
    tenant: Tenant,
    product: Product,
    data: Sent,
    markets: Sequence[Market],
    *,
    language: str,
    reader: str,
) -> NewProduct:
    """The product that a form means, what it says nothing of left as it is."""
    title_here, description = one(data, "title_here"), one(data, "description")
    if len(description) > LONGEST_TEXT:
        raise SentUnusable
    parts = [_part(row) for row in lines(data, PART) if row["part"]] if "part" in data else []
    return NewProduct(
        kind=product.kind,
        title=one(data, "title"),
        slug=one(data, "slug"),
        titles={**product.titles, language: title_here},
        descriptions={**product.descriptions, language: description},
        artist_id=_artist(session, visitor, one(data, "artist")),
        tax_class=one(data, "tax_class"),
        fulfilled_by=one(data, "fulfilled_by") or product.fulfilled_by,
        on_sale_from=moment_of(tenant, one(data, "on_sale_from"), field="on_sale_from"),
        ships_on=day_of(one(data, "ships_on"), field="ships_on"),
        most=optional_whole(one(data, "most"), least=1, field="most"),
        position=optional_whole(one(data, "position"), most=1_000_000, field="position") or 0,
        is_named_price=bool(one(data, "named")),
        variants=_variants(tenant, data, markets, reader),
        parts=parts,
    )


def _part(row: dict[str, str]) -> NewPart:
    key = parse_uuid(row["part"])
    if key is None:
        raise SentUnusable
    return NewPart(key, optional_whole(row["part_quantity"], least=1, most=100, field="parts") or 1)


def _artist(session: Session, visitor: Visitor, key: str) -> UUID | None:
    if not key:
        return None
    return session.scalar(select(Artist.id).where(Artist.key == key, may_see_artist(visitor)))


def _variants(tenant: Tenant, data: Sent, markets: Sequence[Market], reader: str) -> list[NewVariant]:
    found = []
    for place, row in enumerate(lines(data, ROW) if "price" in data else []):
        if not any(row.values()):
            continue
        variant = _variant(tenant.currency, row, place, reader)
        if variant.id is not None:
            variant.prices = _prices(data, variant.id, markets, reader)
        found.append(variant)
    return found


def _variant(currency: str, row: dict[str, str], place: int, reader: str) -> NewVariant:
    at = f"variants.{place}."
    return NewVariant(
        id=parse_uuid(row["variant"]) if row["variant"] else None,
        sku=row["sku"][:80],
        title=row["variant_title"][:120],
        options=_options(row["options"]),
        price_micros=amount(row["price"], currency, reader, field=f"{at}price"),
        was_micros=optional_amount(row["was"], currency, reader, field=f"{at}was"),
        cost_micros=optional_amount(row["cost"], currency, reader, field=f"{at}cost") or 0,
        grams=optional_whole(row["grams"], most=100_000, field=f"{at}grams") or 0,
        barcode=row["barcode"][:40] or None,
    )


def _options(text: str) -> dict[str, str]:
    """Names and values of “Size: M, Colour: Black”; a part without a name is left to the title."""
    pairs = (part.partition(":") for part in between_commas(text[:400]))
    return {name.strip()[:40]: value.strip()[:60] for name, _, value in pairs if name.strip() and value.strip()}


def _prices(data: Sent, variant: UUID, markets: Sequence[Market], reader: str) -> dict[UUID, int]:
    found = {}
    for market in markets:
        name = at_market(variant, market.id)
        micros = optional_amount(one(data, name), market.currency, reader, field=name)
        if micros is not None:
            found[market.id] = micros
    return found


def kept_was(wish: NewProduct, it: Edited) -> NewProduct:
    """The same with what markets' prices were before, which the editor does not show."""
    variants = [
        msgspec.structs.replace(
            variant,
            was={
                market: price.was_micros
                for (key, market), price in it.prices.items()
                if key == variant.id and market in variant.prices and price.was_micros is not None
            },
        )
        for variant in wish.variants
    ]
    return msgspec.structs.replace(wish, variants=variants)
