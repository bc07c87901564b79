"""Products in the portal: made, edited by two at once, pictured, priced by market, put on sale many at once."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from app.kernel import db, ids
from app.storefront.models import DownloadCode, Product, Variant, VariantPrice
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.shop import UNIT, a_market, a_product, a_shop, variants_of

PRODUCTS = "/portal/store/products"
_labels: dict[str, object] = {}


@pytest.fixture
def label(connected):
    """A label with two languages whose shop these tests share."""
    if "one" not in _labels:
        _labels["one"] = a_label(currency="EUR", time_zone="Europe/Berlin", languages=("en", "de"))
        a_shop(_labels["one"])
    return _labels["one"]


def test_products_are_offered_in_the_order_of_names(client_as, label):
    for title in ("Zebra mug", "Örn mug", "ada mug"):
        a_product(label, "physical", title=title)
    client = client_as(label)
    for kind in ("products", "variants"):
        told = client.get("/portal/choices", params={"of": kind, "q": " mug"}).text
        assert re.findall(r"(ada|Örn|Zebra) mug", told) == ["ada", "Örn", "Zebra"], told


def form_of(client, product, **language):
    """The editor's own form, as the page gives it."""
    page = client.get(f"{PRODUCTS}/{product.id}", params=language)
    assert page.status_code == 200, page.text
    text = page.text[page.text.index('id="edit"') : page.text.index("</form>", page.text.index('id="edit"'))]
    text = re.sub(r"<template.*?</template>", "", text, flags=re.DOTALL)
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", text):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            fields.setdefault(name[1], []).append(value[1] if value else "")
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', text, flags=re.DOTALL):
        fields[name] = [inner]
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, flags=re.DOTALL):
        fields[name] = [re.search(r'value="([^"]*)" selected', inner)[1]]
    return fields


def the_product(label, product):
    with db.tenant_read(label) as session:
        return session.get_one(Product, product.id)


def the_variants(label, product):
    with db.tenant_read(label) as session:
        return variants_of(session, product)


def test_a_product_is_made_by_kind_and_title_and_finished_on_its_page(client_as, label):
    client = client_as(label)
    made = client.post(PRODUCTS, data={"title": "Night Tee", "kind": "physical", "price": "24,50"})
    assert made.status_code == 303, made.text
    shown = client.get(made.headers["location"]).text
    assert "Night Tee" in shown
    assert "Draft" in shown
    release = a_release(label, "Night Album")
    made = client.post(PRODUCTS, data={"title": "", "kind": "digital", "price": "9", "release": str(release)})
    assert "Night Album" in client.get(made.headers["location"]).text


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "physical", "title": "", "price": "1"},
        {"kind": "digital", "title": "No music", "price": "1"},
        {"kind": "bundle", "title": "Nothing in it", "price": "1"},
        {"kind": "membership", "title": "Never paid", "price": "1", "interval": "day"},
        {"kind": "car", "title": "A car", "price": "1"},
        {"kind": "physical", "title": "Free", "price": "-1"},
        {"kind": "physical", "title": "Much", "price": "1e3"},
        {"kind": "physical", "title": "Fine", "price": "0.001"},
        {"kind": "physical", "title": "x" * 500, "price": "1"},
    ],
)
def test_a_product_that_cannot_be_is_refused_in_a_sentence(client_as, label, wish):
    answer = client_as(label).post(PRODUCTS, data=wish)
    assert answer.status_code == 422, answer.text
    assert 'role="alert"' in answer.text


def test_an_editor_changes_texts_variants_and_prices_by_market(client_as, label):
    client, product = client_as(label), a_product(label, "physical", title="Long Sleeve", price=30 * UNIT)
    market, (variant,) = a_market(label, "uk"), the_variants(label, product)
    form = form_of(client, product)
    form |= {"title": ["Long Sleeve Shirt"], "description": ["<p>Warm</p><script>x()</script>"], "options": ["Size: M"]}
    form |= {"price": ["32"], "grams": ["310"], "barcode": ["4006381333931"], "most": ["100"], "named": ["1"]}
    form[f"at.{variant.id}.{market.id}"] = ["27.99"]
    assert client.post(f"{PRODUCTS}/{product.id}", data=form).status_code == 303
    changed, (variant,) = the_product(label, product), the_variants(label, product)
    assert (changed.title, changed.most, changed.is_named_price) == ("Long Sleeve Shirt", 100, True)
    assert "script" not in changed.descriptions["en"]
    assert (variant.price_micros, variant.grams, variant.options, variant.title) == (32 * UNIT, 310, {"Size": "M"}, "M")
    with db.tenant_read(label) as session:
        price = session.get_one(VariantPrice, {"variant_id": variant.id, "market_id": market.id})
        assert price.price_micros == 27_990_000
    shown = client.get(f"{PRODUCTS}/{product.id}").text
    assert re.search(r'name="at\.[^"]*" value="27.99"', shown)
    german = form_of(client, product, language="de") | {"title_here": ["Langarmhemd"], "description": ["Warm."]}
    assert client.post(f"{PRODUCTS}/{product.id}", data=german).status_code == 303
    assert the_product(label, product).titles == {"de": "Langarmhemd"}
    assert set(the_product(label, product).descriptions) == {"en", "de"}


@pytest.mark.parametrize(
    "typed",
    [
        "Size: M, Colour: Black",
        "Size：M，Colour：Black",
        "Size：M、Colour：Black",
        "Size: M، Colour: Black",
        "Size:M,,Colour:Black",
    ],
)
def test_options_are_read_with_the_marks_of_every_script(client_as, label, typed):
    client, product = client_as(label), a_product(label, "physical", title="Hooded Jacket")
    form = form_of(client, product) | {"options": [typed]}
    assert client.post(f"{PRODUCTS}/{product.id}", data=form).status_code == 303
    (variant,) = the_variants(label, product)
    assert variant.options == {"Size": "M", "Colour": "Black"}


def test_variants_are_added_kept_by_id_and_removed(client_as, label):
    client, product = client_as(label), a_product(label, "physical", title="Cap")
    form = form_of(client, product)
    for name, value in {"variant": "", "options": "Colour: Red", "price": "18", "sku": "CAP-RED"}.items():
        form[name] = [*form[name], value]
    for name in ("variant_title", "was", "cost", "grams", "barcode"):
        form[name] = [*form[name], ""]
    assert client.post(f"{PRODUCTS}/{product.id}", data=form).status_code == 303
    first, second = the_variants(label, product)
    assert second.sku == "CAP-RED"
    form = form_of(client, product)
    row = ("variant", "variant_title", "options", "sku", "price", "was", "cost", "grams", "barcode")
    form |= {name: form[name][1:] for name in row}
    assert client.post(f"{PRODUCTS}/{product.id}", data=form).status_code == 303
    assert [each.id for each in the_variants(label, product)] == [second.id]
    with db.tenant_read(label) as session:
        assert not session.get_one(Variant, first.id).is_active, "orders of it stay"


def test_of_two_editors_the_slower_sees_both(client_as, label):
    quick, slow = client_as(label), client_as(label)
    product = a_product(label, "physical", title="Scarf")
    mine, theirs = form_of(quick, product), form_of(slow, product)
    assert quick.post(f"{PRODUCTS}/{product.id}", data=mine | {"title": ["Blue Scarf"]}).status_code == 303
    answer = slow.post(f"{PRODUCTS}/{product.id}", data=theirs | {"title": ["Red Scarf"]})
    assert answer.status_code == 409
    assert "Blue Scarf" in answer.text
    assert 'value="Red Scarf"' in answer.text
    assert the_product(label, product).title == "Blue Scarf"


def test_a_price_that_is_none_is_said_beside_its_field(client_as, label):
    client, product = client_as(label), a_product(label, "physical", title="Mug")
    form = form_of(client, product)
    answer = client.post(f"{PRODUCTS}/{product.id}", data=form | {"price": ["a lot"]})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "a lot" in answer.text
    uneven = client.post(f"{PRODUCTS}/{product.id}", data=form | {"sku": ["one", "two"]})
    assert uneven.status_code == 422


def test_many_products_are_put_on_sale_and_archived_at_once(client_as, label):
    client = client_as(label)
    chosen = [str(a_product(label, "physical", is_live=False).id) for _ in range(3)]
    assert client.post(f"{PRODUCTS}/state", data={"id": chosen, "state": "live"}).status_code == 303
    with db.tenant_read(label) as session:
        states = session.scalars(select(Product.state).where(Product.id.in_(chosen))).all()
        assert set(states) == {"live"}
    assert client.post(f"{PRODUCTS}/state", data={"id": chosen[:2], "state": "archived"}).status_code == 303
    assert chosen[0] not in client.get(PRODUCTS).text
    assert chosen[0] in client.get(PRODUCTS, params={"state": "archived"}).text
    assert client.post(f"{PRODUCTS}/state", data={"state": "live"}).status_code == 422


def test_a_picture_is_looked_at_before_it_is_shown(client_as, label):
    client, product = client_as(label), a_product(label, "physical", title="Poster")
    place = f"{PRODUCTS}/{product.id}/picture"
    refused = client.post(place, files={"file": ("x.png", b"not a picture", "image/png")})
    assert refused.status_code == 422
    kept = BytesIO()
    Image.new("RGB", (600, 600), (20, 60, 120)).save(kept, "PNG")
    raw = kept.getvalue()
    assert client.post(place, files={"file": ("poster.png", raw, "image/png")}).status_code == 303
    assert the_product(label, product).image["width"] == 600
    assert client.post(f"{place}/removal").status_code == 303
    assert the_product(label, product).image_id is None


def test_a_batch_of_codes_is_given_once(client_as, label):
    client, product = client_as(label), a_product(label)
    made = client.post("/portal/store/codes", data={"product": str(product.id), "batch": "Tour", "count": "5"})
    assert made.status_code == 200, made.text
    assert made.text.count("Tour") == 5
    with db.tenant_read(label) as session:
        codes = session.scalars(select(DownloadCode.code).where(DownloadCode.product_id == product.id)).all()
    assert all(code in made.text for code in codes)
    assert codes[0] not in client.get("/portal/store/codes").text
    for wrong in ({"count": "0"}, {"count": "999999"}, {"count": "x"}):
        again = {"product": str(product.id), "batch": "", "count": "1"} | wrong
        assert client.post("/portal/store/codes", data=again).status_code == 422


def test_a_rival_neither_sees_nor_changes_a_product(client_as, label, rival):
    product = a_product(label, "physical", title="Secret Shirt")
    client = client_as(rival)
    assert "Secret Shirt" not in client.get(PRODUCTS).text
    for path in ("", "/publication", "/archive", "/picture/removal"):
        assert client.post(f"{PRODUCTS}/{product.id}{path}", data={"title": "Mine"}).status_code == 404, path
    assert client.get(f"{PRODUCTS}/{product.id}").status_code == 404
    client.post(f"{PRODUCTS}/state", data={"id": str(product.id), "state": "archived"})
    assert the_product(label, product).state == "live"
    assert client.get(f"{PRODUCTS}/{ids.new_id()}").status_code == 404


def test_who_may_not_run_the_shop_changes_no_product(client_as, label):
    product = a_product(label, "physical")
    client = client_as(label, role="analyst")
    for path in ("", "/publication", "/archive", "/picture/removal"):
        assert client.post(f"{PRODUCTS}/{product.id}{path}", data={}).status_code == 403, path
    assert client.post(PRODUCTS, data={"kind": "physical", "title": "X", "price": "1"}).status_code == 403
