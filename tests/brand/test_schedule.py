"""A draft is published at its time, once and as it was checked; until then it stays as it is and can be taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.brand import service
from app.brand.errors import ChecksFailed, MomentRefused, NotScheduled, ThemeNotDraft, ThemeScheduled
from app.brand.models import ThemeVersion
from app.brand.service.scheduling import TASK, publish_scheduled
from app.kernel import clock, db
from app.kernel.actor import Actor
from app.kernel.jobs import run
from app.kernel.jobs.relay import Relay
from tenants.archive import export_label, import_archive, restore_label
from tenants.registry.queries import fresh_tenant
from tests.brand.conftest import actions, states
from tests.brand.test_themes import drafted, published, with_logo
from tests.factories.labels import a_label

BRAND = "/portal/settings/brand"
LATER = timedelta(days=3)


class Directory:
    """Labels as the registry has them this moment."""

    def tenant(self, tenant_id):
        return fresh_tenant(tenant_id)


@pytest.fixture(autouse=True)
def _nothing_waits(connected):
    with db.platform_work() as session:
        session.execute(text("DELETE FROM shared.outbox"))


def scheduled(tenant, version, at):
    with db.tenant_work(tenant) as session:
        return service.schedule(session, Actor.system(tenant), tenant, version.id, at)


def unscheduled(tenant, version):
    with db.tenant_work(tenant) as session:
        return service.unschedule(session, Actor.system(tenant), version.id)


def due():
    """What the relay sends this moment."""
    sent = []
    Relay("home", lambda message, **_: sent.append(message), lease_seconds=30).run_once()
    return sent


def pass_to(at):
    """Let the moment come: the database's clock decides what is due, so what waits for `at` is moved to now."""
    with db.platform_work() as session:
        moved = session.execute(
            text("UPDATE shared.outbox SET run_at = clock_timestamp() WHERE task = :task AND run_at = :at"),
            {"task": TASK, "at": at},
        )
    assert moved.rowcount


def work(messages):
    return [run.run(message, Directory(), lease_seconds=30) for message in messages]


def soon():
    return clock.now().replace(microsecond=0) + LATER


def test_a_draft_is_published_at_its_time_and_once(label):
    first, at = published(label, preset="plain"), soon()
    second = drafted(label, preset="voltage")
    scheduled(label, second, at)
    assert due() == []
    assert service.live_theme(label).sha == first.sha256
    pass_to(at)
    (message,) = due()
    assert work([message, message]) == ["done", "void"]
    assert service.live_theme(label).sha == second.sha256
    assert states(label) == {first.number: "retired", second.number: "live"}
    assert actions(label)[-3:] == ["theme.drafted", "theme.scheduled", "theme.published"]
    with db.tenant_read(label) as session:
        assert session.get_one(ThemeVersion, second.id).publish_at is None


def test_a_task_that_comes_twice_brings_nothing_back_that_was_left(label):
    first, second, at = published(label, preset="plain"), drafted(label, preset="voltage"), soon()
    scheduled(label, second, at)
    with db.tenant_work(label) as session:
        publish_scheduled(session, label, second.id, at)
    with db.tenant_work(label) as session:
        service.roll_back(session, Actor.system(label), label)
    with db.tenant_work(label) as session:
        publish_scheduled(session, label, second.id, at)
    assert service.live_theme(label).sha == first.sha256


def test_what_was_taken_back_is_not_published(label):
    version, at = drafted(label, preset="voltage"), soon()
    scheduled(label, version, at)
    unscheduled(label, version)
    with pytest.raises(NotScheduled):
        unscheduled(label, version)
    pass_to(at)
    assert work(due()) == ["done"]
    assert states(label) == {version.number: "draft"}
    assert actions(label)[-2:] == ["theme.scheduled", "theme.unscheduled"]


def test_only_the_moment_that_was_chosen_last_counts(label):
    version, earlier = drafted(label, preset="voltage"), soon()
    later = earlier + LATER
    scheduled(label, version, earlier)
    unscheduled(label, version)
    scheduled(label, version, later)
    pass_to(earlier)
    work(due())
    assert states(label) == {version.number: "draft"}
    pass_to(later)
    work(due())
    assert states(label) == {version.number: "live"}


def test_the_same_moment_chosen_again_counts_once(label):
    version, at = drafted(label, preset="voltage"), soon()
    before = actions(label).count("theme.published")
    for _ in range(2):
        scheduled(label, version, at)
        unscheduled(label, version)
    scheduled(label, version, at)
    pass_to(at)
    assert work(due()) == ["done"] * 3
    assert actions(label).count("theme.published") == before + 1
    assert states(label) == {version.number: "live"}


def test_what_was_thrown_away_leaves_a_task_with_nothing_to_do(label):
    version, at = drafted(label, preset="voltage"), soon()
    scheduled(label, version, at)
    unscheduled(label, version)
    with db.tenant_work(label) as session:
        service.discard_draft(session, Actor.system(label), version.id)
    pass_to(at)
    assert work(due()) == ["done"]


def test_until_then_it_stays_as_it_is(label):
    actor, version = Actor.system(label), drafted(label, preset="voltage")
    scheduled(label, version, soon())
    for change in (
        lambda session: service.change_draft(session, actor, version.id, {"shape": {"radius": 1}}),
        lambda session: service.discard_draft(session, actor, version.id),
        lambda session: service.schedule(session, actor, label, version.id, soon()),
    ):
        with pytest.raises(ThemeScheduled), db.tenant_work(label) as session:
            change(session)
    with db.tenant_work(label) as session:
        service.say_as(session, actor, label, "en", "Home", "Base")
    assert states(label) == {version.number: "draft", version.number + 1: "draft"}


def test_it_can_be_published_before_its_time(label):
    version, at = drafted(label, preset="voltage"), soon()
    scheduled(label, version, at)
    with db.tenant_work(label) as session:
        service.publish(session, Actor.system(label), label, version.id)
    later = published(label, preset="plain")
    pass_to(at)
    work(due())
    assert service.live_theme(label).sha == later.sha256


def test_what_fails_its_checks_by_then_is_not_published_and_the_inbox_says_so(client_as, label):
    client, first, at = client_as(label), published(label, preset="plain"), soon()
    version = with_logo(label, "#cc3344")
    work(due())  # somebody came
    scheduled(label, version, at)
    with db.owner_work() as owner:
        owner.execute(f'DELETE FROM "{label.id}".brand_assets')
    pass_to(at)
    assert work(due()) == ["done"]
    assert states(label) == {first.number: "live", version.number: "draft"}
    assert service.live_theme(label).sha == first.sha256
    assert actions(label)[-1] == "theme.not_published"
    assert "not published at its time" in client.get("/portal/inbox").text
    assert "Save the draft" in client.get(f"{BRAND}/drafts/{version.id}").text


def test_what_fails_its_checks_is_not_scheduled(label):
    version = drafted(label, preset="plain", identity={"email_from": "hello@elsewhere.example"})
    with pytest.raises(ChecksFailed):
        scheduled(label, version, soon())
    assert actions(label)[-1] == "theme.changed"
    with pytest.raises(NotScheduled):
        unscheduled(label, version)


def test_what_was_published_is_not_scheduled(label):
    version = published(label, preset="plain")
    with pytest.raises(ThemeNotDraft):
        scheduled(label, version, soon())


def test_a_task_and_a_person_who_publish_at_once_do_it_once(label):
    version, at = drafted(label, preset="voltage"), soon()
    scheduled(label, version, at)

    def person(_):
        with db.tenant_work(label) as session:
            try:
                service.publish(session, Actor.system(label), label, version.id)
            except ThemeNotDraft:
                return 0
        return 1

    def task(_):
        with db.tenant_work(label) as session:
            publish_scheduled(session, label, version.id, at)

    before = actions(label).count("theme.published")
    with ThreadPoolExecutor(4) as threads:
        done = [threads.submit(kind, None) for kind in (task, person, task, person)]
        assert sum(each.result() or 0 for each in done) <= 1
    assert actions(label).count("theme.published") == before + 1
    assert states(label) == {version.number: "live"}


@pytest.mark.parametrize(
    ("shown", "moment"),
    [
        ("2026-12-01T09:30", datetime(2026, 12, 1, 8, 30, tzinfo=UTC)),
        ("2027-07-01T00:00", datetime(2027, 6, 30, 22, 0, tzinfo=UTC)),
        ("2027-03-28T02:30", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("2027-10-31T02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_one_of_the_labels_clocks(label, shown, moment):
    assert label.time_zone == "Europe/Berlin"
    assert service.local_moment(label, shown) == moment


@pytest.mark.parametrize("away", [timedelta(0), -timedelta(seconds=1), timedelta(days=367)])
def test_a_moment_that_has_passed_or_is_too_far_away_is_refused(label, away):
    version = drafted(label, preset="plain")
    with clock.frozen_at(clock.now()), pytest.raises(MomentRefused):
        scheduled(label, version, clock.now() + away)


def test_a_member_schedules_and_takes_back_where_it_stands(client_as, label):
    client, version = client_as(label), drafted(label, preset="voltage")
    draft = f"{BRAND}/drafts/{version.id}"
    year = clock.now().year + 1
    assert client.post(f"{draft}/schedule", data={"at": f"{year}-01-02T09:05"}).status_code == 303
    for page in (client.get(draft).text, client.get(BRAND).text):
        assert "Scheduled" in page
        assert "9:05" in page
        assert "Europe/Berlin" in page
    assert "Save the draft" not in client.get(draft).text
    assert client.post(draft, data={"shape.radius": "3"}).status_code == 409
    assert client.post(f"{draft}/schedule/cancellation").status_code == 303
    assert "Save the draft" in client.get(draft).text
    assert "Scheduled" not in client.get(BRAND).text
    assert client.post(f"{draft}/schedule/cancellation").status_code == 409


@pytest.mark.parametrize(
    "at", ["", "tomorrow", "2020-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00", "2027-01-01T00:00+02:00", "2027-02-30T10:00"]
)  # fmt: skip
def test_a_moment_that_is_none_is_said_beside_its_field(client_as, label, at):
    client, version = client_as(label), drafted(label, preset="plain")
    answer = client.post(f"{BRAND}/drafts/{version.id}/schedule", data={"at": at})
    assert answer.status_code == 422
    assert 'aria-describedby="at-problem"' in answer.text
    assert "Choose a moment in the future" in answer.text
    assert "theme.scheduled" not in actions(label)[-2:]


@pytest.mark.parametrize("is_late", [False, True])
def test_a_restored_label_keeps_what_it_promised(label, tmp_path, is_late):
    """The task of before is void after a restore, and nobody has to notice it."""
    tenant, at = a_label(), soon()
    work(due())  # its invitation
    published(tenant, preset="plain")
    second = drafted(tenant, preset="voltage")
    scheduled(tenant, second, at)
    if is_late:
        with db.tenant_work(tenant) as session:
            session.get_one(ThemeVersion, second.id).publish_at = at = clock.now() - LATER
    export_label(tenant, tmp_path / "label.tar")
    restore_label(fresh_tenant(tenant.id), tmp_path / "label.tar")
    restored = fresh_tenant(tenant.id)
    assert set(work(due())) == {"done"}
    assert service.live_theme(restored).sha != second.sha256
    if not is_late:
        pass_to(at)
    assert sorted(work(due())) == (["done"] if is_late else ["done", "parked"])
    assert service.live_theme(restored).sha == second.sha256


def test_a_label_from_an_archive_keeps_what_was_promised_there(label, tmp_path):
    tenant, other, at = a_label(), a_label(), soon()
    work(due())
    published(tenant, preset="plain")
    second = drafted(tenant, preset="voltage")
    scheduled(tenant, second, at)
    export_label(tenant, tmp_path / "label.tar")
    import_archive(other, tmp_path / "label.tar")
    assert set(work(due())) == {"done"}
    pass_to(at)
    assert set(work(due())) == {"done"}
    assert service.live_theme(fresh_tenant(other.id)).sha == second.sha256
