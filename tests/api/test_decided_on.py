"""What needs no If-Match heeds one: a program, too, changes nothing that somebody else changed meanwhile."""

from __future__ import annotations

import pytest

from tenants.hosts import service as hosts
from tests.api.held import held
from tests.factories.labels import a_label
from tests.factories.members import a_member


@pytest.fixture
def label(connected):
    return a_label()


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def _a_file(api, _label):
    made = api.client.post("/api/v1/files?name=One", content=b"a", headers={"content-type": "text/plain"})
    return f"/files/{made.json()['id']}", ("PATCH", ""), "name", ("Two", "Three")


def _a_view(api, _label):
    view = api("POST", "/views", {"listing": "releases", "name": "One"})
    return f"/views/{view['id']}", ("PATCH", ""), "name", ("Two", "Three")


def _a_person(_api, label):
    return f"/members/{a_member(label, role='royalties').id}", ("PUT", "/role"), "role", ("store", "read_only")


def _an_address(api, label):
    name = f"shop-{label.slug}.example.com"
    claimed = api("POST", "/hosts", {"host": name})
    hosts.prove(label, name, lookup=lambda _: [claimed["proof"]])
    return f"/hosts/{name}", ("POST", "/surface"), "surface", ("storefront", "portal")


@pytest.mark.parametrize("thing", [_a_file, _a_view, _a_person, _an_address])
def test_a_change_is_refused_where_it_was_decided_on_what_is_so_no_more(api, client_of, label, rival, thing):
    path, (method, verb), field, (second, third) = thing(api, label)
    seen = api.raw("GET", path).headers["etag"]
    assert api(method, f"{path}{verb}", {field: second}, if_match=seen)[field] == second
    late = api.refused(method, f"{path}{verb}", 412, {field: third}, if_match=seen)
    assert late["reason"] == "Changed"
    assert api("GET", path)[field] == second
    theirs = held(client_of, rival)
    theirs.refused("GET", path, 404)
    theirs.refused(method, f"{path}{verb}", 404, {field: third}, if_match="*")
    now = api.raw("GET", path).headers["etag"]
    assert api(method, f"{path}{verb}", {field: third}, if_match=now)[field] == third
    assert api(method, f"{path}{verb}", {field: second})[field] == second  # nothing needs to be said


def test_a_view_is_read_by_its_owner_and_a_shared_one_by_everybody(api, client_of, label):
    own = api("POST", "/views", {"listing": "releases", "name": "Mine"})
    shared = api("POST", "/views", {"listing": "releases", "name": "Ours", "is_shared": True})
    other = held(client_of, label)
    assert other("GET", f"/views/{shared['id']}")["name"] == "Ours"
    other.refused("GET", f"/views/{own['id']}", 404)
    api.refused("GET", "/views/nothing", 404)
