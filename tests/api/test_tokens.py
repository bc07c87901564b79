"""A program proves itself, is given a token, and is let in by it."""

from __future__ import annotations

import pytest
from litestar import Request

from app.api.errors import ScopeMissing, TokenRefused
from app.api.models import ApiClient
from app.api.service import clients
from app.api.service.callers import caller_of
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.web.realm import Realm
from tests.factories.api import a_client, a_token


def asked(client_of, tenant, made, **fields):
    program = client_of(f"{tenant.slug}.localhost")
    program.headers.pop("origin")
    return program.post("/oauth/token", data={"grant_type": "client_credentials", **fields}, auth=made.basic)


def test_a_program_gets_a_token_for_what_it_was_given(client_of, label):
    made = a_client(label, scopes="catalog:read royalties:read")
    answer = asked(client_of, label, made)
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == "catalog:read royalties:read"
    assert answer.headers["cache-control"] == "no-store"


def test_a_program_asks_for_less_but_not_for_more(client_of, label):
    made = a_client(label, scopes="catalog:read royalties:read")
    assert asked(client_of, label, made, scope="catalog:read").json()["scope"] == "catalog:read"
    refused = asked(client_of, label, made, scope="catalog:read payouts:write")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("scope", ["payouts:approve", "contracts:sign"])
def test_a_program_by_itself_is_no_second_pair_of_eyes(client_of, label, scope):
    made = a_client(label, scopes=f"payouts:read {scope}")
    assert asked(client_of, label, made, scope=scope).json()["error"] == "invalid_scope"
    assert asked(client_of, label, made).json()["scope"] == "payouts:read"


def test_a_wrong_secret_and_an_unknown_program_look_the_same(client_of, label, rival):
    made, theirs = a_client(label), a_client(rival)
    program = client_of(f"{label.slug}.localhost")
    for who in ((str(made.client_id), "wrong"), theirs.basic, ("nobody", "x"), (str(made.client_id), "")):
        answer = program.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=who)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic")


def caller(tenant, token, scope=None):
    """Who a token lets in, as a REST handler asks."""
    realm = Realm(request_id="test", nonce="", tenant=tenant)
    request = Request(
        {"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())], "state": {"realm": realm}}
    )
    return caller_of(request, scope)


def test_a_token_lets_the_program_in_with_what_its_scopes_open_and_no_more(label):
    made = a_client(label, scopes="catalog:write payouts:read", artists=("luna",))
    found = caller(label, a_token(label, made, "catalog:write"), "catalog:write")
    assert found.client_id == made.client_id
    assert found.member_id is None
    assert found.scopes == {"catalog:write"}
    assert found.visitor.permissions == {"catalog.view", "catalog.edit", "artists.page"}
    assert found.visitor.scope.artists == {"luna"}
    assert (found.visitor.actor.kind, found.visitor.actor.id) == ("client", made.member_id)
    with pytest.raises(ScopeMissing) as refused:
        caller(label, a_token(label, made, "catalog:write"), "payouts:read")
    assert 'error="insufficient_scope"' in refused.value.headers["www-authenticate"]


def test_a_token_of_one_label_opens_nothing_at_another(label, rival):
    theirs = a_token(rival, a_client(rival))
    with pytest.raises(TokenRefused):
        caller(label, theirs)
    assert caller(rival, theirs).scopes


def test_a_program_whose_access_was_taken_away_is_refused_at_once(label):
    made = a_client(label)
    token = a_token(label, made)
    caller(label, token)
    with tenant_work(label) as session:
        clients.revoke(session, Actor.system(label), session.get_one(ApiClient, made.client_id))
    with pytest.raises(TokenRefused):
        caller(label, token)


def test_a_program_is_nobody_who_works_here(client_as, label):
    made = a_client(label, name="Ledger Bridge 9000")
    owner = client_as(label)
    assert "Ledger Bridge 9000" not in owner.get("/portal/settings/team").text
    assert owner.get(f"/portal/settings/team/{made.member_id}").status_code == 404
    assert "programs.invalid" not in owner.get("/portal/settings/team").text
