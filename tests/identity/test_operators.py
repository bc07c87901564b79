"""Operators: a second factor, and acting in a label only with its owner's leave."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count

import msgspec
import pyotp
import pytest
from sqlalchemy import select, text

from admin.models import Operator
from admin.service import add_operator
from app.identity.models import MemberSession, SupportGrant
from app.kernel import clock, db
from app.kernel.activity.feed import latest
from tests.factories.members import PASSWORD, a_member
from tests.identity.authenticator import Authenticator
from tests.identity.post import forget_waiting, mails_to

CONSOLE, HOST = "admin.localhost", "canary.localhost"
JSON = {"accept": "application/json"}
SECURITY = "/portal/settings/security"
REASON = "Ticket 4711: a statement does not open"
_numbers = count(1)


@pytest.fixture
def operator(client_of, label):
    """An operator and the browser they are signed in with."""
    email = f"op-{next(_numbers)}@house.test"
    with db.platform_work() as session:
        add_operator(session, email=email, password=PASSWORD)
    client = client_of(CONSOLE)
    assert client.post("/admin/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
    return email, client


def enrolled(client):
    """Put an app in use: the app and its recovery codes."""
    assert client.post("/admin/security/app", data={"proof": PASSWORD}).headers["location"] == "/admin/security/app"
    shown = client.get("/admin/security/app").text
    app = pyotp.TOTP(re.search(r"<code dir=\"ltr\">([A-Z2-7]+)</code>", shown)[1])
    page = client.post("/admin/security/app/confirm", data={"code": app.at(clock.now())})
    codes = re.findall(r"<code>([A-Z2-7-]+)</code>", page.text)
    assert len(codes) == 10
    return app, codes


def halfway(client_of, email):
    client = client_of(CONSOLE)
    answer = client.post("/admin/sign-in", data={"email": email, "password": PASSWORD})
    assert answer.headers["location"] == "/admin/sign-in/second-factor"
    return client


def test_a_new_password_ends_every_session_an_operator_has(operator):
    email, client = operator
    assert client.get("/admin").status_code == 200
    with db.platform_work() as session:
        add_operator(session, email=email, password="another battery staple")
    assert client.get("/admin", headers={"accept": "text/html"}).status_code == 303


def step(client, code):
    return client.post("/admin/sign-in/second-factor", data={"code": code})


def test_an_operator_without_a_factor_is_told_to_add_one(operator):
    assert "Operators need a second factor" in operator[1].get("/admin/security").text


def test_an_enrolled_operator_needs_both_steps(client_of, operator):
    email, client = operator
    app, codes = enrolled(client)
    half = halfway(client_of, email)
    assert half.get("/admin", headers=JSON).status_code == 404
    half.cookies.set("__Host-operator", half.cookies["__Host-operator-half"])
    assert half.get("/admin", headers=JSON).status_code == 404
    assert step(half, app.at(clock.now())).status_code == 422, "the step that confirmed the app is used up"
    with clock.frozen_at(clock.now() + timedelta(minutes=2)):
        code = app.at(clock.now())
        fresh = halfway(client_of, email)
        assert step(fresh, code).status_code == 303
        assert fresh.get("/admin").status_code == 200
        assert step(halfway(client_of, email), code).status_code == 422
    assert step(halfway(client_of, email), codes[0]).status_code == 303
    assert step(halfway(client_of, email), codes[0]).status_code == 422


def test_an_operators_secret_is_sealed(operator):
    email, client = operator
    app, _ = enrolled(client)
    with db.platform_read() as session:
        row = session.scalars(select(Operator).where(Operator.email == email)).one()
    assert app.secret.encode() not in row.totp_secret


def test_changing_a_factor_needs_a_proof(operator):
    _, client = operator
    assert client.post("/admin/security/app", data={"proof": "wrong"}).status_code == 422
    _, codes = enrolled(client)
    assert client.post("/admin/security/app/remove", data={"proof": PASSWORD}).status_code == 422
    assert client.post("/admin/security/app/remove", data={"proof": codes[0]}).status_code == 303


def test_an_operators_passkey_lets_in_by_itself_and_belongs_to_the_console(client_of, operator):
    email, client = operator
    device = Authenticator(f"https://{CONSOLE}", CONSOLE)
    options = client.post("/admin/security/passkeys/options").json()
    assert client.post("/admin/security/passkeys", json=device.make(options) | {"name": ""}).status_code == 200
    browser = client_of(CONSOLE)
    asked = browser.post("/admin/sign-in/passkey/options").json()
    answer = device.use(asked)
    assert browser.post("/admin/sign-in/passkey", json=answer).json() == {"next": "/admin"}
    assert browser.get("/admin").status_code == 200
    assert client_of(CONSOLE).post("/admin/sign-in/passkey", json=answer).status_code == 422
    at_the_label = client_of(HOST)
    options = at_the_label.post("/portal/sign-in/passkey/options").json()
    assert at_the_label.post("/portal/sign-in/passkey", json=device.use(options)).status_code == 422
    halfway(client_of, email)


def test_in_production_an_operator_without_a_factor_sees_nothing_but_the_way_to_add_one(operator, monkeypatch):
    _, client = operator
    here = db.current()
    monkeypatch.setattr(here, "settings", msgspec.structs.replace(here.settings, boptone_env="production"))
    assert client.get("/admin", headers={"accept": "text/html"}).headers["location"] == "/admin/sign-in"
    assert client.get("/admin/sign-in").headers["location"] == "/admin/security"
    for path in ("/admin", "/admin/tasks", "/admin/mail"):
        assert client.get(path, headers=JSON).status_code == 404
    _, codes = enrolled(client)
    assert client.get("/admin").status_code == 200
    assert client.post("/admin/security/app/remove", data={"proof": codes[0]}).status_code == 409


def test_an_operator_ends_their_own_sessions_and_nobody_elses(client_of, operator):
    email, client = operator
    other = client_of(CONSOLE)
    other.post("/admin/sign-in", data={"email": email, "password": PASSWORD})
    addresses = re.findall(r"/admin/security/sessions/[0-9a-f-]+/end", client.get("/admin/security").text)
    assert len(addresses) == 2
    with db.platform_work() as session:
        add_operator(session, email="stranger@house.test", password=PASSWORD)
    stranger = client_of(CONSOLE)
    stranger.post("/admin/sign-in", data={"email": "stranger@house.test", "password": PASSWORD})
    assert [stranger.post(address).status_code for address in addresses] == [404, 404]
    assert other.post(addresses[0]).status_code == 303
    alive = [browser.get("/admin", headers=JSON).status_code for browser in (client, other)]
    assert sorted(alive) == [200, 404]


# Acting in a label


def owner_of(client_of, label):
    member, client = a_member(label, name="Olive Owner"), client_of(HOST)
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    return member, client


def asked(client, label):
    answer = client.post(f"/admin/labels/{label.id}/support", data={"reason": REASON, "hours": "2"})
    assert answer.status_code == 303, answer.text
    with db.tenant_read(label) as session:
        return session.scalars(select(SupportGrant).order_by(SupportGrant.asked_at.desc()).limit(1)).one()


def enters(client, label, grant):
    page = client.post(f"/admin/labels/{label.id}/support/{grant.id}/enter")
    found = re.search(rf"https?://{HOST}(?::\d+)?(/portal/support/[\w-]+)", page.text)
    return found[1] if found else None


def acting(client_of, client, label, grant):
    browser = client_of(HOST)
    assert browser.post(enters(client, label, grant)).headers["location"] == "/portal"
    return browser


@pytest.fixture
def allowed(client_of, label, operator):
    """An operator whom an owner has let in: the owner, their browser, the grant, the operator's browser at the label."""
    member, owner = owner_of(client_of, label)
    grant = asked(operator[1], label)
    assert owner.post(f"{SECURITY}/support/{grant.id}/allow", data={}).status_code == 303
    return member, owner, grant, acting(client_of, operator[1], label, grant)


def test_nobody_comes_in_before_an_owner_says_so(client_of, label, operator, settings):
    forget_waiting()
    member, owner = owner_of(client_of, label)
    grant = asked(operator[1], label)
    assert enters(operator[1], label, grant) is None
    assert REASON in mails_to(settings, label, member.email)[0].text
    assert REASON in owner.get(SECURITY).text
    assert owner.post(f"{SECURITY}/support/{grant.id}/end").status_code == 303
    assert owner.post(f"{SECURITY}/support/{grant.id}/allow", data={}).status_code == 404
    assert enters(operator[1], label, grant) is None


def test_support_sees_the_label_under_a_banner_and_changes_nothing(allowed):
    member, _, _, browser = allowed
    page = browser.get("/portal").text
    assert REASON in page
    assert "Olive Owner" in page
    assert "house.test" not in page
    assert browser.get("/portal/settings/team").status_code == 200
    for path in (
        "/portal/settings/team/invitations",
        "/portal/settings/roles",
        f"/portal/settings/team/{member.id}/disable",
    ):
        answer = browser.post(path, data={"email": "x@y.test", "role": "store", "name": "x"}, headers=JSON)
        assert answer.status_code in (400, 403), path
    assert browser.post("/portal/files", files={"file": ("a.txt", b"x", "text/plain")}, headers=JSON).status_code == 403
    for path in (SECURITY, "/portal/welcome", "/portal/re-authenticate"):
        assert browser.get(path, headers=JSON).status_code == 403, path


def test_what_support_does_is_written_into_the_labels_own_activity(label, allowed):
    member, _, grant, _ = allowed
    with db.tenant_read(label) as session:
        rows = session.scalars(latest(limit=6)).all()
    came_in = next(row for row in rows if row.action == "support.came_in")
    assert (came_in.actor_kind, came_in.actor_name, came_in.on_behalf_of) == ("operator", "Support", member.id)
    assert came_in.actor_id == grant.operator_id
    assert came_in.after["reason"] == REASON
    assert {"support.asked", "support.allowed"} <= {row.action for row in rows}


def test_support_is_out_the_moment_the_owner_ends_it(allowed):
    _, owner, grant, browser = allowed
    assert owner.post(f"{SECURITY}/support/{grant.id}/end").status_code == 303
    assert browser.get("/portal", headers=JSON).status_code == 404


def test_support_is_out_when_the_hours_are_over(allowed):
    browser = allowed[3]
    with clock.frozen_at(clock.now() + timedelta(hours=2, minutes=1)):
        assert browser.get("/portal", headers=JSON).status_code == 404


def test_support_leaves_by_itself_and_ends_nobodys_session(label, allowed):
    member, owner, _, browser = allowed
    with db.tenant_read(label) as session:
        held = session.scalars(
            select(MemberSession).where(MemberSession.member_id == member.id, MemberSession.grant_id.is_(None))
        ).first()
    assert browser.post(f"{SECURITY}/sessions/{held.id}/end", headers=JSON).status_code in (403, 404)
    assert browser.post("/portal/sign-out").status_code == 303
    assert browser.get("/portal", headers=JSON).status_code == 404
    assert owner.get("/portal").status_code == 200


def test_the_way_in_is_good_once_and_for_minutes_and_for_one_operator(client_of, label, operator, allowed):
    _, client = operator
    grant = allowed[2]
    link = enters(client, label, grant)
    assert client_of(HOST).get(link).status_code == 200
    assert client_of(HOST).post(link).status_code == 303
    assert client_of(HOST).post(link).status_code == 404
    late = enters(client, label, grant)
    with clock.frozen_at(clock.now() + timedelta(minutes=3)):
        assert client_of(HOST).post(late).status_code == 404
    with db.platform_work() as session:
        add_operator(session, email="second@house.test", password=PASSWORD)
    second = client_of(CONSOLE)
    second.post("/admin/sign-in", data={"email": "second@house.test", "password": PASSWORD})
    assert enters(second, label, grant) is None


def test_support_that_may_change_things_still_never_touches_money_people_or_security(client_of, label, operator):
    member, owner = owner_of(client_of, label)
    form = {"reason": REASON, "hours": "24", "may_change": "true"}
    assert owner.post(f"{SECURITY}/support", data=form).status_code == 303
    with db.tenant_read(label) as session:
        grant = session.scalars(select(SupportGrant).order_by(SupportGrant.asked_at.desc()).limit(1)).one()
    browser = acting(client_of, operator[1], label, grant)
    invite = {"email": "x@y.test", "role": "store"}
    assert browser.post("/portal/settings/team/invitations", data=invite, headers=JSON).status_code == 403
    assert (
        browser.post(f"{SECURITY}/password", data={"password": "a very long password"}, headers=JSON).status_code == 403
    )
    assert browser.post(f"{SECURITY}/support/{grant.id}/allow", data={}, headers=JSON).status_code == 403
    assert browser.post("/portal/welcome", data={"name": "Eve", "language": "en"}, headers=JSON).status_code == 403
    assert member.name == "Olive Owner"


@pytest.mark.parametrize(
    "form", [{"reason": "short", "hours": "2"}, {"reason": REASON, "hours": "25"}, {"reason": REASON, "hours": "0"}]
)
def test_support_is_asked_for_with_a_reason_and_within_a_day(label, operator, form):
    assert operator[1].post(f"/admin/labels/{label.id}/support", data=form).status_code == 422


def test_only_an_owner_lets_support_in(client_of, label, operator):
    grant = asked(operator[1], label)
    admin, client = a_member(label, role="admin"), client_of(HOST)
    client.post("/portal/sign-in", data={"email": admin.email, "password": PASSWORD})
    assert client.post(f"{SECURITY}/support/{grant.id}/allow", data={}, headers=JSON).status_code == 403
    assert client.post(f"{SECURITY}/support", data={"reason": REASON, "hours": "1"}, headers=JSON).status_code == 403
    with db.tenant_work(label) as session:
        session.execute(text("UPDATE support_grants SET ended_at = now() WHERE ended_at IS NULL"))
