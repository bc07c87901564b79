"""What stands on a shop's desk, as programs do it: papers, customers, previews, differences, and the printer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel import clock, db, ids
from app.storefront.models import Fulfilment, GatewayDifference
from app.storefront.service import comparing
from tests.api.held import held, lent
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.factories.shop import a_shop, a_variant, an_order
from tests.storefront.paid import pay
from tests.storefront.printful_wire import TOKEN, printer_here
from tests.storefront.printing.printed import count_anew
from tests.streaming.mastering import music, out


@pytest.fixture
def label(connected):
    made = a_label(currency="EUR")
    a_shop(made)
    return made


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def test_slips_and_a_pick_list_are_printed_for_orders_that_wait(api, client_of, label, rival):
    shirt = a_variant(label, "physical", in_stock=9)
    orders = [pay(label, an_order(label, shirt)) for _ in range(2)]
    chosen = ",".join(str(order.id) for order in orders)
    for path in (
        f"/orders/{orders[0].id}/packing-slip",
        f"/order-papers/packing-slips?order_ids={chosen}",
        f"/order-papers/pick-list?order_ids={chosen}",
    ):
        answer = api.raw("GET", path)
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(b"%PDF")
        assert "attachment" in answer.headers["content-disposition"]
    stranger = held(client_of, rival)
    stranger.refused("GET", f"/orders/{orders[0].id}/packing-slip", 404)
    stranger.refused("GET", f"/order-papers/pick-list?order_ids={chosen}", 404)
    api.refused("GET", "/order-papers/pick-list", 400)
    api.refused("GET", "/order-papers/pick-list?order_ids=1", 400)
    api.refused("GET", "/order-papers/pick-list?kind=all", 400)
    many = ",".join(str(ids.new_id()) for _ in range(201))
    api.refused("GET", f"/order-papers/pick-list?order_ids={many}", 400)
    track = pay(label, an_order(label, a_variant(label)))
    api.refused("GET", f"/orders/{track.id}/packing-slip", 404)  # nothing of it is sent
    held(client_of, label, "catalog:read").refused("GET", f"/orders/{orders[0].id}/packing-slip", 403)


def test_barcode_labels_of_a_product_are_printed(api, client_of, label, rival):
    path = f"/products/{a_variant(label, 'physical', in_stock=9).product_id}/labels"
    answer = api.raw("GET", f"{path}?each=24")
    assert answer.content.startswith(b"%PDF"), answer.text
    assert "attachment" in answer.headers["content-disposition"]
    assert api.raw("GET", path).content != answer.content
    for wrong in ("0", "49", "many", "-1", "1&more=2"):
        api.refused("GET", f"{path}?each={wrong}", 400)
    held(client_of, rival).refused("GET", path, 404)
    held(client_of, label, "catalog:read").refused("GET", path, 403)


def test_what_is_known_of_a_customer_is_read_by_mail_address(api, client_of, label, rival):
    order = an_order(label, a_variant(label), paid=True)
    found = api("GET", f"/customers/by-email?email={order.email.upper()}")
    assert (found["email"], found["order_ids"], found["fan_since"]) == (order.email, [str(order.id)], None)
    assert [each["currency"] for each in found["spent"]] == [order.currency]
    assert found["consents"] == []
    api.refused("GET", "/customers/by-email", 404)
    api.refused("GET", "/customers/by-email?email=nobody@there.test", 404)
    api.refused("GET", "/customers/by-email?name=Ada", 400)
    held(client_of, rival).refused("GET", f"/customers/by-email?email={order.email}", 404)
    held(client_of, label, "catalog:read").refused("GET", f"/customers/by-email?email={order.email}", 403)


def test_what_is_heard_for_nothing_is_chosen_track_by_track(api, client_of, label, rival):
    release, (long, short) = out(label, sounds=[music(70, channels=1), music(12, channels=1)])
    path = f"/releases/{release}/previews"
    (usual,) = api("GET", path)["items"]
    assert (usual["recording_id"], usual["is_chosen"]) == (str(long), False)
    said = {"recording_id": str(long), "start_ms": 21_000, "length_ms": 40_000}
    (kept,) = api("PUT", path, {"items": [said]})["items"]
    assert {name: kept[name] for name in said} == said
    assert (kept["is_chosen"], api("GET", path)["items"]) == (True, [kept])
    for wrong in ({"length_ms": 29_000}, {"length_ms": 91_000}, {"start_ms": 31_000}, {"start_ms": -1}, {"is_made": 1}):
        api.refused("PUT", path, 422, {"items": [said | wrong]})
    api.refused("PUT", path, 404, {"items": [said, said | {"recording_id": str(short)}]})
    assert api("GET", path)["items"] == [kept]
    stranger = held(client_of, rival)
    stranger.refused("GET", path, 404)
    stranger.refused("PUT", path, 404, {"items": [said]})
    held(client_of, label, "catalog:read catalog:write").refused("GET", path, 403)  # it needs the shop, too
    held(client_of, label, "catalog:write store:read").refused("PUT", path, 403, {"items": [said]})
    few = held(client_of, label, artists=("mira-sol",))
    few.refused("PUT", path, 403, {"items": [said]})
    assert not held(client_of, label, "catalog:read store:read")("GET", f"/releases/{a_release(label)}/previews")[
        "items"
    ]


def test_a_difference_is_settled_by_somebody_who_is_there(api, client_of, label, rival):
    with db.tenant_work(label) as session:
        facts = {"kind": "payment", "amount_minor": 1234, "currency": "EUR"}
        comparing.note(session, label, "sandbox", "extra", "ch_1", None, facts)
    (found,) = api("GET", "/gateway-differences?is_open=true")["items"]
    assert (found["reference"], found["facts"], found["resolved_at"]) == ("ch_1", facts, None)
    path, said = f"/gateway-differences/{found['id']}/resolution", {"note": "A test of  ours"}
    assert api.refused("PUT", path, 403, said)["reason"] == "PersonNeeded"
    owner = a_member(label)
    old = lent(client_of, label, owner, "store:write", signed_in=clock.now() - timedelta(hours=1))
    old.refused("PUT", path, 401, said)
    lent(client_of, rival, a_member(rival), "store:write").refused("PUT", path, 404, said)
    lent(client_of, label, owner, "store:read").refused("PUT", path, 403, said)
    there = lent(client_of, label, owner, "store:write store:read")
    there.refused("PUT", path, 422, {"note": "  "})
    there.refused("PUT", path, 422, said | {"resolved_by": str(owner.id)})
    settled = there("PUT", path, said)
    assert (settled["note"], settled["resolved_by"]) == ("A test of ours", str(owner.id))
    there.refused("PUT", path, 404, said)
    assert api("GET", "/gateway-differences?is_open=true")["items"] == []
    assert api("GET", "/shop/tasks")["open_differences"] == 0
    with db.tenant_read(label) as session:
        assert session.scalars(select(GatewayDifference.note)).all() == ["A test of ours"]
    assert isinstance(api("GET", "/gateway-checks")["items"], list)
    held(client_of, label, "catalog:read").refused("GET", "/gateway-differences", 403)
    held(client_of, label, artists=("mira-sol",)).refused("GET", "/gateway-differences", 403)


@pytest.fixture(scope="module")
def printer():
    with printer_here() as found:
        yield found


@pytest.fixture
def near_printer(settings, printer):
    """This process, connected as where Printful is the one on this machine."""
    import msgspec

    from app.main import composition

    chosen = msgspec.structs.replace(settings, printful_api_base=printer.base, printful_files_base=printer.base)
    composition.load_slices()
    composition.connect(chosen, "test")
    count_anew()
    yield printer
    composition.connect(settings, "test")


def test_a_shop_is_connected_to_the_printer_and_parted_from_it(near_printer, api, client_of, label, rival):
    assert api("GET", "/printer")["state"] == "none"
    api.refused("POST", "/printer/looks", 409)
    api.refused("POST", "/printer/removal", 409)
    api.refused("POST", "/printer/connections", 422, {"token": "not this one"})
    api.refused("POST", "/printer/connections", 422, {"token": "nobody-knows-it"})
    made = api("POST", "/printer/connections", {"token": TOKEN}, idempotency_key="printer")
    asked = len(near_printer.asked)
    assert api("POST", "/printer/connections", {"token": TOKEN}, idempotency_key="printer") == made
    assert len(near_printer.asked) == asked
    assert (made["state"], bool(made["store_name"])) == ("on", True)
    assert TOKEN not in api.raw("GET", "/printer").text
    assert api("POST", "/printer/looks")["state"] == "on"
    a_shop(rival)
    assert held(client_of, rival)("GET", "/printer")["state"] == "none"
    weak = held(client_of, label, "store:read")
    for path, body in (("connections", {"token": TOKEN}), ("looks", None), ("removal", None)):
        weak.refused("POST", f"/printer/{path}", 403, body)
    api("POST", "/printer/removal")
    assert api("GET", "/printer")["state"] == "none"


def test_a_printer_that_does_not_answer_connects_nothing(near_printer, api):
    near_printer.trouble["GET /stores"] = "500"
    refused = api.raw("POST", "/printer/connections", {"token": TOKEN}, idempotency_key="silent")
    assert (refused.status_code, refused.json()["reason"]) == (504, "PrinterSilent")
    assert refused.json()["detail"] == "Printful does not answer. Try again in a minute."
    assert refused.headers["retry-after"] == "60"
    near_printer.trouble.clear()
    assert api("POST", "/printer/connections", {"token": TOKEN}, idempotency_key="silent")["state"] == "on"
    api("POST", "/printer/removal")
    assert api("GET", "/printer")["state"] == "none"


def test_what_the_printer_refused_is_asked_for_again(api, client_of, label, rival):
    order = pay(label, an_order(label, a_variant(label, "physical", in_stock=1)))
    with db.tenant_work(label) as session:
        parcel = session.scalars(select(Fulfilment).where(Fulfilment.order_id == order.id)).first()
        parcel.kind, parcel.state, parcel.problem = "printful", "failed", "No such colour"
        known = parcel.id
    path = f"/orders/{order.id}/parcels/{known}/printing"
    held(client_of, rival).refused("PUT", path, 404)
    held(client_of, label, "store:read").refused("PUT", path, 403)
    api.refused("PUT", f"/orders/{order.id}/parcels/{ids.new_id()}/printing", 404)
    (shown,) = api("PUT", path)["parcels"]
    assert shown["state"] == "open"
    api.refused("PUT", path, 409)


def test_lists_of_the_shop_are_narrowed_as_in_the_portal(api, label):
    shirt = a_variant(label, "physical", in_stock=9)
    sent_, loaded = pay(label, an_order(label, shirt)), pay(label, an_order(label, a_variant(label)))

    def found(query):
        return {each["id"] for each in api("GET", f"/orders?{query}")["items"]}

    both = {str(sent_.id), str(loaded.id)}
    assert found("waits=true") == {str(sent_.id)}
    assert found("waits=false") == {str(loaded.id)}
    assert str(sent_.id) in found(f"q={sent_.number}")  # the digits may stand in a mail address, too
    assert found("q=fan") == found("is_refunded=false") == found(f"currency={sent_.currency}") == both
    assert found("q=nobody") == found("is_refunded=true") == found("currency=JPY") == set()
    emails = {sent_.email, loaded.email}
    assert {each["email"] for each in api("GET", "/customers?kind=guest&has_bought=true")["items"]} == emails
    assert api("GET", "/customers?kind=fan")["items"] == []
    api.refused("GET", "/customers?kind=buyer", 400)
    assert api("GET", "/products?ships_from=2030-01-01")["items"] == []


def test_a_post_is_of_the_time_that_is_said(api):
    page = f"/store-pages/{api('POST', '/store-pages', {'kind': 'post', 'title': 'On tour'})['id']}"
    moment = "2026-03-01T09:00:00Z"
    assert api.changes(page, {"language": "en", "published_at": moment})["published_at"] is None  # nobody sees it yet
    api("PUT", f"{page}/publication")
    assert api.changes(page, {"language": "en", "published_at": moment})["published_at"] == moment
    assert api.changes(page, {"language": "en", "title": "On the road"})["published_at"] == moment
    api.refused("PATCH", page, 422, {"language": "en", "published_at": None}, if_match="*")


def test_recordings_are_found_by_what_they_lack(api, label):
    a_release(label, "Night Drive")
    every = {each["id"] for each in api("GET", "/recordings")["items"]}
    assert {each["id"] for each in api("GET", "/recordings?lacks=audio")["items"]} == every
    first = min(every)
    api.changes(f"/recordings/{first}", {"genre": "Electronic"})
    assert {each["id"] for each in api("GET", "/recordings?genre=electronic")["items"]} == {first}
    assert first not in {each["id"] for each in api("GET", "/recordings?lacks=genre")["items"]}
    api.refused("GET", "/recordings?lacks=soul", 400)
