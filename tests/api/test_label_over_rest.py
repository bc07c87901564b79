"""People, the label itself, its log and its look, as programs look after them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from app.identity.models import Invitation
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from tests.api.held import fewest, held, lent
from tests.factories.labels import a_label
from tests.factories.members import a_member


@pytest.fixture
def label(connected):
    return a_label()


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def test_people_are_invited_to_no_more_than_the_program_may_itself(api, client_of, label):
    said = {"email": "ada@new.test", "role": "read_only"}
    few = held(client_of, label, "team:read team:write")
    few.refused("POST", "/invitations", 403, said)
    owner = a_member(label)
    api.refused("POST", "/invitations", 403, said | {"role": "owner"})
    made = api("POST", "/invitations", said, idempotency_key="ada")
    assert api("POST", "/invitations", said, idempotency_key="ada") == made
    assert made["id"] in [each["id"] for each in api("GET", "/invitations")["items"]]
    api("DELETE", f"/invitations/{made['id']}")
    assert made["id"] not in [each["id"] for each in api("GET", "/invitations")["items"]]
    reachable = [role["key"] for role in api("GET", "/roles/built-in")["items"]]
    assert "owner" in reachable
    api.refused("POST", "/invitations", 422, said | {"permissions": ["team.edit"]})
    api.refused("PUT", f"/members/{owner.id}/role", 403, {"role": "read_only"})
    api.refused("DELETE", f"/members/{owner.id}/access", 403)


def test_a_member_is_disabled_and_let_in_again_through_a_program_and_programs_are_no_people(api, client_of, label):
    hand = lent(client_of, label, a_member(label), "team:read team:write")
    shown = api("GET", "/members")["items"]
    assert all("programs.invalid" not in each["email"] for each in shown)
    other = a_member(label, role="royalties")
    hand.refused("DELETE", f"/members/{other.id}/access", 403)  # who may more than the token does not lie in its reach
    assert api("GET", f"/members/{other.id}")["disabled_at"] is None
    assert api("DELETE", f"/members/{other.id}/access")["disabled_at"]
    assert api("PUT", f"/members/{other.id}/access")["disabled_at"] is None
    assert api("PUT", f"/members/{other.id}/role", {"role": "store"})["role"] == "store"
    assert fewest(api, "/members?limit=50") == fewest(api, "/members?limit=1")


def test_roles_are_made_by_somebody_who_is_there(client_of, label):
    owner = a_member(label)
    scopes = "roles:write team:read catalog:read"
    said = {"name": "Listener", "permissions": ["catalog.view"]}
    old = lent(client_of, label, owner, scopes, signed_in=clock.now() - timedelta(hours=1))
    old.refused("POST", "/roles", 401, said)
    there = lent(client_of, label, owner, scopes)
    there.refused("POST", "/roles", 403, said | {"permissions": ["payouts.approve"]})
    made = there("POST", "/roles", said)
    assert there("PUT", f"/roles/{made['id']}", said | {"name": "Hearer"})["name"] == "Hearer"
    assert [each["name"] for each in there("GET", "/roles")["items"]] == ["Hearer"]
    there("DELETE", f"/roles/{made['id']}")
    there.refused("GET", f"/roles/{made['id']}", 404)


def test_the_label_is_read_and_changed_but_for_its_currency(api, label):
    shown = api("GET", "/label")
    assert (shown["name"], shown["currency"]) == (label.name, label.currency)
    changed = api("POST", "/label/changes", {"time_zone": "Europe/Berlin"})
    assert (changed["time_zone"], changed["name"]) == ("Europe/Berlin", label.name)
    api.refused("POST", "/label/changes", 422, {"currency": "USD"})
    api.refused("POST", "/label/changes", 422, {"time_zone": "Nowhere/Else"})
    assert [each["host"] for each in api("GET", "/hosts")["items"] if each["is_primary"]]


def test_the_log_says_which_program_did_what_and_for_whom(api, client_of, label):
    owner = a_member(label)
    hand = lent(client_of, label, owner, "catalog:write catalog:read")
    artist = hand("POST", "/artists", {"name": "Mira Sol"})
    done = api("GET", f"/activity?subject_id={artist['id']}")["items"][0]
    assert (done["actor_kind"], done["on_behalf_of"], done["subject_id"]) == ("client", str(owner.id), artist["id"])
    api.refused("GET", "/activity?since=yesterday", 400)


def test_news_are_a_persons(api, client_of, label):
    api.refused("GET", "/news", 403)
    lent(client_of, label, a_member(label), "activity:read")("GET", "/news?limit=2")


def test_news_come_in_pages_and_are_read_and_put_away_by_whoever_they_are_for(api, client_of, label):
    hand = lent(client_of, label, a_member(label), "activity:read team:read")
    other = lent(client_of, label, a_member(label), "activity:read team:read")
    added = [Actor.system(label)] * 3
    with tenant_work(label) as session:
        for actor in added:
            activity.record(session, actor, "member.joined", subject_type="member", subject_id=ids.new_id())
    first = hand("GET", "/news?limit=2")
    with tenant_work(label) as session:
        activity.record(session, added[0], "member.joined", subject_type="member", subject_id=ids.new_id())
    second = hand("GET", f"/news?limit=2&after={first['next']}")
    known = [each["id"] for each in first["items"] + second["items"]]
    assert len(known) == len(set(known)) >= 3
    hand("POST", "/news/readings", {"ids": [known[0]]})
    states = {each["id"]: each["is_read"] for each in hand("GET", "/news?limit=200")["items"]}
    assert (states[known[0]], states[known[1]]) == (True, False)
    hand("POST", "/news/readings", {"ids": [known[0]], "is_archived": True})
    assert known[0] not in [each["id"] for each in hand("GET", "/news?limit=200")["items"]]
    theirs = {each["id"]: each["is_read"] for each in other("GET", "/news?limit=200")["items"]}
    assert theirs[known[0]] is False, "what one person put away stays with the others"
    hand.refused("POST", "/news/readings", 404, {"ids": [str(ids.new_id())]})
    api.refused("POST", "/news/readings", 403, {"ids": [known[1]]})


def test_an_invitation_is_sent_again_and_lasts_from_then_on(api, label):
    made = api("POST", "/invitations", {"email": "late@new.test", "role": "read_only"})
    with tenant_read(label) as session:
        before = session.get_one(Invitation, UUID(made["id"])).token_hash
    again = api("PUT", f"/invitations/{made['id']}/resending")
    assert again["expires_at"] > made["expires_at"]
    with tenant_read(label) as session:
        assert session.get_one(Invitation, UUID(made["id"])).token_hash != before
    api.refused("PUT", f"/invitations/{ids.new_id()}/resending", 404)


def test_a_look_is_drafted_checked_published_and_brought_back(api):
    first = api("POST", "/themes", {})
    path = f"/themes/{first['id']}"
    assert api("GET", f"{path}/findings")["is_ready"]
    assert api("PUT", f"{path}/publication")["state"] == "live"
    second = api("POST", "/themes", {})
    api.refused("PUT", f"/themes/{second['id']}/inputs", 428, {"inputs": {}})
    api.refused("PUT", f"/themes/{second['id']}/inputs", 412, {"inputs": {}}, if_match='"old"')
    assert api("PUT", f"/themes/{second['id']}/publication")["state"] == "live"
    assert api("PUT", f"{path}/restoration")["state"] == "live"
    assert api("GET", f"/themes/{second['id']}")["state"] == "retired"


@pytest.mark.parametrize(
    ("path", "scope"),
    [("/members", "team:read"), ("/label", "label:read"), ("/activity", "activity:read"), ("/themes", "brand:read")],
)
def test_without_the_scope_nothing_of_the_label_is_shown(client_of, label, path, scope):
    assert scope in held(client_of, label, "catalog:read").refused("GET", path, 403)["detail"]
