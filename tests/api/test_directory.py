"""Whom a directory deactivates is out at once, with every program that acts in their name."""

from __future__ import annotations

from app.identity.models import Member
from app.kernel.db import tenant_read
from tests.factories.sso import a_connection, no_connections
from tests.sso.office import Office
from tests.sso.test_scim import HOST, Directory, a_token


def test_whom_a_directory_deactivates_is_out_with_their_programs(program, client_of, label):
    no_connections(label)
    given = program.tokens()
    with tenant_read(label) as session:
        member = session.get_one(Member, program.userinfo(given["access_token"]).json()["sub"])
    connection = a_connection(label, Office().metadata, domains=(member.email.rpartition("@")[2],))
    directory = Directory(client_of(HOST), a_token(label, connection))
    told = directory("POST", "/Users", {"userName": "x", "emails": [{"value": member.email}]}).json()
    assert program.userinfo(given["access_token"]).status_code == 200
    assert (
        directory.patch(f"/Users/{told['id']}", {"op": "replace", "path": "active", "value": False}).status_code == 200
    )
    assert program.userinfo(given["access_token"]).status_code == 401
    assert program.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    no_connections(label)
