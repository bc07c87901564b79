"""What counts once counts once, also where many bring it in the same moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from joserfc.jwk import ECKey
from sqlalchemy import select

from app.api.models import RefreshToken
from app.api.rules.wishes import BY_DEVICE
from app.kernel.db import tenant_read
from tests.api.programs import Key, an_app, answer_in
from tests.api.test_proofs import asserting, assertion, by_assertion
from tests.factories.api import api_of

HOST = "https://canary.localhost"
MANY = 12


def at_once(ask: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(lambda _: ask(), range(MANY)))


def test_a_refresh_token_has_one_successor_however_many_ask_for_it(program, label):
    first = program.tokens()["refresh_token"]
    answers = at_once(lambda: program.refresh(first))
    assert {answer.status_code for answer in answers} == {200}  # asked again at once, the answer was lost on the way
    given = [answer.json()["refresh_token"] for answer in answers]
    with tenant_read(label) as session:
        family = select(RefreshToken.grant_id).order_by(RefreshToken.created_at.desc()).limit(1)
        open_now = select(RefreshToken).where(RefreshToken.grant_id.in_(family), RefreshToken.used_at.is_(None))
        assert len(session.scalars(open_now).all()) == 1
    assert len(set(given)) == MANY
    assert Counter(program.refresh(each).status_code for each in given)[200] <= 1


def test_a_device_code_gives_tokens_once(program_of, label):
    program = program_of(an_app(label))
    begun = program.post("/oauth/device_authorization", scope="openid catalog:read").json()
    decided = {"user_code": begun["user_code"], "decision": "allow"}
    assert program.browser.post("/oauth/device/decision", data=decided).status_code == 200
    ask = {"grant_type": BY_DEVICE, "device_code": begun["device_code"]}
    answers = at_once(lambda: program.post("/oauth/token", **ask).status_code)
    assert Counter(answers) == {200: 1, 400: MANY - 1}


def test_a_pushed_question_is_asked_once(program):
    uri = program.post("/oauth/par", **program.question()).json()["request_uri"]
    asked = {"client_id": str(program.made.client_id), "request_uri": uri}
    answers = at_once(lambda: program.browser.get("/oauth/authorize", params=asked).status_code)
    assert Counter(answers) == {303: 1, 400: MANY - 1}


def test_a_consent_gives_one_code(program):
    place = program.ask().headers["location"]
    answers = at_once(lambda: program.browser.post(place, data={"decision": "allow"}))
    assert sum("code" in answer_in(answer.headers.get("location", "")) for answer in answers) == 1


def test_a_proof_and_an_assertion_count_once(program_of, client_of, label):
    key, program = Key(), program_of(an_app(label), redirect_uri="http://127.0.0.1:45123/back")
    given = program.exchange(program.allowed()["code"], {"dpop": key.proof("POST", f"{HOST}/oauth/token")}).json()
    token = given["access_token"]
    proof = {"authorization": f"DPoP {token}", "dpop": key.proof("GET", f"{HOST}/oauth/userinfo", token)}
    assert Counter(at_once(lambda: program.userinfo(token, proof).status_code)) == {200: 1, 401: MANY - 1}
    own = ECKey.generate_key("P-256")
    made = asserting(label, own)
    text = assertion(label, made, own)
    answers = Counter(at_once(lambda: by_assertion(client_of, made, text).status_code))
    assert answers.pop(200) == 1
    assert answers.keys() <= {401, 429}


def test_two_programs_with_one_key_at_once_do_one_thing_each(client_of, label):
    both = [api_of(client_of, label, scopes="catalog:read catalog:write") for _ in range(2)]
    said = {"name": "Asked At Once"}

    def ask(api: Any) -> Any:
        return api.post("/api/v1/artists", json=said, headers={"idempotency-key": "the-same"})

    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(lambda n: ask(both[n % 2]), range(MANY)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = [{each.json()["id"] for each in answers[start::2] if each.status_code == 201} for start in (0, 1)]
    assert [len(each) for each in made] == [1, 1]
    assert made[0].isdisjoint(made[1])


def test_what_a_program_may_not_read_is_not_expanded(client_of, label):
    api = api_of(client_of, label, scopes="royalties:read")
    answer = api.get("/api/v1/statements", params={"expand": "payee", "limit": 200})
    assert answer.status_code == 200
    assert {row["payee"] for row in answer.json()["items"]} <= {None}
