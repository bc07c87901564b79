"""A second factor that was lost: who may take it away for whom, and that every change of one ends other sessions."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select, text

from admin.console.models import OperatorActivity
from admin.models import Operator, OperatorPasskey, OperatorRecoveryCode
from admin.service import add_operator, team
from app.identity.models import Member, Passkey, RecoveryCode, TotpSecret
from app.kernel import clock, db
from app.kernel.activity.feed import latest
from tests.factories.members import PASSWORD, a_member
from tests.identity.authenticator import Authenticator
from tests.identity.post import forget_waiting, mails_to
from tests.identity.test_operators import enrolled
from tests.identity.test_passkeys import registered
from tests.identity.test_ways_in import half, signed_in, with_app

JSON, HTML = {"accept": "application/json"}, {"accept": "text/html"}
HOST, CONSOLE = "canary.localhost", "admin.localhost"
TEAM, SECURITY = "/portal/settings/team", "/portal/settings/security"
ANY_CODE = "ABCD-EFGH-IJKL-MNOP"
_numbers = count(1)


def resets(client, member, headers=JSON):
    return client.post(f"{TEAM}/{member.id}/factors/removal", headers=headers)


def factors_left(tenant, member):
    tables = (TotpSecret, Passkey, RecoveryCode)
    with db.tenant_read(tenant) as session:
        queries = [select(func.count()).select_from(table).where(table.member_id == member.id) for table in tables]
        return [session.scalar(query) for query in queries]


# Members


def test_an_owner_takes_a_lost_factor_away_and_the_member_comes_in_by_password(client_as, client_of, label, settings):
    member, theirs, app, codes = with_app(client_of, label, role="store")
    registered(theirs)
    begun = half(client_of, label, member)
    forget_waiting()
    assert resets(client_as(label), member).status_code == 303
    assert factors_left(label, member) == [0, 0, 0]
    assert theirs.get("/portal", headers=JSON).status_code == 404
    for code in (app.at(clock.now() + timedelta(seconds=30)), codes[0]):
        answer = begun.post("/portal/sign-in/second-factor", data={"code": code}, headers=JSON)
        assert answer.status_code == 404, "half a session ended as well"
    again = client_of(HOST).post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert again.headers["location"] == "/portal"
    assert any("removed your authenticator app" in one.text for one in mails_to(settings, label, member.email))
    with db.tenant_read(label) as session:
        row = next(row for row in session.scalars(latest(limit=5)) if row.action == "member.factors_reset")
    assert (row.subject_id, row.before) == (member.id, {"app": True, "passkeys": 1, "codes": 10})


def test_whom_the_label_asks_for_a_factor_adds_a_new_one(client_as, client_of, label):
    member, _, _, _ = with_app(client_of, label, role="legal")
    owner = client_as(label)
    rules = {"idle_minutes": "720", "absolute_hours": "336"}
    assert owner.post(f"{SECURITY}/policy", data=rules | {"roles": "legal"}).status_code == 303
    try:
        assert resets(owner, member).status_code == 303
        theirs = signed_in(client_of, label, member)
        assert theirs.get("/portal/files", headers=JSON).status_code == 404
        assert "asks for a second factor" in theirs.get(SECURITY).text
        assert theirs.post(f"{SECURITY}/app").headers["location"] == f"{SECURITY}/app"
    finally:
        owner.post(f"{SECURITY}/policy", data=rules)


def test_nobody_resets_somebody_above_or_themselves(client_of, label):
    owner, _, _, _ = with_app(client_of, label)
    admin, below = a_member(label, role="admin"), a_member(label, role="store")
    clients = [signed_in(client_of, label, person) for person in (admin, below)]
    assert [resets(client, owner).status_code for client in clients] == [403, 403]
    assert factors_left(label, owner) == [1, 0, 10]
    assert resets(clients[0], admin).status_code == 409
    assert resets(clients[0], below).status_code == 303


def test_a_role_with_every_right_is_still_no_owner(client_as, client_of, label):
    from app.identity.rules.permissions import PERMISSIONS

    boss = client_as(label)
    made = boss.post("/portal/settings/roles", data={"name": f"All {next(_numbers)}", "permissions": list(PERMISSIONS)})
    mighty, owner = a_member(label, role="store"), a_member(label)
    role = {"role": made.headers["location"].rpartition("/")[2]}
    assert boss.post(f"{TEAM}/{mighty.id}/role", data=role).status_code == 303
    client = signed_in(client_of, label, mighty)
    assert resets(client, owner).status_code == 403
    assert client.post(f"{TEAM}/{owner.id}/disable", headers=JSON).status_code == 403
    assert "/factors/removal" not in client.get(f"{TEAM}/{owner.id}").text


def test_a_rivals_member_is_not_found_and_keeps_their_factors(client_as, client_of, label, rival):
    stranger = a_member(rival)
    with db.tenant_work(rival) as session:
        session.add(RecoveryCode(id=stranger.id, member_id=stranger.id, code_hash="x", created_at=clock.now()))
    assert resets(client_as(label), stranger).status_code == 404
    assert factors_left(rival, stranger) == [0, 0, 1]


def test_a_reset_needs_a_fresh_proof_and_an_owner_in_person(client_as, client_of, label):
    member, _, _, _ = with_app(client_of, label, role="store")
    owner = client_as(label)
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        assert resets(owner, member).status_code == 403
        asked = resets(owner, member, HTML | {"referer": f"https://{HOST}{TEAM}/{member.id}"})
        assert asked.headers["location"] == f"/portal/re-authenticate?next={TEAM}/{member.id}"
    assert factors_left(label, member)[0] == 1


def test_what_a_session_adds_after_the_reset_ended_it_is_not_kept(client_of, client_as, label):
    """Whoever stole a session and adds a passkey in the same moment does not keep it."""
    from app.identity.errors import SessionUnknown
    from app.identity.policies import visitor_for
    from app.identity.service import actor_of, sessions

    member = a_member(label, role="store")
    signed_in(client_of, label, member)
    with db.tenant_read(label) as session:
        held = sessions.live_sessions(session, member.id)[0]
    assert resets(client_as(label), member).status_code == 303
    stolen = visitor_for(actor_of(label, member), member, held)
    with pytest.raises(SessionUnknown), db.tenant_work(label) as session:
        sessions.hold(session, stolen)


@pytest.mark.parametrize("change", ["passkey", "codes"])
def test_a_new_passkey_or_new_codes_end_a_members_other_sessions(client_of, label, change):
    member, client, _, _ = with_app(client_of, label)
    other = signed_in_again(client_of, label, client, member)
    if change == "passkey":
        registered(client)
    else:
        assert client.post(f"{SECURITY}/codes").status_code == 200
    assert other.get("/portal", headers=JSON).status_code == 404
    assert client.get("/portal").status_code == 200


def signed_in_again(client_of, label, client, member):
    """A second session of a member with an app, by a recovery code of their own."""
    import re

    codes = re.findall(r"<code>([A-Z2-7-]+)</code>", client.post(f"{SECURITY}/codes").text)
    other = half(client_of, label, member)
    assert other.post("/portal/sign-in/second-factor", data={"code": codes[0]}).status_code == 303
    assert other.get("/portal").status_code == 200
    return other


# Operators


def an_operator(client_of):
    email, client = f"lost-{next(_numbers)}@house.test", client_of(CONSOLE)
    with db.platform_work() as session:
        add_operator(session, email=email, password=PASSWORD)
    assert client.post("/admin/sign-in", data={"email": email, "password": PASSWORD}).status_code == 303
    with db.platform_read() as session:
        return team.operator_named(session, email), client


@pytest.fixture
def pair(client_of, label):
    """Two operators and their browsers."""
    return an_operator(client_of), an_operator(client_of)


def noted(action, whose):
    with db.platform_read() as session:
        rows = session.scalars(select(OperatorActivity).where(OperatorActivity.action == action))
        return [row.operator for row in rows if row.facts["whose"] == whose.email]


def keys_left(operator):
    with db.platform_read() as session:
        row = session.get_one(Operator, operator.id)
        counts = [
            session.scalar(select(func.count()).select_from(table).where(table.operator_id == operator.id))
            for table in (OperatorPasskey, OperatorRecoveryCode)
        ]
        return [row.has_app, row.totp_secret is not None, *counts]


def with_passkey(client):
    device = Authenticator(f"https://{CONSOLE}", CONSOLE)
    options = client.post("/admin/security/passkeys/options").json()
    return client.post("/admin/security/passkeys", json=device.make(options) | {"name": ""})


def test_an_operator_resets_another_and_it_is_written_down(client_of, pair):
    (me, mine), (other, theirs) = pair
    enrolled(theirs)
    assert with_passkey(theirs).status_code == 200
    assert "Remove their second factors" in mine.get(f"/admin/operators/{other.id}").text
    assert mine.post(f"/admin/operators/{other.id}/factors/removal").status_code == 303
    assert keys_left(other) == [False, False, 0, 0]
    assert theirs.get("/admin", headers=JSON).status_code == 404
    again = client_of(CONSOLE).post("/admin/sign-in", data={"email": other.email, "password": PASSWORD})
    assert again.headers["location"] == "/admin"
    assert noted("operator.factors_reset", other) == [me.email]


@pytest.mark.parametrize("what", ["factors/removal", "disable"])
def test_an_operator_decides_nothing_about_themselves(pair, what):
    (me, mine), _ = pair
    enrolled(mine)
    assert mine.post(f"/admin/operators/{me.id}/{what}", headers=JSON).status_code == 409
    assert keys_left(me)[0] is True
    assert "/factors/removal" not in mine.get(f"/admin/operators/{me.id}").text


@pytest.mark.parametrize("what", ["factors/removal", "disable", "enable"])
def test_what_concerns_another_operator_needs_a_fresh_proof(pair, what):
    (_, mine), (other, theirs) = pair
    enrolled(theirs)
    here = f"/admin/operators/{other.id}"
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        assert mine.post(f"{here}/{what}", headers=JSON).status_code == 403
        asked = mine.post(f"{here}/{what}", headers=HTML | {"referer": f"https://{CONSOLE}{here}"})
        assert asked.headers["location"] == f"/admin/re-authenticate?next={here}"
        assert mine.post("/admin/re-authenticate", data={"proof": "wrong", "next": here}).status_code == 422
        assert mine.post(f"{here}/{what}", headers=JSON).status_code == 403
        before = mine.cookies["__Host-operator"]
        proved = mine.post("/admin/re-authenticate", data={"proof": PASSWORD, "next": here})
        assert proved.headers["location"] == here
        assert mine.cookies["__Host-operator"] != before
        assert mine.post(f"{here}/{what}", headers=JSON).status_code == 303


def test_a_proof_leads_to_no_other_site(pair):
    (_, mine), _ = pair
    answer = mine.post("/admin/re-authenticate", data={"proof": PASSWORD, "next": "//evil.example"})
    assert answer.headers["location"] == "/admin/security"


def test_a_disabled_operator_is_out_at_once_until_they_are_let_in_again(client_of, pair):
    (me, mine), (other, theirs) = pair
    form = {"email": other.email, "password": PASSWORD}
    assert mine.post(f"/admin/operators/{other.id}/disable").status_code == 303
    assert theirs.get("/admin", headers=JSON).status_code == 404
    assert client_of(CONSOLE).post("/admin/sign-in", data=form).status_code == 422
    assert mine.post(f"/admin/operators/{other.id}/enable").status_code == 303
    assert theirs.get("/admin", headers=JSON).status_code == 404, "an ended session stays ended"
    assert client_of(CONSOLE).post("/admin/sign-in", data=form).status_code == 303
    assert noted("operator.disabled", other) == [me.email]
    assert noted("operator.enabled", other) == [me.email]


def test_the_last_operator_stays_also_when_two_shut_each_other_out(pair):
    from concurrent.futures import ThreadPoolExecutor

    (me, _), (other, _) = pair

    def shut_out(by, whom):
        try:
            with db.platform_work() as session:
                team.disable(session, whom, by=by)
        except team.LastOperator:
            return "refused"
        return "done"

    with db.platform_work() as session:
        mine = (me.id, other.id)
        others = session.scalars(select(Operator.id).where(Operator.id.not_in(mine), Operator.disabled_at.is_(None)))
        others = list(others)
        session.execute(text("UPDATE shared.operators SET disabled_at = now() WHERE id = ANY(:ids)"), {"ids": others})
    try:
        with ThreadPoolExecutor(2) as pool:
            ended = sorted(pool.map(shut_out, (me, other), (other, me)))
        assert ended == ["done", "refused"]
    finally:
        with db.platform_work() as session:
            ids = {"ids": [*others, me.id, other.id]}
            session.execute(text("UPDATE shared.operators SET disabled_at = NULL WHERE id = ANY(:ids)"), ids)


@pytest.mark.parametrize("change", ["passkey", "no passkey", "codes"])
def test_every_change_of_an_operators_factors_ends_their_other_sessions(client_of, pair, change):
    (me, mine), _ = pair
    if change == "no passkey":
        with_passkey(mine)
    elif change == "codes":
        _, codes = enrolled(mine)
    other = client_of(CONSOLE)
    if change in ("no passkey", "codes"):
        with db.platform_work() as session:
            from admin.service import start

            token = start(session, me, agent="other", address="192.0.2.9")
        other.cookies.set("__Host-operator", token)
    else:
        other.post("/admin/sign-in", data={"email": me.email, "password": PASSWORD})
    assert other.get("/admin").status_code == 200
    if change == "passkey":
        assert with_passkey(mine).status_code == 200
    elif change == "no passkey":
        with db.platform_read() as session:
            key = session.scalar(select(OperatorPasskey.id).where(OperatorPasskey.operator_id == me.id))
        assert mine.post(f"/admin/security/passkeys/{key}/remove").status_code == 303
    else:
        assert mine.post("/admin/security/codes", data={"proof": codes[0]}).status_code == 200
    assert other.get("/admin", headers=JSON).status_code == 404
    assert mine.get("/admin").status_code == 200


def test_a_member_reaches_no_operator(client_as, label, pair):
    (_, _), (other, _) = pair
    owner = client_as(label)
    for what in ("", "/factors/removal", "/disable", "/enable"):
        assert owner.post(f"/admin/operators/{other.id}{what}", headers=JSON).status_code in (404, 405)


def test_members_see_what_is_theirs_of_a_colleague(client_as, client_of, label):
    member, _, _, _ = with_app(client_of, label, role="store")
    page = client_as(label).get(f"{TEAM}/{member.id}").text
    assert "Second factor in use" in page
    assert "Lost second factor" not in client_as(label, role="read_only").get(f"{TEAM}/{member.id}").text
    with db.tenant_read(label) as session:
        assert session.get_one(Member, member.id).password_hash is not None
