"""What a check worked out is kept for the yes, and is worth nothing once something happened."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.catalog.models import Release
from app.kernel import activity, db, files
from app.kernel.actor import Actor
from app.kernel.files.store import delete_object
from app.uploads.models import Batch, BatchItem
from app.uploads.service.keeping import kept
from tests.factories.labels import a_label
from tests.uploads.test_batches import checked, counts, stage, work


@pytest.fixture
def mine(connected):
    return a_label()


def is_kept(tenant):
    """Whether the newest batch could be applied without another look."""
    with db.tenant_read(tenant) as session:
        batch = session.scalars(select(Batch).order_by(Batch.created_at.desc()).limit(1)).one()
        return kept(session, tenant, batch) is not None


def happens(tenant, action):
    with db.tenant_work(tenant) as session:
        activity.record(session, Actor.system(tenant), action)


def drawn(tenant):
    """The ids that the batch's items and the catalogue's releases have."""
    with db.tenant_read(tenant) as session:
        return set(session.scalars(select(BatchItem.release_id))), set(session.scalars(select(Release.id)))


def test_what_was_shown_is_applied_down_to_its_ids(client_as, mine):
    client = client_as(mine)
    batch = checked(client, mine)
    shown, _ = drawn(mine)
    client.post(f"{batch}/approval")
    work(mine)
    assert drawn(mine) == (shown, shown)


def test_a_yes_and_a_sign_in_change_nothing_that_was_worked_out(client_as, mine):
    checked(client_as(mine), mine)
    for action in ("batch.approved", "member.signed_in"):
        happens(mine, action)
    assert is_kept(mine)


def test_anything_else_that_happened_makes_it_worthless(client_as, mine):
    checked(client_as(mine), mine)
    happens(mine, "artist.changed")
    assert not is_kept(mine)


def test_what_began_before_the_check_and_ended_after_it_counts(client_as, mine):
    client = client_as(mine)
    with db.tenant_work(mine) as session:
        activity.record(session, Actor.system(mine), "imprint.changed")
        checked(client, mine)
        assert is_kept(mine)
    assert not is_kept(mine)


def test_another_day_is_another_check(client_as, mine):
    checked(client_as(mine), mine)
    with db.tenant_work(mine) as session:
        batch = session.scalars(select(Batch)).one()
        batch.options = {**batch.options, "kept": {**batch.options["kept"], "day": "2020-01-01"}}
    assert not is_kept(mine)


def test_a_batch_whose_plan_was_swept_away_is_checked_again_and_applied(client_as, mine):
    client = client_as(mine)
    batch = checked(client, mine)
    with db.tenant_read(mine) as session:
        delete_object(mine.id, session.scalars(select(Batch)).one().options["kept"]["object"])
    client.post(f"{batch}/approval")
    work(mine)
    assert stage(mine) == "done"
    assert counts(mine, Release) == [2]
    in_items, in_catalogue = drawn(mine)
    assert in_items == in_catalogue


def test_a_change_that_a_plan_does_not_touch_is_no_reason_to_ask_again(client_as, mine):
    client = client_as(mine)
    batch = checked(client, mine)
    happens(mine, "artist.changed")
    client.post(f"{batch}/approval")
    work(mine)
    assert stage(mine) == "done"
    in_items, in_catalogue = drawn(mine)
    assert in_items == in_catalogue


def test_no_other_label_can_open_what_was_kept(client_as, mine, rival):
    checked(client_as(mine), mine)
    with db.tenant_read(mine) as session:
        name = session.scalars(select(Batch)).one().options["kept"]["object"]
    with pytest.raises(ValueError, match="gone"):
        b"".join(files.read_object(rival, name))
