"""Who is let into the app, where they begin, and that nobody finds there what is not of their own artists."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel import clock, db, ids
from app.roster.models import Artist
from tenants.registry.models import HostRow
from tests.artist.stage import APP, PLACES, link
from tests.factories.catalog import a_release, narrowed
from tests.factories.members import PASSWORD, a_member
from tests.factories.money import a_contract, terms
from tests.identity.post import forget_waiting, link_in, mails_to


@pytest.mark.parametrize(
    ("role", "begins"),
    [("artist", "/artist"), ("artist_manager", "/artist"), ("owner", "/portal"), ("product", "/portal")],
)
def test_artists_and_managers_begin_in_the_app_and_staff_in_the_portal(stage, role, begins):
    member, client = a_member(stage.tenant, role=role), stage.client_of(f"{stage.tenant.slug}.localhost")
    answer = client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert answer.headers["location"] == begins
    assert client.get("/portal/sign-in").headers["location"] == begins
    assert client.get("/portal/sign-in?next=/portal/releases").headers["location"] == "/portal/releases"
    welcome = client.post("/portal/welcome", data={"name": "Somebody", "language": "en"})
    assert welcome.headers["location"] in (begins, "/portal/welcome/artist")


def test_who_wanted_a_page_before_they_came_in_goes_there(stage):
    member, client = a_member(stage.tenant, role="artist"), stage.client_of(f"{stage.tenant.slug}.localhost")
    asked = client.get(f"{APP}/statements", headers={"accept": "text/html"})
    assert asked.headers["location"] == f"/portal/sign-in?next={APP}/statements"
    form = {"email": member.email, "password": PASSWORD, "next": f"{APP}/statements"}
    assert client.post("/portal/sign-in", data=form).headers["location"] == f"{APP}/statements"


def test_portal_and_app_lead_to_each_other(stage):
    _, ada = stage.person("ada")
    assert 'href="/portal"' in ada.get(f"{APP}/me").text
    portal = ada.get("/portal")
    assert portal.status_code == 200
    assert 'href="/artist"' in portal.text
    assert 'href="/artist"' not in stage.staff().get("/portal").text


def test_staff_without_artists_see_an_empty_app_that_says_so(stage):
    stage.published()
    stage.split()
    for role in ("owner", "royalties", "store"):
        staff = stage.staff(role)
        for place in PLACES:
            page = staff.get(f"{APP}{place}")
            assert page.status_code == 200, (role, place)
            for name in ("Ada Ltd", "Only Ada", "Deal of", "Only Eve"):
                assert name not in page.text, (role, place)
        assert "You act for no artist yet" in staff.get(APP).text
        assert "No statements yet" in staff.get(f"{APP}/statements").text


def test_whom_somebody_acts_for_stand_in_the_order_of_names(stage):
    names = ["Zoe", "Örn", "ada b"]
    a_release(stage.tenant, artists=names)
    with db.tenant_read(stage.tenant) as session:
        keys = list(session.scalars(select(Artist.key).where(Artist.name.in_(names))))
    member, client = stage.person(keys[0], "artist_manager")
    narrowed(stage.tenant, member, artists=keys)
    assert re.findall(r"<h2[^>]*><bdi>([^<]+)</bdi>", client.get(f"{APP}/team").text) == names[::-1]


def test_another_artists_ids_are_not_found_by_anybody(stage):
    run, (eve_member, eve) = stage.published(), stage.person("eve")
    told, (split, share) = stage.told(run), stage.split()
    _, ada = stage.person("ada")
    line = link(ada, told, rf"{told}/lines/\d+")
    contract = stage.to_sign(a_member(stage.tenant, role="artist", name="Ada"), title="For Ada alone")
    places = [
        told, line, link(ada, line, rf"{line}/rows/[^\"]+"), f"{APP}/releases/{stage.releases[0]}",
        f"{APP}/contracts/{stage.contracts[0].id}", contract, f"{contract}/changes",
    ]  # fmt: skip
    assert [ada.get(place).status_code for place in places[:5]] == [200] * 5
    for client in (eve, stage.staff("royalties"), stage.staff("owner")):
        assert [client.get(place).status_code for place in places] == [404] * len(places)
    assert eve.get(split).status_code == 200, "who shares in a recording knows of it"
    posts = {
        f"{line}/notes": {"body": "Mine?"},
        f"{share}/confirmation": {},
        f"{share}/contest": {"note": "Mine"},
        f"{contract}/signature": {"name": eve_member.name, "seen": "0" * 64, "agrees": "1"},
        f"{contract}/refusal": {"words": "no"},
        f"{contract}/proposal": {"words": "no"},
    }
    assert {eve.post(place, data=data).status_code for place, data in posts.items()} <= {403, 404}
    assert stage.staff("owner").post(f"{line}/notes", data={"body": "Mine?"}).status_code == 404


def test_a_rival_label_finds_nothing(stage, client_as, rival):
    run, (split, _) = stage.published(), stage.split()
    theirs = client_as(rival, "artist")
    places = [stage.told(run), split, f"{APP}/releases/{stage.releases[0]}", f"{APP}/contracts/{stage.contracts[0].id}"]
    for place in [*places, f"{APP}/news/{ids.new_id()}", f"{APP}/releases/x", f"{APP}/statements/x/lines/1"]:
        assert theirs.get(place).status_code == 404, place


def test_an_artist_does_not_see_what_the_label_only_drafts(stage):
    draft = a_contract(stage.tenant, terms(stage.payees[0]), kind="producer", is_signed=False, title="Just an idea")
    _, ada = stage.person("ada")
    assert "Just an idea" not in ada.get(f"{APP}/contracts").text
    assert ada.get(f"{APP}/contracts/{draft.id}").status_code == 404
    assert "Deal of Ada Ltd" in ada.get(f"{APP}/contracts").text


def test_a_manager_sees_what_their_artist_lets_them_and_ends_with_it(stage):
    forget_waiting()
    run, (_, ada) = stage.published(), stage.person("ada")
    with db.tenant_read(stage.tenant) as session:
        artist = session.query(Artist).filter_by(key="ada").one()
    form = {"email": "max@manage.test", "rights": ["money"], "until": ""}
    grants = f"{APP}/team/{artist.id}/grants"
    assert ada.post(grants, data={**form, "email": "nobody"}).status_code == 422
    assert ada.post(grants, data=form).headers["location"] == f"{APP}/team"
    assert "max@manage.test" in ada.get(f"{APP}/team").text
    asked = link_in(mails_to(db.current().settings, stage.tenant, "max@manage.test")[0], "/portal/invitations/artists")
    manager = stage.client_of(f"{stage.tenant.slug}.localhost")
    assert manager.post(asked, data={"name": "Max", "password": PASSWORD}).status_code == 303
    assert manager.post("/portal/welcome", data={"name": "Max", "language": "en"}).headers["location"] == APP
    assert manager.get(stage.told(run)).status_code == 200
    assert manager.get(stage.told(run, 1)).status_code == 404
    assert "Only Ada" in manager.get(f"{APP}/releases").text
    assert "Only Eve" not in manager.get(f"{APP}/releases").text
    assert "Max" in ada.get(f"{APP}/team").text
    end = link_form(ada.get(f"{APP}/team").text)
    assert ada.post(end).headers["location"] == f"{APP}/team"
    assert manager.get(stage.told(run)).status_code == 404
    assert "You act for no artist yet" in manager.get(APP).text


def link_form(page):
    return re.search(r'action="(/artist/team/[^"]+/removal)"', page)[1]


def test_only_whoever_proved_lately_who_they_are_lets_others_act(stage):
    _, ada = stage.person("ada")
    place, form = f"{APP}/team/{ids.new_id()}/grants", {"email": "a@b.test", "rights": ["money"], "until": ""}
    headers = {"accept": "text/html", "referer": f"https://{stage.tenant.slug}.localhost{APP}/team"}
    with clock.frozen_at(clock.now() + timedelta(minutes=30)):
        answer = ada.post(place, data=form, headers=headers)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/portal/re-authenticate?next={APP}/team"


def bound(tenant, host):
    """A host of a label's that shows nothing but the app."""
    row = HostRow(
        id=ids.new_id(), tenant_id=tenant.id, host=host, state="live", surface="artist", proven_at=clock.now()
    )
    with db.platform_work() as session:
        session.add(row)


def test_a_host_for_artists_alone_has_the_app_and_its_door_and_nothing_else(stage):
    host = f"app-{stage.tenant.slug}.example"
    bound(stage.tenant, host)
    client = stage.client_of(host)
    assert client.get("/", headers={"accept": "text/html"}).headers["location"] == APP
    assert client.get(APP, headers={"accept": "text/html"}).headers["location"] == f"/portal/sign-in?next={APP}"
    member, _ = stage.person("ada")
    form = {"email": member.email, "password": PASSWORD}
    assert client.post("/portal/sign-in", data=form).headers["location"] == APP
    assert client.get(f"{APP}/releases").status_code == 200
    for path in ("/portal", "/portal/releases", "/portal/settings/team", "/portal/files"):
        assert client.get(path).status_code == 404, path
    assert client.get("/portal/settings/security").status_code == 200
    assert client.post("/portal/sign-out").status_code == 303
