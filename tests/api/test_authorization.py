"""People let programs act in their name: asked in sentences, answered once, given no more than they have."""

from __future__ import annotations

import pytest

from app.api.rules.tokens import half_digest
from app.api.service.callers import known_token
from app.api.service.places import issuer_of, resource_of
from tests.api.programs import BACK, SCOPES, a_site, an_app, answer_in, said_by
from tests.factories.api import a_client


def test_a_person_is_asked_in_sentences_and_the_code_becomes_tokens(program, label):
    place = program.ask(nonce="n-1").headers["location"]
    shown = program.browser.get(place).text
    assert "See releases, recordings and works" in shown
    assert "Ask for and prepare payouts" in shown
    assert "https://program.example" in shown
    back = program.browser.post(place, data={"decision": "allow"}).headers["location"]
    answer = answer_in(back)
    assert back.startswith(f"{BACK}?")
    assert (answer["state"], answer["iss"]) == ("the-state", issuer_of(label))
    given = program.exchange(answer["code"]).json()
    claims, who = said_by(given["access_token"]), said_by(given["id_token"])
    assert (claims["aud"], claims["iss"]) == (resource_of(label), issuer_of(label))
    assert (who["aud"], who["nonce"]) == (str(program.made.client_id), "n-1")
    assert who["at_hash"] == half_digest(given["access_token"])
    assert who["sub"] == claims["sub"]
    told = program.userinfo(given["access_token"]).json()
    assert told["sub"] == who["sub"]
    assert told["name"] == "Ada Canary"


def test_a_token_in_a_persons_name_opens_what_both_have(program_of, label):
    program = program_of(a_site(label), role="read_only")
    caller = known_token(label, program.tokens()["access_token"]).caller
    assert caller.visitor.permissions == {"catalog.view", "payouts.view"}
    assert caller.member_id == caller.visitor.member.id
    assert caller.visitor.actor.kind == "client"
    assert caller.visitor.actor.on_behalf_of == caller.member_id
    assert caller.visitor.proved_at is not None


def test_a_program_that_is_narrowed_reaches_no_further_for_anybody(program_of, label):
    program = program_of(a_site(label, artists=("luna",), imprints=("north",)))
    scope = known_token(label, program.tokens()["access_token"]).caller.visitor.scope
    assert (scope.artists, scope.imprints) == ({"luna"}, {"north"})


def test_who_says_no_sends_the_program_away(program):
    place = program.ask().headers["location"]
    answer = answer_in(program.browser.post(place, data={"decision": "refuse"}).headers["location"])
    assert (answer["error"], answer["state"]) == ("access_denied", "the-state")
    assert "code" not in answer
    assert program.browser.post(place, data={"decision": "allow"}).status_code == 404


def test_a_stranger_signs_in_first_and_is_led_back_to_the_question(client_of, program, label):
    stranger = client_of(f"{label.slug}.localhost")
    place = stranger.get("/oauth/authorize", params=program.question()).headers["location"]
    led = stranger.get(place, headers={"accept": "text/html"})
    assert led.headers["location"] == f"/portal/sign-in?next={place}"


def test_what_was_allowed_once_is_not_asked_again_and_more_is(program):
    program.allowed(scope="openid catalog:read")
    assert program.ask(scope="catalog:read").headers["location"].startswith(f"{BACK}?code=")
    assert program.ask(scope="openid payouts:write").headers["location"].startswith("/oauth/consent/")
    assert program.ask(scope="catalog:read", prompt="consent").headers["location"].startswith("/oauth/consent/")


def test_an_app_that_proves_nothing_is_asked_for_every_time(program_of, label):
    program = program_of(an_app(label), redirect_uri="http://127.0.0.1:45123/back")
    program.allowed()
    assert program.ask().headers["location"].startswith("/oauth/consent/")


def test_a_program_can_ask_without_showing_anything(program, client_of, label):
    assert answer_in(program.ask(prompt="none").headers["location"])["error"] == "consent_required"
    program.allowed()
    assert "code" in answer_in(program.ask(prompt="none").headers["location"])
    program.browser = client_of(f"{label.slug}.localhost")
    assert answer_in(program.ask(prompt="none").headers["location"])["error"] == "login_required"


def test_a_program_can_want_a_fresh_proof_of_who_somebody_is(program):
    program.allowed()
    asked = program.ask(prompt="login")
    place = asked.headers["location"]
    led = program.browser.get(place, headers={"accept": "text/html"})
    assert led.headers["location"].startswith("/portal/re-authenticate?next=/oauth/consent/")
    assert program.browser.post(place, data={"decision": "allow"}).status_code == 403


def test_a_redirect_after_signing_in_goes_by_a_page_that_may_lead_there(program):
    place = program.ask().headers["location"]
    again = program.ask().headers["location"]
    program.browser.post(place, data={"decision": "allow"})
    page = program.browser.get(again)
    assert 'http-equiv="refresh"' in page.text
    assert "form-action 'self' https://program.example" in page.headers["content-security-policy"]


def test_a_question_pushed_ahead_is_asked_once(program):
    pushed = program.post("/oauth/par", **program.question())
    assert pushed.status_code == 201, pushed.text
    uri = pushed.json()["request_uri"]
    asked = {"client_id": str(program.made.client_id), "request_uri": uri}
    place = program.browser.get("/oauth/authorize", params=asked).headers["location"]
    assert "code" in answer_in(program.browser.post(place, data={"decision": "allow"}).headers["location"])
    assert program.browser.get("/oauth/authorize", params=asked).status_code == 400


def test_a_pushed_question_is_its_programs_alone_and_nothing_is_added_to_it(program, program_of, label):
    other, pushed = program_of(a_site(label)), program.post("/oauth/par", **program.question(scope="catalog:read"))
    asked = {"client_id": str(other.made.client_id), "request_uri": pushed.json()["request_uri"]}
    assert other.browser.get("/oauth/authorize", params=asked).status_code == 400
    asked = {"client_id": str(program.made.client_id), "request_uri": pushed.json()["request_uri"]}
    more = {"scope": SCOPES, "redirect_uri": "https://thief.example/back", "code_challenge": "x" * 43}
    place = program.browser.get("/oauth/authorize", params=asked | more).headers["location"]
    allowed = program.browser.post(place, data={"decision": "allow"}).headers["location"]
    assert allowed.startswith(f"{BACK}?")
    assert program.exchange(answer_in(allowed)["code"]).json()["scope"] == "catalog:read"
    assert program.post("/oauth/par", **program.question(redirect_uri="https://thief.example/back")).status_code == 400


def test_a_token_is_for_the_resource_that_was_asked_for_which_is_this_label_s_api(program, client_of, label):
    here = resource_of(label)
    given = program.exchange(program.allowed(resource=here)["code"], resource=here).json()
    assert said_by(given["access_token"])["aud"] == here
    again = program.refresh(given["refresh_token"], resource=here).json()
    assert said_by(again["access_token"])["aud"] == here
    machine = a_client(label)
    form = {"grant_type": "client_credentials", "scope": "catalog:read", "resource": here}
    token = client_of(f"{label.slug}.localhost").post("/oauth/token", data=form, auth=machine.basic).json()
    assert said_by(token["access_token"])["aud"] == here


@pytest.mark.parametrize(
    "other", ["https://rival.example/api/v1", "https://{host}/api/v2", "nothing", "{here} https://x.example"]
)
def test_no_token_is_given_for_another_resource(program, program_of, client_of, label, other):
    there = other.format(host=issuer_of(label).removeprefix("https://"), here=resource_of(label))
    assert answer_in(program.ask(resource=there).headers["location"])["error"] == "invalid_target"
    assert program.post("/oauth/par", **program.question(resource=there)).json()["error"] == "invalid_target"
    assert program.exchange(program.allowed()["code"], resource=there).json()["error"] == "invalid_target"
    kept = program.tokens()["refresh_token"]
    assert program.refresh(kept, resource=there).json()["error"] == "invalid_target"
    assert program.refresh(kept).status_code == 200  # the family goes on
    app = program_of(an_app(label))
    begun = app.post("/oauth/device_authorization", scope="catalog:read", resource=there)
    assert begun.json()["error"] == "invalid_target"
    machine = a_client(label)
    form = {"grant_type": "client_credentials", "scope": "catalog:read", "resource": there}
    answer = client_of(f"{label.slug}.localhost").post("/oauth/token", data=form, auth=machine.basic)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")


def test_a_program_that_has_to_push_is_not_asked_for_otherwise(program_of, label):
    program = program_of(a_site(label, needs_par=True))
    assert answer_in(program.ask().headers["location"])["error"] == "invalid_request"
    pushed = program.post("/oauth/par", **program.question()).json()["request_uri"]
    asked = {"client_id": str(program.made.client_id), "request_uri": pushed}
    assert program.browser.get("/oauth/authorize", params=asked).headers["location"].startswith("/oauth/consent/")


def test_a_refresh_token_is_exchanged_for_the_next(program):
    first = program.tokens()
    second = program.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert program.userinfo(second["access_token"]).status_code == 200
    fewer = program.refresh(second["refresh_token"], scope="catalog:read").json()
    assert fewer["scope"] == "catalog:read"


def test_a_device_waits_until_somebody_allows_it(program_of, label):
    from app.api.rules.wishes import BY_DEVICE

    program = program_of(an_app(label))
    begun = program.post("/oauth/device_authorization", scope="openid catalog:read").json()
    ask = {"grant_type": BY_DEVICE, "device_code": begun["device_code"]}
    assert program.post("/oauth/token", **ask).json()["error"] == "authorization_pending"
    assert program.post("/oauth/token", **ask).json()["error"] == "slow_down"
    assert begun["user_code"] in program.browser.get("/oauth/device", params={"user_code": begun["user_code"]}).text
    typed = begun["user_code"].lower().replace("-", " ")
    asked = program.browser.post("/oauth/device", data={"user_code": typed})
    assert "See releases, recordings and works" in asked.text
    decided = {"user_code": begun["user_code"], "decision": "allow"}
    assert program.browser.post("/oauth/device/decision", data=decided).status_code == 200
    given = program.post("/oauth/token", **ask).json()
    assert program.userinfo(given["access_token"]).status_code == 200
    assert program.post("/oauth/token", **ask).json()["error"] == "invalid_grant"


def test_a_device_that_was_refused_is_told_so(program_of, label):
    from app.api.rules.wishes import BY_DEVICE

    program = program_of(an_app(label))
    begun = program.post("/oauth/device_authorization", scope="catalog:read").json()
    program.browser.post("/oauth/device/decision", data={"user_code": begun["user_code"], "decision": "refuse"})
    ask = {"grant_type": BY_DEVICE, "device_code": begun["device_code"]}
    assert program.post("/oauth/token", **ask).json()["error"] == "access_denied"


@pytest.mark.parametrize("role", ["owner", "artist"])
def test_whoever_works_here_may_lend_what_they_have(program_of, label, role):
    program = program_of(a_site(label), role=role)
    caller = known_token(label, program.tokens()["access_token"]).caller
    expected = {"catalog.view", "payouts.view", "payouts.ask"} | ({"payouts.prepare"} if role == "owner" else set())
    assert caller.visitor.permissions == expected
