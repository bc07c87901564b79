"""Passkeys from a software authenticator: one honest way in, and every dishonest one refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.identity.models import Passkey, RecoveryCode
from app.kernel import db
from tests.factories.members import PASSWORD, a_member
from tests.identity.authenticator import Authenticator

HOST, RIVAL = "canary.localhost", "rival.localhost"
ORIGIN = f"https://{HOST}"
MINE, DOOR = "/portal/settings/security/passkeys", "/portal/sign-in/passkey"
STEP = "/portal/sign-in/second-factor/passkey"


def signed_in(client_of, label, role="owner"):
    member, client = a_member(label, role=role), client_of(f"{label.slug}.localhost")
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    return member, client


def registered(client, host=HOST):
    device = Authenticator(f"https://{host}", host)
    answer = client.post(MINE, json=device.make(client.post(f"{MINE}/options").json()))
    assert answer.status_code == 200, answer.text
    return device


@pytest.fixture
def owned(client_of, label):
    """A member with a passkey: the member, their browser, the device."""
    member, client = signed_in(client_of, label)
    return member, client, registered(client)


def knocks(client, device, *, options=None, change=None):
    options = options or client.post(f"{DOOR}/options").json()
    answer = device.use(options)
    if change:
        change(answer["credential"]["response"])
    return client.post(DOOR, json=answer)


def test_a_passkey_lets_its_member_in_without_a_word(client_of, label, owned):
    member, _, device = owned
    browser = client_of(HOST)
    options = browser.post(f"{DOOR}/options").json()
    assert options["rpId"] == HOST
    assert options["userVerification"] == "required"
    assert options.get("allowCredentials", []) == []
    answer = browser.post(DOOR, json=device.use(options, wanted="/portal/files"))
    assert answer.json() == {"next": "/portal/files"}
    assert member.name in browser.get("/portal").text


def test_the_button_leads_to_no_other_site(client_of, label, owned):
    browser = client_of(HOST)
    answer = browser.post(DOOR, json=owned[2].use(browser.post(f"{DOOR}/options").json(), wanted="//evil.example"))
    assert answer.json() == {"next": "/portal"}


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://evil.example"},
        {"origin": f"https://{RIVAL}"},
        {"origin": f"http://{HOST}"},
        {"rp_id": RIVAL},
        {"rp_id": "localhost"},
        {"is_verified": False},
        {"counter": -1},
        {"user_handle": b"x" * 16},
        {"credential_id": b"y" * 32},
    ],
    ids=str,
)
def test_an_answer_that_lies_is_refused(client_of, label, owned, lie):
    browser = client_of(HOST)
    assert knocks(browser, owned[2]).status_code == 200
    liar = replace(owned[2], **lie)
    refused = knocks(client_of(HOST), liar)
    assert refused.status_code == 422
    assert "session" not in str(refused.headers.get("set-cookie", ""))
    assert knocks(client_of(HOST), owned[2]).status_code == 200


def test_a_counter_that_stands_still_is_refused(client_of, label, owned):
    device = owned[2]
    assert knocks(client_of(HOST), device).status_code == 200
    device.counter -= 1
    assert knocks(client_of(HOST), device).status_code == 422


def test_another_devices_signature_is_refused(client_of, label, owned):
    forged = Authenticator(ORIGIN, HOST, credential_id=owned[2].credential_id, user_handle=owned[2].user_handle)
    assert knocks(client_of(HOST), forged).status_code == 422


def test_a_challenge_is_good_once(client_of, label, owned):
    browser = client_of(HOST)
    options = browser.post(f"{DOOR}/options").json()
    assert knocks(browser, owned[2], options=options).status_code == 200
    assert knocks(client_of(HOST), owned[2], options=options).status_code == 422


def test_a_refused_answer_uses_its_challenge_up(client_of, label, owned):
    browser = client_of(HOST)
    options = browser.post(f"{DOOR}/options").json()
    assert knocks(browser, replace(owned[2], is_verified=False), options=options).status_code == 422
    assert knocks(browser, owned[2], options=options).status_code == 422


def test_a_challenge_of_ones_own_making_is_refused(client_of, label, owned):
    assert knocks(client_of(HOST), owned[2], options={"challenge": "A" * 43}).status_code == 422


def test_a_challenge_for_one_purpose_serves_no_other(client_of, label, owned):
    _, client, device = owned
    fresh = Authenticator(ORIGIN, HOST)
    at_the_door = client.post(f"{DOOR}/options").json()
    making = client.post(f"{MINE}/options").json()
    assert client.post(MINE, json=fresh.make(making | {"challenge": at_the_door["challenge"]})).status_code == 422
    assert knocks(client_of(HOST), device, options=making).status_code == 422


def test_an_old_challenge_is_refused(client_of, label, owned):
    from datetime import timedelta

    from app.kernel import clock

    options = client_of(HOST).post(f"{DOOR}/options").json()
    with clock.frozen_at(clock.now() + timedelta(minutes=6)):
        assert knocks(client_of(HOST), owned[2], options=options).status_code == 422


def test_a_passkey_of_one_label_is_nothing_at_another(client_of, label, rival, owned):
    device = owned[2]
    there = client_of(RIVAL)
    assert knocks(there, device).status_code == 422
    cloned = replace(device, origin=f"https://{RIVAL}", rp_id=RIVAL)
    assert knocks(there, cloned).status_code == 422


def test_another_members_challenge_and_passkey_make_no_second_step(client_of, label, owned):
    member, _, device = owned
    other, client = signed_in(client_of, label)
    foreign = registered(client)
    half = client_of(HOST)
    answer = half.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert answer.headers["location"].startswith("/portal/sign-in/second-factor")
    assert half.post(STEP, json=foreign.use(half.post(f"{STEP}/options").json())).status_code == 422
    theirs = client.post("/portal/re-authenticate/passkey/options").json()
    assert half.post(STEP, json=device.use(theirs)).status_code == 422
    assert half.get("/portal", headers={"accept": "application/json"}).status_code == 404
    assert half.post(STEP, json=device.use(half.post(f"{STEP}/options").json())).status_code == 200
    assert half.get("/portal").status_code == 200
    assert other.id != member.id


def test_a_passkey_without_a_verified_person_is_not_kept(client_of, label):
    member, client = signed_in(client_of, label)
    for lie in ({"is_verified": False}, {"origin": "https://evil.example"}, {"rp_id": "evil.example"}):
        device = replace(Authenticator(ORIGIN, HOST), **lie)
        assert client.post(MINE, json=device.make(client.post(f"{MINE}/options").json())).status_code == 422
    with db.tenant_read(label) as session:
        assert session.scalar(select(Passkey).where(Passkey.member_id == member.id)) is None


def test_a_credential_belongs_to_one_member(client_of, label, owned):
    _, client = signed_in(client_of, label)
    stolen = replace(owned[2])
    assert client.post(MINE, json=stolen.make(client.post(f"{MINE}/options").json())).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"credential": {}}',
        b'{"credential": null, "role": "owner"}',
        b"\xff",
        b'{"a":' * 80,
    ],
)
def test_what_is_no_answer_is_refused_with_a_client_error(client_of, label, body):
    answer = client_of(HOST).post(DOOR, content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500


def test_a_field_too_many_is_refused(client_of, label, owned):
    browser = client_of(HOST)
    answer = owned[2].use(browser.post(f"{DOOR}/options").json()) | {"member_id": str(owned[0].id)}
    assert browser.post(DOOR, json=answer).status_code == 422


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("value", ["", "A", "!!!!", "A" * 5000, "bnVsbA"])
def test_broken_parts_of_an_answer_are_refused(client_of, label, owned, part, value):
    def spoil(response):
        response[part] = value

    if part == "userHandle" and value == "":
        return
    assert knocks(client_of(HOST), owned[2], change=spoil).status_code == 422


def test_removing_a_passkey_ends_other_sessions_and_takes_the_codes_along(client_of, label, owned):
    member, client, device = owned
    other = client_of(HOST)
    assert knocks(other, device).status_code == 200
    assert client.post("/portal/settings/security/codes").status_code == 200
    with db.tenant_read(label) as session:
        key = session.scalars(select(Passkey).where(Passkey.member_id == member.id)).one()
        assert len(session.scalars(select(RecoveryCode).where(RecoveryCode.member_id == member.id)).all()) == 10
    assert client.post(f"{MINE}/{key.id}/remove").status_code == 303
    assert other.get("/portal", headers={"accept": "application/json"}).status_code == 404
    assert knocks(client_of(HOST), device).status_code == 422
    with db.tenant_read(label) as session:
        assert session.scalars(select(RecoveryCode).where(RecoveryCode.member_id == member.id)).all() == []


def test_a_colleagues_passkey_is_not_found(client_of, label, owned):
    _, client = signed_in(client_of, label)
    with db.tenant_read(label) as session:
        key = session.scalars(select(Passkey).where(Passkey.member_id == owned[0].id)).one()
    assert client.post(f"{MINE}/{key.id}/remove").status_code == 404
