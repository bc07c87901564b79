"""Coming in by an OpenID provider: whom it proves, and what proves nobody."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import select

from app.identity.models import Member, MemberSession
from app.kernel import cache, clock, db
from app.sso.models import Link
from tests.factories.members import a_member
from tests.factories.sso import a_connection, a_visitor, no_connections
from tests.sso.provider import CLIENT_ID, CLIENT_SECRET, FIRST, SECOND, a_provider

HOST = "canary.localhost"


@pytest.fixture
def provider():
    with a_provider(sub="ada-1", email="ada@label.example", email_verified=True, name="Ada Office") as running:
        yield running


def begun(client, connection, **asked):
    answer = client.get(f"/sso/{connection.id}/begin", params={"for": "sign-in", **asked})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def back(client, provider, connection, **asked):
    """Go to the provider, sign in there, come back."""
    return client.get(local(provider.authorize(begun(client, connection, **asked))))


def local(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def member_with(label, email):
    with db.tenant_read(label) as session:
        return session.scalar(select(Member).where(Member.email == email))


def is_in(client) -> bool:
    return client.get("/portal/settings/security").status_code == 200


def test_a_person_whom_the_provider_proves_becomes_a_member_and_is_known_again(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    first = client_of(HOST)
    answer = back(first, provider, connection)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/portal"
    assert is_in(first)
    ada = member_with(label, "ada@label.example")
    assert (ada.name, ada.role, ada.password_hash) == ("Ada Office", "read_only", None)
    provider.person |= {"email": "other@label.example"}
    second = client_of(HOST)
    assert back(second, provider, connection).status_code == 303
    assert member_with(label, "other@label.example") is None
    with db.tenant_read(label) as session:
        methods = session.scalars(select(MemberSession.method).where(MemberSession.member_id == ada.id)).all()
    assert methods == ["sso", "sso"]


def test_the_request_carries_state_nonce_and_a_hashed_verifier(client_of, label, provider):
    connection = a_connection(label, provider)
    asked = parse_qs(urlsplit(begun(client_of(HOST), connection)).query)
    assert asked["redirect_uri"] == [f"https://{HOST}/sso/{connection.id}/callback"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len({asked["state"][0], asked["nonce"][0], asked["code_challenge"][0]}) == 3
    assert asked["client_id"] == [CLIENT_ID]


def test_whoever_comes_in_goes_to_the_page_they_wanted_and_nowhere_else(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    assert back(client_of(HOST), provider, connection, next="/portal/files").headers["location"] == "/portal/files"
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert back(client_of(HOST), provider, connection, next=elsewhere).headers["location"] == "/portal"


def test_a_session_cookie_that_was_there_before_is_never_adopted(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    client = client_of(HOST)
    client.cookies.set("__Host-session", "chosen-by-somebody-else")
    answer = back(client, provider, connection)
    assert "chosen-by-somebody-else" not in str(answer.headers.get_list("set-cookie"))
    assert is_in(client)


def test_a_member_is_found_by_an_address_for_which_label_and_provider_stand(client_of, label, provider):
    nell = a_member(label, role="royalties", email="nell@label.example")
    connection = a_connection(label, provider)
    provider.person |= {"sub": "nell-7", "email": "Nell@Label.example"}
    assert back(client_of(HOST), provider, connection).status_code == 303
    with db.tenant_read(label) as session:
        link = session.scalars(select(Link).where(Link.subject == "nell-7")).one()
    assert (link.member_id, link.made_member) == (nell.id, False)


UNPROVED = [
    {"email_verified": False},
    {"email_verified": "true"},
    {"email_verified": None},
    {"email": "ada@elsewhere.example"},
    {"email": "ada@label.example.evil.example"},
    {"email": "ada@label.example\u0000"},
    {"email": "ada@sub.label.example"},
    {"email": "ada@LABEL.example\n@evil.example"},
    {"email": None},
    {"email": ["ada@label.example"]},
]


def test_an_address_that_nobody_stands_for_lets_nobody_in(client_of, label, provider):
    connection, honest, client = a_connection(label, provider, makes_members=True), provider.person, client_of(HOST)
    for person in UNPROVED:
        provider.person = honest | {"sub": "nobody", **person}
        assert back(client, provider, connection).status_code == 403, person
    assert not is_in(client)


def test_an_unproved_domain_links_nobody(client_of, label, provider):
    a_member(label, role="royalties", email="una@label.example")
    connection = a_connection(label, provider, domains=(), makes_members=True)
    provider.person |= {"sub": "una", "email": "una@label.example"}
    assert back(client_of(HOST), provider, connection).status_code == 403


FORGERIES = {
    "another issuer": {"claims": {"iss": "http://outside.test:1"}},
    "another audience": {"claims": {"aud": "somebody-else"}},
    "two audiences and no party": {"claims": {"aud": [CLIENT_ID, "somebody-else"]}},
    "another party": {"claims": {"aud": [CLIENT_ID, "x"], "azp": "x"}},
    "no nonce": {"claims": {"nonce": None}},
    "another nonce": {"claims": {"nonce": "swapped"}},
    "expired": {"claims": {"exp": 1_000_000}},
    "no end": {"claims": {"exp": None}},
    "from the future": {"claims": {"iat": 4_000_000_000}},
    "no subject": {"claims": {"sub": None}},
    "an empty subject": {"claims": {"sub": ""}},
    "a number for a subject": {"claims": {"sub": 7}},
    "another access token": {"claims": {"at_hash": "AAAA"}},
    "another key": {"key": SECOND},
    "a key of another kind": {"key": ECKey.generate_key("P-256", {"kid": "first"})},
    "none": {"key": b"", "header": {"alg": "none"}},
    "none in other letters": {"key": b"", "header": {"alg": "nOnE", "kid": "first"}},
    "a shared secret": {"key": CLIENT_SECRET.encode(), "header": {"alg": "HS256"}},
    "the public key as a secret": {
        "key": FIRST.as_pem(private=False),
        "header": {"alg": "HS256", "kid": "first"},
    },
    "no token": {"token": "x"},
    "an access token for it": {"token": "a.b.c"},
    "named by nobody": {"answer": {"iss": None}},
    "mixed up with another": {"answer": {"iss": "https://honest.example"}},
    "a code it never gave": {"answer": {"code": "guessed"}},
    "no code": {"answer": {"code": None}},
    "an error": {"answer": {"error": "access_denied"}},
    "another state": {"answer": {"state": "_swapped"}},
    "no state": {"answer": {"state": None}},
}


def test_a_forged_answer_lets_nobody_in(client_of, label, provider):
    connection, honest, client = (
        a_connection(label, provider, makes_members=True),
        dict(vars(provider)),
        client_of(HOST),
    )
    for name, forgery in FORGERIES.items():
        vars(provider).update(honest | forgery)
        answer = back(client, provider, connection)
        assert answer.status_code == 403, name
        assert provider.issuer not in answer.text
    assert not is_in(client)
    vars(provider).update(honest)
    assert back(client, provider, connection).status_code == 303


def test_an_answer_is_taken_once_and_only_in_the_browser_that_asked(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    victim, attacker = client_of(HOST), client_of(HOST)
    answer = local(provider.authorize(begun(attacker, connection)))
    assert victim.get(answer).status_code == 403
    assert not is_in(victim)
    assert attacker.get(answer).status_code == 303
    assert attacker.get(answer).status_code == 403


def test_an_answer_that_comes_too_late_is_refused(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    client, moment = client_of(HOST), clock.now()
    answer = local(provider.authorize(begun(client, connection)))
    with clock.frozen_at(moment + timedelta(minutes=11)):
        assert client.get(answer).status_code == 403


def test_an_answer_for_one_connection_is_none_for_another(client_of, label, provider):
    with a_provider("elsewhere.test", sub="ada-1", email="ada@label.example", email_verified=True) as evil:
        honest = a_connection(label, provider, makes_members=True)
        other = a_connection(label, evil, domains=("other.example",), makes_members=True)
        client = client_of(HOST)
        query = urlsplit(provider.authorize(begun(client, honest))).query
        assert client.get(f"/sso/{other.id}/callback?{query}").status_code == 403
        assert not is_in(client)
        assert "/token" not in evil.asked


def test_one_labels_connection_is_not_there_at_another(client_of, label, rival, provider):
    connection = a_connection(rival, provider, makes_members=True)
    client = client_of(HOST)
    assert client.get(f"/sso/{connection.id}/begin").status_code == 404
    theirs = client_of("rival.localhost")
    query = urlsplit(provider.authorize(begun(theirs, connection))).query
    assert client.get(f"/sso/{connection.id}/callback?{query}").status_code == 404
    assert not is_in(client)


def test_a_connection_that_is_not_in_use_lets_nobody_in(client_of, label, provider):
    connection = a_connection(label, provider, is_live=False, makes_members=True)
    assert client_of(HOST).get(f"/sso/{connection.id}/begin").status_code == 404


def test_keys_may_change_while_people_come_in(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    assert back(client_of(HOST), provider, connection).status_code == 303
    provider.key, provider.published = SECOND, [FIRST, SECOND]
    assert back(client_of(HOST), provider, connection).status_code == 303
    assert provider.asked.count("/jwks") == 2


def test_a_provider_that_tells_the_address_on_demand_is_asked_for_it(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    provider.person = {"sub": "later"}
    provider.userinfo = {"sub": "later", "email": "later@label.example", "email_verified": True}
    assert back(client_of(HOST), provider, connection).status_code == 303
    provider.userinfo["sub"] = "somebody-else"
    assert back(client_of(HOST), provider, connection).status_code == 403


def test_a_provider_that_calls_itself_otherwise_is_not_asked(client_of, label, provider):
    connection = a_connection(label, provider)
    provider.document = {"issuer": "https://honest.example"}
    answer = client_of(HOST).get(f"/sso/{connection.id}/begin")
    assert answer.status_code == 403
    assert "refresh" not in answer.headers


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:9/x", "http://169.254.169.254/x", "https://[::1]/x", "file:///etc/passwd"]
)
def test_a_provider_leads_neither_us_nor_a_browser_into_our_own_network(client_of, label, provider, place):
    connection = a_connection(label, provider, makes_members=True)
    provider.document = {"authorization_endpoint": place.replace("https:", "http:")}
    assert client_of(HOST).get(f"/sso/{connection.id}/begin").status_code == 403
    cache.of(label).delete(f"sso-provider:{provider.issuer}")
    provider.document = {"token_endpoint": place}
    client = client_of(HOST)
    assert back(client, provider, connection).status_code == 409
    assert not is_in(client)


def test_a_disabled_member_is_not_let_in(client_of, label, provider, client_as):
    connection = a_connection(label, provider, makes_members=True)
    provider.person |= {"sub": "gone", "email": "gone@label.example"}
    client = client_of(HOST)
    assert back(client, provider, connection).status_code == 303
    gone = member_with(label, "gone@label.example")
    assert client_as(label).post(f"/portal/settings/team/{gone.id}/disable").status_code == 303
    assert not is_in(client)
    assert back(client, provider, connection).status_code == 403


def logout_token(provider, **changes):
    now = int(clock.now().timestamp())
    claims = {"iss": provider.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": "out-1", "sub": "ada-1"}
    claims |= {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}} | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "first", "typ": "logout+jwt"}, kept, provider.key)


def test_whoever_signs_out_at_the_provider_is_signed_out_here(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    browser, outside = client_of(HOST), client_of(HOST)
    del outside.headers["origin"]
    assert back(browser, provider, connection).status_code == 303
    path, untrue = (
        f"/sso/{connection.id}/logout",
        (
            {"aud": "x"},
            {"iss": "x"},
            {"nonce": "x"},
            {"events": None},
            {"events": {}},
            {"iat": 1},
            {"sub": None},
            {"jti": None},
        ),
    )
    for change in untrue:
        assert outside.post(path, data={"logout_token": logout_token(provider, **change)}).status_code == 403, change
    assert outside.post(path, data={"logout_token": "x"}).status_code == 403
    assert outside.post(path, data={"logout_token": logout_token(provider, sub="somebody")}).status_code == 200
    assert is_in(browser)
    token = logout_token(provider, jti="out-2")
    assert outside.post(path, data={"logout_token": token}).status_code == 200
    assert not is_in(browser)
    assert outside.post(path, data={"logout_token": token}).status_code == 403


def test_artists_come_in_to_their_app(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True, roles={"roster": "artist"})
    provider.person |= {"sub": "singer", "email": "singer@label.example", "groups": ["roster"]}
    assert back(client_of(HOST), provider, connection).headers["location"] == "/artist"


def test_a_group_means_a_role_and_another_one_when_it_changes(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True, roles={"Finance": "royalties", "everyone": "legal"})
    provider.person |= {"sub": "grouped", "email": "grouped@label.example", "groups": ["everyone", "FINANCE"]}
    assert back(client_of(HOST), provider, connection).status_code == 303
    assert member_with(label, "grouped@label.example").role == "royalties"
    provider.person["groups"] = ["everyone"]
    assert back(client_of(HOST), provider, connection).status_code == 303
    assert member_with(label, "grouped@label.example").role == "legal"
    provider.person["groups"] = []
    assert back(client_of(HOST), provider, connection).status_code == 303
    assert member_with(label, "grouped@label.example").role == "read_only"


def test_nobody_becomes_greater_by_a_connection_than_who_set_it_up(client_of, label, provider):
    owner = a_member(label, role="owner", email="boss@label.example")
    approver = a_member(label, role="finance_approver", email="pays@label.example")
    connection = a_connection(label, provider, by=a_visitor(label, "admin"), makes_members=True, roles={"top": "owner"})
    for sub, member in (("boss", owner), ("pays", approver)):
        provider.person = {"sub": sub, "email": member.email, "email_verified": True}
        client = client_of(HOST)
        assert back(client, provider, connection).status_code == 403
        assert not is_in(client)
    provider.person = {"sub": "new", "email": "new@label.example", "email_verified": True, "groups": ["top"]}
    assert back(client_of(HOST), provider, connection).status_code == 403
    assert member_with(label, "new@label.example") is None


def test_a_second_factor_is_asked_for_unless_the_label_trusts_the_service_for_it(client_as, client_of, label, provider):
    owner = client_as(label)
    policy = {"idle_minutes": "720", "absolute_hours": "336", "roles": ["read_only"]}
    assert owner.post("/portal/settings/security/policy", data=policy).status_code == 303
    provider.person |= {"sub": "factor", "email": "factor@label.example"}
    plain = a_connection(label, provider, makes_members=True)
    client = client_of(HOST)
    assert back(client, provider, plain).status_code == 303
    assert client.get("/portal/files").status_code == 404
    no_connections(label)
    assert owner.post("/portal/settings/security/policy", data=policy).status_code == 303
    trusted = a_connection(label, provider, trusts_factor=True)
    client = client_of(HOST)
    assert back(client, provider, trusted).status_code == 303
    assert client.get("/portal/files").status_code == 200


def test_the_door_asks_for_the_address_first_and_tells_nobody_who_is_a_member(client_of, label, provider):
    a_connection(label, provider, makes_members=True)
    client = client_of(HOST)
    door = client.get("/portal/sign-in").text
    assert "Continue with Office" in door
    assert 'type="password"' not in door
    told = {
        client.post("/sso/mail", data={"email": email}).headers["refresh"].split("&mail")[0]
        for email in ("ada@label.example", "nobody@label.example")
    }
    assert len(told) == 1
    others = {
        client.post("/sso/mail", data={"email": email}).text.count('type="password"')
        for email in ("a@else.example", "nobody@else.example")
    }
    assert others == {1}
    assert 'type="password"' in client.get("/portal/sign-in?with=password").text


def test_a_state_of_two_values_is_none(client_of, label, provider):
    connection = a_connection(label, provider, makes_members=True)
    client = client_of(HOST)
    answer = local(provider.authorize(begun(client, connection)))
    assert client.get(f"{answer}&{urlencode({'code': 'other'})}").status_code == 403
