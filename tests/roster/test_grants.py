"""Acting for an artist: what a manager is given, how far it reaches, how it ends, and how it cannot be stretched."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.identity.models import Member
from app.kernel import clock, db
from app.roster.models import Artist, ArtistGrant
from tests.factories.catalog import a_release, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.identity.post import forget_waiting, link_in, mails_to

ROSTER, RELEASES = "/portal/artists", "/portal/releases"
LINKS = "/portal/invitations/artists"


class Room:
    """A label with two artists, Ada who signs in herself and Eve, and a release of each."""

    def __init__(self, client_of, settings):
        forget_waiting()
        self.tenant, self.client_of, self.settings = a_label(), client_of, settings
        self.releases = {name: a_release(self.tenant, f"By {name}", artists=[name]) for name in ("Ada", "Eve")}
        with db.tenant_read(self.tenant) as session:
            self.artists = {row.name: str(row.id) for row in session.scalars(select(Artist))}
        self.singer = self.acting_for("ada")

    def acting_for(self, *keys, role="artist"):
        member = a_member(self.tenant, role=role)
        narrowed(self.tenant, member, artists=list(keys))
        return self.signed_in(member)

    def signed_in(self, member):
        client = self.client_of(f"{self.tenant.slug}.localhost")
        assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
        return client

    def staff(self, role="owner"):
        return self.signed_in(a_member(self.tenant, role=role))

    def stranger(self):
        return self.client_of(f"{self.tenant.slug}.localhost")

    def ask(self, client, email, *rights, artist="Ada", **more):
        address = f"{ROSTER}/{self.artists[artist]}/grants"
        return client.post(address, data={"email": email, "rights": list(rights)} | more)

    def link(self, email):
        return link_in(mails_to(self.settings, self.tenant, email)[0], LINKS)

    def manager(self, *rights, giver=None, email="max@agency.test", **more):
        """Somebody new who took up what an artist gave them."""
        assert self.ask(giver or self.singer, email, *rights, **more).status_code == 303
        client = self.stranger()
        answer = client.post(self.link(email), data={"name": "Max", "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    def page(self, name):
        return f"{ROSTER}/{self.artists[name]}"

    def release(self, name):
        return f"{RELEASES}/{self.releases[name]}"

    def grant(self):
        with db.tenant_read(self.tenant) as session:
            return session.scalars(select(ArtistGrant).order_by(ArtistGrant.granted_at.desc())).first()


@pytest.fixture
def room(client_of, settings, connected):
    return Room(client_of, settings)


def test_a_manager_who_was_nobody_here_comes_in_by_the_link_and_sees_that_artist_alone(room):
    assert room.ask(room.singer, "Max@Agency.test", "releases").status_code == 303
    link, manager = room.link("max@agency.test"), room.stranger()
    offered = manager.get(link)
    assert "Ada" in offered.text
    assert "Manage releases" in offered.text
    assert offered.headers["referrer-policy"] == "same-origin"
    assert manager.post(link, data={"name": "Max", "password": PASSWORD}).headers["location"] == "/portal/welcome"
    with db.tenant_read(room.tenant) as session:
        member = session.scalar(select(Member).where(Member.email == "max@agency.test"))
        assert (member.role, member.artists) == ("artist_manager", [])
    assert manager.get(room.page("Ada")).status_code == 200
    assert manager.get(room.release("Ada")).status_code == 200
    assert manager.get(room.page("Eve")).status_code == 404
    assert manager.get(room.release("Eve")).status_code == 404
    roster = manager.get(ROSTER).text
    assert "<bdi>Ada</bdi>" in roster
    assert "<bdi>Eve</bdi>" not in roster
    assert "By Eve" not in manager.get(f"{RELEASES}/export").text
    assert "You act for this artist" in manager.get(room.page("Ada")).text


def test_a_link_is_good_once(room):
    room.manager("releases")
    again = room.stranger()
    link = room.link("max@agency.test")
    assert again.get(link).status_code == 404
    assert again.post(link, data={"name": "Eve", "password": PASSWORD}).status_code == 404


def test_a_link_is_over_after_a_week_and_when_it_was_taken_back_or_asked_anew(room):
    room.ask(room.singer, "max@agency.test", "page")
    first = room.link("max@agency.test")
    with clock.frozen_at(clock.now() + timedelta(days=8)):
        assert room.stranger().get(first).status_code == 404
    room.ask(room.singer, "max@agency.test", "page")
    assert room.stranger().get(first).status_code == 404
    second = room.link("max@agency.test")
    assert room.stranger().get(second).status_code == 200
    assert room.singer.post(f"{room.page('Ada')}/grants/{room.grant().id}/removal").status_code == 303
    assert room.stranger().post(second, data={"name": "Max", "password": PASSWORD}).status_code == 404


def test_who_is_a_member_already_accepts_as_themselves_and_nobody_else_does(room):
    reader, other = a_member(room.tenant, role="accountant"), room.staff("marketing")
    assert room.ask(room.singer, reader.email, "page").status_code == 303
    link = room.link(reader.email)
    assert "Sign in as" in room.stranger().get(link).text
    assert (
        room.stranger()
        .post(link, data={"name": "X", "password": PASSWORD})
        .headers["location"]
        .startswith("/portal/sign-in?next=")
    )
    assert "another mail address" in other.get(link).text
    assert other.post(link, data={}).status_code == 409
    client = room.signed_in(reader)
    assert client.get(room.page("Ada")).status_code == 403
    assert client.post(link, data={}).status_code == 303
    assert client.get(room.page("Ada")).status_code == 200
    assert client.get(room.page("Eve")).status_code == 404
    assert 'href="/portal/artists"' in client.get("/portal").text


def test_rights_open_what_they_say_and_nothing_else(room):
    owner = room.staff()
    manager = room.manager("releases", giver=owner)
    form = {"match": "1", "title": "Anew"}
    assert manager.post(room.release("Ada"), data=form).status_code == 303
    assert manager.get(f"{room.release('Ada')}/tracks").status_code == 200
    assert manager.post(room.release("Eve"), data=form).status_code == 404
    looker = room.manager("money", giver=owner, email="mia@agency.test")
    assert looker.get(room.release("Ada")).status_code == 200
    assert looker.post(room.release("Ada"), data=form | {"match": "2"}).status_code == 403
    assert looker.get(f"{room.release('Ada')}/edit").status_code == 403
    assert looker.get(f"{room.release('Ada')}/tracks").status_code == 403


def test_a_grant_is_worth_no_more_than_its_giver(room):
    """An artist does not edit the label's catalogue, and gets no second self that does."""
    manager = room.manager("releases")
    assert manager.get(room.release("Ada")).status_code == 200
    assert manager.post(room.release("Ada"), data={"match": "1", "title": "Anew"}).status_code == 403
    with db.tenant_work(room.tenant) as session:
        for singer in session.scalars(select(Member).where(Member.role == "artist")):
            singer.artists = ["eve"]
    assert manager.get(room.release("Ada")).status_code == 404


def test_a_grant_never_narrows_who_sees_the_whole_label(room):
    reader = a_member(room.tenant, role="read_only")
    room.ask(room.staff(), reader.email, "releases")
    client = room.signed_in(reader)
    assert client.post(room.link(reader.email), data={}).status_code == 303
    assert client.get(room.page("Eve")).status_code == 200
    assert client.post(room.release("Ada"), data={"match": "1", "title": "Anew"}).status_code == 303
    assert client.post(room.release("Eve"), data={"match": "1", "title": "Anew"}).status_code == 403


def test_access_ends_at_once_when_it_is_ended_runs_out_or_the_artist_leaves(room):
    owner, manager = room.staff(), room.manager("page")
    assert manager.get(room.page("Ada")).status_code == 200
    assert room.singer.post(f"{room.page('Ada')}/grants/{room.grant().id}/removal").status_code == 303
    assert manager.get(room.page("Ada")).status_code == 404
    assert manager.get(room.release("Ada")).status_code == 404
    assert "does not act" in owner.get("/portal/inbox").text
    assert mails_to(room.settings, room.tenant, "max@agency.test")[0].subject.startswith("Your access to Ada")
    second = room.manager("page", email="mia@agency.test")
    gone = (clock.now() - timedelta(days=1)).date().isoformat()
    assert second.get(room.page("Ada")).status_code == 200
    assert owner.post(f"{room.page('Ada')}/departure", data={"day": gone}).status_code == 303
    assert second.get(room.page("Ada")).status_code == 404
    assert room.ask(owner, "late@agency.test", "page").status_code == 409


def test_a_day_to_end_is_kept_to_the_second(room):
    member = a_member(room.tenant, role="artist_manager")
    day = (clock.now() + timedelta(days=2)).date()
    room.ask(room.singer, member.email, "page", until=day.isoformat())
    client = room.signed_in(member)
    client.post(room.link(member.email), data={})
    assert client.get(room.page("Ada")).status_code == 200
    with clock.frozen_at(room.grant().expires_at - timedelta(seconds=1)):
        assert room.signed_in(member).get(room.page("Ada")).status_code == 200
    with clock.frozen_at(room.grant().expires_at):
        assert room.signed_in(member).get(room.page("Ada")).status_code == 404


def test_a_manager_gives_back_what_they_have_and_ends_nothing_of_others(room):
    first, second = room.manager("page"), room.manager("page", email="mia@agency.test")
    with db.tenant_read(room.tenant) as session:
        grants = {row.email: row.id for row in session.scalars(select(ArtistGrant))}
    foreign = f"{room.page('Ada')}/grants/{grants['mia@agency.test']}/removal"
    assert first.post(foreign).status_code == 404
    assert room.acting_for("eve").post(foreign).status_code == 404
    assert first.post(f"{room.page('Ada')}/grants/{grants['max@agency.test']}/removal").status_code == 303
    assert first.get(room.page("Ada")).status_code == 404
    assert second.get(room.page("Ada")).status_code == 200


def test_only_the_artist_and_who_invites_people_let_others_act(room):
    manager = room.manager("page", "money")
    assert room.ask(manager, "x@agency.test", "page").status_code == 403
    assert room.ask(room.acting_for("ada", role="artist_manager"), "x@agency.test", "page").status_code == 403
    assert room.ask(room.staff("product"), "x@agency.test", "page").status_code == 403
    assert room.ask(room.acting_for("eve"), "x@agency.test", "page").status_code == 404
    assert room.ask(room.singer, "x@agency.test", "page", artist="Eve").status_code == 404
    both = room.acting_for("ada", "eve")
    assert room.ask(both, "x@agency.test", "page", artist="Eve").status_code == 303
    assert "Ask a manager" not in manager.get(room.page("Ada")).text
    assert "End the access" not in manager.get(room.page("Ada")).text


def test_nobody_is_given_more_by_what_a_form_smuggles_in(room):
    """Rights that there are not, members, moments and artists are not among what a form may say."""
    assert room.ask(room.singer, "x@agency.test", "page", "catalog.edit").status_code == 422
    assert room.ask(room.singer, "x@agency.test").status_code == 422
    for extra in ("member_id", "accepted_at", "granted_by", "artist_id", "role"):
        assert room.ask(room.singer, "x@agency.test", "page", **{extra: room.artists["Eve"]}).status_code in (400, 422)
    assert room.grant() is None
    room.ask(room.singer, "x@agency.test", "page")
    smuggled = {"name": "X", "password": PASSWORD, "role": "owner", "rights": "money"}
    assert room.stranger().post(room.link("x@agency.test"), data=smuggled).status_code in (400, 422)
    assert room.grant().member_id is None


def test_what_cannot_be_is_said_at_the_form(room):
    cases = [
        (("no-address", "page"), {}, 422, "Write one mail address"),
        (("x@agency.test", "page"), {"until": "2001-01-01"}, 422, "Choose a day to come"),
        (("x@agency.test", "page"), {"until": "soon"}, 422, "Choose a day"),
        (("max@agency.test", "page"), {}, 409, "may act for the artist already"),
    ]
    room.manager("page")
    for said, more, status, sentence in cases:
        answer = room.ask(room.singer, *said, **more)
        assert answer.status_code == status
        assert sentence in answer.text
    royalties = room.staff("royalties")
    assert room.ask(royalties, "x@agency.test", "page").status_code == 403


def test_the_roster_names_managers_and_activity_tells_of_them(room):
    room.manager("page")
    owner = room.staff()
    row = re.search(r"<tbody>(.*?)</tbody>", owner.get(f"{ROSTER}?sort=-manager").text, re.DOTALL)[1]
    assert row.index("Max") < row.index("<bdi>Eve</bdi>")
    told = owner.get("/portal/settings/activity").text
    assert "Somebody was asked to act for an artist" in told
    assert "Somebody acts for an artist from now on" in told
    assert "Max" in owner.get(room.page("Ada")).text
    person = owner.get(re.search(r'/portal/settings/team/[^"]+', owner.get("/portal/search?q=Max").text)[0]).text
    assert "who gave leave for it: ada" in person


def test_a_rival_label_finds_neither_link_nor_grant(room, client_as, client_of, rival):
    room.ask(room.singer, "max@agency.test", "page")
    link, grant = room.link("max@agency.test"), room.grant().id
    stranger = client_of(f"{rival.slug}.localhost")
    assert stranger.get(link).status_code == 404
    assert stranger.post(link, data={"name": "Max", "password": PASSWORD}).status_code == 404
    owner = client_as(rival)
    assert owner.post(f"{room.page('Ada')}/grants/{grant}/removal").status_code == 404
    assert owner.post(f"{room.page('Ada')}/grants", data={"email": "x@y.test", "rights": "page"}).status_code == 404


def test_support_gives_nobody_access(pages):
    """What needs the person themselves stands on the routes."""
    marked = {
        route.path
        for route in pages.routes
        for method, handler in getattr(route, "route_handler_map", {}).items()
        if str(method) == "POST" and handler[0].opt.get("in_person")
    }
    assert {f"{ROSTER}/{{artist_id:str}}/grants", f"{LINKS}/{{token:str}}"} <= marked
