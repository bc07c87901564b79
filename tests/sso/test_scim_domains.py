"""Which of a directory's people become members: those whose mail domain the label has proved."""

from __future__ import annotations

from sqlalchemy import func, select

from app.identity.models import Member
from app.kernel import db
from app.sso.models import Domain
from app.sso.service import domains
from tests.factories.members import a_member
from tests.factories.sso import a_connection
from tests.sso.office import Office
from tests.sso.test_scim import DOMAIN, HOST, Directory, a_token, member_of


def test_domains_of_the_label_decide_who_becomes_a_member(client_of, label):
    connection = a_connection(label, Office().metadata, domains=())
    directory = Directory(client_of(HOST), a_token(label, connection))
    before = _count(label)
    directory.add("waiting")
    assert _count(label) == before
    with db.tenant_read(label) as session:
        assert (
            session.scalar(select(func.count()).select_from(Domain).where(Domain.connection_id == connection.id)) == 0
        )


def test_whoever_waited_for_their_domain_is_let_in_when_it_is_proved(client_of, client_as, label, monkeypatch):
    connection = a_connection(label, Office().metadata, domains=())
    directory = Directory(client_of(HOST), a_token(label, connection))
    directory.add("patient")
    boss = a_member(label, role="owner", email=f"taken{connection.id.hex[-6:]}@{DOMAIN}")
    for name in ("one", "two"):
        directory("POST", "/Users", {"userName": name, "emails": [{"value": boss.email}]})
    assert member_of(label, "patient") is None
    owner, here = client_as(label), f"/portal/settings/sign-in/{connection.id}"
    owner.post(f"{here}/domains", data={"domain": DOMAIN})
    with db.tenant_read(label) as session:
        row = session.scalars(select(Domain).where(Domain.connection_id == connection.id)).one()
    monkeypatch.setattr(domains.look_up, "__kwdefaults__", {"lookup": lambda _: {row.proof}})
    assert owner.post(f"{here}/domains/{row.id}/check").status_code == 303
    assert member_of(label, "patient").role == "read_only"


def _count(tenant) -> int:
    with db.tenant_read(tenant) as session:
        return session.scalar(select(func.count()).select_from(Member)) or 0
