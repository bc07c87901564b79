"""What of sign-in services travels with a label's archive: home, and not to another label."""

from __future__ import annotations

from sqlalchemy import select, text

from app.identity.models import SecurityPolicy
from app.kernel import db
from app.sso.models import Connection
from tenants.archive.exporting import export_label
from tenants.archive.importing import import_archive
from tests.factories.labels import a_label
from tests.factories.sso import a_connection
from tests.sso.office import Office


def test_another_label_takes_over_no_sign_in_service_and_requires_none(connected, tmp_path):
    tenant, path = a_label(), tmp_path / "label.tar"
    a_connection(tenant, Office().metadata, roles={"Finance": "royalties"})
    with db.tenant_work(tenant) as session:
        policy = SecurityPolicy.usual()
        policy.sso_only = "everybody"
        session.add(policy)
    export_label(tenant, path)
    other = a_label()
    import_archive(other, path)
    with db.tenant_read(other) as session:
        assert session.scalars(select(Connection)).all() == []
        assert session.scalar(text("SELECT count(*) FROM sso_role_rules")) == 0
        assert session.get_one(SecurityPolicy, 1).sso_only == "nobody"
