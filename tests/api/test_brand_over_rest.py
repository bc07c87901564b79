"""Versions of the look, the label's own words and its web addresses, as programs look after them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.kernel import clock
from app.kernel.tenant import Limits
from tenants.hosts import service as hosts
from tests.api.held import held
from tests.factories.labels import a_label


@pytest.fixture
def label(connected):
    return a_label(languages=("en", "de"), limits=Limits())


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def test_versions_of_the_look_are_compared(api):
    first = api("POST", "/themes", {})
    path = f"/themes/{first['id']}"
    tag = api.raw("GET", path).headers["etag"]
    api("PUT", f"{path}/inputs", {"inputs": {"color": {"mood": "paper"}}}, if_match=tag)
    against_usual = api("GET", f"{path}/difference")
    assert (against_usual["other_id"], [each["field"] for each in against_usual["items"]]) == (None, ["color.mood"])
    assert against_usual["items"][0]["new"] == "paper"
    api("PUT", f"{path}/publication")
    second = api("POST", "/themes", {"version_id": first["id"]})
    assert api("GET", f"/themes/{second['id']}/difference") == {
        "version_id": second["id"], "other_id": first["id"], "items": [],
    }  # fmt: skip
    assert api("GET", f"{path}/difference?other_id={second['id']}")["items"] == []
    api.refused("GET", f"{path}/difference?other_id={label_of_nobody()}", 404)
    api.refused("GET", f"{path}/difference?old=1", 400)


def label_of_nobody():
    return "01936f0e-7d2b-7c41-9a55-0c8f5ad8e1b2"


def test_a_draft_is_published_at_a_time_unless_that_is_taken_back(api):
    made = api("POST", "/themes", {})
    path = f"/themes/{made['id']}"
    tag = api.raw("GET", path).headers["etag"]
    said = {"at": (clock.now() + timedelta(days=1)).isoformat()}
    api.refused("PUT", f"{path}/schedule", 428, said)
    api.refused("PUT", f"{path}/schedule", 412, said, if_match='"old"')
    api.refused("PUT", f"{path}/schedule", 422, {"at": "2020-01-01T00:00:00Z"}, if_match=tag)
    api.refused("PUT", f"{path}/schedule", 422, said | {"state": "live"}, if_match=tag)
    assert api("PUT", f"{path}/schedule", said, if_match=tag)["publish_at"]
    api.refused("PUT", f"{path}/inputs", 409, {"inputs": {"color": {"mood": "paper"}}}, if_match="*")
    assert api("DELETE", f"{path}/schedule")["publish_at"] is None
    api.refused("DELETE", f"{path}/schedule", 409)


def test_a_preview_link_shows_a_draft_to_the_team_alone(api, client_as, client_of, label):
    made = api("POST", "/themes", {})
    link = api("POST", f"/themes/{made['id']}/preview-links")
    path = "/" + link["url"].split("/", 3)[3]
    opened = client_as(label).get(path, follow_redirects=False)
    assert opened.status_code == 303
    assert "theme-preview" in opened.headers["set-cookie"]
    stranger = client_of(f"{label.slug}.localhost").get(path, follow_redirects=False)
    assert "theme-preview" not in stranger.headers.get("set-cookie", "")


def test_the_label_says_things_its_own_way_and_as_before_again(api):
    said = {"language": "de", "original": "Releases", "text": "Platten"}
    now = api("PUT", "/words", said)
    assert [(each["original"], each["own"]) for each in now["items"]] == [("Releases", "Platten")]
    found = api("GET", "/words?language=de&q=Platten")
    assert [each["own"] for each in found["items"]] == ["Platten"]
    assert api("GET", "/words?language=en")["items"] == []
    api.refused("PUT", "/words", 422, said | {"text": ""})
    api.refused("PUT", "/words", 422, said | {"text": "x %(name)s"})
    api.refused("PUT", "/words", 422, said | {"html": "x"})
    api.refused("PUT", "/words", 404, said | {"original": "Nobody says this"})
    api.refused("PUT", "/words", 404, said | {"language": "fr"})
    dropped = {"language": "de", "original": "Releases"}
    api("POST", "/words/removals", dropped)
    assert api("GET", "/words?language=de")["items"] == []
    api.refused("POST", "/words/removals", 404, dropped)


def test_a_web_address_is_bound_made_primary_and_removed(api, label):
    name = f"shop-{label.slug}.example.com"
    claimed = api("POST", "/hosts", {"host": name})
    api.refused("POST", f"/hosts/{name}/primary", 404)  # nobody proved it
    hosts.prove(label, name, lookup=lambda _: [claimed["proof"]])
    assert api("POST", f"/hosts/{name}/surface", {"surface": "storefront"})["surface"] == "storefront"
    api.refused("POST", f"/hosts/{name}/surface", 422, {"surface": "admin"})
    api.refused("POST", f"/hosts/{name}/surface", 422, {"surface": None, "is_primary": True})
    assert api("POST", f"/hosts/{name}/surface", {"surface": None})["surface"] is None
    shown = api("POST", f"/hosts/{name}/primary")["items"]
    assert [each["host"] for each in shown if each["is_primary"]] == [name]
    own = next(each["host"] for each in shown if each["host"] != name)
    api.refused("POST", f"/hosts/{own}/removal", 409)  # it came with the label
    api("POST", f"/hosts/{own}/primary")
    api("POST", f"/hosts/{name}/removal")
    assert [each["state"] for each in api("GET", "/hosts")["items"] if each["host"] == name] == ["quarantined"]
    done = [each["action"] for each in api("GET", "/activity?action=host.removed")["items"]]
    assert done == ["host.removed"]


def test_an_address_of_another_label_is_not_there(api, rival, label):
    theirs = f"{rival.slug}.localhost"
    for path, body in (("primary", None), ("surface", {"surface": None}), ("removal", None)):
        api.refused("POST", f"/hosts/{theirs}/{path}", 404, body)
    assert [row.state for row in hosts.hosts_of(rival) if row.host == theirs] == ["live"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/themes/1/schedule", {"at": "2027-01-01T00:00:00Z"}),
        ("DELETE", "/themes/1/schedule", None),
        ("POST", "/themes/1/preview-links", None),
        ("PUT", "/words", {"language": "en", "original": "Releases", "text": "Records"}),
        ("POST", "/words/removals", {"language": "en", "original": "Releases"}),
        ("POST", "/hosts/a.example.com/primary", None),
        ("POST", "/hosts/a.example.com/surface", {"surface": None}),
        ("POST", "/hosts/a.example.com/removal", None),
    ],
)
def test_whoever_may_only_look_changes_nothing(client_of, label, method, path, body):
    held(client_of, label, "brand:read label:read").refused(method, path, 403, body)


@pytest.mark.parametrize("path", ["/words", "/themes/1/difference"])
def test_without_the_scope_nothing_of_it_is_shown(client_of, label, path):
    assert "brand:read" in held(client_of, label, "catalog:read").refused("GET", path, 403)["detail"]
