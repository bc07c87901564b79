"""Following with one tap, agreeing by mail, and ending mails with one click."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.fans.models import FanConsent, Follow
from app.fans.service import consents, following, leaving, letters
from app.kernel import clock, db
from app.roster.models import Artist
from app.storefront.service import news
from tests.factories.catalog import a_release
from tests.factories.fans import a_fan, fan_named, signed_in
from tests.factories.shop import a_thing
from tests.identity.post import link_in, mails_to, work

HOST, RIVAL = "fanhouse.localhost", "fanrival.localhost"
PAGE = {"accept": "text/html"}


@pytest.fixture
def artist(label):
    a_release(label, artists=["Nachtvogel"])
    with db.tenant_read(label) as session:
        return session.scalars(select(Artist).where(Artist.name == "Nachtvogel")).first()


def follows_of(label, fan):
    with db.tenant_read(label) as session:
        return set(session.scalars(select(Follow.artist_id).where(Follow.fan_id == fan.id)))


def test_a_guest_follows_with_an_address_alone_once_the_mail_says_so(client_of, settings, label, artist):
    client = client_of(HOST)
    answer = client.post("/en/follows", data={"artist": str(artist.id), "email": "tap@example.test"})
    assert answer.headers["location"] == "/en/account/link-sent"
    letter = mails_to(settings, label, "tap@example.test")[0]
    assert "Nachtvogel" in letter.subject
    fan = fan_named(label, "tap@example.test")
    assert follows_of(label, fan) == set(), "an address that anybody can type follows nobody"
    link = link_in(letter, f"/en/account/follow/{artist.id}")
    page = client.get(link, headers=PAGE)
    assert page.status_code == 200
    assert follows_of(label, fan) == set(), "looking is not following"
    assert client.post(link).status_code == 200
    assert follows_of(label, fan) == {artist.id}
    assert client.post(link).status_code == 404, "a link is good once"
    assert "__Host-fan" not in client.cookies, "following signs nobody in"
    assert fan_named(label, "tap@example.test").confirmed_at is not None


def test_a_link_to_follow_one_follows_nobody_else(client_of, settings, label, artist):
    client_of(HOST).post("/en/follows", data={"artist": str(artist.id), "email": "swap@example.test"})
    link = link_in(mails_to(settings, label, "swap@example.test")[0], f"/en/account/follow/{artist.id}")
    token = link.rpartition("/")[2]
    for other in (
        f"/en/account/follow/label/{token}",
        f"/en/account/consents/newsletter/{token}",
        f"/en/account/link/{token}",
    ):
        assert client_of(HOST).post(other, data={}).status_code == 404
    assert client_of(RIVAL).post(f"/en/account/follow/label/{token}").status_code == 404


def test_a_fan_follows_at_once_and_ends_it(client_of, label, artist):
    fan = a_fan(label)
    client = signed_in(client_of(HOST), label, fan)
    for about in (str(artist.id), "label", "label"):
        assert client.post("/en/follows", data={"artist": about, "next": "/en"}).headers["location"] == "/en"
    assert follows_of(label, fan) == {artist.id, None}
    page = client.get("/en/account/following", headers=PAGE)
    assert "<bdi>Nachtvogel</bdi>" in page.text
    assert client.post(f"/en/account/following/{artist.id}/end").status_code == 303
    assert follows_of(label, fan) == {None}


def test_whom_a_fan_follows_stands_in_the_order_of_names(client_of, label):
    fan, names = a_fan(label), ["Zoe Vogt", "Örn", "ada"]
    a_release(label, artists=names)
    with db.tenant_work(label) as session:
        for artist in session.scalars(select(Artist).where(Artist.name.in_(names))):
            following.follow(session, label, fan, artist.id)
    page = signed_in(client_of(HOST), label, fan).get("/en/account/following", headers=PAGE).text
    assert re.findall(r"<bdi>(ada|Örn|Zoe Vogt)</bdi>", page) == names[::-1]


@pytest.mark.parametrize("about", ["nobody", "00000000-0000-0000-0000-000000000000", "<b>"])
def test_whom_the_label_does_not_have_nobody_follows(client_of, label, about):
    client = signed_in(client_of(HOST), label)
    assert client.post("/en/follows", data={"artist": about}).status_code == 404


def test_a_rivals_artist_cannot_be_followed_here(client_of, label, rival):
    a_release(rival, artists=["Theirs Alone"])
    with db.tenant_read(rival) as session:
        theirs = session.scalars(select(Artist.id).where(Artist.name == "Theirs Alone")).first()
    assert signed_in(client_of(HOST), label).post("/en/follows", data={"artist": str(theirs)}).status_code == 404


def test_agreeing_takes_a_mail_and_keeps_the_sentence_as_it_was_read(client_of, settings, label):
    fan = a_fan(label, language="de")
    client = signed_in(client_of(HOST), label, fan)
    assert client.post("/en/account/settings/consents/newsletter").status_code == 303
    letter = mails_to(settings, label, fan.email)[0]
    assert "Canary Records may write to me" in letter.text
    with db.tenant_read(label) as session:
        assert consents.given(session, fan) == {}
    link = link_in(letter, "/en/account/consents/newsletter")
    page = client_of(HOST).get(link, headers=PAGE)
    sentence = re.search(r"<q><bdi>(.*?)</bdi></q>", page.text)[1]
    assert client_of(HOST).post(link).status_code == 200
    with db.tenant_read(label) as session:
        held = consents.given(session, fan)["newsletter"]
    assert held.sentence == sentence
    assert held.source == "mail"
    assert client_of(HOST).post(link).status_code == 404
    assert client.post("/en/account/settings/consents/newsletter/end").status_code == 303
    with db.tenant_read(label) as session:
        assert consents.given(session, fan) == {}
        said = session.scalars(select(FanConsent.is_given).where(FanConsent.fan_id == fan.id).order_by(FanConsent.at))
        assert said.all() == [True, False], "what was agreed to once is not forgotten, only taken back"


def test_nobody_is_asked_for_what_we_do_not_ask(client_of, label):
    client = signed_in(client_of(HOST), label)
    assert client.post("/en/account/settings/consents/everything").status_code == 404


def test_one_click_of_a_mail_program_ends_the_mails_and_can_come_again(client_of, label, rival):
    fan = a_fan(label)
    with db.tenant_work(label) as session:
        following.follow(session, label, fan, None)
    path = letters.leave_link(label, fan.id, "label").partition("/unsubscribe/")[2]
    program = client_of(HOST)
    del program.headers["origin"]
    assert client_of(RIVAL).post(f"/unsubscribe/{path}").status_code == 404
    assert program.get(f"/unsubscribe/{path}", headers=PAGE).status_code == 200
    assert follows_of(label, fan) == {None}, "a scanner that looks ends nothing"
    for _ in range(2):
        answer = program.post(f"/unsubscribe/{path}", data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code in (200, 201)
    assert follows_of(label, fan) == set()
    assert program.post(f"/unsubscribe/{path[:-3]}xyz").status_code == 404
    assert program.post("/en/follows", data={"artist": "label"}).status_code == 403, "nothing else lacks an origin"


def test_followers_hear_of_what_comes_out_today_once_and_where_it_is_sold(settings, label, monkeypatch):
    today = clock.now().astimezone(ZoneInfo(label.time_zone)).date().isoformat()
    release = a_release(label, "Out Today", artists=["Morgenrot"], release_date=today, territories=["DE"])
    a_thing(label, release_id=release)
    with db.tenant_work(label) as session:
        artist = session.scalars(select(Artist).where(Artist.name == "Morgenrot")).first()
        near, far, whole, other = (a_fan(label, country=country) for country in ("DE", "JP", None, None))
        for fan, artist_id in ((near, artist.id), (near, None), (far, artist.id), (whole, None)):
            following.follow(session, label, fan, artist_id)
    monkeypatch.setattr(news, "AT_ONCE", 1)
    for _ in range(2):
        with db.tenant_work(label) as session:
            news.tell_of_today(session, label)
        work()
    heard = {
        fan.id: [one for one in mails_to(settings, label, fan.email) if "Out Today" in one.subject]
        for fan in (near, far, whole, other)
    }
    assert [len(heard[fan.id]) for fan in (near, far, whole, other)] == [1, 0, 1, 0]
    assert f"/en/releases/out-today-{str(release)[-8:]}" in heard[near.id][0].text
    end = link_in(heard[near.id][0], "/unsubscribe")
    assert leaving.opened(label, end.rpartition("/")[2]) == (near.id, f"artist:{artist.id}")


def test_news_carries_the_headers_of_one_click(settings, label):
    fan = a_fan(label)
    link = letters.leave_link(label, fan.id, "label")
    places = {"name": "Nachtvogel", "title": "Night", "link": "https://canary.test/en", "end": link}
    with db.tenant_work(label) as session:
        letters.send(session, label, fan.email, "news", "en", places, unsubscribe=link)
    work()
    kept = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (settings.data / "mail" / label.id).glob("*.eml")
    ]
    message = next(one for one in kept if one["To"] == fan.email)
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in message.get_body(("plain",)).get_content()
