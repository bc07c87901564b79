"""What attackers of OAuth try, each once and for good (RFC 9700, RFC 8725)."""

from __future__ import annotations

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.api.errors import TokenRefused
from app.api.models import ApiClient
from app.api.rules.tokens import ACCESS_LIFE, Signer, new_key, spelled, unspelled
from app.api.service import keys
from app.api.service.callers import known_token
from app.api.service.exchanging import GRACE
from app.kernel import clock
from app.kernel.db import tenant_work
from tests.api.programs import BACK, SCOPES, a_site, an_app, answer_in, said_by
from tests.factories.api import a_client, a_token


def parts(token):
    return token.split(".")


def headed(token, **head):
    """The same token under another head, with its own signature."""
    return ".".join([spelled(json.dumps(head).encode()), *parts(token)[1:]])


@pytest.fixture
def good(label):
    return a_token(label, a_client(label))


def refused(label, token):
    with pytest.raises(TokenRefused):
        known_token(label, token)


def test_a_good_token_is_let_in(label, good):
    assert known_token(label, good)


@pytest.mark.parametrize("spelling", ["none", "None", "NONE", "nOnE", "", None, " none"])
def test_no_spelling_of_no_algorithm_is_one(label, good, spelling):
    kid = json.loads(unspelled(parts(good)[0]))["kid"]
    for signature in ("", parts(good)[2]):
        head = spelled(json.dumps({"alg": spelling, "kid": kid, "typ": "at+jwt"}).encode())
        refused(label, f"{head}.{parts(good)[1]}.{signature}")


def test_a_public_key_is_no_shared_secret(label, good):
    kid = json.loads(unspelled(parts(good)[0]))["kid"]
    public = keys.key_set(label).public[0]
    for secret in (json.dumps(public).encode(), public["x"].encode(), unspelled(public["x"])):
        head = spelled(json.dumps({"alg": "HS256", "kid": kid, "typ": "at+jwt"}).encode())
        signed = f"{head}.{parts(good)[1]}"
        refused(label, f"{signed}.{spelled(hmac.digest(secret, signed.encode(), hashlib.sha256))}")


def test_a_token_brings_no_key_of_its_own(label, good):
    forger = Signer(json.loads(unspelled(parts(good)[0]))["kid"], new_key())
    claims = said_by(good)
    refused(label, forger.signed(claims, "at+jwt"))
    refused(label, Signer("../../etc/passwd", new_key()).signed(claims, "at+jwt"))
    for extra in ({"jwk": {"kty": "EC"}}, {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example"}):
        refused(label, headed(good, alg="ES256", kid=forger.kid, typ="at+jwt", **extra))


def test_a_changed_claim_breaks_the_signature(label, good):
    claims = said_by(good) | {"scope": "payouts:approve"}
    head, _, signature = parts(good)
    refused(label, f"{head}.{spelled(json.dumps(claims).encode())}.{signature}")


def test_a_token_spelled_otherwise_is_another(label, good):
    for text in (f"{good}=", good.replace(".", "..", 1), f" {good}", good[:-1], f"{good}.", good.upper(), "", "a.b.c"):
        refused(label, text)


@pytest.mark.parametrize(
    "change", [{"aud": ""}, {"aud": "https://other.example/api/v1"}, {"iss": "https://other.example"}]
)
def test_a_token_for_somewhere_else_opens_nothing_here(label, good, change):
    refused(label, keys.signer_of(label).signed(said_by(good) | change, "at+jwt"))


@pytest.mark.parametrize("missing", ["aud", "iss", "exp", "sub", "jti", "client_id", "scope"])
def test_a_token_without_a_claim_is_none(label, good, missing):
    claims = said_by(good)
    del claims[missing]
    refused(label, keys.signer_of(label).signed(claims, "at+jwt"))


def test_a_token_ends(label, good):
    assert known_token(label, good)
    with clock.frozen_at(clock.now() + ACCESS_LIFE + timedelta(seconds=1)):
        refused(label, good)


def test_a_rivals_token_opens_nothing_here(label, rival):
    theirs = a_token(rival, a_client(rival))
    assert known_token(rival, theirs)
    refused(label, theirs)
    claims = said_by(theirs) | {"iss": said_by(a_token(label, a_client(label)))["iss"]}
    refused(label, keys.signer_of(rival).signed(claims, "at+jwt"))


def test_an_id_token_is_no_access_token(program, label):
    given = program.tokens()
    refused(label, given["id_token"])
    assert program.userinfo(given["id_token"]).status_code == 401


def test_a_code_is_good_once_and_a_second_time_ends_what_it_gave(program):
    code = program.allowed()["code"]
    first = program.exchange(code).json()
    assert program.userinfo(first["access_token"]).status_code == 200
    assert program.exchange(code).json()["error"] == "invalid_grant"
    assert program.userinfo(first["access_token"]).status_code == 401
    assert program.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"


def test_of_twenty_exchanges_at_once_one_succeeds(program):
    code = program.allowed()["code"]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: program.exchange(code).status_code, range(20)))
    assert sorted(answers) == [200, *[400] * 19]


def test_a_code_is_its_programs_alone(program, program_of, label):
    other = program_of(a_site(label))
    code = program.allowed()["code"]
    other.verifier = program.verifier
    assert other.exchange(code).json()["error"] == "invalid_grant"
    assert program.exchange(code).status_code == 200


def test_a_code_grows_old(program):
    code = program.allowed()["code"]
    with clock.frozen_at(clock.now() + timedelta(seconds=61)):
        assert program.exchange(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "weaker",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": "short"},
        {"code_challenge": "a" * 128},
    ],
)
def test_a_question_without_a_strong_challenge_is_not_asked(program, weaker):
    answer = answer_in(program.ask(**weaker).headers["location"])
    assert answer["error"] == "invalid_request"
    assert "code" not in answer


@pytest.mark.parametrize("verifier", ["", "x" * 43, "short", None])
def test_a_code_without_its_verifier_is_worth_nothing(program, verifier):
    code = program.allowed()["code"]
    given = {"code_verifier": program.verifier[:-1] if verifier is None else verifier}
    assert program.exchange(code, **given).json()["error"] == "invalid_grant"


FOREIGN = [
    "https://evil.example/back", "https://program.example/back/", "https://program.example/back?x=1",
    "https://program.example/back#x", "https://program.example/BACK", "http://program.example/back",
    "https://program.example:444/back", "https://program.example@evil.example/back",
    "https://program.example.evil.example/back", "https://evil.example/https://program.example/back",
    "https://program.example/back/../evil", "https://program.example/back%2f..", "//program.example/back",
    "https://program.example/back\n", "javascript:alert(1)", "data:text/html,x", "", "https://program.example",
    "https://127.0.0.1/back", "http://127.0.0.1/back",
]  # fmt: skip


@pytest.mark.parametrize("address", FOREIGN)
def test_nobody_is_sent_to_an_address_that_was_not_registered(program, address):
    for more in ({}, {"response_type": "token"}, {"code_challenge": None}, {"scope": "x"}, {"prompt": "none"}):
        answer = program.ask(redirect_uri=address, **more)
        assert answer.status_code == 400
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [
        ("http://127.0.0.1:45123/back", True), ("http://127.0.0.1/back", True), ("com.example.app:/back", True),
        ("http://127.0.0.1:45123/other", False), ("http://127.0.0.1.evil.example/back", False),
        ("http://127.0.0.1:45123@evil.example/back", False), ("https://127.0.0.1:45123/back", False),
        ("http://localhost:45123/back", False), ("http://[::1]/back", False), ("com.example.app:/back2", False),
    ],
)  # fmt: skip
def test_only_the_port_of_ones_own_machine_may_differ(program_of, label, address, is_taken):
    program = program_of(an_app(label), redirect_uri=address)
    assert program.ask().status_code == (303 if is_taken else 400)


def test_every_answer_says_whose_it_is(program, label):
    from app.api.service.places import issuer_of

    good = program.allowed()
    bad = answer_in(program.ask(response_type="token").headers["location"])
    assert good["iss"] == bad["iss"] == issuer_of(label)
    assert bad["error"] == "unsupported_response_type"


def test_consent_cannot_be_given_from_another_site_or_by_a_stranger(program, client_of, client_as, label):
    place = program.ask().headers["location"]
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}):
        assert program.browser.post(place, data={"decision": "allow"}, headers=headers).status_code == 403
    stranger = client_of(f"{label.slug}.localhost")
    assert stranger.post(place, data={"decision": "allow"}).status_code == 404
    framed = program.browser.get(place)
    assert "frame-ancestors 'none'" in framed.headers["content-security-policy"]
    assert framed.headers["x-frame-options"] == "DENY"
    assert program.browser.get(place, params={"decision": "allow"}).status_code == 200
    assert "code" in answer_in(program.browser.post(place, data={"decision": "allow"}).headers["location"])


def test_a_question_of_one_label_is_not_answered_at_another(program, client_as, rival):
    place = program.ask().headers["location"]
    assert client_as(rival).post(place, data={"decision": "allow"}).status_code == 404


def test_a_refresh_token_that_comes_back_ends_the_family(program):
    first = program.tokens()
    second = program.refresh(first["refresh_token"]).json()
    with clock.frozen_at(clock.now() + GRACE + timedelta(seconds=1)):
        assert program.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
        assert program.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
        assert program.userinfo(second["access_token"]).status_code == 401


def test_a_program_that_did_not_hear_the_answer_asks_again_and_goes_on(program):
    first = program.tokens()
    lost = program.refresh(first["refresh_token"]).json()
    heard = program.refresh(first["refresh_token"])
    assert heard.status_code == 200
    third = program.refresh(heard.json()["refresh_token"])
    assert third.status_code == 200
    assert program.refresh(lost["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.refresh(third.json()["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_is_its_programs_alone(program, program_of, label):
    other = program_of(a_site(label))
    given = program.tokens()
    assert other.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.refresh(given["refresh_token"]).status_code == 200


@pytest.mark.parametrize("more", ["payouts:approve", f"{SCOPES} contracts:sign", "everything", "catalog:read *"])
def test_scopes_only_shrink(program, more):
    given = program.tokens(scope="openid catalog:read")
    assert program.refresh(given["refresh_token"], scope=more).json()["error"] == "invalid_scope"
    assert program.refresh(given["refresh_token"], scope=SCOPES).json()["error"] == "invalid_scope"
    assert answer_in(program.ask(scope=more).headers["location"])["error"] == "invalid_scope"


def test_a_program_looks_into_its_own_tokens_alone(program, program_of, label):
    other, given = program_of(a_site(label)), program.tokens()
    assert program.post("/oauth/introspect", token=given["access_token"]).json()["active"] is True
    assert program.post("/oauth/introspect", token=given["refresh_token"]).json()["active"] is True
    for token in (given["access_token"], given["refresh_token"], "nothing", given["id_token"]):
        assert other.post("/oauth/introspect", token=token).json() == {"active": False}
    with tenant_work(label) as session:
        session.get_one(ApiClient, program.made.client_id).scopes = ["openid"]
    for name in ("access_token", "refresh_token"):
        assert program.post("/oauth/introspect", token=given[name]).json()["scope"] == "openid"
    assert program_of(an_app(label)).post("/oauth/introspect", token=given["access_token"]).status_code == 401


def test_a_program_takes_back_its_own_tokens_alone(program, program_of, label):
    other, given = program_of(a_site(label)), program.tokens()
    for token in (given["access_token"], given["refresh_token"], "nothing"):
        assert other.post("/oauth/revoke", token=token).status_code == 200
    assert program.userinfo(given["access_token"]).status_code == 200
    assert program.post("/oauth/revoke", token=given["access_token"]).status_code == 200
    assert program.userinfo(given["access_token"]).status_code == 401
    next_one = program.refresh(given["refresh_token"]).json()
    assert program.post("/oauth/revoke", token=next_one["refresh_token"]).status_code == 200
    assert program.userinfo(next_one["access_token"]).status_code == 401
    assert program.refresh(next_one["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_field_that_comes_twice_is_refused(program):
    body = "grant_type=client_credentials&grant_type=authorization_code"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = program.machine.post("/oauth/token", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    asked = program.browser.get(
        "/oauth/authorize", params=[*program.question().items(), ("redirect_uri", "https://e.example")]
    )
    assert asked.status_code == 400


def test_two_proofs_of_a_program_at_once_are_refused(program):
    answer = program.post("/oauth/token", grant_type="client_credentials", client_secret=program.made.secret)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_guessing_secrets_takes_longer_and_longer_where_it_is_done_and_nowhere_else(client_of, label):
    made = a_client(label)
    guesser = client_of(f"{label.slug}.localhost")

    def guess(secret):
        return guesser.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=(str(made.client_id), secret)
        )

    answers = [guess("wrong") for _ in range(7)]
    assert [answer.status_code for answer in answers[:5]] == [401] * 5
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert guess(made.secret).status_code == 429
    with clock.frozen_at(clock.now() + timedelta(hours=1)):
        assert guess(made.secret).status_code == 200


def test_what_is_nested_without_end_is_refused_and_not_an_error(program):
    deep = "[" * 3_000 + "]" * 3_000
    head, body = ('{"alg":"ES256","x":' + deep + "}").encode(), ('{"sub":"x","y":' + deep + "}").encode()
    token = f"{spelled(head)}.{spelled(body)}.AA"
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    asked = {"grant_type": "client_credentials", "client_assertion_type": kind, "client_assertion": token}
    answer = program.machine.post("/oauth/token", data=asked)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert program.userinfo(token).status_code == 401
    assert program.userinfo(token, {"authorization": f"DPoP {token}", "dpop": token}).status_code == 401
    asked = {"grant_type": "authorization_code", "code": "x"}
    answer = program.post("/oauth/token", {"dpop": token}, **asked)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


def test_cookies_open_nothing_where_programs_ask(program, client_as, label):
    owner = client_as(label)
    assert owner.get("/oauth/userinfo").status_code == 401
    assert owner.post("/oauth/register", json={"client_name": "x"}).status_code == 401


def test_scripts_of_any_site_may_ask_and_none_may_use_cookies(client_of, label):
    browser = client_of(f"{label.slug}.localhost")
    asked = {"origin": "https://spa.example", "access-control-request-method": "POST"}
    for path in ("/oauth/token", "/oauth/jwks", "/.well-known/openid-configuration", "/api/v1/tracks"):
        answer = browser.options(path, headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        assert "upload-offset" in answer.headers["access-control-allow-headers"]
    answered = browser.get("/api/v1/tracks", headers={"origin": "https://spa.example"}).headers
    exposed = answered["access-control-expose-headers"].split(", ")
    told = {"etag", "link", "location", "ratelimit", "ratelimit-policy", "retry-after", "idempotency-replayed"}
    assert told | {"deprecation", "sunset", "x-request-id", "api-version", "www-authenticate"} <= set(exposed)
    for path in ("/oauth/authorize", "/oauth/consent/x", "/oauth/device", "/portal/sign-in"):
        assert "access-control-allow-origin" not in browser.options(path, headers=asked).headers
    assert BACK.startswith("https://")
