"""Coming in and going out, through HTTP."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from app.identity import service
from app.identity.errors import PasswordTooWeak
from app.identity.models import Member
from app.identity.rules import check_password
from app.kernel import clock, db
from app.kernel.actor import Actor
from app.kernel.ids import new_id
from tests.factories.members import PASSWORD, a_member

HOST, RIVAL = "canary.localhost", "rival.localhost"


def test_a_member_signs_in_and_sees_the_portal(client_as, label):
    page = client_as(label).get("/portal")
    assert page.status_code == 200
    assert "Canary Records" in page.text
    assert 'lang="en"' in page.text


@pytest.mark.parametrize("wanted", ["/portal/sign-in", "/portal/sign-in/second-factor", "/portal/sign-in/link/x"])
def test_who_is_inside_is_never_led_to_the_door_again(client_as, label, wanted):
    client = client_as(label)
    assert client.get(f"/portal/sign-in?next={wanted}").headers["location"] == "/portal"
    client.follow_redirects = True
    answer = client.get(wanted, headers={"accept": "text/html"})
    assert answer.status_code < 400
    assert len(answer.history) < 4


def test_the_session_cookie_is_bound_to_the_host_and_out_of_reach(client_of, label):
    member = a_member(label)
    answer = client_of(HOST).post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert flag.lower() in cookie.lower()
    assert "domain" not in cookie.lower()


@pytest.mark.parametrize("email", ["nobody@canary.test", "", "x" * 300])
def test_a_wrong_address_and_a_wrong_password_look_the_same(client_of, label, email):
    member = a_member(label)
    wrong_password = client_of(HOST).post("/portal/sign-in", data={"email": member.email, "password": "wrong"})
    wrong_address = client_of(HOST).post("/portal/sign-in", data={"email": email, "password": PASSWORD})
    assert wrong_password.status_code == wrong_address.status_code == 422
    sentence = "do not fit together"
    assert sentence in wrong_password.text
    assert sentence in wrong_address.text


def test_a_member_of_one_label_is_nobody_at_another(client_of, label, rival):
    member = a_member(label)
    answer = client_of(RIVAL).post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert answer.status_code == 422


def test_a_session_of_one_label_opens_nothing_at_another(client_as, client_of, label, rival):
    token = client_as(label).cookies["__Host-session"]
    there = client_of(RIVAL)
    there.cookies.set("__Host-session", token)
    assert there.get("/portal", headers={"accept": "application/json"}).status_code == 404


def test_signing_in_never_adopts_a_session_that_was_planted(client_of, label):
    member, client = a_member(label), client_of(HOST)
    client.cookies.set("__Host-session", "planted-by-an-attacker")
    answer = client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert "planted" not in answer.headers["set-cookie"]
    planted = client_of(HOST)
    planted.cookies.set("__Host-session", "planted-by-an-attacker")
    assert planted.get("/portal", headers={"accept": "application/json"}).status_code == 404


def test_signing_out_ends_the_session_on_the_server(client_as, client_of, label):
    client = client_as(label)
    token = client.cookies["__Host-session"]
    assert client.post("/portal/sign-out").status_code == 303
    again = client_of(HOST)
    again.cookies.set("__Host-session", token)
    assert again.get("/portal", headers={"accept": "application/json"}).status_code == 404


def test_a_member_ends_their_own_sessions_and_nobody_elses(client_as, label):
    first, second = client_as(label), client_as(label)
    tokens = [client.cookies["__Host-session"] for client in (first, second)]
    with db.tenant_read(label) as session:
        held = [service.member_of_token(session, token).held.id for token in tokens]
    answers = [second.post(f"/portal/settings/security/sessions/{session_id}/end").status_code for session_id in held]
    assert answers == [404, 303]
    assert first.get("/portal").status_code == 200
    assert second.get("/portal", headers={"accept": "application/json"}).status_code == 404


def test_a_disabled_member_is_out_at_once(client_as, label):
    client = client_as(label)
    with db.tenant_work(label) as session:
        found = service.member_of_token(session, client.cookies["__Host-session"])
        assert found is not None
        found[0].disabled_at = clock.now()
    assert client.get("/portal", headers={"accept": "application/json"}).status_code == 404


@pytest.mark.parametrize("later", [timedelta(hours=13), timedelta(days=15)])
def test_a_session_ends_after_its_limits(client_as, label, later):
    client = client_as(label)
    with clock.frozen_at(clock.now() + later):
        assert client.get("/portal", headers={"accept": "application/json"}).status_code == 404


def test_guessing_is_slowed_down_per_account_with_the_time_to_wait(client_of, label):
    member, client = a_member(label), client_of(HOST)
    answers = [client.post("/portal/sign-in", data={"email": member.email, "password": "x"}) for _ in range(12)]
    assert [answer.status_code for answer in answers[:5]] == [422] * 5
    assert {answer.status_code for answer in answers[5:]} == {429}
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 300


def test_a_person_who_is_not_signed_in_is_led_to_the_door_and_back(client_of, label):
    answer = client_of(HOST).get("/portal/files", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/portal/sign-in?next=/portal/files"
    filtered = client_of(HOST).get(
        "/portal/releases?readiness=blocked&q=nacht%20linie", headers={"accept": "text/html"}
    )
    door = urlsplit(filtered.headers["location"])
    assert parse_qs(door.query)["next"] == ["/portal/releases?readiness=blocked&q=nacht%20linie"]


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "/\\evil", "https:evil", "javascript:alert(1)", "/%09/evil", "/%2f/evil"]
)
def test_signing_in_leads_to_no_other_site(client_of, label, wanted):
    member = a_member(label)
    form = {"email": member.email, "password": PASSWORD, "next": wanted}
    assert client_of(HOST).post("/portal/sign-in", data=form).headers["location"] == "/portal"


def test_a_form_with_a_field_too_many_is_refused(client_of, label):
    form = {"email": "a@b.c", "password": PASSWORD, "role": "owner"}
    assert client_of(HOST).post("/portal/sign-in", data=form).status_code in (400, 422)


def test_a_post_from_another_site_is_refused(client_as, label):
    client = client_as(label)
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "https://rival.localhost"}):
        assert client.post("/portal/sign-out", headers=headers).status_code == 403
    assert client.get("/portal").status_code == 200


def test_an_invitation_lets_one_person_in_once(client_of, label):
    with db.tenant_work(label) as session:
        token = service.invite(session, Actor.system(label), email="New@Canary.test", role="member")
    client = client_of(HOST)
    assert client.get(f"/portal/invitations/{token}").status_code == 200
    weak = client.post(f"/portal/invitations/{token}", data={"name": "Nell", "password": "short"})
    assert weak.status_code == 422
    assert "at least 12" in weak.text
    assert client.post(f"/portal/invitations/{token}", data={"name": "Nell", "password": PASSWORD}).status_code == 303
    assert client.get("/portal").status_code == 200
    again = client_of(HOST).post(f"/portal/invitations/{token}", data={"name": "Eve", "password": PASSWORD})
    assert again.status_code == 404


def test_an_invitation_of_one_label_is_nothing_at_another(client_of, label, rival):
    with db.tenant_work(label) as session:
        token = service.invite(session, Actor.system(label), email="x@canary.test", role="owner")
    answer = client_of(RIVAL).post(f"/portal/invitations/{token}", data={"name": "Eve", "password": PASSWORD})
    assert answer.status_code == 404


def test_an_old_invitation_is_too_old(client_of, label):
    with db.tenant_work(label) as session:
        token = service.invite(session, Actor.system(label), email="late@canary.test", role="member")
    with clock.frozen_at(clock.now() + timedelta(days=8)):
        late = client_of(HOST).post(f"/portal/invitations/{token}", data={"name": "Late", "password": PASSWORD})
    assert late.status_code == 404


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 257, "my canaryowner password"])
def test_a_weak_password_is_refused(password):
    with pytest.raises(PasswordTooWeak):
        check_password(password, email="canaryowner@canary.test")


def test_what_people_write_is_shown_as_text(client_as, client_of, label):
    script = '"><svg onload=alert(1)>'
    client = client_as(label)
    files = {"file": (f"{script}.txt", b"hello", "text/plain")}
    assert client.post("/portal/files", files=files).status_code == 303
    page = client.get("/portal/files")
    assert "<svg onload" not in page.text
    assert "&lt;svg onload" in page.text


def test_the_operators_name_appears_nowhere_on_a_labels_host(client_as, client_of, label):
    client = client_as(label)
    for path in (
        "/",
        "/portal",
        "/portal/files",
        "/portal/settings/security",
        "/portal/settings/team",
        "/portal/settings/roles",
        "/portal/sign-in",
        "/nothing",
        "/admin",
    ):
        for accept in ("text/html", "application/json"):
            answer = client.get(path, headers={"accept": accept})
            assert "boptone" not in (answer.text + str(answer.headers)).lower(), path


def test_a_suspended_label_can_still_be_looked_at(client_of, connected):
    from tenants.lifecycle.service import close, suspend
    from tests.factories.labels import a_label

    tenant = a_label(slug="looked-at")
    member = a_member(tenant)
    client = client_of("looked-at.localhost")
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    suspend("looked-at", by=Actor.system(None), reason="x")
    import time

    time.sleep(1.5)
    page = client.get("/portal")
    assert page.status_code == 200
    assert "suspended" in page.text
    files = {"file": ("a.txt", b"hello", "text/plain")}
    assert client.post("/portal/files", files=files).status_code == 403
    assert client.post("/portal/sign-out").status_code == 303
    assert client.get("/portal").status_code == 404, "whoever is out sees nothing"
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert client.get("/portal").status_code == 200, "its people may come back in and read"
    assert client.post("/portal/sign-in/link", data={"email": member.email}).status_code == 200
    close("looked-at", by=Actor.system(None))
    time.sleep(1.5)
    assert client.post("/portal/sign-out").status_code == 303
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert client.get("/portal").status_code == 200
    assert client.post("/portal/settings/export").status_code == 303, "whoever leaves takes everything along"
    assert client.post("/portal/files", files=files).status_code == 403


def test_pages_speak_the_language_their_member_chose(client_of, label):
    member = a_member(label)
    client = client_of(HOST)
    with db.tenant_work(label) as session:
        session.get_one(Member, member.id).language = "de"
        session.get_one(Member, member.id).welcomed_at = clock.now()
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    page = client.get("/portal", headers={"accept-language": "fr"})
    assert '<html lang="de"' in page.text


def test_a_page_that_wants_a_proof_leads_there_and_back(client_of, label):
    member = a_member(label)
    client = client_of("canary.localhost")
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    with db.tenant_work(label) as session:
        session.execute(text("UPDATE member_sessions SET proved_at = proved_at - interval '1 day'"))
    html = {"accept": "text/html", "referer": f"https://{HOST}/portal/settings/security"}
    answer = client.post("/portal/settings/security/app", headers=html)
    assert answer.headers["location"] == "/portal/re-authenticate?next=/portal/settings/security"


def test_who_proves_who_they_are_is_back_at_what_they_asked_for(client_of, label):
    member = a_member(label)
    client = client_of("canary.localhost")
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    with db.tenant_work(label) as session:
        session.execute(text("UPDATE member_sessions SET proved_at = proved_at - interval '1 day'"))
    wanted = f"/portal/payees/{new_id()}/quote?currency=EUR&amount=12.50&speed=instant"
    led = client.get(wanted, headers={"accept": "text/html"})
    proof = client.get(led.headers["location"])
    assert f'value="{escape(wanted)}"' in proof.text
    answer = client.post("/portal/re-authenticate", data={"proof": PASSWORD, "next": wanted})
    assert answer.headers["location"] == wanted


def test_the_console_is_the_operators_alone(client_of, client_as, label, connected):
    from admin.service import add_operator

    with db.platform_work() as session:
        add_operator(session, email="op@house.test", password=PASSWORD)
    client = client_of("admin.localhost")
    assert client.get("/admin", headers={"accept": "text/html"}).headers["location"] == "/admin/sign-in"
    assert client.post("/admin/sign-in", data={"email": "op@house.test", "password": "wrong"}).status_code == 422
    assert client.post("/admin/sign-in", data={"email": "op@house.test", "password": PASSWORD}).status_code == 303
    for path in ("/admin", "/admin/tasks", "/admin/mail"):
        assert client.get(path).status_code == 200, path
    assert "Canary Records" in client.get("/admin?q=canary").text
    assert client.get("/portal").status_code == 404
    member = client_as(label)
    for path in ("/admin", "/admin/tasks", "/admin/mail", "/admin/sign-in"):
        assert member.get(path).status_code == 404
    client.post("/admin/sign-out")
    assert client.get("/admin", headers={"accept": "application/json"}).status_code == 404
