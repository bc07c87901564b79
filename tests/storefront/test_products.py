"""Products: made, changed, put on sale and taken off it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.kernel import clock, ids
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.storefront.models import BundlePart, DownloadCode, Product, Variant, VariantPrice
from app.storefront.rules.product_slugs import slug, told_apart
from app.storefront.rules.products import NewPart, NewProduct, NewVariant
from app.storefront.rules.refusals import CodesUnusable, ProductChanged, ProductUnusable, SoldOut
from app.storefront.service import pricing, products
from tests.factories.catalog import a_release
from tests.factories.shop import UNIT, a_basket, a_market, a_product, a_variant, an_order, variants_of


def _wish(kind: str = "physical", **said: Any) -> NewProduct:
    usual = {"title": "A thing", "variants": [NewVariant(price_micros=10 * UNIT)]}
    return NewProduct(kind=kind, **(usual | said))


def _create(tenant: Tenant, wish: NewProduct) -> Product:
    a_market(tenant)
    with tenant_work(tenant) as session:
        return products.create(session, Actor.system(tenant), tenant, wish)


def _change(tenant: Tenant, product: Product, wish: NewProduct, *, version: int | None = None) -> None:
    with tenant_work(tenant) as session:
        held = session.get_one(Product, product.id)
        products.change(session, Actor.system(tenant), tenant, held, wish, version=version or held.version)


def _wrong(tenant: Tenant, wish: NewProduct) -> set[str]:
    with pytest.raises(ProductUnusable) as refused:
        _create(tenant, wish)
    return set(refused.value.fields)


def test_a_new_product_is_a_draft_with_what_follows_from_its_kind(shop: Tenant) -> None:
    shirt = _create(shop, _wish(title="  Kleine Stunden: Hemd  "))
    assert (shirt.state, shirt.title, shirt.slug) == ("draft", "Kleine Stunden: Hemd", "kleine-stunden-hemd")
    assert (shirt.tax_class, shirt.fulfilled_by) == ("goods", "label")
    music = _create(shop, _wish("digital", release_id=a_release(shop)))
    assert (music.tax_class, music.fulfilled_by) == ("digital", "nobody")


def test_addresses_are_told_apart(shop: Tenant) -> None:
    made = [_create(shop, _wish(title=title)).slug for title in ("Näht", "Naht", "naht!", "ليل المدينة", "夜")]
    assert made == ["naht", "naht-2", "naht-3", "thing", "thing-2"]
    assert slug("Straße & Æther") == "strasse-aether"
    arabic = _wish(title="حقيبة نور", titles={"ar": "حقيبة نور", "en": "Noor tote bag"})
    assert _create(shop, arabic).slug == "noor-tote-bag"
    assert told_apart("a", {"a", "a-2", "a-4"}) == "a-3"


def test_what_is_written_about_it_is_cleaned(shop: Tenant) -> None:
    said = {"en": "<p onclick=x()>Warm <b>wool</b><script>alert(1)</script></p>", "de": " ", "tlh": "<p>nuqneH</p>"}
    product = _create(shop, _wish(descriptions=said, titles={"de": " Ding ", "xx": "no"}))
    assert set(product.descriptions) == {"en"}
    assert "script" not in product.descriptions["en"]
    assert "onclick" not in product.descriptions["en"]
    assert product.titles == {"de": "Ding"}


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (_wish(title=" "), "title"),
        (_wish(title="x" * 201), "title"),
        (_wish("sorcery"), "kind"),
        (_wish("digital"), "release_id"),
        (_wish("digital", release_id=UUID(int=1), recording_id=UUID(int=2)), "release_id"),
        (_wish("digital", release_id=UUID(int=1)), "release_id"),
        (_wish("membership"), "interval"),
        (_wish(interval="month"), "interval"),
        (_wish("bundle"), "parts"),
        (_wish("bundle", parts=[NewPart(UUID(int=1))]), "parts"),
        (_wish(parts=[NewPart(UUID(int=1))]), "parts"),
        (_wish(tax_class="luxury"), "tax_class"),
        (_wish(slug="Not A Slug"), "slug"),
        (_wish(most=0), "most"),
        (_wish(variants=[]), "variants"),
        (_wish(variants=[NewVariant(price_micros=-UNIT)]), "variants.0.price"),
        (_wish(variants=[NewVariant(price_micros=9_995_000)]), "variants.0.price"),
        (_wish(variants=[NewVariant(price_micros=10**16)]), "variants.0.price"),
        (_wish(variants=[NewVariant(price_micros=UNIT, prices={UUID(int=1): UNIT})]), "variants.0.price"),
    ],
)
def test_what_cannot_be_sold_is_not_kept(shop: Tenant, wish: NewProduct, field: str) -> None:
    assert _wrong(shop, wish) == {field}


def test_a_price_of_the_list_is_whole_in_its_own_currency(shop: Tenant) -> None:
    japan = a_market(shop, "japan").id
    assert _wrong(shop, _wish(variants=[NewVariant(price_micros=UNIT, prices={japan: 1_500_000})])) == {
        "variants.0.prices"
    }


def test_a_bundle_holds_no_bundle_and_nothing_twice(shop: Tenant) -> None:
    part = a_variant(shop, "physical")
    bundle = a_variant(shop, "bundle", parts=[(part.id, 2)])
    assert _wrong(shop, _wish("bundle", parts=[NewPart(bundle.id)])) == {"parts"}
    assert _wrong(shop, _wish("bundle", parts=[NewPart(part.id), NewPart(part.id)])) == {"parts"}
    with tenant_read(shop) as session:
        held = session.scalars(select(BundlePart).where(BundlePart.product_id == bundle.product_id)).one()
        assert (held.variant_id, held.quantity) == (part.id, 2)


def test_a_number_is_given_to_one_variant(shop: Tenant) -> None:
    _create(shop, _wish(variants=[NewVariant(price_micros=UNIT, sku="LP-1")]))
    assert _wrong(shop, _wish(variants=[NewVariant(price_micros=UNIT, sku="LP-1")])) == {"sku"}


def test_a_change_keeps_variants_and_takes_those_that_are_gone_off_sale(shop: Tenant) -> None:
    sizes = [NewVariant(price_micros=20 * UNIT, options={"size": size}) for size in ("S", "M")]
    product = a_product(shop, "physical", variants=sizes, in_stock=3)
    with tenant_read(shop) as session:
        small, middle = variants_of(session, product)
    order = an_order(shop, small)
    kept = NewVariant(id=middle.id, price_micros=22 * UNIT, title="M")
    added = NewVariant(price_micros=23 * UNIT, title="L")
    _change(shop, product, _wish("digital", title="Shirt", variants=[kept, added], position=4))
    with tenant_read(shop) as session:
        after = session.get_one(Product, product.id)
        assert (after.kind, after.title, after.slug, after.position) == ("physical", "Shirt", product.slug, 4)
        assert [(each.title, each.price_micros) for each in variants_of(session, product)] == [
            ("M", 22 * UNIT), ("L", 23 * UNIT),
        ]  # fmt: skip
        assert not session.get_one(Variant, small.id).is_active
        assert session.get_one(Variant, middle.id).sku == middle.sku
        told = select(Activity.after).where(Activity.action == "product.changed", Activity.subject_id == product.id)
        assert session.scalars(told).one()["position"] == 4
    assert order.state == "placed"


def test_two_people_do_not_overwrite_each_other(shop: Tenant) -> None:
    product = _create(shop, _wish())
    _change(shop, product, _wish(title="Mine"), version=1)
    with pytest.raises(ProductChanged):
        _change(shop, product, _wish(title="Yours"), version=1)


def test_another_address_is_told_apart_too(shop: Tenant) -> None:
    _create(shop, _wish(slug="taken"))
    product = _create(shop, _wish(slug="free"))
    _change(shop, product, _wish(slug="taken"))
    with tenant_read(shop) as session:
        assert session.get_one(Product, product.id).slug == "taken-2"


def test_prices_of_the_list_are_replaced(shop: Tenant) -> None:
    uk, japan = a_market(shop, "uk"), a_market(shop, "japan")
    product = a_product(shop, "physical", variants=[NewVariant(price_micros=10 * UNIT, prices={uk.id: 7 * UNIT})])
    with tenant_read(shop) as session:
        variant = variants_of(session, product)[0].id
        listed = pricing.prices(session, shop, uk, [variant])[variant]
        assert (listed.micros, listed.currency, listed.is_listed) == (7 * UNIT, "GBP", True)
    _change(
        shop, product, _wish(variants=[NewVariant(id=variant, price_micros=10 * UNIT, prices={japan.id: 900 * UNIT})])
    )
    with tenant_read(shop) as session:
        assert pricing.prices(session, shop, uk, [variant])[variant].is_listed is False
        assert pricing.prices(session, shop, japan, [variant])[variant].micros == 900 * UNIT
        assert len(session.scalars(select(VariantPrice).where(VariantPrice.variant_id == variant)).all()) == 1


def test_a_product_goes_on_sale_and_off_it(shop: Tenant) -> None:
    product = _create(shop, _wish())
    actor = Actor.system(shop)
    with tenant_work(shop) as session:
        held = session.get_one(Product, product.id)
        for _ in range(2):
            products.publish(session, actor, held)
        assert held.state == "live"
        for _ in range(2):
            products.archive(session, actor, held)
        assert held.state == "archived"
        told = select(func.count()).where(Activity.subject_id == product.id, Activity.action.like("product.%"))
        assert session.scalar(told) == 3
        for variant in variants_of(session, held):
            variant.is_active = False
        with pytest.raises(ProductUnusable):
            products.publish(session, actor, held)


def test_an_edition_becomes_limited_by_what_was_sold_of_it(shop: Tenant) -> None:
    product = a_product(shop, "physical", in_stock=10)
    with tenant_read(shop) as session:
        variant = variants_of(session, product)[0]
    an_order(shop, (variant, 3))
    with pytest.raises(ProductUnusable) as refused:
        _change(shop, product, _wish(most=2, variants=[NewVariant(id=variant.id, price_micros=10 * UNIT)]))
    assert set(refused.value.fields) == {"most"}
    _change(shop, product, _wish(most=4, variants=[NewVariant(id=variant.id, price_micros=10 * UNIT, grams=100)]))
    an_order(shop, variant)
    with pytest.raises(SoldOut):
        a_basket(shop, variant)


def test_codes_are_many_different_and_hard_to_misread(shop: Tenant) -> None:
    product = a_product(shop)
    with tenant_work(shop) as session:
        held = session.get_one(Product, product.id)
        made = products.make_codes(session, Actor.system(shop), held, " Release party ", 500)
        assert len({code.code for code in made}) == 500
        assert {code.batch for code in made} == {"Release party"}
        assert not set("".join(code.code for code in made)) & set("IOUL01")
        assert session.scalar(select(func.count()).where(DownloadCode.product_id == product.id)) == 500
        for count in (0, products.MOST_CODES + 1):
            with pytest.raises(CodesUnusable):
                products.make_codes(session, Actor.system(shop), held, "", count)
    shirt = a_product(shop, "physical")
    with tenant_work(shop) as session, pytest.raises(CodesUnusable):
        products.make_codes(session, Actor.system(shop), session.get_one(Product, shirt.id), "", 1)


def test_many_products_are_made_with_as_few_questions_as_one(shop: Tenant) -> None:
    a_market(shop)
    day = clock.now().date() + timedelta(days=9)
    with tenant_work(shop) as session:
        made = products.create_all(
            session, Actor.system(shop), shop, [_wish(title="Same", ships_on=day) for _ in range(30)], is_live=True
        )
        assert len({each.slug for each in made}) == 30
        assert {each.state for each in made} == {"live"}


def test_a_rivals_products_are_not_there(shop: Tenant, rival: Tenant) -> None:
    mine = a_product(shop, "physical")
    assert a_product(rival, "physical", title=mine.title).slug == mine.slug, "two labels may have one address each"
    with tenant_read(rival) as session:
        assert session.get(Product, mine.id) is None
        assert session.get(Product, ids.new_id()) is None
