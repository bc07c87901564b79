"""Barcode labels for what lies on the shelf."""

from __future__ import annotations

import pytest

from app.kernel import ids
from app.storefront.models import Variant
from app.storefront.rules.barcodes import code128, retail
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
    assert made[0]["bars"] == code128("SHIRT-S")
    assert made[2]["bars"] == retail("4006381333931")[0]
    assert made[2]["below"] == ("4", "006381", "333931", "")
    wrong = Variant(title="", sku="X", barcode="4006381333930")
    assert labels("Night Shirt", [wrong], 1)[0]["bars"] == code128("4006381333930"), "no till takes it"
    assert labels("夜", [Variant(title="", sku="夜-1")], 1)[0]["bars"] == [], "symbols lack it"


@pytest.mark.parametrize(
    ("code", "modules", "below"),
    [
        (
            "4003994155486",
            "101 0001101 0100111 0111101 0001011 0010111 0011101 01010 1100110 1001110 1001110 1011100 1001000 1010000 101",
            ("4", "003994", "155486", ""),
        ),
        (
            "036000291452",
            "101 0001101 0111101 0101111 0001101 0001101 0001101 01010 1101100 1110100 1100110 1011100 1001110 1101100 101",
            ("0", "36000", "29145", "2"),
        ),
        (
            "96385074",
            "101 0001011 0101111 0111101 0110111 01010 1001110 1110010 1000100 1011100 101",
            ("", "9638", "5074", ""),
        ),
    ],
)
def test_what_is_sold_in_shops_has_the_bars_that_tills_read(code, modules, below):
    widths, digits = retail(code)
    drawn = "".join(width * str((place + 1) % 2) for place, width in enumerate(widths))
    assert (drawn, digits) == (modules.replace(" ", ""), below)
    assert labels("", [Variant(title="", sku="X", barcode=f"0{code}")], 1)[0]["bars"] == (
        widths if len(code) == 12 else code128(f"0{code}")
    ), "a UPC of thirteen digits is one of twelve"


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
