"""Artists' pictures, and who acts for artists, as programs look after them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel import clock, ids
from app.kernel.db import tenant_read
from app.roster.models import Artist
from tests.api.held import held, lent
from tests.api.test_shop_front_over_rest import a_picture, sent
from tests.factories.catalog import a_release, narrowed
from tests.factories.labels import a_label
from tests.factories.members import a_member

GIVING = "team:write team:read catalog:read catalog:write royalties:read"


@pytest.fixture
def label(connected):
    made = a_label()
    for name in ("Ada", "Eve"):
        a_release(made, f"By {name}", artists=[name])
    return made


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def the_artist(tenant, key="ada"):
    with tenant_read(tenant) as session:
        return session.scalars(select(Artist).where(Artist.key == key)).one()


def test_an_artists_picture_is_set_read_and_removed_by_whoever_saw_the_newest_version(api, label):
    path = f"/artists/{the_artist(label).id}"
    tag = api.raw("GET", path).headers["etag"]
    api.refused("GET", f"{path}/picture", 404)
    assert sent(api, f"{path}/picture", a_picture()).status_code == 428
    shown = sent(api, f"{path}/picture", a_picture(), if_match=tag)
    assert shown.status_code == 200, shown.text
    picture = shown.json()["picture_id"]
    assert picture
    assert api("GET", path)["picture_id"] == picture
    link = api("GET", f"{path}/picture")["url"]
    assert api.client.get("/" + link.split("/", 3)[3]).content == a_picture()
    assert sent(api, f"{path}/picture", a_picture(), if_match=tag).status_code == 412
    assert sent(api, f"{path}/picture", b"GIF89a", "image/gif", if_match="*").status_code == 415
    assert sent(api, f"{path}/picture", b"\x89PNG not one", if_match="*").status_code == 422
    assert sent(api, f"{path}/picture", a_picture(200), if_match="*").status_code == 422  # too small
    assert api("GET", path)["picture_id"] == picture
    api.refused("DELETE", f"{path}/picture", 428)
    assert api("DELETE", f"{path}/picture", if_match="*")["picture_id"] is None
    done = api("GET", f"/activity?action=artist.changed&subject_id={the_artist(label).id}")["items"]
    assert [each["after"]["picture"] for each in done] == ["picture.png", None]


def test_pictures_of_others_are_not_touched(client_of, label, rival):
    ada, eve = the_artist(label), the_artist(label, "eve")
    stranger = held(client_of, rival)
    few = lent(client_of, label, _narrowed_to_ada(label, "admin"), "catalog:read catalog:write")
    for api, artist in ((stranger, ada), (few, eve)):
        assert sent(api, f"/artists/{artist.id}/picture", a_picture(), if_match="*").status_code == 404
        api.refused("DELETE", f"/artists/{artist.id}/picture", 404, if_match="*")
        api.refused("GET", f"/artists/{artist.id}/picture", 404)
    assert sent(few, f"/artists/{ada.id}/picture", a_picture(), if_match="*").status_code == 200
    weak = held(client_of, label, "catalog:read")
    assert sent(weak, f"/artists/{ada.id}/picture", a_picture(), if_match="*").status_code == 403


def _narrowed_to_ada(label, role):
    member = a_member(label, role=role)
    narrowed(label, member, artists=["ada"])
    return member


def test_somebody_who_is_there_lets_others_act_for_an_artist_and_ends_it(client_of, label):
    path = f"/artists/{the_artist(label).id}/grants"
    said = {"email": "Max@Agency.test", "rights": ["page", "releases"]}
    owner = a_member(label)
    old = lent(client_of, label, owner, GIVING, signed_in=clock.now() - timedelta(hours=1))
    assert old.refused("POST", path, 401, said)["reason"] == "SignInTooOld"
    there = lent(client_of, label, owner, GIVING)
    made = there("POST", path, said, idempotency_key="max")
    assert there("POST", path, said, idempotency_key="max") == made
    assert (made["email"], made["state"], made["granted_by"]) == ("max@agency.test", "asked", str(owner.id))
    assert made["rights"] == ["releases", "page"]
    assert [each["id"] for each in there("GET", path)["items"]] == [made["id"]]
    again = there("POST", path, said)  # who did not answer is asked anew, and the first link is over
    assert [each["id"] for each in there("GET", path)["items"]] == [again["id"]]
    there.refused("POST", path, 422, said | {"rights": []})
    there.refused("POST", path, 422, said | {"rights": ["bank"]})
    there.refused("POST", path, 422, said | {"email": "nobody"})
    there.refused("POST", path, 422, said | {"expires_at": "2020-01-01T00:00:00Z"})
    there.refused("POST", path, 422, said | {"granted_by": str(owner.id)})
    there("DELETE", f"{path}/{again['id']}")
    assert there("GET", path)["items"] == []
    there.refused("DELETE", f"{path}/{ids.new_id()}", 404)


def test_nobody_gives_more_for_an_artist_than_their_token_may_itself(client_of, label):
    path = f"/artists/{the_artist(label).id}/grants"
    few = lent(client_of, label, a_member(label), "team:write catalog:read")
    assert few.refused("POST", path, 403, {"email": "m@a.test", "rights": ["money"]})["reason"] == "BeyondOwn"
    few.refused("POST", path, 403, {"email": "m@a.test", "rights": ["releases"]})
    assert few("GET", path)["items"] == []


def test_a_program_by_itself_asks_nobody_to_act_for_an_artist_but_ends_it(api, client_of, label):
    path = f"/artists/{the_artist(label).id}/grants"
    said = {"email": "max@agency.test", "rights": ["page"]}
    assert api.refused("POST", path, 403, said)["reason"] == "PersonNeeded"
    made = lent(client_of, label, a_member(label), GIVING)("POST", path, said)
    assert [each["id"] for each in api("GET", path)["items"]] == [made["id"]]
    api("DELETE", f"{path}/{made['id']}")
    assert api("GET", path)["items"] == []


def test_an_artist_lets_others_act_for_themselves_and_for_nobody_else(client_of, label, rival):
    singer = lent(client_of, label, _narrowed_to_ada(label, "artist"), GIVING)
    ada, eve = the_artist(label).id, the_artist(label, "eve").id
    said = {"email": "max@agency.test", "rights": ["page"]}
    made = singer("POST", f"/artists/{ada}/grants", said)
    singer.refused("POST", f"/artists/{eve}/grants", 404, said)
    singer.refused("GET", f"/artists/{eve}/grants", 404)
    stranger = lent(client_of, rival, a_member(rival), GIVING)
    stranger.refused("POST", f"/artists/{ada}/grants", 404, said)
    stranger.refused("GET", f"/artists/{ada}/grants", 404)
    stranger.refused("DELETE", f"/artists/{ada}/grants/{made['id']}", 404)
    clerk = lent(client_of, label, a_member(label, role="royalties"), GIVING)
    clerk.refused("GET", f"/artists/{ada}/grants", 403)
    clerk.refused("POST", f"/artists/{ada}/grants", 403, said)
    clerk.refused("DELETE", f"/artists/{ada}/grants/{made['id']}", 404)
    assert [each["id"] for each in singer("GET", f"/artists/{ada}/grants")["items"]] == [made["id"]]


def test_without_the_scope_nobody_hears_who_acts_for_whom(client_of, label):
    path = f"/artists/{the_artist(label).id}/grants"
    assert "team:write" in held(client_of, label, "catalog:write team:read").refused("GET", path, 403)["detail"]
