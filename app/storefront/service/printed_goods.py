"""The printer's list becomes products: names and prices are the label's from then on, what is made is the printer's.

All of it may be done again at any time and changes nothing that is so already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import cache, clock, files, ids, jobs
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.money import to_micros
from app.kernel.tenant import Tenant
from app.royalties.service import rates
from app.storefront.gateways import printful
from app.storefront.gateways.printful import (
    PAGE,
    CatalogProduct,
    CatalogVariant,
    Printful,
    Synced,
    SyncProduct,
    SyncVariant,
)
from app.storefront.models import PrintedVariant, PrinterLink, Product, Variant
from app.storefront.rules.portal_refusals import PictureUnusable
from app.storefront.rules.printing import NEWS
from app.storefront.rules.printing_refusals import PrinterAway
from app.storefront.rules.products import LONGEST_TITLE, MOST_VARIANTS, NewProduct, NewVariant
from app.storefront.rules.rounding import converted, whole_minor
from app.storefront.service import pictures, printing, products
from app.storefront.service.printing import EVEN, Access

CATALOG_SECONDS: Final = 3_600
BILLED_IN: Final = "USD"
"""The currency of the printer's catalogue."""

DEAREST: Final = Decimal(1_000_000)
Stock = Mapping[int, CatalogVariant]


def sync(tenant: Tenant, offset: int) -> None:
    """Take in a page of the store's list, and ask for the next one; the last one takes off what is not there any more.

    No transaction is open. A printer that is busy or does not answer is asked again from here.
    """
    access = printing.open_store(tenant)
    if access is None:
        return
    began = _begin(tenant, is_new=offset == 0)
    answer = access.printer.products(offset)
    if answer.kind == "denied":
        printing.refused(tenant)
        return
    listed = answer.read(list[SyncProduct])
    if listed is None or began is None:
        raise PrinterAway
    for each in listed:
        if not each.is_ignored:
            _take_one(tenant, access.printer, each.id)
    if len(listed) == PAGE and offset + PAGE < answer.total:
        with tenant_work(tenant, even=EVEN) as session:
            jobs.ask(session, "storefront.sync_printer", {"offset": offset + PAGE})
        return
    _finish(tenant, access, began)


def _begin(tenant: Tenant, *, is_new: bool) -> datetime | None:
    with tenant_work(tenant, even=EVEN) as session:
        link = session.get(PrinterLink, 1, with_for_update=True)
        if link is not None and is_new:
            link.sync_began_at = clock.now()
        return link.sync_began_at if link else None


def _take_one(tenant: Tenant, printer: Printful, product_id: int) -> None:
    answer = printer.product(product_id)
    found = answer.read(Synced)
    if found is None:
        if answer.kind in ("missing", "refused"):
            return  # it went away meanwhile
        raise PrinterAway
    stock: dict[int, CatalogVariant] = {}
    for key in dict.fromkeys(each.product.product_id for each in found.sync_variants if each.product.product_id):
        stock |= _catalog(tenant, printer, key)
    with tenant_work(tenant, even=EVEN) as session:
        product = take(session, tenant, found, stock)
        is_bare = product is not None and product.image_id is None
    if product is not None and is_bare and found.sync_product.thumbnail_url:
        _picture(tenant, product, found.sync_product.thumbnail_url)


def _catalog(tenant: Tenant, printer: Printful, product_id: int) -> Stock:
    """What of a product of the catalogue can be made, as it was at most an hour ago."""
    place, key = cache.of(tenant), f"printed-catalog:{product_id}"
    known = place.get(key, list[CatalogVariant])
    if known is None:
        answer = printer.catalog(product_id)
        found = answer.read(CatalogProduct)
        if answer.kind == "unclear":
            raise PrinterAway
        if found is None:
            return {}
        known = found.variants
        place.set(key, known, seconds=CATALOG_SECONDS)
    return {each.id: each for each in known}


def take(session: Session, tenant: Tenant, found: Synced, stock: Stock) -> Product | None:
    """Have a product and its variants be there; a new one is a draft, whose prices the label looks at first."""
    variants = [each for each in found.sync_variants if each.variant_id and not each.is_ignored][:MOST_VARIANTS]
    if not variants or session.get(PrinterLink, 1, with_for_update=True) is None:
        return None
    key = str(found.sync_product.id)
    product = session.scalar(select(Product).where(Product.printful_id == key).with_for_update())
    if product is None:
        return _create(session, tenant, found, variants, stock)
    known = {row.printful_id: row for row in session.scalars(select(Variant).where(Variant.product_id == product.id))}
    last = max((row.position for row in known.values()), default=-1)
    for each in variants:
        row = known.get(str(each.id))
        if row is None:
            last += 1
            row = _added(session, tenant, product, each, stock, last)
        _mark(session, tenant, row, each, stock)
    session.flush()
    return product


def _create(
    session: Session,
    tenant: Tenant,
    found: Synced,
    variants: Sequence[SyncVariant],
    stock: Stock,
) -> Product:
    title = found.sync_product.name.strip()[:LONGEST_TITLE] or str(found.sync_product.id)
    wish = NewProduct(
        kind="physical",
        title=title,
        fulfilled_by="printful",
        variants=[_wish(session, tenant, each, stock) for each in variants],
    )
    product = products.create(session, Actor.system(tenant), tenant, wish)
    product.printful_id = str(found.sync_product.id)
    rows = session.scalars(select(Variant).where(Variant.product_id == product.id).order_by(Variant.position))
    for row, each in zip(rows, variants, strict=True):
        row.printful_id = str(each.id)
        session.flush()
        _mark(session, tenant, row, each, stock)
    session.flush()
    return product


def _added(
    session: Session,
    tenant: Tenant,
    product: Product,
    said: SyncVariant,
    stock: Stock,
    place: int,
) -> Variant:
    """A variant that the printer has since; it is sold at once where its price is known."""
    wish, key = _wish(session, tenant, said, stock), ids.new_id()
    row = Variant(
        id=key, product_id=product.id, sku=f"{product.slug[:40]}-{place + 1}-{key.hex[-6:]}".upper(),
        title=" / ".join(wish.options.values()), options=wish.options, price_micros=wish.price_micros,
        cost_micros=wish.cost_micros, printful_id=str(said.id), position=place, is_active=wish.is_active,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _wish(session: Session, tenant: Tenant, said: SyncVariant, stock: Stock) -> NewVariant:
    options = {name: value for name, value in (("Color", said.color), ("Size", said.size)) if value}
    price = _amount(session, tenant, said.retail_price, said.currency or BILLED_IN)
    cost = _cost(session, tenant, stock.get(said.variant_id))
    return NewVariant(price_micros=price, cost_micros=cost, options=options, is_active=price > 0)


def _cost(session: Session, tenant: Tenant, made: CatalogVariant | None) -> int:
    return _amount(session, tenant, made.price, BILLED_IN) if made else 0


def _amount(session: Session, tenant: Tenant, text: str | None, currency: str) -> int:
    """What the printer says something costs, in the label's currency; nothing where that is not known."""
    own = tenant.currency
    try:
        amount = Decimal(text or "0")
    except InvalidOperation:
        return 0
    if not amount.is_finite() or not 0 < amount < DEAREST:
        return 0
    rate = rates.rate(session, currency, own, on=clock.day_in(tenant.time_zone))
    if rate is None:
        return 0
    micros = to_micros(amount.quantize(Decimal("0.000001")))
    return converted(micros, rate.value, own) if currency != own else whole_minor(micros, own)


def _mark(session: Session, tenant: Tenant, row: Variant, said: SyncVariant, stock: Stock) -> None:
    made = stock.get(said.variant_id)
    row.cost_micros = row.cost_micros or _cost(session, tenant, made)
    printed = session.get(PrintedVariant, row.id)
    if printed is None:
        printed = PrintedVariant(variant_id=row.id, is_out=False)
        session.add(printed)
    printed.catalog_product, printed.catalog_variant = str(said.product.product_id), str(said.variant_id)
    printed.seen_at = clock.now()
    set_made(row, printed, can_be=said.synced and (made is None or made.in_stock))


def set_made(row: Variant, printed: PrintedVariant, *, can_be: bool) -> None:
    """Note whether the printer can make a variant; one that the label took off sale itself stays off.

    One whose cost is not known is as one that cannot be made: what it costs comes off before contracts see a sale.
    """
    can_be = can_be and row.cost_micros > 0
    if can_be and printed.is_out:
        row.is_active, printed.is_out = row.price_micros > 0, False
    elif not can_be and row.is_active:
        row.is_active, printed.is_out = False, True


def _picture(tenant: Tenant, product: Product, url: str) -> None:
    """Keep a mockup as the product's picture; one that cannot be used is left out, and no reason to stop."""
    raw = printful.picture(url, pictures.LARGEST)
    if raw is None:
        return
    try:
        looked = pictures.looked_at(raw)
    except PictureUnusable:
        return
    actor = Actor.system(tenant)
    stored = files.store_stream(actor, [raw], name=f"{product.slug}.png", media_type="image/png")
    with tenant_work(tenant, even=EVEN) as session:
        row = session.get_one(Product, product.id, with_for_update=True)
        if row.image_id is None:
            pictures.show(session, tenant, actor, row, stored, looked)


def _finish(tenant: Tenant, access: Access, began: datetime) -> None:
    with tenant_work(tenant, even=EVEN) as session:
        link = session.get(PrinterLink, 1, with_for_update=True)
        if link is None:
            return
        query = select(PrintedVariant, Variant).join(Variant, Variant.id == PrintedVariant.variant_id)
        for printed, row in session.execute(query.where(PrintedVariant.seen_at < began).order_by(Variant.id)):
            set_made(row, printed, can_be=False)
        link.synced_at = clock.now()
        seen = select(func.count(Variant.product_id.distinct())).join(
            PrintedVariant, PrintedVariant.variant_id == Variant.id
        )
        link.products = session.scalar(seen.where(PrintedVariant.seen_at >= began)) or 0
        kinds = session.scalars(select(PrintedVariant.catalog_product).distinct())
        wanted = sorted(int(key) for key in kinds if key.isdigit())
    if access.printer.tell(access.hook, NEWS, wanted).kind == "unclear":
        raise PrinterAway


def restock(session: Session, catalog_product: str, stock: Stock) -> None:
    """Take in what of a product of the catalogue can be made now."""
    query = (
        select(PrintedVariant, Variant)
        .join(Variant, Variant.id == PrintedVariant.variant_id)
        .where(PrintedVariant.catalog_product == catalog_product)
        .order_by(Variant.id)
    )
    for printed, row in session.execute(query):
        made = stock.get(int(printed.catalog_variant)) if printed.catalog_variant.isdigit() else None
        set_made(row, printed, can_be=made is not None and made.in_stock)
    session.flush()


__all__ = ["restock", "sync", "take"]
