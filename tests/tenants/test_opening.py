"""Opening a label: from a spare or inline, once per request key, with no orphan whatever goes wrong."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from app.identity.models import Invitation
from app.kernel import crypto, db
from app.kernel.errors import Invalid
from app.kernel.tenant import TenantState
from migrations.compiled import label_head
from tenants.provisioning import service
from tenants.provisioning.errors import CellUnknown, RequestKeyReused, SlugMalformed, SlugReserved, SlugTaken
from tenants.provisioning.rules import check_slug
from tenants.provisioning.service import open_label
from tenants.provisioning.spares import build_spare, fill_spares, sweep_unfinished
from tenants.registry.models import HostRow, TenantRow
from tests.factories.labels import a_label, a_wish
from tests.kernel.jobs.nursery import nursery


def schemas() -> set[str]:
    with db.owner_work() as owner:
        return {name for (name,) in owner.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'l\\_%'")}


def registered() -> set[str]:
    with db.platform_read() as session:
        here = (TenantRow.cell == "home") & (TenantRow.state != TenantState.CLOSED)
        return set(session.scalars(select(TenantRow.id).where(here)))


def test_a_label_opens_live_with_host_key_owner_and_activity(connected):
    tenant = a_label(slug="opens-live", name="Opens Live", currency="JPY", languages=("ja", "en"))
    assert tenant.state is TenantState.ACTIVE
    assert tenant.revision == label_head()
    assert (tenant.currency, tenant.languages) == ("JPY", ("ja", "en"))
    with db.platform_read() as session:
        host = session.scalars(select(HostRow).where(HostRow.tenant_id == tenant.id)).one()
        assert (host.host, host.state, host.is_primary) == ("opens-live.localhost", "live", True)
    with db.tenant_read(tenant) as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 1
        actions = session.scalars(text("SELECT action FROM activity ORDER BY seq")).all()
    assert actions == ["member.invited", "label.opened"]
    assert crypto.open_sealed(tenant, crypto.seal(tenant, b"x", "t"), "t") == b"x"


def test_the_owners_invitation_is_asked_for_in_the_same_transaction(connected):
    tenant = a_label(slug="owner-mail")
    with db.tenant_read(tenant) as session:
        rows = session.execute(text("SELECT task, label FROM shared.outbox WHERE task = 'mail.send'")).all()
    assert rows == [("mail.send", tenant.id)]


def test_a_spare_is_claimed_before_anything_is_built(connected):
    spare = build_spare()
    ready = schemas()
    tenants = {a_label().id for _ in range(1)}
    assert tenants <= ready
    assert spare in ready


def test_the_same_request_opens_one_label(connected):
    wish = a_wish("once-only")
    first, second = open_label(wish), open_label(wish)
    assert first.id == second.id


def test_a_request_key_with_other_details_is_refused(connected):
    open_label(a_wish("key-one", request_key="the-key"))
    with pytest.raises(RequestKeyReused):
        open_label(a_wish("key-two", request_key="the-key"))


def test_fifty_openings_at_once_are_all_right_and_all_different(connected):
    fill_spares(10)
    wishes = [a_wish(f"crowd-{number}") for number in range(25)]
    with ThreadPoolExecutor(16) as workers:
        tenants = list(workers.map(open_label, wishes + wishes))
    assert {tenant.slug for tenant in tenants} == {wish.slug for wish in wishes}
    assert len({tenant.id for tenant in tenants}) == 25
    for tenant in tenants[:25]:
        with db.tenant_read(tenant) as session:
            assert session.scalar(select(func.count()).select_from(Invitation)) == 1


def test_a_taken_slug_is_refused_and_leaves_nothing(connected):
    a_label(slug="taken-name")
    before = registered()
    with pytest.raises(SlugTaken):
        open_label(a_wish("taken-name", request_key="another"))
    fresh = registered() - before
    with db.platform_read() as session:
        assert all(session.get(TenantRow, tenant_id).state == TenantState.SPARE for tenant_id in fresh)


def test_a_step_that_fails_gives_the_spare_back_with_nothing_in_it(connected, monkeypatch):
    build_spare()

    def breaks(session, tenant, wish):
        raise RuntimeError("a slice broke")

    service.opening_step(breaks)
    try:
        with pytest.raises(RuntimeError):
            open_label(a_wish("breaks-open"))
    finally:
        service._steps.remove(breaks)
    tenant = open_label(a_wish("breaks-open"))
    with db.tenant_read(tenant) as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 1
    assert crypto.open_sealed(tenant, crypto.seal(tenant, b"x", "t"), "t") == b"x"


def test_every_schema_has_its_row_and_every_row_its_schema(connected):
    a_label()
    assert registered() <= schemas()


def test_a_process_killed_in_the_middle_leaves_no_orphan(connected, settings, services, database_name):
    before = schemas()
    for moment in ("0.05", "0.15", "0.3", "0.5", "0.8"):
        slug = f"killed-{moment[2:]}"
        code = (
            "import os,threading,signal,time\n"
            "from app.main import composition\n"
            "from tests.factories.labels import a_wish\n"
            "from tenants.provisioning.service import open_label\n"
            "with composition.connected('test'):\n"
            f"    threading.Timer({moment}, lambda: os.kill(os.getpid(), 9)).start()\n"
            f"    [open_label(a_wish('{slug}-'+str(n))) for n in range(40)]\n"
        )
        environment = os.environ | services.environment(database_name)
        done = nursery().python(code, environment=environment)
        assert done.returncode == -9, done.stderr[-500:]
        assert schemas() - before <= registered()
        with db.platform_read() as session:
            states = set(session.scalars(select(TenantRow.state).where(TenantRow.slug.like(f"{slug}-%"))))
        assert states <= {"active"}


def test_an_unfinished_schema_of_another_cell_is_swept_up(connected):
    tenant_id = build_spare()
    with db.owner_work() as owner:
        owner.execute(
            "UPDATE shared.tenants SET state = 'provisioning', created_at = now() - interval '1 hour' WHERE id = %s",
            [tenant_id],
        )
    assert sweep_unfinished() >= 1
    assert tenant_id not in schemas()
    assert tenant_id not in registered()


def test_a_schema_without_our_marker_is_never_dropped(connected):
    tenant_id = build_spare()
    with db.owner_work() as owner:
        owner.execute(f"COMMENT ON SCHEMA \"{tenant_id}\" IS 'somebody else''s'")
        owner.execute(
            "UPDATE shared.tenants SET state = 'provisioning', created_at = now() - interval '1 hour' WHERE id = %s",
            [tenant_id],
        )
    sweep_unfinished()
    assert tenant_id in schemas()


def test_an_unknown_cell_is_refused(connected):
    with pytest.raises(CellUnknown):
        open_label(a_wish(cell="atlantis"))


@pytest.mark.parametrize(
    "slug",
    [
        "", "a", "ab", "-abc", "abc-", "a--b", "Abc", "ABC", "a_b", "a.b", "a b", "1abc", "xn--abc", "é-label", "аpple",
        "l" * 41, "..", "../x", "a/b", "a'b", 'a"b', "a;drop", "a\x00b", "a\nb", "ＡＢＣ", "ı-label", "𝐚𝐛𝐜", "%61bc",
    ],
)  # fmt: skip
def test_a_hostile_slug_is_refused(slug):
    with pytest.raises(SlugMalformed):
        check_slug(slug)


@pytest.mark.parametrize("slug", ["www", "admin", "api", "login", "mail", "static", "autodiscover", "support"])
def test_a_reserved_slug_is_refused(slug):
    with pytest.raises((SlugReserved, SlugMalformed)):
        check_slug(slug)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 121), ("name", "a\nb"), ("owner_email", "nobody"), ("owner_email", "a@b\r\nBcc: c@d.e"),
        ("owner_email", "a@b"), ("request_key", ""), ("request_key", "a b"), ("request_key", "k" * 201),
        ("time_zone", "Mars/Olympus"), ("time_zone", "localtime"), ("currency", "EURO"), ("currency", "eur"), ("currency", "ZZZ"),
        ("languages", ()), ("languages", ("english",)),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_used_names_its_field(field, value):
    with pytest.raises(Invalid) as refused:
        open_label(a_wish("wish-fields", **{field: value}))
    assert field in refused.value.fields
