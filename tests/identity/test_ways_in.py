"""Links by mail, apps, recovery codes, proofs, and how sessions end."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import func, select, text

from app.identity.models import MemberSession, RecoveryCode, Ticket, TotpSecret
from app.identity.service import factors
from app.identity.service.passwords import is_listed
from app.kernel import clock, db
from app.kernel.jobs.outbox import OutboxRow
from tests.factories.members import PASSWORD, a_member
from tests.identity.post import forget_waiting, link_in, mails_to

HOST, RIVAL = "canary.localhost", "rival.localhost"
JSON = {"accept": "application/json"}
SECURITY = "/portal/settings/security"


def signed_in(client_of, label, member):
    client = client_of(f"{label.slug}.localhost")
    answer = client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert answer.status_code == 303
    return client


def with_app(client_of, label, role="owner"):
    """A member with an app in use: member, browser, app, recovery codes."""
    member = a_member(label, role=role)
    client = signed_in(client_of, label, member)
    client.post(f"{SECURITY}/app")
    shown = client.get(f"{SECURITY}/app")
    assert "<svg" in shown.text
    app = pyotp.TOTP(re.search(r"<code dir=\"ltr\">([A-Z2-7]+)</code>", shown.text)[1])
    page = client.post(f"{SECURITY}/app/confirm", data={"code": app.at(clock.now())})
    codes = re.findall(r"<code>([A-Z2-7-]+)</code>", page.text)
    assert len(codes) == 10
    return member, client, app, codes


def half(client_of, label, member):
    client = client_of(HOST)
    answer = client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert answer.headers["location"].startswith("/portal/sign-in/second-factor"), answer.text
    return client


def step(client, code):
    return client.post("/portal/sign-in/second-factor", data={"code": code})


def a_link(client_of, settings, label, member):
    forget_waiting()
    client_of(HOST).post("/portal/sign-in/link", data={"email": member.email.upper()})
    return link_in(mails_to(settings, label, member.email)[0], "/portal/sign-in/link")


def test_a_link_lets_its_member_in_once(client_of, label, settings):
    member = a_member(label)
    link = a_link(client_of, settings, label, member)
    browser = client_of(HOST)
    assert browser.post(link).headers["location"] == "/portal"
    assert browser.get("/portal").status_code == 200
    assert client_of(HOST).post(link).status_code == 404


def test_looking_at_a_link_uses_nothing_up_and_tells_no_other_site(client_of, label, settings):
    link = a_link(client_of, settings, label, a_member(label))
    for _ in range(3):
        page = client_of(HOST).get(link)
        assert page.status_code == 200
        assert page.headers["referrer-policy"] == "same-origin"
        assert "set-cookie" not in page.headers
    assert client_of(HOST).post(link).status_code == 303


def test_a_link_is_too_old_after_fifteen_minutes(client_of, label, settings):
    link = a_link(client_of, settings, label, a_member(label))
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        assert client_of(HOST).post(link).status_code == 404


def test_a_link_of_one_label_is_nothing_at_another(client_of, label, rival, settings):
    link = a_link(client_of, settings, label, a_member(label))
    assert client_of(RIVAL).post(link).status_code == 404
    assert client_of(HOST).post(link).status_code == 303


def test_a_link_carries_the_labels_host_whatever_the_request_said(client_of, label, settings):
    member = a_member(label)
    forget_waiting()
    headers = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher"}
    client_of(HOST).post("/portal/sign-in/link", data={"email": member.email}, headers=headers)
    (sent, *_) = mails_to(settings, label, member.email)
    assert "evil" not in sent.text
    assert f"//{HOST}:" in sent.text


def test_asking_for_a_link_tells_nobody_who_works_here(client_of, label, settings):
    member = a_member(label)
    forget_waiting()
    answers = [
        client_of(HOST).post("/portal/sign-in/link", data={"email": email}).text
        for email in (member.email, "nobody@canary.test")
    ]
    strip = re.compile(r"nonce=\S+")
    assert strip.sub("", answers[0]) == strip.sub("", answers[1])
    with db.platform_read() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.done_at.is_(None))).all()
    assert [row.task for row in rows] == ["identity.send_link"] * 2
    assert "nobody@" not in str([row.args for row in rows])
    assert mails_to(settings, label, "nobody@canary.test") == []


def test_a_disabled_members_link_opens_nothing(client_of, label, settings):
    member = a_member(label)
    link = a_link(client_of, settings, label, member)
    with db.tenant_work(label) as session:
        session.execute(text("UPDATE members SET disabled_at = now() WHERE id = :id"), {"id": member.id})
    assert client_of(HOST).post(link).status_code == 404


def test_a_link_is_one_factor_and_owes_the_second(client_of, label, settings):
    member, _, app, _ = with_app(client_of, label)
    link = a_link(client_of, settings, label, member)
    browser = client_of(HOST)
    assert browser.post(link).headers["location"].startswith("/portal/sign-in/second-factor")
    assert browser.get("/portal", headers=JSON).status_code == 404
    assert app.secret


def test_half_a_session_opens_nothing_but_the_second_step(client_of, label):
    member, _, _, _ = with_app(client_of, label)
    browser = half(client_of, label, member)
    token = browser.cookies["__Host-half"]
    assert browser.get("/portal/sign-in/second-factor").status_code == 200
    browser.cookies.set("__Host-session", token)
    for path in ("/portal", SECURITY, "/portal/settings/team", "/portal/re-authenticate", "/portal/files"):
        assert browser.get(path, headers=JSON).status_code == 404, path
    assert browser.post(f"{SECURITY}/password", data={"password": "another long password"}).status_code == 404
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        assert browser.get("/portal/sign-in/second-factor", headers=JSON).status_code == 404


def test_a_code_of_the_app_makes_it_whole_and_is_used_up(client_of, label):
    member, _, app, _ = with_app(client_of, label)
    with clock.frozen_at(clock.now() + timedelta(minutes=2)):
        code = app.at(clock.now())
        browser = half(client_of, label, member)
        first = browser.cookies["__Host-half"]
        assert step(browser, code).status_code == 303
        assert browser.get("/portal").status_code == 200
        assert browser.cookies["__Host-session"] != first
        assert step(half(client_of, label, member), code).status_code == 422


def test_an_older_step_than_the_last_one_is_refused(client_of, label):
    member, _, app, _ = with_app(client_of, label)
    with clock.frozen_at(clock.now() + timedelta(minutes=2)):
        assert step(half(client_of, label, member), app.at(clock.now())).status_code == 303
        before = app.at(clock.now() - timedelta(seconds=30))
        assert step(half(client_of, label, member), before).status_code == 422


def test_the_code_that_confirmed_the_app_signs_nobody_in(client_of, label):
    member, _, app, _ = with_app(client_of, label)
    assert step(half(client_of, label, member), app.at(clock.now())).status_code == 422


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "١٢٣٤٥٦", "1" * 100, "\ud83d\ude00"])
def test_a_wrong_code_is_refused(client_of, label, code):
    member, _, _, _ = with_app(client_of, label)
    assert step(half(client_of, label, member), code.encode("utf-16", "surrogatepass").decode("utf-16")).status_code in (
        400, 422,
    )  # fmt: skip


def test_guessing_codes_is_slowed_down(client_of, label):
    member, _, _, _ = with_app(client_of, label)
    browser = half(client_of, label, member)
    answers = [step(browser, f"{n:06}").status_code for n in range(8)]
    assert answers == [422] * 5 + [429] * 3
    assert step(half(client_of, label, member), "000009").status_code == 429


def test_the_wait_grows_with_every_failure(label):
    from app.identity.rules import FREE_FAILURES, LONGEST_DELAY, delay_after

    waits = [delay_after(n, free=FREE_FAILURES["account"]).total_seconds() for n in range(30)]
    assert waits[:5] == [0] * 5
    assert waits[5:9] == [2, 4, 8, 16]
    assert max(waits) == LONGEST_DELAY.total_seconds()


def test_an_address_that_fails_with_many_accounts_waits_as_well(client_of, label):
    client = client_of(HOST)
    codes = [
        client.post("/portal/sign-in", data={"email": f"guess-{n}@canary.test", "password": "x"}).status_code
        for n in range(32)
    ]
    assert codes[:30] == [422] * 30
    assert codes[-1] == 429


def test_a_recovery_code_is_good_once_and_kept_as_a_hash(client_of, label, settings):
    forget_waiting()
    member, _, _, codes = with_app(client_of, label)
    typed = codes[0].lower().replace("-", " ")
    assert step(half(client_of, label, member), typed).status_code == 303
    assert step(half(client_of, label, member), codes[0]).status_code == 422
    with db.tenant_read(label) as session:
        rows = session.scalars(select(RecoveryCode).where(RecoveryCode.member_id == member.id)).all()
    assert codes[0] not in str([row.code_hash for row in rows])
    assert any("recovery code was used" in mail.text for mail in mails_to(settings, label, member.email))


def test_new_recovery_codes_replace_the_old_ones(client_of, label):
    member, client, _, codes = with_app(client_of, label)
    page = client.post(f"{SECURITY}/codes")
    fresh = re.findall(r"<code>([A-Z2-7-]+)</code>", page.text)
    assert len(fresh) == 10
    assert step(half(client_of, label, member), codes[1]).status_code == 422
    assert step(half(client_of, label, member), fresh[1]).status_code == 303
    assert fresh[0] not in client.get(SECURITY).text


def test_an_apps_secret_is_sealed_and_shown_only_until_it_is_in_use(client_of, label):
    member, client, app, _ = with_app(client_of, label)
    with db.tenant_read(label) as session:
        held = session.get_one(TotpSecret, member.id)
        assert app.secret.encode() not in held.secret
        assert factors.pending_app(session, label, member) is None
    assert client.get(f"{SECURITY}/app").status_code == 303


def test_removing_the_app_ends_other_sessions_and_tells_the_member(client_of, label, settings):
    forget_waiting()
    member, client, _, codes = with_app(client_of, label)
    other = half(client_of, label, member)
    assert step(other, codes[0]).status_code == 303
    assert client.post(f"{SECURITY}/app/remove").status_code == 303
    assert other.get("/portal", headers=JSON).status_code == 404
    assert signed_in(client_of, label, member).get("/portal").status_code == 200
    assert any("app was removed" in one.text for one in mails_to(settings, label, member.email))


def test_changing_the_password_ends_every_other_session_and_renews_this_one(client_of, label, settings):
    forget_waiting()
    member = a_member(label)
    client, other = signed_in(client_of, label, member), signed_in(client_of, label, member)
    old = client.cookies["__Host-session"]
    fresh = "an entirely new password"
    assert client.post(f"{SECURITY}/password", data={"password": "short"}).status_code == 422
    assert client.post(f"{SECURITY}/password", data={"password": fresh}).status_code == 303
    assert client.cookies["__Host-session"] != old
    assert client.get("/portal").status_code == 200
    assert other.get("/portal", headers=JSON).status_code == 404
    stale = client_of(HOST)
    stale.cookies.set("__Host-session", old)
    assert stale.get("/portal", headers=JSON).status_code == 404
    assert (
        client_of(HOST).post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 422
    )
    assert any("password was changed" in one.text for one in mails_to(settings, label, member.email))


def test_security_changes_need_a_fresh_proof_and_lead_back(client_of, label):
    member = a_member(label)
    client = signed_in(client_of, label, member)
    old = client.cookies["__Host-session"]
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        headers = {"accept": "text/html", "referer": f"https://{HOST}{SECURITY}"}
        answer = client.post(f"{SECURITY}/app", headers=headers)
        assert answer.headers["location"] == f"/portal/re-authenticate?next={SECURITY}"
        assert client.post(f"{SECURITY}/app", headers=JSON).status_code == 403
        assert client.get("/portal/re-authenticate").status_code == 200
        assert client.post("/portal/re-authenticate", data={"proof": "wrong", "next": SECURITY}).status_code == 422
        good = client.post("/portal/re-authenticate", data={"proof": PASSWORD, "next": SECURITY})
        assert good.headers["location"] == SECURITY
        assert client.cookies["__Host-session"] != old
        assert client.post(f"{SECURITY}/app", headers=headers).headers["location"] == f"{SECURITY}/app"
        stale = client_of(HOST)
        stale.cookies.set("__Host-session", old)
        assert stale.get("/portal", headers=JSON).status_code == 404


def test_who_has_a_second_factor_proves_with_it_and_not_with_the_password(client_of, label):
    _, client, app, _ = with_app(client_of, label)
    assert client.post("/portal/re-authenticate", data={"proof": PASSWORD}).status_code == 422
    with clock.frozen_at(clock.now() + timedelta(minutes=2)):
        assert client.post("/portal/re-authenticate", data={"proof": app.at(clock.now())}).status_code == 303


@pytest.mark.parametrize("wanted", ["//evil.example", "https:evil", "/\\evil", "javascript:alert(1)"])
def test_a_proof_leads_to_no_other_site(client_of, label, wanted):
    client = signed_in(client_of, label, a_member(label))
    answer = client.post("/portal/re-authenticate", data={"proof": PASSWORD, "next": wanted})
    assert answer.headers["location"] == SECURITY


def test_all_other_sessions_end_at_once(client_of, label):
    member = a_member(label)
    clients = [signed_in(client_of, label, member) for _ in range(3)]
    assert clients[0].post(f"{SECURITY}/sessions/end-others").status_code == 303
    assert [client.get("/portal", headers=JSON).status_code for client in clients] == [200, 404, 404]


def test_the_labels_policy_ends_sessions_earlier(client_of, label):
    member = a_member(label)
    client = signed_in(client_of, label, member)
    form = {"idle_minutes": 15, "absolute_hours": 12}
    try:
        assert client.post(f"{SECURITY}/policy", data=form).status_code == 303
        with clock.frozen_at(clock.now() + timedelta(minutes=16)):
            assert client.get("/portal", headers=JSON).status_code == 404
        assert client.post(f"{SECURITY}/policy", data=form | {"idle_minutes": 16}).status_code == 422
    finally:
        _no_policy(label)


def test_a_role_that_needs_a_second_factor_opens_nothing_without_one(client_of, label):
    client = signed_in(client_of, label, a_member(label))
    form = {"idle_minutes": 720, "absolute_hours": 336, "roles": ["legal", "store"]}
    try:
        assert client.post(f"{SECURITY}/policy", data=form).status_code == 303
        member = signed_in(client_of, label, a_member(label, role="legal"))
        answer = member.get("/portal", headers={"accept": "text/html"})
        assert answer.headers["location"].startswith("/portal/sign-in")
        assert member.get(answer.headers["location"]).headers["location"] == SECURITY
        assert member.get("/portal/settings/team", headers=JSON).status_code == 404
        assert member.get(SECURITY).status_code == 200
        _, done, _, _ = with_app(client_of, label, role="legal")
        assert done.get("/portal").status_code == 200
        assert done.post(f"{SECURITY}/app/remove").status_code == 409
    finally:
        _no_policy(label)


def _no_policy(label):
    with db.tenant_work(label) as session:
        session.execute(text("DELETE FROM security_policy"))


def test_signing_in_again_makes_a_new_session_every_time(client_of, label):
    member = a_member(label)
    tokens = {signed_in(client_of, label, member).cookies["__Host-session"] for _ in range(3)}
    assert len(tokens) == 3
    with db.tenant_read(label) as session:
        count = session.scalar(select(func.count()).where(MemberSession.member_id == member.id))
    assert count == 3


def test_tickets_and_failures_are_forgotten_when_they_are_long_over(client_of, label):
    from app.identity.service import tickets

    client_of(HOST).post("/portal/sign-in/passkey/options")
    with clock.frozen_at(clock.now() + timedelta(days=3)), db.tenant_work(label) as session:
        tickets.tidy(session)
    with db.tenant_read(label) as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("count", ["", ":37"])
@pytest.mark.parametrize("length", [40, 12])
def test_a_stolen_password_is_found_in_the_list(tmp_path, ending, count, length):
    import hashlib

    words = [f"word number {n}" for n in range(200)]
    lines = sorted(hashlib.sha1(word.encode()).hexdigest()[:length].upper() for word in words)
    file = tmp_path / "list"
    file.write_bytes("".join(line + count + ending for line in lines).encode())
    assert all(is_listed(word, file) for word in words)
    assert not any(is_listed(f"other {n}", file) for n in range(200))
    (tmp_path / "empty").write_bytes(b"")
    assert not is_listed("x", tmp_path / "empty")
