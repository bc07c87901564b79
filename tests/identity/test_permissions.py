"""Who may do what: the table of permissions, what narrows it, and every role on every page."""

from __future__ import annotations

import re
from typing import get_args
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.identity.errors import OutOfScope, PermissionMissing, ProofTooOld, SamePerson
from app.identity.models import CustomRole, Invitation, Member
from app.identity.policies import (
    Visitor,
    allows,
    permissions_of,
    require,
    require_apart,
    require_recent,
    why,
)
from app.identity.rules.permissions import ALL, APART, HEADINGS, MONEY, PERMISSIONS, SENTENCES, Permission, for_support
from app.identity.rules.roles import ROLES
from app.identity.rules.scopes import Scope
from app.kernel import db, ids
from app.kernel.actor import Actor
from tests.factories.members import PASSWORD, a_member
from tests.test_walls import ROUTES

JSON = {"accept": "application/json"}
TEAM, ROLE_PAGES = "/portal/settings/team", "/portal/settings/roles"


def signed_in(client_of, member, tenant):
    client = client_of(f"{tenant.slug}.localhost")
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    return client


def counted(label):
    with db.tenant_read(label) as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) for table in (Member, Invitation, CustomRole)
        )


def visitor(role="owner", **scope):
    member = Member(id=uuid4(), name="Vi", role=role, custom_role=None, imprints=[], artists=[])
    for name, keys in scope.items():
        setattr(member, name, keys)
    actor = Actor("member", member.id, None, "Vi")
    return Visitor(member, uuid4(), actor, permissions_of(member), member.scope)


# The table


def test_every_permission_has_a_sentence_and_every_role_is_made_of_them():
    assert set(SENTENCES) == set(get_args(Permission)) == ALL
    assert {key.partition(".")[0] for key in ALL} == set(HEADINGS), "and stands under a heading"
    assert len(ROLES) == 13
    for role in ROLES.values():
        assert role.permissions <= ALL
        assert role.name
        assert role.purpose.endswith(".")
    assert ROLES["owner"].permissions == ALL


def test_no_role_but_the_owners_holds_both_of_two_duties_on_payouts():
    for role in ROLES.values():
        if role.key != "owner":
            assert not {"payouts.prepare", "payouts.approve"} <= role.permissions, role.key


@pytest.mark.parametrize("pair", APART, ids=str)
def test_one_person_never_does_both_duties_on_the_same_subject(label, pair):
    first, second = pair
    one, other = visitor(), visitor()
    did = [uuid4(), one.member.id]
    with db.tenant_read(label) as session:
        for done, wanted in ((first, second), (second, first)):
            with pytest.raises(SamePerson):
                require_apart(session, one, wanted, {done: did})
            require_apart(session, other, wanted, {done: did})
            require_apart(session, one, wanted, {wanted: did})


def test_a_member_is_narrowed_to_imprints_and_artists():
    narrow = visitor("product", imprints=["north"], artists=["mira"])
    assert allows(narrow, "catalog.edit", imprint="north", artist="mira")
    assert not allows(narrow, "catalog.edit", imprint="south")
    assert not allows(narrow, "catalog.edit", imprint="north", artist="sol")
    with pytest.raises(OutOfScope):
        require(narrow, "catalog.edit", artist="sol")
    with pytest.raises(PermissionMissing):
        require(narrow, "payouts.approve", imprint="north")
    assert narrow.scope == Scope(frozenset({"north"}), frozenset({"mira"}))
    assert visitor().scope.is_whole


def test_an_artist_without_artists_reaches_nobody():
    nobody = visitor("artist")
    assert nobody.scope.artists == frozenset()
    assert not allows(nobody, "royalties.view", artist="mira")
    assert allows(visitor("artist", artists=["mira"]), "royalties.view", artist="mira")


def test_a_role_nobody_knows_opens_nothing():
    assert visitor("superuser").permissions == frozenset()
    assert visitor("member").permissions == ROLES["admin"].permissions


def test_why_answers_with_the_chain():
    person = visitor("royalties", imprints=["north"]).member
    yes = why(person, "royalties.run")
    assert yes.allowed
    assert [part.sentence.split("%")[0] for part in yes.reasons] == ["", "The role “", "Only for these imprints: "]
    no = why(person, "payouts.approve")
    assert not no.allowed
    assert "does not include" in no.reasons[1].sentence


def test_support_never_has_money_or_power_over_people():
    for may_change in (False, True):
        left = for_support(ALL, may_change=may_change)
        assert not left & MONEY
        assert not left & {"team.edit", "security.edit", "roles.edit", "team.invite", "label.export"}


def test_a_proof_is_recent_or_not():
    with pytest.raises(ProofTooOld):
        require_recent(visitor())


# Every role on every page


EXPORT, SANDBOX, SIGN_IN = "/portal/settings/export", "/portal/settings/sandbox", "/portal/settings/sign-in"
NEEDS = {
    ("GET", TEAM): "team.view",
    ("GET", ROLE_PAGES): "team.view",
    ("POST", f"{TEAM}/invitations"): "team.invite",
    ("POST", ROLE_PAGES): "roles.edit",
    ("POST", "/portal/settings/security/policy"): "security.edit",
    ("POST", EXPORT): "label.export",
    ("POST", f"{EXPORT}/{{export_id:str}}/link"): "label.export",
    ("GET", f"{EXPORT}/file/{{token:str}}"): "label.export",
}
"""What these pages ask for, said a second time on purpose: a route that loses its ask is noticed here."""
FORMS = {
    f"{TEAM}/invitations": {"email": "nonsense", "role": "nonsense"},
    f"{TEAM}/{{member_id:str}}/role": {"role": "nonsense"},
    ROLE_PAGES: {"name": ""},
    f"{ROLE_PAGES}/{{role_id:str}}": {"name": ""},
    "/portal/settings/security/policy": {"idle_minutes": "1", "absolute_hours": "1"},
    "/portal/settings/money": {"alone_up_to": "nonsense"},
    "/portal/settings/api/clients": {"name": ""},
    "/portal/settings/api/clients/{client_id:str}": {"name": ""},
    "/portal/settings/api/webhooks/{endpoint_id:str}/replays": {"since": "nonsense", "until": "nonsense"},
    "/portal/settings/sandbox/clock": {"days": "nonsense"},
    f"{SIGN_IN}/oidc": {"issuer": "nonsense", "client_id": ""},
    f"{SIGN_IN}/policy": {"mode": "nonsense"},
    f"{SIGN_IN}/{{connection_id:str}}/domains": {"domain": "nonsense"},
    f"{SIGN_IN}/{{connection_id:str}}/groups": {"group": "", "role": "nonsense"},
    f"{SIGN_IN}/{{connection_id:str}}/provider": {"issuer": "nonsense", "client_id": ""},
    f"{SIGN_IN}/{{connection_id:str}}/settings": {"name": "", "role": "nonsense", "groups_claim": ""},
}
"""Forms that are whole and change nothing."""


def _asks(product):
    app = product._app
    found = {}
    for route in app.routes:
        for method, handler in getattr(route, "route_handler_map", {}).items():
            asked = handler[0].opt.get("permission")
            if asked:
                found[(str(method), route.path)] = asked
    return found


def test_every_route_asks_for_what_it_should(product):
    asks = _asks(product)
    assert {key: asks.get(key) for key in NEEDS} == NEEDS
    assert set(asks.values()) <= set(PERMISSIONS)
    unsafe = [path for method, path in ROUTES if method == "POST" and path.startswith((TEAM, ROLE_PAGES))]
    assert all(("POST", path) in asks for path in unsafe)


BOOKS, NARROWED = "/portal/ledger", ("artist", "artist_manager")
"""The books are the whole label's: whoever reaches only some artists sees none of them."""


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_meets_every_page_as_the_table_says(client_of, label, product, role):
    client = signed_in(client_of, a_member(label, role=role), label)
    asks, before, otherwise = _asks(product), counted(label), []
    for (method, path), permission in sorted(asks.items()):
        address = re.sub(r"{\w+:\w+}", str(ids.new_id()), path)
        status = client.request(method, address, headers=JSON, data=FORMS.get(path)).status_code
        if permission not in ROLES[role].permissions or (path.startswith(BOOKS) and role in NARROWED):
            expected = (403,)
        else:
            led_on = (method, path) in (("POST", EXPORT), ("POST", SANDBOX))  # they have no form that could be refused
            waits = path in (f"{SANDBOX}/removal", f"{SANDBOX}/renewal")  # one is being made since the line before
            expected = (303,) if led_on else (409,) if waits else (200, 404, 422)
        otherwise += [(method, path, status)] if status not in expected else []
    assert otherwise == []
    assert counted(label) == before
