"""Several requests of a directory in one, and lists in an order: RFC 7644 §3.7 and §3.4.2.3."""

from __future__ import annotations

import pytest

from app.sso.rules.scim import bulk
from tests.factories.sso import a_connection
from tests.sso.office import Office
from tests.sso.test_scim import DOMAIN, HOST, Directory, a_token, member_of

USERS = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}


@pytest.fixture
def connection(label):
    return a_connection(label, Office().metadata, roles={"Finance": "royalties"})


@pytest.fixture
def directory(client_of, label, connection):
    return Directory(client_of(HOST), a_token(label, connection))


def all_of(directory, *operations, **more):
    return directory("POST", "/Bulk", {"schemas": [bulk.REQUEST], "Operations": list(operations)} | more)


def new(name, **more):
    return {"method": "POST", "path": "/Users", "bulkId": name, "data": {"userName": f"{name}@{DOMAIN}"} | more}


def test_people_and_their_group_are_told_in_one_request_in_any_order(directory, label):
    group = {"displayName": "Finance", "members": [{"value": "bulkId:bulk-ada"}, {"value": "bulkId:bulk-bea"}]}
    answer = all_of(
        directory, {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group}, new("bulk-ada"), new("bulk-bea")
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["schemas"] == [bulk.RESPONSE]
    assert [(each["bulkId"], each["status"]) for each in told["Operations"]] == [
        ("g", "201"), ("bulk-ada", "201"), ("bulk-bea", "201"),
    ]  # fmt: skip
    made = directory("GET", told["Operations"][0]["location"].partition("/scim/v2")[2]).json()
    assert {each["$ref"] for each in made["members"]} == {each["location"] for each in told["Operations"][1:]}
    assert member_of(label, "bulk-ada").role == "royalties"
    path = "/Users/" + told["Operations"][1]["location"].rpartition("/")[2]
    tag = told["Operations"][1]["version"]
    off = {"schemas": [], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    answer = all_of(
        directory,
        {"method": "PATCH", "path": path, "version": 'W/"99"', "data": off},
        {
            "method": "PATCH",
            "path": path,
            "version": directory("GET", path).json()["meta"]["version"] or tag,
            "data": off,
        },
        {"method": "DELETE", "path": told["Operations"][2]["location"].partition("/scim/v2")[2]},
        {"method": "PUT", "path": "/Users/nobody", "data": {"userName": "x"}},
    )
    said = answer.json()["Operations"]
    assert [each["status"] for each in said] == ["412", "200", "204", "404"]
    assert said[3]["response"]["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert member_of(label, "bulk-ada").disabled_at is not None
    assert member_of(label, "bulk-bea").disabled_at is not None


def test_what_fails_keeps_no_other_from_being_done_unless_it_is_said(directory):
    once = new("bulk-twice")
    answer = all_of(directory, once, once | {"bulkId": "again"}, new("bulk-third"))
    assert [each["status"] for each in answer.json()["Operations"]] == ["201", "409", "201"]
    answer = all_of(directory, once | {"bulkId": "a"}, new("bulk-fourth"), failOnErrors=1)
    assert [each["status"] for each in answer.json()["Operations"]] == ["409"]


def test_what_there_was_no_time_for_is_told_and_can_be_sent_again(directory, monkeypatch):
    people = [new("bulk-first"), new("bulk-late"), new("bulk-later")]
    with monkeypatch.context() as hurried:
        hurried.setattr(bulk, "MOST_SECONDS", 0.0)
        said = all_of(directory, *people).json()["Operations"]
        assert [each["status"] for each in said] == ["201", "503", "503"]
        assert "Send it again" in said[1]["response"]["detail"]
        assert "location" not in said[1]
        assert [each["status"] for each in all_of(directory, *people[1:]).json()["Operations"]] == ["201", "503"]
    assert [each["status"] for each in all_of(directory, *people).json()["Operations"]] == ["409", "409", "201"]


def test_names_of_what_was_not_made_are_a_conflict(directory):
    lost = {"displayName": "Lost", "members": [{"value": "bulkId:nobody"}]}
    group = {"method": "POST", "path": "/Groups", "bulkId": "g", "data": lost}
    patch = {"method": "PATCH", "path": "/Groups/bulkId:g", "data": {"Operations": []}}
    answer = all_of(directory, patch, group)
    assert [each["status"] for each in answer.json()["Operations"]] == ["409", "409"]


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"method": "GET", "path": "/Users/1"}, 400),
        ({"method": "POST", "path": "/Users", "data": {}}, 400),
        ({"method": "POST", "path": "/Users/1", "bulkId": "a", "data": {}}, 400),
        ({"method": "DELETE", "path": "/Users"}, 400),
        ({"method": "DELETE", "path": "/Bulk/1"}, 400),
        ({"method": "DELETE", "path": "/../../portal"}, 400),
        ({"method": "PUT", "path": "/Users/1", "data": []}, 400),
        ({"method": "POST", "path": "/Users", "bulkId": 7, "data": {}}, 400),
        ("x", 400),
    ],
)
def test_a_request_that_is_none_is_declined_whole(directory, operation, status):
    assert all_of(directory, operation).status_code == status


def test_so_many_and_no_more(directory):
    many = [new(f"n{n}") for n in range(bulk.MOST_OPERATIONS + 1)]
    answer = all_of(directory, *many)
    assert (answer.status_code, answer.json()["scimType"]) == (413, "tooMany")
    assert all_of(directory, new("big", displayName="x" * bulk.MOST_BYTES)).status_code == 413
    assert all_of(directory, new("a"), new("a")).status_code == 400
    assert all_of(directory, failOnErrors=0).status_code == 400


def test_who_has_no_token_does_nothing_in_bulk(client_of, rival, label, connection):
    other = Directory(client_of("rival.localhost"), a_token(label, connection))
    assert all_of(other, new("bulk-thief")).status_code == 401


def test_lists_come_in_the_order_that_is_wanted(directory):
    for name, shown in (("sort-c", "alma"), ("sort-a", "Berta"), ("sort-b", None)):
        directory.add(name, **({"displayName": shown} if shown else {}))

    def names(**asked):
        query = "&".join(f"{key}={value}" for key, value in asked.items())
        answer = directory("GET", f'/Users?filter=userName sw "sort-"&{query}')
        assert answer.status_code == 200, answer.text
        return [each["userName"].partition("@")[0][-1] for each in answer.json()["Resources"]]

    assert names(sortBy="userName") == ["a", "b", "c"]
    assert names(sortBy="urn:ietf:params:scim:schemas:core:2.0:User:userName", sortOrder="descending") == [
        "c",
        "b",
        "a",
    ]
    assert names(sortBy="displayName") == ["c", "a", "b"]  # letters' case tells none apart; who has none comes last
    assert names(sortBy="displayName", sortOrder="descending") == ["b", "a", "c"]
    assert names(sortBy="meta.created", count=1, startIndex=2) == ["a"]
    search = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": "USERNAME", "count": 200,
        "filter": 'userName sw "sort-"',
    }  # fmt: skip
    found = directory("POST", "/Users/.search", search).json()["Resources"]
    assert [each["userName"][5] for each in found] == ["a", "b", "c"]


def test_what_is_supported_is_said(directory):
    said = directory("GET", "/ServiceProviderConfig").json()
    assert said["sort"] == {"supported": True}
    assert said["bulk"] == {"supported": True, "maxOperations": 1_000, "maxPayloadSize": 1_048_576}
