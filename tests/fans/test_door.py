"""Fans come in by mail or by password, and nobody learns who is one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.fans.models import SESSION_LIFE, Fan, FanSession
from app.fans.pages.visitors import onward
from app.fans.service import letters
from app.kernel import clock, db, limits
from app.kernel.actor import Actor
from tenants.lifecycle.service import suspend
from tests.factories.fans import PASSWORD, a_fan, fan_named, signed_in
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD as MEMBERS
from tests.factories.members import a_member
from tests.identity.post import link_in, mails_to, work
from tests.kernel.jobs.work import eventually

HOST, RIVAL = "fanhouse.localhost", "fanrival.localhost"
PAGE = {"accept": "text/html"}
DOOR = "/en/account/sign-in"


def link_for(settings, tenant, client, email, **more):
    answer = client.post(DOOR, data={"email": email, "way": "link", **more})
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/account/link-sent")
    return link_in(mails_to(settings, tenant, email)[0], "/en/account/link")


def test_a_link_by_mail_signs_up_and_in_with_a_cookie_out_of_reach(client_of, settings, label):
    client = client_of(HOST)
    link = link_for(settings, label, client, "new-one@example.test")
    fan = fan_named(label, "new-one@example.test")
    assert fan is not None
    assert fan.confirmed_at is None
    assert client.get(link, headers=PAGE).status_code == 200, "looking uses nothing up"
    answer = client.post(link, data={})
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/account")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-fan=")
    for flag in ("httponly", "secure", "samesite=lax", "path=/"):
        assert flag in cookie
    assert "domain" not in cookie
    assert fan_named(label, "new-one@example.test").confirmed_at is not None
    page = client.get("/en/account", headers=PAGE)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    with db.tenant_read(label) as session:
        stored = session.scalars(select(FanSession.token_hash).where(FanSession.fan_id == fan.id)).all()
        told = session.scalar(text("SELECT count(*) FROM activity WHERE activity::text LIKE '%new-one@example%'"))
    assert len(stored) == 1
    assert client.cookies["__Host-fan"].encode() not in stored[0]
    assert told == 0, "activity knows a fan by the id alone"


def test_a_link_opens_once_and_for_minutes(client_of, settings, label):
    client = client_of(HOST)
    link = link_for(settings, label, client, "once@example.test")
    assert client.post(link, data={}).status_code == 303
    replay = client_of(HOST)
    again = replay.post(link, data={}, headers=PAGE)
    assert again.status_code == 404
    assert "__Host-fan" not in replay.cookies
    late = link_for(settings, label, client_of(HOST), "once@example.test")
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        assert client_of(HOST).post(late, data={}).status_code == 404


def test_a_known_and_an_unknown_address_are_answered_alike(client_of, label):
    known = a_fan(label)
    answers = [
        client_of(HOST).post(DOOR, data={"email": email, "way": "link"})
        for email in (known.email, "nobody-here@example.test")
    ]
    shown = [
        (answer.status_code, answer.headers["location"], answer.headers.get("set-cookie"), answer.text)
        for answer in answers
    ]
    assert shown[0] == shown[1]
    with db.platform_read() as session:
        waiting = session.execute(text("SELECT length(args::text) FROM shared.outbox WHERE task = 'fans.send_link'"))
        assert len(waiting.all()) == 2, "the same work is asked for either way"


@pytest.mark.parametrize(("email", "password"), [("known", "wrong"), ("nobody@example.test", PASSWORD), ("", PASSWORD)])
def test_a_wrong_password_and_a_wrong_address_look_the_same(client_of, label, email, password):
    fan = a_fan(label)
    email = fan.email if email == "known" else email
    answer = client_of(HOST).post(DOOR, data={"email": email, "password": password, "way": "password"})
    assert answer.status_code == 422
    assert "do not fit together" in answer.text
    assert "__Host-fan" not in answer.headers.get("set-cookie", "")


def test_whoever_has_no_password_or_never_confirmed_comes_in_by_mail_alone(client_of, label):
    without, unconfirmed = a_fan(label, password_hash=None), a_fan(label, confirmed=False)
    for fan in (without, unconfirmed):
        answer = client_of(HOST).post(DOOR, data={"email": fan.email, "password": PASSWORD, "way": "password"})
        assert answer.status_code == 422


def test_a_fan_signs_in_by_password_and_out_on_the_server(client_of, label):
    fan, client = a_fan(label), client_of(HOST)
    client.cookies.set("__Host-fan", "planted-by-an-attacker")
    answer = client.post(DOOR, data={"email": fan.email.upper(), "password": PASSWORD, "way": "password"})
    assert answer.status_code == 303
    token = answer.cookies["__Host-fan"]
    assert token != "planted-by-an-attacker"
    client.cookies.clear()
    client.cookies.set("__Host-fan", token)
    assert client.post("/en/account/sign-out").status_code == 303
    again = client_of(HOST)
    again.cookies.set("__Host-fan", token)
    assert again.get("/en/account").status_code == 404


def test_guessing_is_slowed_down_per_account(client_of, label):
    fan, client = a_fan(label), client_of(HOST)
    form = {"email": fan.email, "password": "x", "way": "password"}
    answers = [client.post(DOOR, data=form) for _ in range(9)]
    assert [answer.status_code for answer in answers[:5]] == [422] * 5
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    right = client.post(DOOR, data=form | {"password": PASSWORD})
    assert right.status_code == 429, "the right password waits as well"
    other = client_of(HOST).post(DOOR, data={"email": a_fan(label).email, "password": PASSWORD, "way": "password"})
    assert other.status_code == 303, "another fan at the same address does not"


def test_nobodys_mailbox_is_filled(client_of, label):
    client = client_of(HOST)
    answers = [client.post(DOOR, data={"email": "full@example.test"}).status_code for _ in range(7)]
    assert answers[:5] == [303] * 5
    assert answers[5:] == [429] * 2
    limits.clear(label, "fan-link:full@example.test", "5/15minutes")


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "a b@example.test", "x@" + "y" * 300, "a\n@example.test"])
def test_what_is_no_mail_address_is_said_beside_its_field(client_of, label, email):
    answer = client_of(HOST).post(DOOR, data={"email": email, "way": "link"}, headers=PAGE)
    assert answer.status_code == 422
    assert 'aria-describedby="email-problem"' in answer.text
    assert 'id="email-problem"' in answer.text


def test_members_and_fans_are_apart(client_of, client_as, label):
    fan, member = a_fan(label), a_member(label)
    client = client_of(HOST)
    assert client.post("/portal/sign-in", data={"email": fan.email, "password": PASSWORD}).status_code == 422
    form = {"email": member.email, "password": MEMBERS, "way": "password"}
    assert client.post(DOOR, data=form).status_code == 422
    fans = signed_in(client_of(HOST), label, fan)
    fans.cookies.set("__Host-session", fans.cookies["__Host-fan"])
    assert fans.get("/portal").status_code == 404
    staff = client_as(label)
    staff.cookies.set("__Host-fan", staff.cookies["__Host-session"])
    assert staff.get("/en/account").status_code == 404


def test_a_rivals_fan_session_and_link_open_nothing_here(client_of, settings, label, rival):
    theirs = a_fan(rival)
    token = signed_in(client_of(RIVAL), rival, theirs).cookies["__Host-fan"]
    here = client_of(HOST)
    here.cookies.set("__Host-fan", token)
    assert here.get("/en/account").status_code == 404
    form = {"email": theirs.email, "password": PASSWORD, "way": "password"}
    assert client_of(HOST).post(DOOR, data=form).status_code == 422
    link = link_for(settings, rival, client_of(RIVAL), "rivals@example.test")
    assert client_of(HOST).post(link, data={}).status_code == 404
    assert client_of(RIVAL).post(link, data={}).status_code == 303, "what failed elsewhere used nothing up"
    assert fan_named(label, "rivals@example.test") is None


def test_a_foreign_page_can_do_nothing_in_a_fans_name(client_of, settings, label):
    client = signed_in(client_of(HOST), label)
    client.headers["origin"] = "https://evil.example"
    for path in ("/en/account/sign-out", "/en/account/erasure", "/en/follows", "/en/redeem", "/en/account/data"):
        assert client.post(path, data={"meant": "yes", "artist": "label", "code": "x"}).status_code == 403
    client.headers["origin"] = f"https://{HOST}"
    assert client.get("/en/account").status_code == 200


@pytest.mark.parametrize(
    "wish",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "/%2f%2fevil.example", "javascript:alert(1)",
        "/portal", "/artist", "/files/x", "/en/account/sign-in", "/en/account/sign-out", "/en/account/link/x", "/\t/evil",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(client_of, label, wish):
    fan, client = a_fan(label), client_of(HOST)
    form = {"email": fan.email, "password": PASSWORD, "way": "password", "next": wish}
    assert client.post(DOOR, data=form).headers["location"] == "/en/account"
    assert onward(wish, "") == ""


def test_who_wanted_a_page_comes_back_to_it_by_either_way(client_of, settings, label):
    client = client_of(HOST)
    door = client.get("/en/account/orders?page=2", headers=PAGE)
    assert door.status_code == 303
    assert door.headers["location"] == "/en/account/sign-in?next=%2Fen%2Faccount%2Forders%3Fpage%3D2"
    link = link_for(settings, label, client, "comes-back@example.test", next="/en/account/orders")
    page = client.get(link, headers=PAGE)
    assert 'value="/en/account/orders"' in page.text
    answer = client.post(link.partition("?")[0], data={"next": "/en/account/orders"})
    assert answer.headers["location"] == "/en/account/orders"


def test_a_session_ends_by_itself_and_one_is_ended_from_the_list(client_of, label):
    fan = a_fan(label)
    here, there, strangers = (signed_in(client_of(HOST), label, fan) for _ in range(3))
    other = signed_in(client_of(HOST), label)
    page = here.get("/en/account/settings", headers=PAGE)
    ids = re.findall(r"settings/sessions/([0-9a-f-]{36})/end", page.text)
    assert len(ids) == 3
    assert other.post(f"/en/account/settings/sessions/{ids[0]}/end").status_code == 404, "nobody ends another's"
    assert here.post("/en/account/settings/sessions/end-others").status_code == 303
    assert there.get("/en/account").status_code == 404
    assert strangers.get("/en/account").status_code == 404
    assert here.get("/en/account").status_code == 200
    with clock.frozen_at(clock.now() + SESSION_LIFE + timedelta(seconds=1)):
        assert here.get("/en/account").status_code == 404


def test_a_fan_who_is_shut_out_is_out_at_once_and_gets_no_link(client_of, settings, label):
    fan = a_fan(label)
    client = signed_in(client_of(HOST), label, fan)
    with db.tenant_work(label) as session:
        session.get(Fan, fan.id).disabled_at = clock.now()
    assert client.get("/en/account").status_code == 404
    client_of(HOST).post(DOOR, data={"email": fan.email})
    assert mails_to(settings, label, fan.email) == []


def test_an_address_that_nobody_confirmed_is_forgotten(settings, label, client_of):
    client_of(HOST).post(DOOR, data={"email": "never@example.test"})
    work()
    from app.fans.service import tidying

    with clock.frozen_at(clock.now() + timedelta(days=3)), db.tenant_work(label) as session:
        tidying.tidy(session, label)
    assert fan_named(label, "never@example.test") is None
    with db.tenant_read(label) as session:
        confirmed = select(func.count()).select_from(Fan).where(Fan.confirmed_at.is_not(None))
        assert session.scalar(confirmed) > 0, "and nobody else is"


def test_whoever_has_an_account_keeps_it_while_no_shop_is_open(client_of, settings):
    label = a_label()
    host, fan = f"{label.slug}.localhost", a_fan(label)
    assert client_of(host).get(DOOR, headers=PAGE).status_code == 200
    client = signed_in(client_of(host), label, fan)
    for path in ("", "/library", "/settings", "/data", "/erasure"):
        assert client.get(f"/en/account{path}", headers=PAGE).status_code == 200
    path = letters.leave_link(label, fan.id, "label").partition("/unsubscribe/")[2]
    suspend(label.slug, by=Actor("operator", None, None, "Ops"), reason="unpaid")
    assert eventually(lambda: client.get("/en/account", headers=PAGE).status_code == 503)
    assert client_of(host).post(f"/unsubscribe/{path}").status_code in (200, 201), "mails can be ended all the same"
