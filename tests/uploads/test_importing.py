"""Files that are fetched from a bucket: only from the place that the operator gave the label."""

from __future__ import annotations

from uuid import UUID

import boto3
import pytest
from sqlalchemy import text

from app.kernel import db
from app.kernel.actor import Actor
from app.uploads.errors import ImportNotSetUp
from app.uploads.models import Batch
from app.uploads.service import bucket
from tests.factories.labels import a_label
from tests.kernel.files.conftest import s3  # noqa: F401 a fixture
from tests.media import a_tone, wav
from tests.uploads.sending import a_batch, files_of, limited, work

SOUND = wav(a_tone())


@pytest.fixture
def source(s3, monkeypatch):  # noqa: F811
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=s3["AWS_ENDPOINT_URL"])
    client.create_bucket(Bucket="incoming")
    for key in (
        "mine/a/1.wav",
        "mine/a/2.wav",
        "mine/a/notes.pdf",
        "mine/b/3.wav",
        "mine/.DS_Store",
        "rival/secret.wav",
    ):
        client.put_object(Bucket="incoming", Key=key, Body=SOUND if key.endswith(".wav") else b"x")
    yield client
    for found in client.list_objects(Bucket="incoming").get("Contents", []):
        client.delete_object(Bucket="incoming", Key=found["Key"])
    client.delete_bucket(Bucket="incoming")
    bucket._store_at.cache_clear()


def may_import_from(tenant, place):
    with db.owner_work() as owner:
        owner.execute(
            "UPDATE shared.tenants SET limits = limits || jsonb_build_object('import_from', %s::text) WHERE id = %s",
            [place, tenant.id],
        )
    return limited(tenant, import_from=place)


def imported(tenant, batch, folder=""):
    actor = Actor.system(tenant)
    with db.tenant_work(tenant) as session:
        bucket.ask_import(session, actor, session.get_one(Batch, UUID(batch.rpartition("/")[2])), folder)
    work(tenant)
    return {path: verdict for path, (verdict,) in files_of(tenant, batch, "verdict").items()}


def test_the_files_below_a_folder_of_the_labels_place_are_fetched(client_as, connected, source):
    tenant = may_import_from(a_label(), "s3://incoming/mine")
    batch = a_batch(client_as(tenant))
    assert imported(tenant, batch, "a") == {"1.wav": "ok", "2.wav": "ok", "notes.pdf": "other_kind"}
    assert imported(tenant, batch) == {
        "1.wav": "ok", "2.wav": "ok", "notes.pdf": "other_kind",
        "a/1.wav": "ok", "a/2.wav": "ok", "a/notes.pdf": "other_kind", "b/3.wav": "ok",
    }  # fmt: skip


@pytest.mark.parametrize("step", [{"step_files": 1}, {"step_bytes": 1}])
def test_it_goes_on_in_steps_and_fetching_again_changes_nothing(client_as, connected, source, step):
    tenant = limited(may_import_from(a_label(), "s3://incoming/mine"), **step)
    batch = a_batch(client_as(tenant))
    imported(tenant, batch)
    before = files_of(tenant, batch, "id", "file_id", "verdict")
    assert len(before) == 4
    imported(tenant, batch)
    assert files_of(tenant, batch, "id", "file_id", "verdict") == before


@pytest.mark.parametrize(
    "folder", ["../rival", "a/../../rival", "s3://incoming/rival", "a//b", "http://169.254.169.254/"]
)
def test_nobody_leads_it_elsewhere(client_as, connected, source, folder):
    tenant = may_import_from(a_label(), "s3://incoming/mine")
    client = client_as(tenant)
    batch = a_batch(client)
    assert client.post(f"{batch}/imports", data={"folder": folder}).status_code in (303, 409, 422)
    work(tenant)
    assert files_of(tenant, batch) == {}


@pytest.mark.parametrize("place", ["", "http://127.0.0.1:1/x", "https://example.org/x", "memory:///"])
def test_a_label_without_a_place_fetches_nothing(client_as, connected, place):
    tenant = may_import_from(a_label(), place)
    batch = a_batch(client_as(tenant))
    with pytest.raises(ImportNotSetUp):
        imported(tenant, batch)


def test_a_link_out_of_a_folder_is_not_followed(client_as, connected, tmp_path):
    place, secret = tmp_path / "place", tmp_path / "secret.wav"
    (place / "a").mkdir(parents=True)
    (place / "a" / "1.wav").write_bytes(SOUND)
    secret.write_bytes(SOUND)
    (place / "a" / "2.wav").symlink_to(secret)
    (place / "b").symlink_to(tmp_path)
    tenant = may_import_from(a_label(), f"file://{place}")
    batch = a_batch(client_as(tenant))
    assert imported(tenant, batch) == {"a/1.wav": "ok"}
    with db.tenant_read(tenant) as session:
        told = session.scalars(text("SELECT action FROM activity WHERE action LIKE 'batch.%' ORDER BY id")).all()
    assert {"batch.import_asked", "batch.files_fetched"} <= set(told)


def test_a_place_that_does_not_answer_is_told_of(client_as, connected, source):
    tenant = may_import_from(a_label(), "s3://no-such-bucket/mine")
    client = client_as(tenant)
    batch = a_batch(client)
    assert imported(tenant, batch) == {}
    assert "could not be fetched" in client.get(batch).text
