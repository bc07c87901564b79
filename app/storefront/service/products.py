"""Products: made, changed, put on sale and taken off it; and codes for cards that are worth one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.brand.rules.blocks import tidy
from app.kernel import activity, clock, ids, jobs
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.storefront.models import BundlePart, DownloadCode, Market, Order, OrderLine, Product, Variant, VariantPrice
from app.storefront.rules.product_slugs import slug, told_apart
from app.storefront.rules.products import NewProduct, NewVariant, check, texts, whole
from app.storefront.rules.refusals import CodesUnusable, ProductChanged, ProductUnusable

MOST_CODES: Final = 10_000
CODE_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""Letters and digits that nobody mistakes for each other on a card."""

ADDRESSES: Final = {"digital": "music", "physical": "thing", "bundle": "bundle", "membership": "membership"}
"""What products are called in addresses whose titles have no Latin letter in any language."""

_TOLD: Final = (
    "title", "slug", "tax_class", "on_sale_from", "ships_on", "most", "is_named_price", "fulfilled_by", "position",
)  # fmt: skip


def create(session: Session, actor: Actor, tenant: Tenant, wish: NewProduct) -> Product:
    """Make a product, in draft until it is put on sale."""
    return create_all(session, actor, tenant, [wish])[0]


def create_all(
    session: Session, actor: Actor, tenant: Tenant, wishes: Sequence[NewProduct], *, is_live: bool = False
) -> list[Product]:
    """Make several, on sale at once where that is said; the number of queries does not grow with them."""
    wishes = [whole(wish) for wish in wishes]
    currencies = _currencies(session)
    for wish in wishes:
        check(wish, tenant.currency, currencies)
    _check_parts(session, wishes)
    taken = _taken(session, [_wanted_slug(wish) for wish in wishes])
    made: list[Product] = []
    variants: list[dict[str, Any]] = []
    listed: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for wish in wishes:
        product = _new(wish, told_apart(_wanted_slug(wish), taken), actor, "live" if is_live else "draft")
        taken.add(product.slug)
        made.append(product)
        for position, variant in enumerate(wish.variants):
            row = _variant(variant, product, position)
            variants.append(row)
            listed += _listed(variant, row["id"])
        parts += [{"product_id": product.id, **msgspec.structs.asdict(part)} for part in wish.parts]
    try:
        with session.begin_nested():
            session.add_all(made)
            session.flush()
            session.execute(insert(Variant), variants)
    except IntegrityError as problem:
        raise ProductUnusable(fields=_known(problem)) from None
    if listed:
        session.execute(insert(VariantPrice), listed)
    if parts:
        session.execute(insert(BundlePart), parts)
    told = [(str(each.id), None, {"title": each.title, "kind": each.kind}) for each in made]
    activity.record_many(session, actor, "product.created", subject_type="product", told=told)
    if is_live:
        live = [(key, {"state": "draft"}, {"state": "live", "title": said["title"]}) for key, _, said in told]
        activity.record_many(session, actor, "product.published", subject_type="product", told=live)
    return made


def change(session: Session, actor: Actor, tenant: Tenant, product: Product, wish: NewProduct, *, version: int) -> None:
    """Have a product be as is wished; variants that the wish has no more are not sold any more, and stay for orders.

    `version` is the one that the wish was written against. The kind and the music of a product stay what they are.
    """
    session.refresh(product, with_for_update=True)
    if product.version != version:
        raise ProductChanged
    same = {name: getattr(product, name) for name in ("kind", "release_id", "recording_id", "interval")}
    wish = whole(msgspec.structs.replace(wish, **same))
    check(wish, tenant.currency, _currencies(session))
    _check_parts(session, [wish])
    before = {name: getattr(product, name) for name in _TOLD}
    _take_on(session, product, wish)
    try:
        with session.begin_nested():
            session.flush()
            _change_variants(session, product, wish.variants)
            _change_parts(session, product, wish)
    except IntegrityError as problem:
        raise ProductUnusable(fields=_known(problem)) from None
    after = {name: getattr(product, name) for name in _TOLD}
    changed = [name for name in _TOLD if before[name] != after[name]]
    if "ships_on" in changed:
        jobs.ask(session, "storefront.follow_days", {})
    activity.record(
        session, actor, "product.changed", subject_type="product", subject_id=product.id,
        before={name: _plain(before[name]) for name in changed},
        after={name: _plain(after[name]) for name in changed} | {"title": product.title},
    )  # fmt: skip


def publish(session: Session, actor: Actor, product: Product) -> None:
    """Put a product on sale; one that is on sale stays so."""
    if product.state == "live":
        return
    session.flush()
    if session.scalar(select(Variant.id).where(Variant.product_id == product.id, Variant.is_active).limit(1)) is None:
        raise ProductUnusable(fields={"variants": ProductUnusable.VARIANTS})
    _go(session, actor, product, "live", "product.published")


def archive(session: Session, actor: Actor, product: Product) -> None:
    """Take a product off sale; orders and what fans own of it stay."""
    if product.state != "archived":
        _go(session, actor, product, "archived", "product.archived")


def make_codes(session: Session, actor: Actor, product: Product, batch: str, count: int) -> list[DownloadCode]:
    """A batch of codes for cards, each worth the product once."""
    if product.kind != "digital" or not 1 <= count <= MOST_CODES:
        raise CodesUnusable(most=MOST_CODES)
    now, batch = clock.now(), batch.strip()[:100] or f"{clock.now():%Y-%m-%d}"
    fixed = {"product_id": product.id, "batch": batch, "made_by": actor.id, "made_at": now}
    rows = [{"id": ids.new_id(), "code": _code(), **fixed} for _ in range(count)]
    made = list(session.scalars(insert(DownloadCode).returning(DownloadCode, sort_by_parameter_order=True), rows))
    after = {"title": product.title, "batch": batch, "count": count}
    activity.record(session, actor, "download_codes.made", subject_type="product", subject_id=product.id, after=after)
    return made


def _code() -> str:
    """Twelve letters in three groups: 58 bits, so that nobody guesses one."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _go(session: Session, actor: Actor, product: Product, state: str, action: str) -> None:
    before, product.state = product.state, state
    product.version, product.updated_at = product.version + 1, clock.now()
    session.flush()
    told: dict[str, Any] = {"before": {"state": before}, "after": {"state": state, "title": product.title}}
    activity.record(session, actor, action, subject_type="product", subject_id=product.id, **told)


def _new(wish: NewProduct, address: str, actor: Actor, state: str) -> Product:
    now = clock.now()
    return Product(
        id=ids.new_id(), kind=wish.kind, slug=address, title=wish.title, titles=wish.titles,
        descriptions=_cleaned(wish.descriptions), release_id=wish.release_id, recording_id=wish.recording_id,
        artist_id=wish.artist_id, tax_class=wish.tax_class, state=state, on_sale_from=wish.on_sale_from,
        ships_on=wish.ships_on, most=wish.most, sold=0, is_named_price=wish.is_named_price, interval=wish.interval,
        fulfilled_by=wish.fulfilled_by, position=wish.position, version=1, created_by=actor.id, created_at=now,
        updated_at=now,
    )  # fmt: skip


def _cleaned(said: dict[str, str]) -> dict[str, str]:
    return {key: tidy(text) for key, text in texts(said).items()}


def _take_on(session: Session, product: Product, wish: NewProduct) -> None:
    if wish.most is not None:
        # Only limited editions count as they sell; one that becomes limited counts what was ordered before.
        sold = product.sold if product.most is not None else _sold(session, product)
        if wish.most < sold:
            raise ProductUnusable(fields={"most": ProductUnusable.MOST})
        product.sold = sold
    if wish.slug and wish.slug != product.slug:
        product.slug = told_apart(wish.slug, _taken(session, [wish.slug]))
    for name in ("title", "titles", "artist_id", "tax_class", "on_sale_from", "ships_on", "most", "is_named_price",
                 "fulfilled_by", "position"):  # fmt: skip
        setattr(product, name, getattr(wish, name))
    product.descriptions = _cleaned(wish.descriptions)
    product.version, product.updated_at = product.version + 1, clock.now()


def _sold(session: Session, product: Product) -> int:
    query = select(func.sum(OrderLine.quantity - OrderLine.refunded_quantity)).join(Order)
    return int(session.scalar(query.where(OrderLine.product_id == product.id, Order.state != "cancelled")) or 0)


def _change_variants(session: Session, product: Product, wishes: Sequence[NewVariant]) -> None:
    known = {row.id: row for row in session.scalars(select(Variant).where(Variant.product_id == product.id))}
    kept: set[UUID] = set()
    listed: list[dict[str, Any]] = []
    for position, wish in enumerate(wishes):
        row = _variant(wish, product, position)
        if wish.id in known:
            held = known[wish.id]
            row |= {"id": held.id, "sku": wish.sku.strip() or held.sku}
            for name, value in row.items():
                setattr(held, name, value)
        else:
            session.add(Variant(**row))
        kept.add(row["id"])
        listed += _listed(wish, row["id"])
    for key, held in known.items():
        held.is_active = held.is_active and key in kept
    session.flush()
    session.execute(delete(VariantPrice).where(VariantPrice.variant_id.in_(kept)))
    if listed:
        session.execute(insert(VariantPrice), listed)


def _change_parts(session: Session, product: Product, wish: NewProduct) -> None:
    if product.kind == "bundle":
        session.execute(delete(BundlePart).where(BundlePart.product_id == product.id))
        rows = [{"product_id": product.id, **msgspec.structs.asdict(part)} for part in wish.parts]
        session.execute(upsert(BundlePart), rows)


def _variant(wish: NewVariant, product: Product, position: int) -> dict[str, Any]:
    key = ids.new_id()
    usual = f"{product.slug[:40]}-{position + 1}-{key.hex[-6:]}".upper()
    return {
        "id": key, "product_id": product.id, "sku": wish.sku.strip() or usual,
        "title": wish.title.strip() or " / ".join(wish.options.values()), "options": wish.options,
        "price_micros": wish.price_micros, "was_micros": wish.was_micros, "cost_micros": wish.cost_micros,
        "grams": wish.grams, "barcode": wish.barcode, "position": position, "is_active": wish.is_active,
    }  # fmt: skip


def _listed(wish: NewVariant, variant_id: UUID) -> list[dict[str, Any]]:
    return [
        {"variant_id": variant_id, "market_id": key, "price_micros": micros, "was_micros": wish.was.get(key)}
        for key, micros in wish.prices.items()
    ]


def _currencies(session: Session) -> dict[UUID, str]:
    return {row.id: row.currency for row in session.execute(select(Market.id, Market.currency))}


def _check_parts(session: Session, wishes: Sequence[NewProduct]) -> None:
    """A bundle is made of what is there, is sold one by one, and is no bundle or membership itself."""
    wanted = {part.variant_id for wish in wishes for part in wish.parts}
    if not wanted:
        return
    query = select(Variant.id).join(Product, Product.id == Variant.product_id).where(Variant.id.in_(wanted))
    there = set(session.scalars(query.where(Product.kind.in_(("digital", "physical")))))
    has_doubles = any(len({part.variant_id for part in wish.parts}) < len(wish.parts) for wish in wishes)
    if there != wanted or has_doubles:
        raise ProductUnusable(fields={"parts": ProductUnusable.PARTS})


def _wanted_slug(wish: NewProduct) -> str:
    """The address as wished, else the title's, else what one of its translations has of Latin letters."""
    titles = [wish.title, wish.titles.get("en", ""), *wish.titles.values()]
    return wish.slug or next(filter(None, map(slug, titles)), ADDRESSES[wish.kind])


def _taken(session: Session, wanted: Sequence[str]) -> set[str]:
    """The addresses that are given which one of those wanted might get."""
    begins = [Product.slug.startswith(f"{each}-", autoescape=True) for each in set(wanted)]
    return set(session.scalars(select(Product.slug).where(or_(Product.slug.in_(wanted), *begins))))


def _known(problem: IntegrityError) -> dict[str, str]:
    """What of a product somebody else has, or nobody: a variant's number, its address, its music."""
    said = str(problem.orig)
    if "foreign key" in said:
        return {"release_id": ProductUnusable.MUSIC}
    return {"sku": ProductUnusable.SKU} if "sku" in said else {"slug": ProductUnusable.SLUG}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
