"""Orders in the portal: found, looked at, packed, sent and given back, by whoever may, of one's own label alone."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.identity.models import Member
from app.kernel import clock, db, ids
from app.storefront.models import Fulfilment, FulfilmentLine, Order, OrderLine, Payment, Product, Refund
from app.storefront.queries import orders as queries
from app.storefront.rules.barcodes import code128, values
from app.storefront.rules.fulfilment import order_state, tracking_url
from app.storefront.service import fulfilling
from tests.factories.shop import UNIT, a_variant, an_order
from tests.identity.post import forget_waiting, mails_to

ORDERS = "/portal/store/orders"


@pytest.fixture
def label(shop):
    """The label whose shop these tests share."""
    return shop


@pytest.fixture
def order(label):
    """A paid order of two shirts and a download, with what is to be sent of it."""
    shirt = a_variant(label, "physical", title="Night Shirt", price=20 * UNIT, in_stock=10)
    song = a_variant(label, title="Night Song")
    return a_paid(label, (shirt, 2), song)


def a_paid(label, *variants, **said):
    """An order that was paid, with a payment behind it and its parcels open."""
    order = an_order(label, *variants, paid=True, **said)
    with db.tenant_work(label) as session:
        held = session.get_one(Order, order.id)
        now = clock.now()
        paid = {"amount_micros": held.total_micros, "currency": held.currency, "started_at": now, "paid_at": now}
        session.add(Payment(id=ids.new_id(), order_id=held.id, gateway="sandbox", reference=str(ids.new_id()),
                            state="paid", method="Visa •••• 4242", **paid))  # fmt: skip
        fulfilling.open_for(
            session,
            label,
            held,
            list(session.scalars(select(OrderLine).where(OrderLine.order_id == held.id))),
            clock.now(),
        )
    return order


def the_parcel(label, order):
    with db.tenant_read(label) as session:
        query = select(Fulfilment).where(Fulfilment.order_id == order.id, Fulfilment.kind == "parcel")
        return list(session.scalars(query.order_by(Fulfilment.number)))


def state_of(label, order):
    with db.tenant_read(label) as session:
        return session.get_one(Order, order.id).state


def test_an_order_is_found_by_number_mail_and_name_and_by_nothing_else(client_as, label, order):
    client = client_as(label)
    for wanted in (str(order.number), order.email, order.email.split("@")[0], "ada fan"):
        assert f"{ORDERS}/{order.id}" in client.get(ORDERS, params={"q": wanted}).text, wanted
    assert f"{ORDERS}/{order.id}" not in client.get(ORDERS, params={"q": "nobody@else.test"}).text
    assert f"{ORDERS}/{order.id}" in client.get(ORDERS, params={"send": "open"}).text
    assert client.get(ORDERS, params={"state": "lost"}).status_code == 422
    exported = client.get(f"{ORDERS}/export", params={"q": str(order.number)})
    assert order.email in exported.text


def test_an_order_shows_its_lines_address_and_payment(client_as, label, order):
    shown = client_as(label).get(f"{ORDERS}/{order.id}").text
    for said in ("Night Shirt", "Night Song", "Gleimstr. 1", "10437 Berlin", "Germany", "Visa •••• 4242", order.email):
        assert said in shown, said


def test_a_parcel_goes_from_packed_to_delivered_and_the_buyer_is_told_once(client_as, label, order, settings):
    forget_waiting()
    client, (parcel,) = client_as(label), the_parcel(label, order)
    place = f"{ORDERS}/{order.id}/parcels/{parcel.id}"
    assert client.post(f"{place}/packing").status_code == 303
    assert state_of(label, order) == "in_fulfilment"
    sent = {"carrier": "dhl", "tracking": "JD014600006281230000", "name": ""}
    assert client.post(f"{place}/dispatch", data=sent).status_code == 303
    assert state_of(label, order) == "shipped"
    again = client.post(f"{place}/dispatch", data=sent)
    assert again.status_code == 409
    assert "past that already" in again.text
    letters = mails_to(settings, label, order.email)
    assert len([letter for letter in letters if "JD014600006281230000" in letter.text]) == 1
    assert client.post(f"{place}/arrival").status_code == 303
    assert state_of(label, order) == "delivered"
    shown = client.get(f"{ORDERS}/{order.id}").text
    for said in ("A parcel was packed", "A parcel was sent", "A parcel arrived", "tracking-id=JD014600006281230000"):
        assert said in shown, said


def test_what_cannot_be_a_tracking_number_is_said_beside_the_field(client_as, label, order):
    client, (parcel,) = client_as(label), the_parcel(label, order)
    place = f"{ORDERS}/{order.id}/parcels/{parcel.id}"
    answer = client.post(f"{place}/dispatch", data={"carrier": "dhl", "tracking": "<b>1</b>", "name": ""})
    assert answer.status_code == 422
    assert "4 to 40 letters and digits" in answer.text
    assert "<b>1</b>" not in answer.text
    answer = client.post(f"{place}/dispatch", data={"carrier": "other", "tracking": "", "name": ""})
    assert answer.status_code == 422
    assert "write their name" in answer.text
    assert the_parcel(label, order)[0].state == "open"


def test_a_part_is_sent_in_a_parcel_of_its_own(client_as, label, order):
    client, (parcel,) = client_as(label), the_parcel(label, order)
    place = f"{ORDERS}/{order.id}/parcels/{parcel.id}"
    with db.tenant_read(label) as session:
        line = session.scalars(select(FulfilmentLine.line_id).where(FulfilmentLine.fulfilment_id == parcel.id)).one()
    for wrong in ("0", "2", "3", "-1", "x"):
        assert client.post(f"{place}/parts", data={"line": str(line), "quantity": wrong}).status_code == 422, wrong
    assert client.post(f"{place}/parts", data={"line": str(line), "quantity": "1"}).status_code == 303
    first, second = the_parcel(label, order)
    for each in (first, second):
        with db.tenant_read(label) as session:
            inside = select(FulfilmentLine.quantity).where(FulfilmentLine.fulfilment_id == each.id)
            assert session.scalars(inside).all() == [1]
    sent = {"carrier": "ups", "tracking": "", "name": ""}
    assert client.post(f"{ORDERS}/{order.id}/parcels/{first.id}/dispatch", data=sent).status_code == 303
    assert state_of(label, order) == "in_fulfilment"
    assert client.post(f"{ORDERS}/{order.id}/parcels/{second.id}/dispatch", data=sent).status_code == 303
    assert state_of(label, order) == "shipped"


def test_slips_and_a_pick_list_are_drawn_for_what_waits(client_as, label, order):
    client = client_as(label)
    other = a_paid(label, a_variant(label, "physical", in_stock=3), language="de")
    for kind in ("packing", "picking"):
        answer = client.post(f"{ORDERS}/papers", data={"id": [str(order.id), str(other.id)], "kind": kind})
        assert answer.content.startswith(b"%PDF"), answer.text
    assert client.get(f"{ORDERS}/{order.id}/packing-slip").content.startswith(b"%PDF")
    assert client.post(f"{ORDERS}/papers", data={"kind": "packing"}).status_code == 422
    nothing = client.post(f"{ORDERS}/papers", data={"id": str(ids.new_id()), "kind": "packing"})
    assert nothing.status_code == 422


def test_who_sends_it_reads_an_order_in_their_own_language(client_as, label):
    titles = {"ja": "夜のシャツ", "de": "Nachthemd", "en": "Night Shirt"}
    shirt = a_variant(label, "physical", title="Chemise", titles=titles, in_stock=3)
    order = a_paid(label, shirt, language="ja")
    with db.tenant_read(label) as session:
        held = session.get_one(Order, order.id)
        (line,) = queries.lines_of(session, [order.id])
        assert (line.title, held.shipping["name"]) == ("夜のシャツ", "通常配送"), "as its buyer read it"
        read = {language: queries.titles_for(session, [held], [line], language)[line.id]
                for language in ("de", "fr", "ja")}  # fmt: skip
    assert read == {"de": "Nachthemd", "fr": "Night Shirt", "ja": "夜のシャツ"}
    client = client_as(label)
    for language, sending, title in (("de", "Standardversand", "Nachthemd"), ("en", "Standard<", "Night Shirt")):
        with db.tenant_work(label) as session:
            session.execute(update(Member).values(language=language, welcomed_at=clock.now()))
        shown = client.get(f"{ORDERS}/{order.id}").text
        assert sending in shown, language
        assert title in shown, language
        assert "通常配送" not in shown, language
        assert "夜のシャツ" not in shown, language
    with db.tenant_work(label) as session:
        session.get_one(Product, line.product_id).titles = {"en": "Day Shirt"}
    assert "夜のシャツ" in client.get(f"{ORDERS}/{order.id}").text, "what was sold is not what it is called since"


def test_a_refund_names_its_sum_before_it_is_asked_for(client_as, label, order):
    client = client_as(label)
    with db.tenant_read(label) as session:
        lines = {line.title: line for line in session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))}
    shirt = lines["Night Shirt"]
    wish = {"line": [str(line.id) for line in lines.values()]}
    wish["quantity"] = ["1" if line is shirt else "0" for line in lines.values()]
    wish["amount"] = ["" for _ in lines]
    wish |= {"reason": "damaged", "words": "", "shipping": "0", "restock": "1"}
    shown = client.get(f"{ORDERS}/{order.id}/refund", params={**wish, "review": "1"})
    assert shown.status_code == 200, shown.text
    assert "Refund €20.00 to Ada Fan" in shown.text
    assert client.post(f"{ORDERS}/{order.id}/refund", data=wish).status_code == 303
    with db.tenant_read(label) as session:
        refund = session.scalars(select(Refund).where(Refund.order_id == order.id)).one()
        assert (refund.amount_micros, refund.reason, refund.lines[0]["restock"]) == (20 * UNIT, "damaged", True)
    assert "Arrived damaged" in client.get(f"{ORDERS}/{order.id}").text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantity": ["0", "0"]}, "Choose what is given back"),
        ({"reason": ""}, "why money is given back"),
        ({"quantity": ["9", "9"]}, "At most"),
        ({"shipping": "5000"}, "At most"),
        ({"shipping": "abc"}, "cannot be read"),
        ({"amount": ["0.001", ""]}, "cannot be read"),
        ({"amount": ["1e9", ""]}, "cannot be read"),
    ],
)
def test_a_refund_of_too_much_or_nothing_is_refused_in_a_sentence(client_as, label, order, change, said):
    client = client_as(label)
    with db.tenant_read(label) as session:
        keys = [str(key) for key in session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id))]
    wish = {"line": keys, "quantity": ["1", "0"], "amount": ["", ""], "reason": "lost", "words": "", "shipping": "0"}
    answer = client.post(f"{ORDERS}/{order.id}/refund", data=wish | change)
    assert answer.status_code == 422, answer.text
    assert said in answer.text
    with db.tenant_read(label) as session:
        assert session.scalar(select(Refund.id).where(Refund.order_id == order.id)) is None


def test_an_unpaid_order_is_cancelled_and_a_paid_one_is_not(client_as, label, order):
    client = client_as(label)
    unpaid = an_order(label)
    assert client.post(f"{ORDERS}/{unpaid.id}/cancellation", data={}).status_code == 303
    assert state_of(label, unpaid) == "cancelled"
    assert client.post(f"{ORDERS}/{order.id}/cancellation", data={}).status_code == 409
    assert state_of(label, order) == "paid"


def test_a_rival_finds_no_order_and_sends_no_parcel(client_as, label, rival, order):
    client, (parcel,) = client_as(rival), the_parcel(label, order)
    assert order.email not in client.get(ORDERS).text
    assert client.get(f"{ORDERS}/{order.id}").status_code == 404
    assert client.get(f"{ORDERS}/{order.id}/refund").status_code == 404
    sent = {"carrier": "ups", "tracking": "", "name": ""}
    assert client.post(f"{ORDERS}/{order.id}/parcels/{parcel.id}/dispatch", data=sent).status_code == 404
    printed = client.post(f"{ORDERS}/papers", data={"id": str(order.id), "kind": "packing"})
    assert printed.status_code == 422
    assert the_parcel(label, order)[0].state == "open"


def test_who_may_only_look_changes_nothing(client_as, label, order):
    client, (parcel,) = client_as(label, role="analyst"), the_parcel(label, order)
    looked = client.get(f"{ORDERS}/{order.id}")
    if looked.status_code == 200:
        assert "/dispatch" not in looked.text
    sent = {"carrier": "ups", "tracking": "", "name": ""}
    for path in ("parcels/{}/packing", "parcels/{}/dispatch", "cancellation", "refund"):
        assert client.post(f"{ORDERS}/{order.id}/{path.format(parcel.id)}", data=sent).status_code == 403, path
    assert the_parcel(label, order)[0].state == "open"


def test_an_artist_sees_nothing_of_the_shop(client_as, label, order):
    client = client_as(label, role="artist")
    for path in ("", "/orders", f"/orders/{order.id}", "/products", "/stock", "/customers", "/markets"):
        assert client.get(f"/portal/store{path}").status_code == 403, path


def test_an_orders_state_follows_from_its_parcels():
    assert order_state("paid", []) == "paid"
    assert order_state("paid", ["open", "delivered"]) == "in_fulfilment"
    assert order_state("paid", ["open", "shipped"]) == "in_fulfilment"
    assert order_state("paid", ["shipped", "delivered", "cancelled"]) == "shipped"
    assert order_state("in_fulfilment", ["delivered", "delivered"]) == "delivered"
    for over in ("placed", "cancelled", "refunded"):
        assert order_state(over, ["shipped"]) == over
    assert tracking_url("ups", "1Z 999") == "https://www.ups.com/track?tracknum=1Z999"
    assert tracking_url("other", "1Z999") == ""


def test_a_barcode_has_the_check_symbol_of_the_standard():
    start, *symbols, check, stop = values("Wikipedia")
    assert (start, len(symbols), check, stop) == (104, 9, 88, 106)
    widths = code128("Wikipedia")
    assert sum(widths) == 11 * (2 + len(symbols)) + 13
    assert len(widths) % 2 == 1, "it begins and ends with a bar"
