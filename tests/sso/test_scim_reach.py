"""How far a directory reaches: no further than whoever made its token, and never over what the team decided."""

from __future__ import annotations

import pytest

from app.identity.errors import BeyondOwn
from app.identity.models import Member
from app.identity.service import kept
from app.identity.service.places import Place
from app.kernel import db
from app.kernel.actor import Actor
from app.sso.service import connections, tokens
from tests.factories.members import a_member
from tests.factories.sso import a_connection, a_visitor
from tests.sso.office import Office
from tests.sso.test_scim import DOMAIN, HOST, Directory, a_token, member_of


@pytest.fixture
def connection(label):
    return a_connection(label, Office().metadata, roles={"Finance": "royalties", "Top": "owner"})


@pytest.fixture
def directory(client_of, label, connection):
    return Directory(client_of(HOST), a_token(label, connection))


def test_whoever_may_less_makes_no_token_of_a_directory_that_may_more(client_of, label, connection):
    admin = a_visitor(label, "admin")
    with db.tenant_work(label) as session, pytest.raises(BeyondOwn):
        tokens.make(session, admin, session.get_one(type(connection), connection.id))
    with db.tenant_work(label) as session:
        held = session.get_one(type(connection), connection.id)
        place = Place("read_only", None, [], [])
        said = {"name": "Office", "groups_claim": "nickname", "makes_members": True, "trusts_factor": False}
        connections.change(session, admin, held, place, **said)
        assert (held.vouches_for_owners, held.may <= admin.permissions) == (False, True)
        tokens.make(session, admin, held)
    own = a_connection(label, Office().metadata, by=admin, domains=(), roles={"Top": "owner"})
    with db.tenant_work(label) as session:
        assert tokens.make(session, admin, session.get_one(type(own), own.id))


def test_whom_the_team_let_out_no_directory_lets_in_again(directory, label):
    actor = Actor.system(label)
    for name in ("told", "untold"):
        email = f"{name}@{DOMAIN}"
        member = member_of(label, name) or a_member(label, role="royalties", email=email)
        known = directory.add(name) if name == "told" else None
        with db.tenant_work(label) as session:
            kept.disable(session, label, actor, session.get_one(Member, member.id))
        known = known or directory.add(name)
        for change in ({"displayName": "New Name"}, {"active": True}, {"active": False}, {"active": True}):
            assert directory.patch(f"/Users/{known['id']}", {"op": "replace", "value": change}).status_code == 200
            assert member_of(label, name).disabled_at is not None
        with db.tenant_work(label) as session:
            kept.enable(session, label, actor, session.get_one(Member, member.id))
        for active in (False, True):
            directory.patch(f"/Users/{known['id']}", {"op": "replace", "path": "active", "value": active})
            assert (member_of(label, name).disabled_at is None) is active
