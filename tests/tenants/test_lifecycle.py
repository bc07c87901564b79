"""Suspending, resuming, renaming, closing, erasing: each state means what it says."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.kernel import crypto, db, files
from app.kernel.actor import Actor
from app.kernel.tenant import LabelClosing, LabelGone, LabelSuspended, TenantState
from tenants import operations
from tenants.lifecycle import erasing, service
from tenants.lifecycle.errors import StillInGrace, WrongState
from tenants.provisioning.errors import SlugTaken
from tenants.provisioning.service import open_label
from tenants.registry.models import HostRow, TenantRow
from tenants.registry.queries import fresh_tenant
from tests.factories.labels import a_label, a_wish
from tests.kernel.jobs.nursery import nursery

US = Actor.system(None)
STEPS = [
    f"erase.{step}.{side}" for step in ("registry", "key", "tables", "schema", "files") for side in ("before", "after")
]


def hosts_of(tenant_id):
    with db.platform_read() as session:
        return {row.host: row.state for row in session.scalars(select(HostRow).where(HostRow.tenant_id == tenant_id))}


def test_a_suspended_label_can_be_read_and_not_written(connected):
    tenant = service.suspend(a_label(slug="to-suspend").id, by=US, reason="unpaid")
    assert tenant.state is TenantState.SUSPENDED
    with pytest.raises(LabelSuspended), db.tenant_work(tenant):
        pass
    with db.tenant_read(tenant) as session:
        last = session.execute(text("SELECT action, after FROM activity ORDER BY seq DESC LIMIT 1")).one()
    assert last.action == "label.suspended"
    assert last.after["reason"] == "unpaid"


def test_a_resumed_label_works_again(connected):
    tenant = a_label(slug="to-resume")
    service.suspend(tenant.slug, by=US, reason="x")
    resumed = service.resume(tenant.slug, by=US)
    with db.tenant_work(resumed) as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_every_change_bumps_the_epoch(connected):
    tenant = a_label(slug="epochs")
    epochs = [tenant.epoch, service.suspend("epochs", by=US, reason="x").epoch, service.resume("epochs", by=US).epoch]
    epochs.append(service.rename("epochs", by=US, display_name="New").epoch)
    assert epochs == sorted(set(epochs))


def test_a_state_that_does_not_lead_there_is_refused(connected):
    a_label(slug="wrong-state")
    with pytest.raises(WrongState, match="“Active”"):
        service.resume("wrong-state", by=US)


def test_a_rename_keeps_the_schema_and_rests_the_old_host(connected):
    tenant = a_label(slug="old-name")
    renamed = service.rename("old-name", by=US, slug="new-name", display_name="New Name")
    assert (renamed.id, renamed.slug, renamed.name) == (tenant.id, "new-name", "New Name")
    assert hosts_of(tenant.id) == {"old-name.localhost": "quarantined", "new-name.localhost": "live"}
    with pytest.raises(SlugTaken):
        open_label(a_wish("old-name", request_key="somebody-else"))


def test_a_label_gets_its_own_former_name_back(connected):
    a_label(slug="there")
    service.rename("there", by=US, slug="and-back")
    again = service.rename("and-back", by=US, slug="there")
    assert hosts_of(again.id) == {"there.localhost": "live", "and-back.localhost": "quarantined"}


def test_a_closing_label_is_read_only_and_comes_back_within_its_grace(connected):
    tenant = a_label(slug="second-thoughts")
    closing = service.close("second-thoughts", by=US)
    with pytest.raises(LabelClosing), db.tenant_work(closing):
        pass
    with pytest.raises(StillInGrace):
        erasing.erase("second-thoughts", by=US)
    assert service.resume("second-thoughts", by=US).state is TenantState.ACTIVE
    with db.tenant_work(fresh_tenant(tenant.id)):
        pass


def test_an_active_label_is_never_erased(connected):
    a_label(slug="still-alive")
    with pytest.raises(WrongState):
        erasing.erase("still-alive", by=US, even_in_grace=True)


def assert_erased(tenant, sealed):
    with db.owner_work() as owner:
        assert owner.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [tenant.id]).fetchone() is None
        assert owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [tenant.id]).fetchone() is None
        assert owner.execute("SELECT 1 FROM shared.outbox WHERE label = %s", [tenant.id]).fetchone() is None
    with db.platform_read() as session:
        row = session.get(TenantRow, tenant.id)
        assert row.state == "closed"
        assert row.slug == tenant.slug
    assert set(hosts_of(tenant.id).values()) == {"quarantined"}
    crypto.forget_keys()
    with pytest.raises(crypto.KeyErased):
        crypto.open_sealed(tenant, sealed, "t")
    assert list(files.object_hashes(tenant.id)) == []
    with pytest.raises(LabelGone), db.tenant_work(_as_row(tenant)):
        pass


def _as_row(tenant):
    from tenants.registry.queries import tenant_named

    with db.platform_read() as session:
        return tenant_named(session, tenant.id)


def test_an_erased_label_leaves_a_tombstone_and_nothing_else(connected):
    tenant = a_label(slug="to-erase")
    sealed = crypto.seal(tenant, b"secret", "t")
    actor = Actor.system(tenant)
    files.store_stream(actor, [b"a file"], name="a.txt", media_type="text/plain")
    service.close("to-erase", by=US, grace=timedelta(0))
    erasing.erase("to-erase", by=US)
    assert_erased(tenant, sealed)
    with pytest.raises(SlugTaken):
        open_label(a_wish("to-erase", request_key="again"))


@pytest.mark.parametrize("place", STEPS)
def test_an_erasure_killed_anywhere_resumes_to_its_end(connected, services, database_name, place):
    slug = "crash-" + place.replace("erase.", "").replace(".", "-")
    tenant = a_label(slug=slug)
    sealed = crypto.seal(tenant, b"secret", "t")
    service.close(slug, by=US, grace=timedelta(0))
    environment = os.environ | services.environment(database_name) | {"CRASH_AT": place}
    killed = nursery().boptone("tenants", "erase", slug, "--confirm", slug, environment=environment)
    assert killed.returncode == -9, killed.stderr
    with db.owner_work() as owner:
        owner.execute("UPDATE shared.operations SET started_at = now() - interval '1 hour' WHERE state = 'running'")
    operations.resume_stuck()
    assert_erased(tenant, sealed)


def test_two_operations_on_one_label_exclude_each_other(connected):
    tenant = a_label(slug="one-at-a-time")
    operations.define("test-wait", [("only", lambda _: None)])
    operations.start("test-wait", tenant.id, request_key="a", args={})
    with pytest.raises(operations.AnotherOperationRuns):
        operations.start("test-wait", tenant.id, request_key="b", args={})


def test_the_sweep_resumes_what_a_crash_left(connected):
    tenant, seen = a_label(slug="left-behind"), []
    operations.define("test-steps", [("one", lambda op: seen.append(1)), ("two", lambda op: seen.append(2))])
    operation = operations.start("test-steps", tenant.id, request_key="z", args={})
    assert operations.resume_stuck() == []
    with db.owner_work() as owner:
        owner.execute("UPDATE shared.operations SET started_at = now() - interval '1 hour' WHERE id = %s", [operation])
    assert operation in operations.resume_stuck()
    assert seen == [1, 2]
    assert operations.run(operation).state == "done"
    assert seen == [1, 2]
