"""A label in one file: complete, checked before it is taken in, and nobody else's."""

from __future__ import annotations

import io
import os
import tarfile
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import LargeBinary, select, text

from app.api.models import Consent, Grant, RefreshToken
from app.identity.models import Member, Ticket, TotpSecret
from app.kernel import clock, crypto, db, files, ids, jobs
from app.kernel.activity import seal
from app.kernel.activity.tasks import check, keep_head
from app.kernel.actor import Actor
from app.kernel.db import LabelModel
from app.payouts.models import PayoutMethod
from app.storefront.models import Order
from app.storefront.service import ordering
from tenants.archive import clone_to_sandbox, export_label, import_archive, restore_label
from tenants.archive.errors import ArchiveTooNew, ArchiveUnreadable, LabelNotEmpty
from tenants.archive.format import BOUND_TO_LABEL, LEFT_BEHIND, MANIFEST, SEALED_VALUES, Manifest
from tenants.archive.restoring import drop_kept
from tenants.fleet.doctor import examine
from tenants.lifecycle.service import suspend
from tenants.registry.queries import fresh_tenant
from tests.factories.api import a_client, a_token
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.factories.money import a_payee
from tests.factories.payouts import a_method
from tests.factories.quiet import settled
from tests.factories.shop import a_variant, an_order
from tests.kernel.jobs.nursery import nursery


def lived_in(**details):
    """A label with people, files, activity and a sealed chain."""
    tenant = a_label(**details)
    for number in range(3):
        a_member(tenant, name=f"Member {number}\t\\N 'quoted' \u0645")
    files.store_stream(Actor.system(tenant), [b"master " * 1000], name="master.wav", media_type="audio/wav")
    settled()
    with db.tenant_work(tenant) as session:
        head = seal(session)
    keep_head(tenant, head)
    return fresh_tenant(tenant.id)


def contents(tenant):
    with db.tenant_read(tenant) as session:
        members = session.scalars(select(Member).order_by(Member.id)).all()
        stored = session.scalars(select(files.StoredFile)).all()
        return [(row.id, row.email, row.name, row.password_hash) for row in members], [
            (row.id, row.sha256) for row in stored
        ]


@pytest.fixture
def archive(connected, tmp_path):
    tenant = lived_in()
    path = tmp_path / "label.tar"
    export_label(tenant, path)
    return tenant, path


def test_an_imported_label_has_every_row_every_file_and_a_whole_chain(archive):
    tenant, path = archive
    other = a_label()
    import_archive(other, path)
    assert contents(other) == contents(tenant)
    sha256 = contents(other)[1][0][1]
    assert b"".join(files.read_object(other, sha256)) == b"master " * 1000
    assert check(other)
    a_member(other)
    settled()
    with db.tenant_work(other) as session:
        head = seal(session)
    keep_head(other, head)
    assert check(other)


def test_sessions_do_not_travel(archive, client_as):
    _, path = archive
    with tarfile.open(path) as opened:
        assert "tables/member_sessions.copy" not in opened.getnames()
        assert "tables/members.copy" in opened.getnames()


def test_second_factors_come_back_to_their_label_and_reach_no_other(connected, tmp_path):
    tenant, path = lived_in(), tmp_path / "label.tar"
    member = a_member(tenant)
    with db.tenant_work(tenant) as session:
        now = clock.now()
        session.add(TotpSecret(member_id=member.id, secret=b"sealed", last_step=1, created_at=now, confirmed_at=now))
        session.add(Ticket(id=ids.new_id(), kind="link", token_hash="x", created_at=now, expires_at=now))
    export_label(tenant, path)
    other = a_label()
    import_archive(other, path)
    restore_label(fresh_tenant(tenant.id), path)
    assert [counted(label, "totp_secrets") for label in (tenant, other)] == [1, 0]
    assert [counted(label, "tickets") for label in (tenant, other)] == [0, 0]


def test_a_programs_secret_comes_back_to_its_label_and_what_people_lent_it_does_not(connected, tmp_path):
    tenant, path = lived_in(), tmp_path / "label.tar"
    client, member = a_client(tenant), a_member(tenant)
    now, later = clock.now(), clock.now() + timedelta(days=1)
    with db.tenant_work(tenant) as session:
        lent = {"client_id": client.client_id, "member_id": member.id, "scopes": ["catalog:read"], "resource": "x"}
        grant = Grant(id=ids.new_id(), **lent, auth_time=now, created_at=now, expires_at=later)
        session.add_all([grant, Consent(id=ids.new_id(), **lent, given_at=now)])
        session.flush()
        session.add(RefreshToken(id=ids.new_id(), grant_id=grant.id, token_hash="x", created_at=now, expires_at=later))
    a_token(tenant, client)
    export_label(tenant, path)
    other = a_label()
    import_archive(other, path)
    restore_label(fresh_tenant(tenant.id), path)
    places = (tenant, other)
    assert [counted(label, "api_clients") for label in places] == [1, 0]
    assert [counted(label, "api_client_secrets") for label in places] == [1, 0]
    assert [counted(label, "api_signing_keys") for label in places] == [1, 0]
    for table in ("api_grants", "api_consents", "api_refresh_tokens"):
        assert [counted(label, table) for label in places] == [0, 0], table


def test_what_another_key_sealed_is_left_out_and_nothing_fails_for_it(connected, tmp_path):
    tenant, path = lived_in(), tmp_path / "label.tar"
    order = an_order(tenant, a_variant(tenant, "physical", in_stock=9))
    method = a_method(tenant, a_payee(tenant, currency="EUR"))
    export_label(tenant, path)
    other = a_label()
    import_archive(other, path)
    with db.tenant_read(other) as session:
        assert ordering.address_of(other, session.get_one(Order, order.id)) is None
        assert session.get_one(PayoutMethod, method.id).removed_at is not None
    with db.tenant_read(tenant) as session:
        assert ordering.address_of(tenant, session.get_one(Order, order.id)) is not None


def test_every_sealed_column_is_emptied_on_the_way_to_another_label():
    tables = {
        table.name
        for table in LabelModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and (column.name == "debtor" or "sealed" in column.name)
    }
    assert {"orders", "tax_forms", "payout_methods", "payout_policy"} <= tables
    assert tables - set(BOUND_TO_LABEL) - SEALED_VALUES.keys() - LEFT_BEHIND == set()


def counted(tenant, table):
    with db.tenant_read(tenant) as session:
        return session.scalar(text(f"SELECT count(*) FROM {table}"))


def test_an_export_is_of_one_moment_and_leaves_a_suspended_label_be(connected, tmp_path):
    tenant = lived_in()
    suspended = suspend(tenant.id, by=Actor.system(None), reason="x")
    manifest = export_label(suspended, tmp_path / "a.tar")
    assert manifest.label["slug"] == tenant.slug


def test_an_archive_names_no_other_label(archive, rival):
    _, path = archive
    content = path.read_bytes()
    assert rival.id.encode() not in content
    assert b"Rival Records" not in content


def test_an_archive_goes_only_into_an_empty_label(archive):
    _, path = archive
    used = a_label()
    a_member(used)
    with pytest.raises(LabelNotEmpty):
        import_archive(used, path)


def repacked(path, target, change):
    """The archive with its members changed by a function that gets name and bytes."""
    with tarfile.open(path) as old, tarfile.open(target, "w") as new:
        for entry in old:
            name, data = change(entry.name, old.extractfile(entry).read())
            if name is None:
                continue
            fresh = tarfile.TarInfo(name)
            fresh.size = len(data)
            new.addfile(fresh, io.BytesIO(data))
    return target


def flipped(name, data):
    return name, (data[:-2] + bytes([data[-2] ^ 1]) + data[-1:] if name == "tables/members.copy" else data)


DAMAGES = {
    "a flipped byte": flipped,
    "a missing table": lambda name, data: (None if name == "tables/members.copy" else name, data),
    "a missing file": lambda name, data: (None if name.startswith("files/") else name, data),
    "no manifest": lambda name, data: (None if name == MANIFEST else name, data),
    "a broken manifest": lambda name, data: (name, b"{" if name == MANIFEST else data),
    "a path upwards": lambda name, data: ("tables/../../../etc/passwd" if name == "tables/files.copy" else name, data),
    "an absolute path": lambda name, data: ("/etc/passwd" if name == "tables/files.copy" else name, data),
    "a table too many": lambda name, data: ("tables/evil.copy" if name == "tables/files.copy" else name, data),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_archive_is_refused_before_anything_is_kept(archive, tmp_path, damage):
    _, path = archive
    other = a_label()
    before = contents(other)
    with pytest.raises(ArchiveUnreadable):
        import_archive(other, repacked(path, tmp_path / "damaged.tar", DAMAGES[damage]))
    assert contents(other) == before
    assert list(files.object_hashes(other.id)) == []


@pytest.mark.parametrize("length", [0, 100, 512, 5_000])
def test_a_cut_archive_is_refused(archive, tmp_path, length):
    _, path = archive
    cut = tmp_path / "cut.tar"
    cut.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ArchiveUnreadable):
        import_archive(a_label(), cut)


def test_a_link_in_an_archive_is_refused(archive, tmp_path):
    evil = tmp_path / "link.tar"
    with tarfile.open(evil, "w") as new:
        link = tarfile.TarInfo("tables/members.copy")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        new.addfile(link)
    with pytest.raises(ArchiveUnreadable):
        import_archive(a_label(), evil)


def test_an_archive_of_a_newer_version_is_refused_as_such(archive, tmp_path):
    _, path = archive

    def newer(name, data):
        if name == MANIFEST:
            manifest = msgspec.structs.replace(msgspec.json.decode(data, type=Manifest), revision="l9999")
            return name, msgspec.json.encode(manifest)
        return name, data

    with pytest.raises(ArchiveTooNew):
        import_archive(a_label(), repacked(path, tmp_path / "newer.tar", newer))


def test_an_export_killed_in_the_middle_leaves_no_file_under_its_name(connected, services, database_name, tmp_path):
    tenant = lived_in()
    for place in ("export.table", "export.before_rename"):
        target = tmp_path / f"{place}.tar"
        environment = os.environ | services.environment(database_name) | {"CRASH_AT": place}
        killed = nursery().boptone("tenants", "export", tenant.slug, str(target), environment=environment)
        assert killed.returncode == -9, killed.stderr
        assert not target.exists()


def test_a_full_disk_ends_an_export_without_a_trace_of_it(connected, tmp_path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this machine has no /dev/full")
    from tenants.archive.exporting import write_archive

    with pytest.raises(OSError, match="No space left"), full.open("wb") as disk:
        write_archive(lived_in(), disk)
        disk.flush()


def test_a_restored_label_is_as_it_was_and_keeps_what_was_replaced(archive, settings):
    tenant, path = archive
    before = contents(tenant)
    a_member(tenant, name="Came later")
    with db.tenant_work(tenant) as session:
        jobs.ask(session, "activity.seal", {}, key="old")
    assert contents(tenant) != before
    _, kept = restore_label(tenant, path)
    restored = fresh_tenant(tenant.id)
    assert contents(restored) == before
    assert restored.state == "active"
    assert restored.fence_epoch > tenant.epoch
    assert check(restored)
    a_member(restored)
    with db.owner_work() as owner:
        names = [name for (name,) in owner.execute(f'SELECT name FROM "{kept}".members')]
    assert "Came later" in names
    assert not [found for found in examine(settings) if found.label == tenant.slug]
    with pytest.raises(Exception, match="permission denied"), db.tenant_work(restored) as session:
        session.execute(text("DELETE FROM activity"))
    from datetime import timedelta

    assert drop_kept(timedelta(0)) >= 1


def test_a_restore_that_fails_leaves_the_label_as_it_was(archive, tmp_path):
    tenant, path = archive
    now = contents(tenant)
    with pytest.raises(ArchiveUnreadable):
        restore_label(tenant, repacked(path, tmp_path / "bad.tar", flipped))
    assert contents(tenant) == now
    a_member(tenant)


def test_a_sandbox_is_a_copy_with_a_life_and_a_key_of_its_own(archive):
    tenant, _ = archive
    sandbox = clone_to_sandbox(tenant, slug=f"sand-{tenant.slug}")
    assert contents(sandbox) == contents(tenant)
    a_member(sandbox)
    assert contents(sandbox) != contents(tenant)
    with pytest.raises(crypto.SealBroken):
        crypto.open_sealed(sandbox, crypto.seal(tenant, b"x", "t"), "t")
