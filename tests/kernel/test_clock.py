"""The clock: one for the process, and every label's own days on it."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta, timezone
from datetime import time as time_of_day
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kernel import clock, ids

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine is shared
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca",
    "Pacific/Chatham", "America/St_Johns", "Asia/Kolkata", "Europe/Dublin", "Pacific/Kiritimati", "America/Havana",
)  # fmt: skip
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)

zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(2009, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))
times = st.builds(time_of_day, st.integers(0, 23), st.integers(0, 59))


def test_now_is_the_present_in_utc():
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC


def test_a_frozen_clock_stands_still_in_every_thread():
    seen = []
    with clock.frozen_at(NOON):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
        assert clock.now() == clock.now() == NOON
    assert seen == [NOON]
    assert clock.now() != NOON


def test_a_clock_frozen_within_a_frozen_one_goes_back_to_it_even_after_an_error():
    with clock.frozen_at(NOON):
        with pytest.raises(InterruptedError), clock.frozen_at(NOON - timedelta(days=400)):
            assert clock.now() == NOON - timedelta(days=400)
            raise InterruptedError
        assert clock.now() == NOON


def test_a_clock_is_frozen_at_a_moment_and_not_at_a_local_reading():
    with clock.frozen_at(NOON.astimezone(timezone(timedelta(hours=-7)))):
        assert clock.now() == NOON
        assert clock.now().tzinfo is UTC
    with pytest.raises(ValueError, match="zone"), clock.frozen_at(datetime(2026, 7, 1, 12)):
        pass


def test_what_measures_time_and_what_orders_rows_do_not_follow_a_clock_set_back():
    measured, made = [clock.monotonic()], [ids.new_id()]
    for hours in range(1, 200):
        with clock.frozen_at(clock.now() - timedelta(hours=hours)):
            measured.append(clock.monotonic())
            made.append(ids.new_id())
    assert all(earlier <= later for earlier, later in pairwise(measured))
    assert all(earlier < later for earlier, later in pairwise(made))


@unhurried
@given(moments, times, zones)
def test_the_next_local_time_is_later_and_within_two_days(after, at, zone):
    found = clock.next_local(after, at, zone)
    assert after < found <= after + timedelta(hours=50)
    assert found.tzinfo is UTC


@unhurried
@given(moments, times, zones)
def test_no_local_day_is_left_out_and_none_has_two(after, at, zone):
    """Ten days from anywhere, day by day: as many moments as days whose own moment lies between."""
    tz, moment, found = ZoneInfo(zone), after, []
    end = after + timedelta(days=10)
    while (moment := clock.next_local(moment, at, zone)) <= end:
        found.append(moment)
    first = after.astimezone(tz).date() - timedelta(days=2)
    days = [first + timedelta(days=number) for number in range(15)]
    wanted = {clock.local_moment(day, at, tz) for day in days}
    assert found == sorted(each for each in wanted if after < each <= end)


@unhurried
@given(st.dates(date(2009, 1, 1), date(2036, 12, 31)), times, zones)
def test_a_days_moment_shows_the_wanted_time_or_is_the_jump_over_it(day, at, zone):
    tz = ZoneInfo(zone)
    moment = clock.local_moment(day, at, tz)
    wanted, shown = datetime.combine(day, at), moment.astimezone(tz).replace(tzinfo=None)
    if shown == wanted:
        assert moment.astimezone(tz).fold == 0, "of two the first"
        return
    just_before = (moment - timedelta(seconds=1)).astimezone(tz).replace(tzinfo=None)
    assert just_before < wanted < shown, "neither the wanted time nor the jump over it"


@pytest.mark.parametrize(
    ("day", "at", "zone", "wanted"),
    [
        ((2026, 3, 29), (2, 30), "Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ((2026, 10, 25), (2, 30), "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ((2026, 3, 8), (2, 0), "America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
        ((2026, 3, 8), (0, 0), "America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),
        ((2026, 10, 4), (2, 15), "Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ((2011, 12, 30), (0, 30), "Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ((2011, 12, 30), (23, 0), "Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ((2011, 12, 31), (5, 0), "Pacific/Apia", datetime(2011, 12, 30, 15, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_skipped_and_doubled_times_have_one_moment(day, at, zone, wanted):
    assert clock.local_moment(date(*day), time_of_day(*at), ZoneInfo(zone)) == wanted


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "../../etc/passwd", "", "/etc/localtime", "Europe/Berlin\x00", "x" * 300]
)
def test_a_zone_that_is_none_is_an_error_and_reads_no_file(zone):
    with pytest.raises((ZoneInfoNotFoundError, ValueError, OSError)):
        clock.next_local(NOON, time_of_day(3), zone)
