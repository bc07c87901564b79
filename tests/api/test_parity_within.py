"""What a list of the portal can be asked for, a program can ask the API's list for, too: filters, sorts, searches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.api import rest
from app.api.rest.conventions.operations import operations
from app.kernel.db import tenant_work
from app.main import composition
from app.main.web import assemble
from app.storefront.models import Order
from tests.api.held import held
from tests.api.parity import lists
from tests.factories.api import api_of
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.shop import a_variant, an_order


def _declared():
    composition.load_slices()
    assemble()
    rest.load()
    resources = {each.resource.name: each.resource for each in operations() if each.is_list and each.resource}
    return resources, {each.name: each for each in lists.listings()}


RESOURCES, LISTINGS = _declared()
PORTAL = {name: each for name, each in LISTINGS.items() if not name.startswith("api_")}


def test_every_list_of_the_portal_can_be_asked_the_same_by_a_program():
    assert len(PORTAL) >= 9
    told = [problem for each in PORTAL.values() for problem in lists.problems(each, RESOURCES, LISTINGS)]
    assert told == []
    assert set(lists.LISTS) == set(PORTAL)


def test_a_filter_a_sort_and_a_value_that_only_the_portal_has_are_told():
    releases = PORTAL["releases"]
    more = replace(
        releases,
        parts=releases.parts | {"mood": frozenset(), "kind": frozenset({"opera"})},
        sorts=(*releases.sorts, "-mood"),
    )
    told = list(lists.problems(more, RESOURCES, LISTINGS))
    assert len(told) == 3
    assert all("mood" in each or "opera" in each for each in told)


@pytest.mark.parametrize(
    "name",
    [
        "artists", "contracts", "contributors", "files", "imprints", "orders", "parties", "payees", "payout_run_lines",
        "payouts", "products", "recordings", "releases", "statements", "taxed_payees", "tracks", "works",
    ],
)  # fmt: skip
def test_what_people_search_programs_search(name):
    assert "q" in RESOURCES[name].filters


@pytest.fixture(scope="module")
def searched():
    return {}


@pytest.fixture
def api(connected, client_of, searched):
    if not searched:
        label = a_label()
        a_release(label, "Dämmerung", artists=["Mira Sol"])
        a_release(label, "Glashaus", artists=["Eve"], tracks=1)
        searched["label"] = label
    return api_of(client_of, searched["label"])


@pytest.mark.parametrize(
    ("path", "wanted", "found"),
    [
        ("tracks", "dammerug", 2), ("tracks", "Glasshaus", 1), ("tracks", "mira sool", 2), ("tracks", "Kartoffel", 0),
        ("recordings", "dammerug", 2), ("releases", "DÄMMERUG", 1), ("releases", "Glasshaus", 1),
        ("artists", "mira sool", 1), ("imprints", "nigtjar", 1),
    ],
)  # fmt: skip
def test_a_slip_of_the_finger_finds_it_all_the_same(api, path, wanted, found):
    assert len(api.get(f"/api/v1/{path}", params={"q": wanted}).json()["items"]) == found


@pytest.fixture(scope="module")
def furnished():
    return {}


@pytest.fixture
def label(connected, furnished, client_of):
    if not furnished:
        made = a_label()
        api = held(client_of, made)
        api("POST", "/parties", {"legal_name": "Anna Björklund", "email": "a.b@example.com"})
        release = a_release(made, "Regenlieder", tracks=1)
        recording = api("GET", f"/releases/{release}/tracks")["items"][0]["recording_id"]
        credited = {"name": "Jonathan Livingston", "role": "producer"}
        api("PATCH", f"/recordings/{recording}", {"credits": [credited]}, if_match="*")
        named = {"name": "Pressefoto Düsseldorf.jpg"}
        api.client.post("/api/v1/files", params=named, content=b"a", headers={"content-type": "image/jpeg"})
        umbrella = a_variant(made, "physical", title="Regenschirm", in_stock=4)
        order = an_order(made, umbrella)
        with tenant_work(made) as session:
            session.get_one(Order, order.id).customer = "Margarethe Müller"
        furnished["label"] = made
    return furnished["label"]


@pytest.mark.parametrize(
    ("path", "place", "wanted", "shown"),
    [
        ("parties", "parties", "bjorklnd", "Anna Björklund"), ("parties", "parties", "a.b@exam", "Anna Björklund"),
        ("contributors", "contributors", "jonathn livingstn", "Jonathan Livingston"),
        ("files", "files", "presefoto dusseldorf", "Pressefoto"), ("orders", "store/orders", "margarete muler", "Müller"),
        ("products", "store/products", "regenshirm", "Regenschirm"), ("stock", "store/stock", "regenshirm", "Regenschirm"),
        ("customers", "store/customers", "margarete muler", "Müller"),
    ],
)  # fmt: skip
def test_people_and_programs_find_the_same_with_a_slip_of_the_finger(
    client_of, client_as, label, path, place, wanted, shown
):
    api = api_of(client_of, label)
    for said, count in ((wanted, 1), ("kartoffelpuffer", 0)):
        items = api.get(f"/api/v1/{path}", params={"q": said}).json()["items"]
        assert len(items) == count, (said, items)
        page = client_as(label).get(f"/portal/{place}", params={"q": said})
        assert page.status_code == 200
        assert (shown in page.text) == bool(count)


def test_a_track_with_a_title_of_its_own_is_found_by_both(api):
    track = api.get("/api/v1/tracks", params={"q": "glashaus"}).json()["items"][0]
    tag = api.get(f"/api/v1/tracks/{track['id']}").headers["etag"]
    changed = api.patch(f"/api/v1/tracks/{track['id']}", json={"title": "Orangerie"}, headers={"if-match": tag})
    assert changed.status_code == 200, changed.text
    for wanted in ("orangrie", "glashaus"):
        found = api.get("/api/v1/tracks", params={"q": wanted}).json()["items"]
        assert [each["id"] for each in found] == [track["id"]]


LISTED = sorted(
    {
        (operation.path, sort)
        for operation in operations()
        if operation.is_list and "{" not in operation.path and operation.resource is not None
        for sort in operation.resource.orders
    }
)


@pytest.mark.parametrize(("path", "sort"), LISTED)
def test_every_order_of_a_list_goes_on_behind_each_of_its_pages(api, path, sort):
    for way in (sort, f"-{sort}"):
        page = api.get(f"/api/v1{path}", params={"sort": way, "limit": 1})
        assert page.status_code == 200, page.text
        if page.json()["next"] is not None:
            behind = api.get(f"/api/v1{path}", params={"sort": way, "limit": 1, "after": page.json()["next"]})
            assert behind.status_code == 200, behind.text
            assert behind.json()["items"] != page.json()["items"]
