"""Barcode labels for what lies on the shelf."""

from __future__ import annotations

from app.kernel import ids
from app.storefront.models import Variant
from app.storefront.rules.barcodes import code128
from app.storefront.rules.products import NewVariant
from app.storefront.service.labels import labels
from tests.factories.shop import a_product

PRODUCTS = "/portal/store/products"
SIZES = [
    NewVariant(price_micros=20_000_000, title="S", sku="SHIRT-S"),
    NewVariant(price_micros=20_000_000, title="M", sku="SHIRT-M", barcode="4006381333931"),
]


def test_each_variant_has_so_many_labels_by_its_barcode_or_its_sku():
    small, middle = (Variant(title=each.title, sku=each.sku, barcode=each.barcode) for each in SIZES)
    made = labels("Night Shirt", [small, middle], 2)
    assert [(each["variant"], each["code"]) for each in made] == [
        ("S", "SHIRT-S"), ("S", "SHIRT-S"), ("M", "4006381333931"), ("M", "4006381333931"),
    ]  # fmt: skip
    assert made[2]["bars"] == code128("4006381333931")
    assert labels("夜", [Variant(title="", sku="夜-1")], 1)[0]["bars"] == [], "symbols lack it"


def test_sheets_of_labels_are_drawn_for_who_sees_the_product(client_as, shop, rival):
    product = a_product(shop, "physical", title="Night Shirt", variants=SIZES)
    client, place = client_as(shop), f"{PRODUCTS}/{product.id}"
    assert f'action="{place}/labels"' in client.get(place).text
    drawn = client.get(f"{place}/labels", params={"each": "48"})
    assert drawn.content.startswith(b"%PDF"), drawn.text
    assert drawn.headers["content-disposition"].endswith(f'labels-{product.slug}.pdf"')
    for wrong in ("0", "49", "many", "-1"):
        assert client.get(f"{place}/labels", params={"each": wrong}).status_code == 422, wrong
    assert client_as(rival).get(f"{place}/labels").status_code == 404
    assert client.get(f"{PRODUCTS}/{ids.new_id()}/labels").status_code == 404
