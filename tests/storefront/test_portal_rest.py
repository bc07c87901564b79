"""Stock, customers, discounts, markets, taxes, texts, menus and the front page, as the label's people keep them."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from app.kernel import clock, db, ids
from app.storefront.models import (
    Discount,
    GatewayDifference,
    Market,
    MenuEntry,
    Payment,
    ShippingRate,
    Stock,
    StockLocation,
    StockMove,
    StorePage,
    StoreSale,
    StoreSettings,
    TaxRate,
    TaxRegistration,
)
from app.storefront.models import OrderLine as Line
from app.storefront.queries import selling
from app.storefront.rules.counts import read_counts
from app.storefront.rules.portal_refusals import CountsUnusable
from app.storefront.rules.texts import paragraphs, slug_of, target_kind
from app.storefront.service import comparing
from app.storefront.service.gathering import ground
from tests.factories.shop import UNIT, a_place, a_variant, an_order

STORE = "/portal/store"


def rows(label, model, **named):
    with db.tenant_read(label) as session:
        return list(session.scalars(select(model).filter_by(**named)))


def the_place(label):
    with db.tenant_read(label) as session:
        return a_place(session)


def test_stock_is_moved_with_a_reason_and_never_below_what_is_set_aside(client_as, shop):
    client, variant, place = client_as(shop), a_variant(shop, "physical", in_stock=5), the_place(shop)
    an_order(shop, (variant, 3))
    move = {"location": str(place.id), "quantity": "-2", "reason": "damaged"}
    assert client.post(f"{STORE}/stock/{variant.id}/moves", data=move).status_code == 303
    refused = client.post(f"{STORE}/stock/{variant.id}/moves", data=move | {"quantity": "-1"})
    assert refused.status_code == 422
    for wrong in ("", "x", "1.5", "99999999999"):
        answer = client.post(f"{STORE}/stock/{variant.id}/moves", data=move | {"quantity": wrong})
        assert answer.status_code == 422, wrong
    low = {"location": str(place.id), "low_at": "4"}
    assert client.post(f"{STORE}/stock/{variant.id}/threshold", data=low).status_code == 303
    (held,) = rows(shop, Stock, variant_id=variant.id)
    assert (held.on_hand, held.reserved, held.low_at) == (3, 3, 4)
    assert "Damaged" in client.get(f"{STORE}/stock/{variant.id}").text
    assert str(variant.id) in client.get(f"{STORE}/stock", params={"low": "some"}).text


def test_counts_are_taken_whole_or_not_at_all(client_as, shop):
    client, place = client_as(shop), the_place(shop)
    one, other = (a_variant(shop, "physical", in_stock=5) for _ in range(2))
    sheet = {"location": str(place.id), "counts": f"SKU;Count\n{one.sku};12\n{other.sku.lower()};0"}
    assert client.post(f"{STORE}/stock/counts", files={"x": ("", b"")}, data=sheet).status_code == 303
    counted = {variant.id: rows(shop, Stock, variant_id=variant.id)[0].on_hand for variant in (one, other)}
    assert counted == {one.id: 12, other.id: 0}
    assert [move.quantity for move in rows(shop, StockMove, variant_id=one.id)] == [5, 7]
    wrong = sheet | {"counts": f"{one.sku},3\nNOBODY-KNOWS,1"}
    answer = client.post(f"{STORE}/stock/counts", files={"x": ("", b"")}, data=wrong)
    assert answer.status_code == 422
    assert "nobody-knows" in answer.text
    assert rows(shop, Stock, variant_id=one.id)[0].on_hand == 12


@pytest.mark.parametrize(
    "text", ["", "A", "A,-1", "A,1.5", "A,1\na,2", "A,99999999", ",3", "\n" * 3000 + "A,1\n" * 2001]
)
def test_counts_that_cannot_be_read_name_the_line(text):
    with pytest.raises(CountsUnusable):
        read_counts(text)
    assert read_counts("\ufeffSKU\tn\nA\t1\n\nB\t2") == {"a": 1, "b": 2}


def test_customers_are_found_with_what_they_spent_by_currency(client_as, shop):
    email = f"{ids.new_id()}@fans.test"
    variant = a_variant(shop, price=10 * UNIT)
    order = an_order(shop, variant, paid=True, email=email)
    client = client_as(shop)
    shown = client.get(f"{STORE}/customers", params={"q": email}).text
    assert "Guest" in shown
    assert "€10.00" in shown
    page = client.get(f"{STORE}/customers/of", params={"email": email})
    assert str(order.id) in page.text
    assert client.get(f"{STORE}/customers/of", params={"email": "no@body.test"}).status_code == 404


def test_sales_are_compared_with_the_days_before_and_currencies_are_not_added(shop):
    order = an_order(shop, a_variant(shop, price=10 * UNIT), paid=True)
    (line,) = rows(shop, Line, order_id=order.id)
    today = clock.now().date()
    sale = {"line_id": line.id, "quantity": 1, "tax_micros": 0, "fee_micros": 0, "cost_micros": 0}
    sums = {"gross_micros": 7 * UNIT, "net_micros": 7 * UNIT}
    with db.tenant_work(shop) as session:
        session.add(StoreSale(**sale, **sums, sold_on=today, currency="EUR"))
        other = an_order_line(session, order, line)
        session.add(StoreSale(**sale | {"line_id": other}, **sums, sold_on=today, currency="USD"))
    with db.tenant_read(shop) as session:
        found = {each.currency: each for each in selling.sold(session, today, 7, "Europe/Berlin")}
    assert (found["EUR"].gross_micros, found["USD"].gross_micros) == (7 * UNIT, 7 * UNIT)
    assert found["EUR"].orders >= 1
    assert len(found["EUR"].days) == 7
    assert selling.growth(15, 10) == 500
    assert selling.growth(15, 0) is None


def an_order_line(session, order, line):
    """A second line of an order, so that a second sale has one of its own."""
    key = ids.new_id()
    values = {column.key: getattr(line, column.key) for column in Line.__mapper__.columns}
    session.add(Line(**values | {"id": key, "position": 9}))
    session.flush()
    return key


def test_a_discount_is_made_counted_and_ended(client_as, shop):
    client = client_as(shop)
    wish = {"name": "Spring", "code": "spring-10", "kind": "percent", "percent": "10"}
    assert client.post(f"{STORE}/discounts", data=wish).status_code == 303
    (made,) = rows(shop, Discount, code="SPRING-10")
    assert made.value == 100_000
    for wrong in ({"percent": "0"}, {"percent": "101"}, {"percent": "x"}, {"code": "SPRING-10"}, {"kind": "none"}):
        assert client.post(f"{STORE}/discounts", data=wish | {"code": "other"} | wrong).status_code == 422, wrong
    assert client.post(f"{STORE}/discounts/{made.id}/end").status_code == 303
    assert "SPRING-10" not in client.get(f"{STORE}/discounts").text
    assert "SPRING-10" in client.get(f"{STORE}/discounts", params={"shown": "over"}).text


def test_a_market_is_kept_and_a_country_belongs_to_one(client_as, shop):
    client = client_as(shop)
    (market,) = rows(shop, Market, key="uk")
    form = {"match": str(market.version), "name": "Britain", "currency": "GBP", "countries": "GB，IM", "is_open": "1",
            "tax_shown": "included", "rounding": "nine", "language": "en"}  # fmt: skip
    assert client.post(f"{STORE}/markets/{market.id}", data=form).status_code == 303
    assert client.post(f"{STORE}/markets/{market.id}", data=form).status_code == 409
    form |= {"match": str(market.version + 1), "countries": "GB,DE"}
    refused = client.post(f"{STORE}/markets/{market.id}", data=form)
    assert refused.status_code == 422
    assert rows(shop, Market, key="uk")[0].countries == ["GB", "IM"]
    rate = {"rate_name": "Post", "called": "", "price": "4.50", "free_from": "", "most_grams": "2000", "days_from": "2",
            "days_until": "4", "rate_countries": ""}  # fmt: skip
    assert client.post(f"{STORE}/markets/{market.id}/rates", data=rate).status_code == 303
    (kept,) = rows(shop, ShippingRate, market_id=market.id)
    assert (kept.name, kept.price_micros, kept.most_grams) == ("Post", 4_500_000, 2000)
    assert client.post(f"{STORE}/markets/{market.id}/rates", data=rate | {"price": "-1"}).status_code == 422


def test_a_market_is_called_something_in_each_language(client_as, client_of, shop, rival):
    client = client_as(shop)
    (market,) = rows(shop, Market, key="uk")
    form = {"match": str(market.version), "name": "Britain", "currency": "GBP", "countries": "GB", "is_open": "1",
            "tax_shown": "included", "rounding": "nine", "called.de": "Großbritannien", "called.fr": " "}  # fmt: skip
    assert 'name="called.de" value="Vereinigtes Königreich"' in client.get(f"{STORE}/markets/{market.id}").text
    assert client.post(f"{STORE}/markets/{market.id}", data=form).status_code == 303
    (kept,) = rows(shop, Market, key="uk")
    assert (kept.name, kept.names["de"], "fr" in kept.names) == ("Britain", "Großbritannien", False)
    assert kept.names["ja"] == "イギリス", "what the form has no field for stays"
    fan = client_of(f"{shop.slug}.localhost")
    shown = {language: fan.get(f"/{language}").text for language in ("en", "de", "fr")}
    assert "Großbritannien" in shown["de"]
    assert "Britain" in shown["en"]
    assert "Britain" in shown["fr"]
    assert client_as(rival).post(f"{STORE}/markets/{market.id}", data=form).status_code == 404


def test_a_way_of_sending_is_called_something_in_each_language(client_as, shop):
    client = client_as(shop)
    (market,) = rows(shop, Market, key="us")
    rate = {"rate_name": "Post", "called": "Paketpost", "price": "4.50", "free_from": "", "most_grams": "",
            "days_from": "2", "days_until": "4", "rate_countries": "", "language": "de"}  # fmt: skip
    place = f"{STORE}/markets/{market.id}/rates"
    assert client.post(place, data=rate).status_code == 303
    assert client.post(place, data=rate | {"language": "fr", "called": "Colis"}).status_code == 303
    (kept,) = rows(shop, ShippingRate, market_id=market.id)
    assert (kept.name, kept.names) == ("Post", {"de": "Paketpost", "fr": "Colis"})
    assert "Paketpost" in client.get(f"{STORE}/markets/sending", params={"language": "de"}).text
    with db.tenant_read(shop) as session:
        called = {language: [each.name for each in ground(session, market.id, language=language).rates]
                  for language in ("de", "fr", "en")}  # fmt: skip
    assert called == {"de": ["Paketpost"], "fr": ["Colis"], "en": ["Post"]}
    assert client.post(place, data=rate | {"called": ""}).status_code == 303
    assert rows(shop, ShippingRate, market_id=market.id)[0].names == {"fr": "Colis"}


def test_taxes_are_collected_where_one_is_registered_at_rates_of_ones_own(client_as, shop):
    client = client_as(shop)
    wish = {"scheme": "domestic", "country": "CH", "number": "CHE-1", "starts_on": ""}
    assert client.post(f"{STORE}/markets/taxes", data=wish).status_code == 303
    (row,) = rows(shop, TaxRegistration, country="CH")
    assert client.post(f"{STORE}/markets/taxes/{row.id}/end").status_code == 303
    assert rows(shop, TaxRegistration, country="CH")[0].ends_on is not None
    rate = {"rate_country": "CH", "tax_class": "goods", "name": "MWST", "rate": "8.1"}
    assert client.post(f"{STORE}/markets/taxes/rates", data=rate).status_code == 303
    (own,) = rows(shop, TaxRate, country="CH")
    assert own.rate_ppm == 81_000
    assert client.post(f"{STORE}/markets/taxes/rates", data=rate | {"rate": "80"}).status_code == 422
    assert client.post(f"{STORE}/markets/taxes/rates/{own.id}/removal").status_code == 303
    assert client.post(f"{STORE}/markets/taxes", data=wish | {"country": "XX"}).status_code == 422


def test_a_page_is_written_cleaned_published_and_taken_back(client_as, shop):
    client = client_as(shop)
    made = client.post(f"{STORE}/pages", data={"kind": "page", "title": "About Us"})
    place = made.headers["location"]
    (page,) = rows(shop, StorePage, slug="about-us")
    form = {"match": "1", "language": "en", "title": "About us", "slug": "about-us",
            "body": "<h2>Hi</h2><script>x()</script><a href='javascript:x'>y</a>"}  # fmt: skip
    looked = client.post(place, data=form | {"look": "1"})
    assert "Not saved yet" in looked.text
    assert "<script>x()" not in looked.text
    assert client.post(place, data=form).status_code == 303
    (page,) = rows(shop, StorePage, id=page.id)
    assert "script" not in page.bodies["en"]
    assert client.post(place, data=form | {"title": "Mine"}).status_code == 409
    for wrong in ({"slug": "No Good"}, {"title": ""}, {"language": "xx"}, {"title": "x" * 300}):
        assert client.post(place, data=form | {"match": "2"} | wrong).status_code == 422, wrong
    assert client.post(f"{place}/publication").status_code == 303
    assert rows(shop, StorePage, id=page.id)[0].published_at is not None
    assert client.post(f"{place}/withdrawal").status_code == 303
    twice = client.post(f"{STORE}/pages", data={"kind": "page", "title": "About us"})
    assert twice.status_code == 422
    assert client.post(f"{place}/removal").status_code == 303
    assert client.get(place).status_code == 404


def test_menus_stand_in_the_order_that_was_sent(client_as, shop):
    client = client_as(shop)
    menu = {"menu": "head", "language": "en", "entry": ["", ""], "target": ["merch", "https://example.org/x"],
            "name": ["", "Elsewhere"]}  # fmt: skip
    assert client.post(f"{STORE}/pages/menus", data=menu).status_code == 303
    held = sorted(rows(shop, MenuEntry, menu="head"), key=lambda each: each.position)
    assert [entry.target for entry in held] == ["merch", "https://example.org/x"]
    for wrong in ("javascript:x", "http://example.org", "nowhere", "https://a b"):
        assert client.post(f"{STORE}/pages/menus", data=menu | {"target": ["merch", wrong]}).status_code == 422, wrong
    (settings,) = rows(shop, StoreSettings)
    shop_form = {"match": str(settings.version), "ships_from": "DE", "order_prefix": "BH-", "returns_days": "30"}
    assert client.post(f"{STORE}/markets/shop", data=shop_form | {"order_prefix": "<b>"}).status_code == 422
    assert client.post(f"{STORE}/markets/shop", data=shop_form).status_code == 303
    order = an_order(shop)
    assert f"BH-{order.number}" in client.get(f"{STORE}/orders").text


def test_a_rival_reaches_nothing_of_a_shop(client_as, shop, rival):
    client, variant = client_as(rival), a_variant(shop, "physical", in_stock=5)
    (market,) = rows(shop, Market, key="us")
    with db.tenant_read(shop) as session:
        place = session.scalars(select(StockLocation)).first()
    move = {"location": str(place.id), "quantity": "9", "reason": "received"}
    assert client.post(f"{STORE}/stock/{variant.id}/moves", data=move).status_code == 404
    assert client.get(f"{STORE}/stock/{variant.id}").status_code == 404
    assert client.post(f"{STORE}/markets/{market.id}", data={"name": "Mine"}).status_code == 404
    assert client.post(f"{STORE}/markets/{market.id}/removal").status_code == 404
    assert rows(shop, Stock, variant_id=variant.id)[0].on_hand == 5


def test_words_become_paragraphs_and_addresses():
    assert paragraphs("One <3 two\nthree\n\nfour") == "<p>One &lt;3 two<br>three</p>\n<p>four</p>"
    assert paragraphs("<h2>One</h2>") == "<h2>One</h2>"
    assert slug_of("Über uns & mehr!") == "uber-uns-mehr"
    assert slug_of("音楽") == ""
    assert target_kind("page:about-us") == "page"
    assert target_kind("//evil.example") == ""


def test_a_difference_is_settled_by_who_says_what_came_of_it(client_as, shop, rival):
    reference, variant = f"ch_{ids.new_id().hex}", a_variant(shop)
    order = an_order(shop, variant, paid=True)
    with db.tenant_work(shop) as session:
        payment = session.scalars(select(Payment).where(Payment.order_id == order.id)).first()
        facts = {"kind": "payment", "amount_minor": 1234, "currency": "EUR"}
        comparing.note(session, shop, "sandbox", "extra", reference, payment, facts)
    (found,) = rows(shop, GatewayDifference, reference=reference)
    client, place = client_as(shop), f"{STORE}/differences"
    shown = client.get(place).text
    assert reference in shown
    assert "€12.34" in shown
    assert f"{place.removesuffix('/differences')}/differences" in client.get(STORE).text
    for stranger in (client_as(rival), client_as(shop, role="artist")):
        assert stranger.post(f"{place}/{found.id}/resolution", data={"note": "mine"}).status_code in (403, 404)
    assert client.post(f"{place}/{found.id}/resolution", data={"note": "  "}).status_code == 422
    assert client.post(f"{place}/{found.id}/resolution", data={"note": "A test of ours <b>"}).status_code == 303
    (settled,) = rows(shop, GatewayDifference, reference=reference)
    assert (settled.note, settled.resolved_at is not None) == ("A test of ours <b>", True)
    assert "A test of ours &lt;b&gt;" in client.get(place).text
    assert client.post(f"{place}/{found.id}/resolution", data={"note": "again"}).status_code == 404


def test_a_text_has_a_picture_at_its_head_and_in_the_journal(client_as, client_of, shop):
    client = client_as(shop)
    made = client.post(f"{STORE}/pages", data={"kind": "post", "title": "With a picture"})
    place = made.headers["location"]
    assert client.post(f"{place}/picture", files={"file": ("x.png", b"no picture", "image/png")}).status_code == 422
    kept = BytesIO()
    Image.new("RGB", (640, 480), (20, 60, 120)).save(kept, "PNG")
    assert client.post(f"{place}/picture", files={"file": ("p.png", kept.getvalue(), "image/png")}).status_code == 303
    assert client.post(f"{place}/publication").status_code == 303
    fan = client_of(f"{shop.slug}.localhost")
    for path in ("/en/journal", "/en/journal/with-a-picture", "/en"):
        page = fan.get(path, headers={"accept": "text/html"}).text
        address = re.search(r'src="(/pictures/[^"]+)"', page)
        assert address, path
        assert fan.get(address[1]).headers["content-type"].startswith("image/")
    assert client.post(f"{place}/picture/removal").status_code == 303
    assert "/pictures/" not in fan.get("/en/journal", headers={"accept": "text/html"}).text
