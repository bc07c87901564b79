"""A directory keeps people in step: who may, what it says of whom, and how soon nobody gets in any more."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.identity.models import Member
from app.identity.service import kept
from app.kernel import activity, db
from app.kernel.actor import Actor
from app.sso.service import tokens
from tests.factories.members import PASSWORD, a_member
from tests.factories.sso import a_connection, a_visitor
from tests.sso.office import Office

HOST, BASE = "canary.localhost", "/scim/v2"
DOMAIN = "label.example"


@pytest.fixture
def connection(label):
    return a_connection(label, Office().metadata, roles={"Finance": "royalties", "Top": "owner"})


def a_token(tenant, connection) -> str:
    with db.tenant_work(tenant) as session:
        return tokens.make(session, a_visitor(tenant), connection)


class Directory:
    """A directory that speaks as the standard says."""

    def __init__(self, client: Any, token: str) -> None:
        self.client, self.token = client, token
        del client.headers["origin"]

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        said = {"authorization": f"Bearer {self.token}", "content-type": "application/scim+json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.client.request(method, f"{BASE}{path}", json=body, headers=said)

    def add(self, name: str, **more: Any) -> dict[str, Any]:
        answer = self("POST", "/Users", {"userName": f"{name}@{DOMAIN}"} | more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def group(self, name: str, *ids: str) -> dict[str, Any]:
        answer = self("POST", "/Groups", {"displayName": name, "members": [{"value": each} for each in ids]})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def patch(self, path: str, *operations: dict[str, Any]) -> Any:
        return self(
            "PATCH", path, {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
        )


@pytest.fixture
def directory(client_of, label, connection):
    return Directory(client_of(HOST), a_token(label, connection))


def member_of(tenant, name):
    with db.tenant_read(tenant) as session:
        return session.scalar(select(Member).where(Member.email == f"{name}@{DOMAIN}"))


def signed_in(client_of, email):
    client = client_of(HOST)
    answer = client.post("/portal/sign-in", data={"email": email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


def is_in(client) -> bool:
    return client.get("/portal/settings/security").status_code == 200


@pytest.mark.slow
def test_the_public_tester_finds_nothing_wrong(client_of, label, connection):
    from scim2_client.engines.wsgi import WSGISCIMClient  # reading it takes seconds
    from scim2_tester import Status, check_server

    client = client_of(HOST)
    del client.headers["origin"]

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        names = {"CONTENT_TYPE": "content-type"} | {
            key: key[5:].replace("_", "-").lower() for key in environ if key.startswith("HTTP_")
        }
        headers = {name: environ[key] for key, name in names.items() if environ.get(key) and name != "host"}
        query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        body: BytesIO = environ["wsgi.input"]
        answer = client.request(
            environ["REQUEST_METHOD"], environ["PATH_INFO"] + query, content=body.read(), headers=headers
        )
        start_response(f"{answer.status_code} -", list(answer.headers.items()))
        return [answer.content]

    headers = {"Authorization": f"Bearer {a_token(label, connection)}"}
    scim = WSGISCIMClient(application, base_url=f"https://{HOST}{BASE}", headers=headers)
    results = check_server(scim)
    wrong = [
        (found.status.name, found.title, found.reason)
        for found in results
        if found.status not in (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE, Status.SKIPPED)
    ]
    assert wrong == []
    assert sum(found.status is Status.SUCCESS for found in results) > 40
    skipped = {(found.reason or "").partition(":")[0] for found in results if found.status is Status.SKIPPED}
    assert skipped <= {"POST /.search"}


def test_a_person_becomes_a_member_and_what_their_groups_say(directory, label):
    ada = directory.add("ada", displayName="Ada Office", active=True)
    assert ada["meta"]["location"] == f"https://{HOST}{BASE}/Users/{ada['id']}"
    member = member_of(label, "ada")
    assert (member.name, member.role, member.password_hash) == ("Ada Office", "read_only", None)
    group = directory.group("finance", ada["id"])
    assert member_of(label, "ada").role == "royalties"
    assert directory("GET", f"/Users/{ada['id']}").json()["groups"][0]["display"] == "finance"
    gone = directory.patch(f"/Groups/{group['id']}", {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'})
    assert gone.status_code == 200
    assert member_of(label, "ada").role == "read_only"


def test_deactivation_lets_nobody_in_from_that_moment(directory, label, client_of):
    email = f"leaver@{DOMAIN}"
    if (member := member_of(label, "leaver")) is None:
        member = a_member(label, role="royalties", email=email)
    leaver = directory.add("leaver")
    browser = signed_in(client_of, email)
    assert is_in(browser)
    for value in (False, "False"):
        assert (
            directory.patch(f"/Users/{leaver['id']}", {"op": "Replace", "path": "active", "value": value}).status_code
            == 200
        )
        assert not is_in(browser)
        assert client_of(HOST).post("/portal/sign-in", data={"email": email, "password": PASSWORD}).status_code == 422
        with db.tenant_read(label) as session:
            told = session.scalars(
                select(activity.Activity.action).where(activity.Activity.subject_id == member.id)
            ).all()
        assert "member.disabled" in told
        assert (
            directory.patch(f"/Users/{leaver['id']}", {"op": "replace", "value": {"active": True}}).status_code == 200
        )
        browser = signed_in(client_of, email)
        assert is_in(browser)
    assert directory("DELETE", f"/Users/{leaver['id']}").status_code == 204
    assert not is_in(browser)
    assert directory("GET", f"/Users/{leaver['id']}").status_code == 404


def test_the_last_owner_stays_whatever_a_directory_says(client_of, label):
    actor = Actor.system(label)
    visitor = a_visitor(label, member=a_member(label, role="owner", email=None))
    connection = a_connection(label, Office().metadata, by=visitor, roles={"Small": "read_only"})
    directory = Directory(client_of(HOST), a_token(label, connection))
    boss = member_of(label, "boss") or a_member(label, role="owner", email=f"boss@{DOMAIN}")
    with db.tenant_work(label) as session:
        held = session.get_one(Member, boss.id)
        kept.enable(session, label, actor, held)
        others = session.scalars(
            select(Member).where(Member.role == "owner", Member.id != boss.id, Member.disabled_at.is_(None))
        ).all()
        for other in others:
            other.disabled_at = other.created_at
    try:
        told = directory.add("boss")
        assert (
            directory.patch(f"/Users/{told['id']}", {"op": "replace", "path": "active", "value": False}).status_code
            == 409
        )
        assert directory("DELETE", f"/Users/{told['id']}").status_code == 409
        directory.group("small", told["id"])
        found = member_of(label, "boss")
        assert (found.role, found.disabled_at) == ("owner", None)
    finally:
        with db.tenant_work(label) as session:
            for other in others:
                session.get_one(Member, other.id).disabled_at = None


def test_a_directory_makes_nobody_greater_than_who_set_it_up(client_of, label):
    connection = a_connection(label, Office().metadata, by=a_visitor(label, "admin"), roles={"Top": "owner"})
    directory = Directory(client_of(HOST), a_token(label, connection))
    climber = directory.add("climber")
    answer = directory("POST", "/Groups", {"displayName": "top", "members": [{"value": climber["id"]}]})
    assert answer.status_code == 403
    assert member_of(label, "climber").role == "read_only"
    owner = member_of(label, "chief") or a_member(label, role="owner", email=f"chief@{DOMAIN}")
    assert directory("POST", "/Users", {"userName": owner.email, "active": False}).status_code == 201
    assert directory("POST", "/Users", {"userName": "x", "emails": [{"value": owner.email}]}).status_code == 403
    assert member_of(label, "chief").disabled_at is None


def test_an_owner_by_a_group_only_where_an_owner_said_so(directory, label):
    riser = directory.add("riser")
    directory.group("top", riser["id"])
    assert member_of(label, "riser").role == "owner"


def test_an_address_outside_the_proved_domains_is_nobody_here(directory, label):
    outside = a_member(label, role="royalties")
    answer = directory("POST", "/Users", {"userName": "someone", "emails": [{"value": outside.email}], "active": False})
    assert answer.status_code == 201
    told = answer.json()["id"]
    assert directory.patch(f"/Users/{told}", {"op": "replace", "path": "active", "value": True}).status_code == 200
    directory("DELETE", f"/Users/{told}")
    with db.tenant_read(label) as session:
        assert session.get_one(Member, outside.id).disabled_at is None
    inside = directory.add("mover")
    changed = directory.patch(
        f"/Users/{inside['id']}", {"op": "replace", "path": "emails", "value": [{"value": "mover@evil.example"}]}
    )
    assert changed.status_code == 200
    assert member_of(label, "mover") is not None


def test_two_names_for_one_member_are_one_too_many(directory):
    directory.add("twice", emails=[{"value": f"shared@{DOMAIN}", "primary": True}])
    again = directory("POST", "/Users", {"userName": "other", "emails": [{"value": f"shared@{DOMAIN}"}]})
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    same = directory("POST", "/Users", {"userName": f"TWICE@{DOMAIN}"})
    assert (same.status_code, same.json()["scimType"]) == (409, "uniqueness")


def test_lists_are_filtered_and_come_in_pages(directory):
    for name in ("amy", "ben", "cid"):
        directory.add(name, displayName=name.title(), externalId=f"ext-{name}")
    found = directory("GET", '/Users?filter=userName eq "BEN@label.example"').json()
    assert [each["displayName"] for each in found["Resources"]] == ["Ben"]
    found = directory("GET", '/Users?filter=externalId sw "ext-" and not (displayName eq "Cid")').json()
    assert [each["displayName"] for each in found["Resources"]] == ["Amy", "Ben"]
    page = directory("GET", "/Users?startIndex=2&count=1&attributes=displayName").json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 2, 1)
    assert page["Resources"][0].keys() == {"schemas", "id", "displayName"}
    assert directory("GET", "/Users?count=0").json()["Resources"] == []
    for bad in ("userName eq", 'userName xx "a"', "(" * 50, '"', "a.b.c eq 1", "userName eq %00"):
        answer = directory("GET", f"/Users?filter={bad}")
        assert answer.status_code == 400, bad
        assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


def test_a_version_that_is_old_changes_nothing(directory):
    ada = directory.add("versioned")
    path, tag = f"/Users/{ada['id']}", ada["meta"]["version"]
    assert directory("GET", path, if_none_match=tag).status_code == 304
    body = {"userName": f"versioned@{DOMAIN}", "displayName": "V"}
    assert directory("PUT", path, body, if_match=tag).status_code == 200
    assert directory("PUT", path, body | {"displayName": "W"}, if_match=tag).status_code == 412
    assert directory("DELETE", path, if_match=tag).status_code == 412


def test_a_token_of_another_label_or_connection_opens_nothing(client_of, label, rival, directory):
    theirs = a_connection(rival, Office().metadata)
    stranger = Directory(client_of(HOST), a_token(rival, theirs))
    ada = directory.add("walled")
    for method, path in (
        ("GET", "/Users"),
        ("GET", f"/Users/{ada['id']}"),
        ("DELETE", f"/Users/{ada['id']}"),
        ("POST", "/Users"),
    ):
        answer = stranger(method, path, {"userName": "x"} if method == "POST" else None)
        assert answer.status_code == 401
        assert "walled" not in answer.text
        assert answer.headers["www-authenticate"] == "Bearer"
    second = a_connection(label, Office(entity_id="https://second.example").metadata, domains=("second.example",))
    sibling = Directory(client_of(HOST), a_token(label, second))
    assert sibling("GET", f"/Users/{ada['id']}").status_code == 404
    assert sibling("GET", "/Users").json()["totalResults"] == 0
    assert sibling("POST", "/Groups", {"displayName": "g", "members": [{"value": ada["id"]}]}).status_code == 400


def test_a_session_cookie_is_no_token(client_as, label):
    client = client_as(label)
    assert client.get(f"{BASE}/Users").status_code == 401
    assert client.post(f"{BASE}/Users", json={"userName": "x"}).status_code == 401


def test_guessing_tokens_makes_its_address_wait_longer_each_time(client_of, directory):
    guesser = Directory(client_of(HOST), "scim_guessed")
    answers = [guesser("GET", "/Users") for _ in range(34)]
    assert [each.status_code for each in answers[:30]] == [401] * 30
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert directory("GET", "/Users").status_code == 429  # from the same address not even the right one is looked at


def test_a_replaced_token_goes_on_for_a_while_and_an_ended_one_not(client_of, label, connection):
    first = a_token(label, connection)
    second = a_token(label, connection)
    for token in (first, second):
        assert Directory(client_of(HOST), token)("GET", "/Users").status_code == 200
    with db.tenant_work(label) as session:
        for row in tokens.tokens_of(session, connection):
            assert first not in row.token_hash
            tokens.end(session, a_visitor(label), connection, row)
    for token in (first, second):
        assert Directory(client_of(HOST), token)("GET", "/Users").status_code == 401


def test_what_is_no_scim_is_refused_and_nothing_breaks(directory):
    ada = directory.add("sturdy")
    path = f"/Users/{ada['id']}"
    for body in (
        {},
        {"userName": 7},
        {"userName": ""},
        {"userName": "x", "active": "perhaps"},
        {"userName": "x", "emails": 7},
        {"userName": "x" * 600},
        [],
        "x",
        None,
        {"userName": "x", "name": [1]},
    ):
        assert directory("POST", "/Users", body).status_code == 400, body
    for operation in (
        {"op": "dance"},
        {"op": "remove"},
        {"op": "add", "path": "groups", "value": []},
        {"op": "add", "path": "nosuch", "value": 1},
        {"op": "remove", "path": "userName"},
        {"op": "replace", "path": "emails[type eq", "value": 1},
        {"op": "replace", "path": 'emails[type co "x"].value', "value": "y"},
        {"op": "add", "path": "active", "value": {}},
        {"op": "replace", "value": 7},
    ):
        assert directory.patch(path, operation).status_code == 400, operation
    assert directory.patch(path).status_code == 400
    assert directory("GET", path).json()["meta"]["version"] == ada["meta"]["version"]
    for query in (
        "startIndex=--5",
        "count=--5",
        "startIndex=٣",
        'filter=userName eq "a\\u0000"',
        f"filter={'(' * 500}",
    ):
        assert directory("GET", f"/Users?{query}").status_code == 400, query
    for schemas in (5, "x", {}, None):
        assert directory("POST", "/Users/.search", {"schemas": schemas}).status_code == 400
    assert directory("POST", "/Bulk", {}).status_code == 400
    for query in ("sortOrder=upwards", "sortBy=x%20y", f"sortBy={'x' * 300}"):
        assert directory("GET", f"/Users?{query}").status_code == 400, query
    assert directory("GET", "/Users/x").status_code == 404
    assert directory("POST", "/Users", {"userName": "x"}, content_type="text/plain").status_code == 415


def test_what_nobody_may_set_is_let_go(directory, label):
    told = directory.add(
        "modest",
        id=str(UUID(int=7)),
        role="owner",
        permissions=["*"],
        groups=[{"value": "x"}],
        meta={"version": "9"},
        password="x",
    )
    assert told["id"] != str(UUID(int=7))
    assert told.keys() == {"schemas", "id", "userName", "meta"}
    member = member_of(label, "modest")
    assert (member.role, member.password_hash) == ("read_only", None)
