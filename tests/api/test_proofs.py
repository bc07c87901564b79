"""Keys of programs: proofs of possession, assertions in place of secrets, and the label's own keys replaced in time."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select, text

from app.api.models import SigningKey
from app.api.rules.tokens import digest
from app.api.rules.wishes import BY_ITSELF
from app.api.service import keys
from app.api.service.callers import known_token
from app.api.service.places import issuer_of
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from tests.api.programs import Key, a_site, an_app, said_by
from tests.factories.api import a_client, a_token

HOST = "https://canary.localhost"
TOKEN, USERINFO = f"{HOST}/oauth/token", f"{HOST}/oauth/userinfo"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def key():
    return Key()


@pytest.fixture
def bound(program_of, label, key):
    """A program without a secret whose tokens belong to a key, and what it was given."""
    program = program_of(an_app(label), redirect_uri="http://127.0.0.1:45123/back")
    given = program.exchange(program.allowed()["code"], {"dpop": key.proof("POST", TOKEN)})
    assert given.status_code == 200, given.text
    return program, given.json()


def shown(token, proof, scheme="DPoP"):
    return {"authorization": f"{scheme} {token}", "dpop": proof}


def test_a_token_that_belongs_to_a_key_needs_it(bound, key):
    program, given = bound
    token = given["access_token"]
    assert given["token_type"] == "DPoP"
    assert said_by(token)["cnf"] == {"jkt": key.thumbprint}
    assert program.userinfo(token, shown(token, key.proof("GET", USERINFO, token))).status_code == 200
    assert program.userinfo(token).status_code == 401
    without = program.userinfo(token, {"authorization": f"DPoP {token}"})
    assert without.headers["www-authenticate"].startswith("DPoP ")


@pytest.mark.parametrize(
    "bad",
    [
        lambda key, token: key.proof("POST", USERINFO, token),
        lambda key, token: key.proof("GET", f"{HOST}/api/v1/tracks", token),
        lambda key, token: key.proof("GET", "https://rival.localhost/oauth/userinfo", token),
        lambda key, token: key.proof("GET", USERINFO),
        lambda key, token: key.proof("GET", USERINFO, f"{token}x"),
        lambda key, token: key.proof("GET", USERINFO, token, iat=int(clock.now().timestamp()) - 600),
        lambda key, token: key.proof("GET", USERINFO, token, iat=int(clock.now().timestamp()) + 600),
        lambda key, token: key.proof("GET", USERINFO, token, iat="now"),
        lambda key, token: key.proof("GET", USERINFO, token, jti=""),
        lambda key, token: Key().proof("GET", USERINFO, token),
        lambda key, token: key.signed({"typ": "JWT", "jwk": key.key.as_dict(private=False)}, {}),
        lambda key, token: key.signed({"typ": "dpop+jwt", "jwk": key.key.as_dict(private=True)}, {}),
        lambda key, token: "a.b.c",
        lambda key, token: "",
    ],
)
def test_a_proof_of_anything_else_proves_nothing(bound, key, bad):
    program, given = bound
    token = given["access_token"]
    assert program.userinfo(token, shown(token, bad(key, token))).status_code == 401


def test_a_proof_by_another_key_than_it_shows_is_none(bound, key):
    program, given = bound
    token, thief = given["access_token"], Key()
    said = {"htm": "GET", "htu": USERINFO, "iat": int(clock.now().timestamp()), "jti": secrets.token_hex(8)}
    head = {"typ": "dpop+jwt", "jwk": key.key.as_dict(private=False)}
    forged = thief.signed(head, said | {"ath": digest(token)})
    assert program.userinfo(token, shown(token, forged)).status_code == 401


def test_a_proof_counts_once(bound, key):
    program, given = bound
    token = given["access_token"]
    proof = key.proof("GET", USERINFO, token)
    assert program.userinfo(token, shown(token, proof)).status_code == 200
    assert program.userinfo(token, shown(token, proof)).status_code == 401


def test_a_token_of_a_key_is_not_a_bearer_token_and_the_other_way_round(bound, key, label, program):
    owner, given = bound
    token = given["access_token"]
    assert owner.userinfo(token, shown(token, key.proof("GET", USERINFO, token), "Bearer")).status_code == 401
    plain = program.tokens()["access_token"]
    assert program.userinfo(plain, shown(plain, key.proof("GET", USERINFO, plain))).status_code == 401


def test_a_family_without_a_secret_stays_with_its_key(bound, key):
    program, given = bound
    thief = {"dpop": Key().proof("POST", TOKEN)}
    assert program.refresh(given["refresh_token"], thief).json()["error"] == "invalid_grant"
    assert program.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.refresh(given["refresh_token"], {"dpop": key.proof("POST", TOKEN)}).status_code == 200


def test_a_code_that_was_asked_for_with_a_key_needs_it(program, key):
    code = program.allowed(dpop_jkt=key.thumbprint)["code"]
    assert program.exchange(code).json()["error"] == "invalid_grant"
    assert program.exchange(code, {"dpop": Key().proof("POST", TOKEN)}).json()["error"] == "invalid_grant"
    assert program.exchange(code, {"dpop": key.proof("POST", TOKEN)}).status_code == 200


def test_a_bad_proof_at_the_token_endpoint_is_said_to_be_one(program, key):
    answer = program.post("/oauth/token", {"dpop": key.proof("GET", TOKEN)}, grant_type=BY_ITSELF)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


def test_a_program_that_has_to_prove_a_key_gets_nothing_without(program_of, label, key):
    program = program_of(a_client(label, scopes="catalog:read", needs_dpop=True))
    assert program.post("/oauth/token", grant_type=BY_ITSELF).json()["error"] == "invalid_dpop_proof"
    given = program.post("/oauth/token", {"dpop": key.proof("POST", TOKEN)}, grant_type=BY_ITSELF)
    assert given.json()["token_type"] == "DPoP"


def asserting(label, key, **wish):
    public = key.as_dict(private=False) | {"kid": "one"}
    return a_client(label, scopes="catalog:read", auth_method="private_key_jwt", jwks={"keys": [public]}, **wish)


def assertion(label, made, key, alg="ES256", head=None, **claims):
    from joserfc import jws

    now = int(clock.now().timestamp())
    who = str(made.client_id)
    said = {"iss": who, "sub": who, "aud": issuer_of(label), "iat": now, "exp": now + 60, "jti": secrets.token_hex(8)}
    payload = {name: value for name, value in (said | claims).items() if value is not None}
    return jws.serialize_compact({"alg": alg, "kid": "one"} | (head or {}), json.dumps(payload).encode(), key, [alg])


def by_assertion(client_of, made, text):
    form = {"grant_type": BY_ITSELF, "client_assertion_type": ASSERTION, "client_assertion": text}
    return client_of("canary.localhost").post("/oauth/token", data=form)


@pytest.mark.parametrize(
    ("make", "alg"), [(lambda: ECKey.generate_key("P-256"), "ES256"), (lambda: RSAKey.generate_key(2048), "PS256")]
)
def test_a_key_proves_a_program_in_place_of_a_secret(client_of, label, make, alg):
    key = make()
    made = asserting(label, key)
    given = by_assertion(client_of, made, assertion(label, made, key, alg))
    assert given.status_code == 200, given.text


def test_an_assertion_counts_once_for_here_and_now_and_its_own_program(client_of, label, rival):
    key = ECKey.generate_key("P-256")
    made, now = asserting(label, key), int(clock.now().timestamp())
    good = assertion(label, made, key)
    assert by_assertion(client_of, made, good).status_code == 200
    assert by_assertion(client_of, made, good).json()["error"] == "invalid_client"
    other = asserting(label, ECKey.generate_key("P-256"))
    for bad in (
        {"aud": issuer_of(rival)}, {"aud": None}, {"aud": [issuer_of(label), "https://evil.example"]}, {"exp": now - 1},
        {"exp": None}, {"exp": now + 86_400}, {"jti": None}, {"iss": str(other.client_id)}, {"nbf": now + 600},
        {"sub": str(other.client_id), "iss": str(other.client_id)},
    ):  # fmt: skip
        client_of("canary.localhost")
        with tenant_work(label) as session:
            session.execute(text("DELETE FROM throttles"))
        answer = by_assertion(client_of, made, assertion(label, made, key, **bad))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), bad


def test_a_program_with_a_key_is_not_let_in_by_anything_less(client_of, label):
    key = ECKey.generate_key("P-256")
    made = asserting(label, key)
    machine = client_of("canary.localhost")
    who = {"grant_type": BY_ITSELF, "client_id": str(made.client_id)}
    assert machine.post("/oauth/token", data=who).status_code == 401
    assert machine.post("/oauth/token", data=who | {"client_secret": "x"}).status_code == 401
    unsigned = ".".join([*assertion(label, made, key).split(".")[:2], ""])
    assert by_assertion(client_of, made, unsigned).status_code == 401


def test_keys_that_a_program_publishes_are_fetched_and_used(client_of, label, there):
    key = ECKey.generate_key("P-256")
    there.usual = (200, {}, json.dumps({"keys": [key.as_dict(private=False) | {"kid": "one"}]}).encode())
    made = a_client(label, scopes="catalog:read", auth_method="private_key_jwt", jwks_uri=there.url("/keys"))
    for _ in range(2):
        given = by_assertion(client_of, made, assertion(label, made, key))
        assert given.status_code == 200, given.text
    assert [asked.path for asked in there.requests] == ["/keys"]


@pytest.mark.parametrize(
    "answer", [(500, {}, b""), (200, {}, b"no keys"), (200, {}, b"[]"), (200, {}, b'{"keys": []}')]
)
def test_a_program_whose_keys_cannot_be_had_is_not_let_in(client_of, label, there, answer):
    key = ECKey.generate_key("P-256")
    there.usual = answer
    made = a_client(label, scopes="catalog:read", auth_method="private_key_jwt", jwks_uri=there.url("/keys"))
    assert by_assertion(client_of, made, assertion(label, made, key)).status_code == 401


def test_a_program_made_by_a_program_has_no_more_than_its_maker(client_of, label):
    maker = a_client(label, scopes="clients:write catalog:read")
    machine = client_of("canary.localhost")
    bearer = {"authorization": f"Bearer {a_token(label, maker)}"}
    wish = {"client_name": "Made", "scope": "catalog:read openid", "redirect_uris": ["https://made.example/back"]}
    made = machine.post("/oauth/register", json=wish, headers=bearer)
    assert made.status_code == 201, made.text
    assert made.json()["client_secret"]
    assert made.json()["token_endpoint_auth_method"] == "client_secret_basic"
    more = machine.post("/oauth/register", json=wish | {"scope": "payouts:write"}, headers=bearer)
    assert (more.status_code, more.json()["error"]) == (400, "invalid_client_metadata")
    for bad, why in (
        ({"redirect_uris": ["http://made.example/back"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        (
            {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://10.0.0.1/keys"},
            "invalid_client_metadata",
        ),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"client_name": "Your bank \u202eeman"}, "invalid_client_metadata"),
        ({"scope": ""}, "invalid_client_metadata"),
    ):
        answer = machine.post("/oauth/register", json=wish | bad, headers=bearer)
        assert (answer.status_code, answer.json()["error"]) == (400, why), (bad, answer.text)


def test_only_a_token_for_it_makes_programs(client_of, label):
    machine = client_of("canary.localhost")
    weak = {"authorization": f"Bearer {a_token(label, a_client(label, scopes='clients:read catalog:write'))}"}
    wish = {"client_name": "Made", "scope": "catalog:read", "redirect_uris": ["https://made.example/back"]}
    refused = machine.post("/oauth/register", json=wish, headers=weak)
    assert refused.status_code == 403
    assert 'scope="clients:write"' in refused.headers["www-authenticate"]
    assert machine.post("/oauth/register", json=wish).status_code == 401


def test_a_key_that_is_replaced_is_published_before_it_signs_and_after(client_of, label):
    machine, made = client_of("canary.localhost"), a_client(label)
    old = a_token(label, made)
    before = {key["kid"] for key in machine.get("/oauth/jwks").json()["keys"]}
    with tenant_work(label) as session:
        assert keys.rotate(session, Actor.system(label), label, is_forced=True)
    after = {key["kid"] for key in machine.get("/oauth/jwks").json()["keys"]}
    assert len(after - before) == 1
    fresh = (after - before).pop()
    assert fresh not in a_token(label, made)
    with clock.frozen_at(clock.now() + keys.PUBLISHED_BEFORE + timedelta(minutes=1)):
        keys.forget(label.id)
        newer = a_token(label, made)
        head = machine.get("/oauth/jwks").json()["keys"]
        assert {key["kid"] for key in head} >= before
        assert known_token(label, newer)
    keys.forget(label.id)
    assert known_token(label, old)
    with clock.frozen_at(clock.now() + keys.PUBLISHED_BEFORE + keys.PUBLISHED_AFTER + timedelta(minutes=1)):
        keys.forget(label.id)
        with tenant_work(label) as session:
            keys.tidy(session)
        assert {key["kid"] for key in machine.get("/oauth/jwks").json()["keys"]} == {fresh}
    keys.forget(label.id)
    with tenant_work(label) as session:
        session.execute(text("DELETE FROM api_signing_keys"))


def test_what_is_published_of_keys_is_public_and_each_labels_own(client_of, label, rival):
    mine = client_of("canary.localhost").get("/oauth/jwks").json()["keys"]
    theirs = client_of("rival.localhost").get("/oauth/jwks").json()["keys"]
    assert not {key["x"] for key in mine} & {key["x"] for key in theirs}
    assert all(key.keys() == {"kty", "crv", "alg", "use", "kid", "x", "y"} for key in mine)
    with tenant_read(label) as session:
        held = session.scalars(select(SigningKey.sealed)).first()
    assert b"BEGIN" not in held
    assert keys.key_set(label).public


def test_the_label_says_what_it_can(client_of, label):
    machine = client_of("canary.localhost")
    said = machine.get("/.well-known/openid-configuration").json()
    assert said == machine.get("/.well-known/oauth-authorization-server").json()
    assert said["issuer"] == issuer_of(label)
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert "Boptone" not in str(said)
    for name, address in said.items():
        if name.endswith("_endpoint"):
            assert address.startswith(f"{issuer_of(label)}/oauth/")
            assert machine.get(address.removeprefix(issuer_of(label))).status_code != 404


def test_a_program_of_ones_own_in_site_form_needs_its_secret(client_of, label):
    made = a_site(label)
    machine = client_of("canary.localhost")
    assert machine.post("/oauth/par", data={"client_id": str(made.client_id)}).status_code == 401
