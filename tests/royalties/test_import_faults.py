"""An import that is killed in the middle leaves nothing, and is done once when it is done again."""

from __future__ import annotations

from sqlalchemy import text

from app.kernel import files
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.royalties.models import SalesReport
from app.royalties.service import importing
from tests.factories.labels import a_label
from tests.kernel.jobs.nursery import nursery
from tests.royalties.sent import plain

WORK = """
import sys
from app.main import composition
from app.kernel.db import platform_read, tenant_work
from tenants.registry import queries
with composition.connected("worker"):
    from app.royalties.service import importing
    with platform_read() as session:
        tenant = queries.tenant_named(session, sys.argv[1])
    with tenant_work(tenant) as session:
        importing.run(session, tenant, sys.argv[2])
"""


def received(tenant: Tenant, body: str) -> SalesReport:
    actor = Actor.system(tenant)
    stored = files.store_stream(actor, iter([body.encode()]), name="may.csv", media_type="text/csv")
    with tenant_work(tenant) as session:
        return importing.receive(session, actor, stored)


def count(tenant: Tenant) -> tuple[int, int, int]:
    with tenant_read(tenant) as session:
        tables = ("sales_lines", "sales_assets", "sales_sums")
        lines, assets, sums = (session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables)
    return lines, assets, sums


def test_a_killed_import_leaves_nothing_and_is_done_once_when_it_is_done_again(connected, services, database_name):
    tenant = a_label()
    report = received(tenant, plain(*({"Net": f"0.{n}"} for n in range(1, 5_000))))
    environment = services.environment(database_name) | {"CRASH_AT": "report.loaded"}
    died = nursery().python(WORK, tenant.slug, str(report.id), environment=environment)
    assert died.returncode == -9, died.stderr
    assert count(tenant) == (0, 0, 0)
    for _ in range(2):
        with tenant_work(tenant) as session:
            importing.run(session, tenant, report.id)
    assert count(tenant) == (4_999, 1, 1)
