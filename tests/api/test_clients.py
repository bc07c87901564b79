"""Whoever may let programs in makes them, sees when they were here, replaces their secrets and stops them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, text

from app.api.models import ApiClient, ClientSecret
from app.api.rules import redirects
from app.api.service.callers import known_token
from app.kernel.activity import Activity
from app.kernel.db import tenant_read, tenant_work
from tests.api.programs import a_site
from tests.factories.api import a_client

API = "/portal/settings/api"
SECRET = re.compile(r'id="client_secret".*?<pre dir="ltr">([^<]+)</pre>')


def made(client, **form):
    return client.post(f"{API}/clients", data={"name": "Bridge", "scopes": ["catalog:read"], **form})


def test_a_secret_is_shown_once_and_kept_nowhere(client_as, client_of, label):
    owner = client_as(label)
    answer = made(owner, name="Bridge 1")
    secret = SECRET.search(answer.text)[1]
    with tenant_read(label) as session:
        row = session.scalars(select(ApiClient).where(ApiClient.name == "Bridge 1")).one()
        held = session.scalars(select(ClientSecret).where(ClientSecret.client_id == row.id)).one()
        assert secret not in str({name: getattr(held, name) for name in held.__mapper__.columns.keys()})  # noqa: SIM118
    assert secret not in owner.get(f"{API}/clients/{row.id}").text
    program = client_of(f"{label.slug}.localhost")
    given = program.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(str(row.id), secret))
    assert given.json()["scope"] == "catalog:read"
    assert re.search(r"Bridge 1</bdi>", owner.get(API).text)


def test_a_new_secret_opens_beside_the_old_one_until_that_is_ended(client_as, client_of, label):
    owner, client = client_as(label), a_client(label, scopes="catalog:read")
    place = f"{API}/clients/{client.client_id}"
    newer = SECRET.search(owner.post(f"{place}/secrets").text)[1]
    program = client_of(f"{label.slug}.localhost")

    def opens(secret):
        form = {"grant_type": "client_credentials"}
        return program.post("/oauth/token", data=form, auth=(str(client.client_id), secret)).status_code == 200

    assert opens(client.secret)
    assert opens(newer)
    assert owner.post(f"{place}/secrets/old/end").status_code == 303
    assert not opens(client.secret)
    assert opens(newer)
    newest = SECRET.search(owner.post(f"{place}/secrets").text)[1]
    third = SECRET.search(owner.post(f"{place}/secrets").text)[1]
    assert [opens(secret) for secret in (newer, newest, third)] == [False, True, True]


def test_only_who_may_let_programs_in_sees_them(client_as, label):
    client = a_client(label)
    for role in ("read_only", "artist", "royalties"):
        visitor = client_as(label, role)
        assert visitor.get(API).status_code == 403
        assert visitor.get(f"{API}/clients/{client.client_id}").status_code == 403
        assert made(visitor).status_code == 403


def test_nobody_gives_a_program_more_than_they_have(client_as, label):
    admin = client_as(label, "admin")  # an admin does not approve payouts
    answer = made(admin, scopes=["payouts:approve"])
    assert answer.status_code == 403
    assert "You cannot give more rights than you have yourself." in answer.text
    assert "payouts:approve" not in admin.get(API).text
    strong = a_client(label, scopes="payouts:approve catalog:read")
    place = f"{API}/clients/{strong.client_id}"
    assert admin.post(place, data={"name": "Mine", "scopes": ["catalog:read"]}).status_code == 403
    assert admin.post(f"{place}/secrets").status_code == 403
    assert admin.post(f"{place}/end").status_code == 303


def test_what_does_not_fit_together_is_said_beside_its_field(client_as, label):
    owner = client_as(label)
    missing = made(owner, kind="site")
    assert missing.status_code == 422
    assert "Write the addresses that people are sent back to" in missing.text
    bad = made(owner, kind="site", redirect_uris="https://a.example/x http://a.example/y")
    assert "Write whole addresses that start with https://" in bad.text
    assert made(owner, scopes=[]).status_code == 422
    assert made(owner, scopes=["everything:write"]).status_code == 422
    assert made(owner, name=" ").status_code == 422
    assert made(owner, kind="god").status_code == 422


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [
        ("http://shop.localhost:8000/back", True), ("http://localhost/back", True), ("http://127.0.0.1:1/back", True),
        ("http://localhost.evil.example/back", False), ("http://evillocalhost/back", False),
        ("http://a.example/localhost", False),
    ],
)  # fmt: skip
def test_only_this_machines_own_addresses_need_no_certificate(address, is_taken):
    assert redirects.is_usable(address) is is_taken


def test_what_a_program_may_do_less_counts_for_tokens_that_are_out(client_as, program, label):
    token = program.tokens()["access_token"]
    assert known_token(label, token).caller.visitor.permissions
    owner, place = client_as(label), f"{API}/clients/{program.made.client_id}"
    form = {"name": "Less", "scopes": ["openid", "catalog:read"], "redirect_uris": "https://program.example/back"}
    assert owner.post(place, data=form).status_code == 303
    assert known_token(label, token).caller.visitor.permissions == {"catalog.view"}


def test_a_program_that_was_stopped_is_let_in_nowhere(client_as, program, label):
    given = program.tokens()
    assert client_as(label).post(f"{API}/clients/{program.made.client_id}/end").status_code == 303
    assert program.userinfo(given["access_token"]).status_code == 401
    assert program.refresh(given["refresh_token"]).status_code == 401
    assert program.ask().status_code == 400
    with tenant_read(label) as session:
        rows = session.scalars(select(Activity.action).where(Activity.subject_id == program.made.client_id)).all()
    assert "api.client_revoked" in rows


def test_a_person_sees_what_they_allowed_and_takes_it_back(program, client_as, label):
    given = program.tokens()
    page = program.browser.get("/portal/settings/security/programs").text
    assert "See releases, recordings and works" in page
    place = re.search(r'action="(/portal/settings/security/programs/[^"]+/end)"', page)[1]
    assert client_as(label).post(place).status_code == 404
    assert program.userinfo(given["access_token"]).status_code == 200
    assert program.browser.post(place).status_code == 303
    assert program.userinfo(given["access_token"]).status_code == 401
    assert program.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.ask().headers["location"].startswith("/oauth/consent/")


def test_the_activity_tells_it_in_words(program, label):
    program.tokens()
    log = program.browser.get("/portal/settings/activity").text
    assert "A program was given access" in log
    assert "A program was allowed to act in somebody" in log


@pytest.mark.parametrize("path", [API, "/portal/settings/security/programs"])
def test_pages_of_programs_lead_strangers_to_the_door(client_of, label, path):
    answer = client_of(f"{label.slug}.localhost").get(path, headers={"accept": "text/html"})
    assert answer.headers["location"].startswith("/portal/sign-in")


def test_a_program_of_a_rival_is_not_found(client_as, label, rival):
    theirs = a_site(rival)
    assert client_as(label).get(f"{API}/clients/{theirs.client_id}").status_code == 404


def test_somebody_who_was_disabled_is_out_with_their_programs(program, label):
    given = program.tokens()
    assert program.userinfo(given["access_token"]).status_code == 200
    member = program.userinfo(given["access_token"]).json()["sub"]
    with tenant_work(label) as session:
        session.execute(text("UPDATE members SET disabled_at = now() WHERE id = :id"), {"id": member})
        session.info["has_news"] = True
    assert program.userinfo(given["access_token"]).status_code == 401
    assert program.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
