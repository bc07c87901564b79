"""What is asked for by itself: once per local day, whatever clocks and schedulers do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.kernel import clock, db
from app.kernel.jobs import registry, schedules
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.jobs.registry import Schedule
from app.kernel.tenant import Tenant, TenantState

BERLIN = Tenant("l_" + "1" * 26, "home", TenantState.ACTIVE, time_zone="Europe/Berlin")
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Dubai",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "UTC",
]


def daily(at="02:30", jitter=0):
    return Schedule("test.mark", "day", time.fromisoformat(at), jitter)


@pytest.mark.parametrize("at", ["02:00", "02:30", "03:00", "00:00", "23:59"])
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2024, 2026])
def test_every_local_day_of_a_year_runs_exactly_once(at, zone, year):
    tenant, moment = replace(BERLIN, time_zone=zone), datetime(year, 1, 1, tzinfo=ZoneInfo(zone)) - timedelta(seconds=1)
    days = []
    while True:
        moment = schedules.next_moment(daily(at), tenant, moment.astimezone(UTC))
        local = moment.astimezone(ZoneInfo(zone)).date()
        if local.year > year:
            break
        days.append(local)
    assert len(days) == len(set(days)) == (366 if year == 2024 else 365)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)), st.sampled_from(ZONES), st.times()
)
def test_the_next_moment_is_always_ahead_and_within_two_days(after, zone, at):
    found = clock.next_local(after, at.replace(second=0, microsecond=0), zone)
    assert after < found <= after + timedelta(hours=50)


def test_each_label_has_its_own_place_in_the_window():
    labels = [replace(BERLIN, id="l_" + f"{number:026d}") for number in range(50)]
    after = datetime(2026, 6, 1, tzinfo=UTC)
    moments = {schedules.next_moment(daily(jitter=7_200), tenant, after) for tenant in labels}
    assert len(moments) > 45
    again = {schedules.next_moment(daily(jitter=7_200), tenant, after) for tenant in labels}
    assert moments == again


@pytest.fixture
def scheduled(monkeypatch, working):
    monkeypatch.setattr(schedules, "schedules", {"test.mark": Schedule("test.mark", "hour")})
    assert "test.mark" in registry.tasks
    return working


def asked():
    with db.platform_read() as session:
        return session.scalar(select(func.count()).select_from(OutboxRow))


def test_a_due_task_is_asked_for_once_however_many_schedulers_tick(scheduled):
    schedules.tick([scheduled])
    with clock.frozen_at(clock.now() + timedelta(hours=2)):
        with ThreadPoolExecutor(4) as twins:
            list(twins.map(lambda _: schedules.tick([scheduled]), range(4)))
        assert asked() == 1


def test_what_was_missed_is_asked_for_once_and_not_once_per_hour(scheduled):
    schedules.tick([scheduled])
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        schedules.tick([scheduled])
        assert asked() == 1


def test_a_clock_set_back_asks_for_nothing_twice(scheduled):
    start = clock.now().replace(minute=10)  # so that five minutes more are within the same hour
    with clock.frozen_at(start):
        schedules.tick([scheduled])
    with clock.frozen_at(start + timedelta(hours=2)):
        schedules.tick([scheduled])
    with clock.frozen_at(start - timedelta(hours=5)):
        schedules.tick([scheduled])
    with clock.frozen_at(start + timedelta(hours=2, minutes=5)):
        schedules.tick([scheduled])
    assert asked() == 1


def test_a_label_that_is_gone_loses_its_schedule(scheduled):
    schedules.tick([scheduled])
    with clock.frozen_at(clock.now() + timedelta(hours=2)):
        schedules.tick([])
        assert asked() == 0
    with db.platform_read() as session:
        assert session.scalar(select(func.count()).select_from(schedules.ScheduleRow)) == 0
