"""Limits: exact over every process, each label's apart, and no one locked out because a counter is down."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from time import monotonic, sleep

import pytest

from app.kernel import clock, ids, limits
from app.kernel.errors import Busy
from app.kernel.limits import TooOften
from app.main import composition
from tests.kernel.jobs.nursery import nursery
from tests.kernel.own_valkey import own_valkey

PATIENCE = 8.0
"""Seconds that nobody may wait for a counter that is away, on a machine that has much else to do."""

HITTING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from app.kernel import limits
from app.kernel.limits import TooOften
from app.main import composition
from tests.factories.labels import the_label

def hit(_):
    try:
        limits.hit(label, sys.argv[1], sys.argv[2])
    except TooOften:
        return 0
    return 1

with composition.connected("test"):
    label = the_label("canary")
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(6) as threads:
        print(sum(threads.map(hit, range(60))), flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def bucket():
    return f"sign-in:{ids.new_id()}"


@pytest.fixture
def server(services, database_name):
    """This process, connected to a server of counters that the test may stop."""
    with (
        own_valkey() as running,
        composition.connected("test", services.settings(database_name, CACHE_URL=running.url)),
    ):
        yield running


@pytest.fixture
def hitters(services, database_name, bucket, tmp_path):
    """Four processes, ready to use the bucket sixty times each; fifty an hour are allowed among them all."""
    environment = dict(os.environ) | services.environment(database_name)
    with ExitStack() as stack:
        processes = [
            stack.enter_context(Talking(tmp_path / str(number), [bucket, "50/hour"], environment))
            for number in range(4)
        ]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4
        yield processes


class Talking:
    """A process that hits, with a pipe to it and one from it."""

    def __init__(self, folder, words, environment):
        folder.mkdir()
        pipes = [folder / "in", folder / "out"]
        for pipe in pipes:
            os.mkfifo(pipe)
        self._child = nursery().running(HITTING, words, environment, (*map(str, pipes), os.devnull))
        self.stdin, self.stdout = pipes[0].open("w"), pipes[1].open()
        self.kill, self.wait = self._child.kill, self._child.wait

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.wait(20)
        self.stdout.close()
        with suppress(BrokenPipeError):
            self.stdin.close()


def used_up(tenant, bucket, limit):
    """How often the bucket may be used until it refuses, and the refusal."""
    for times in range(1_000):
        try:
            limits.hit(tenant, bucket, limit)
        except TooOften as refused:
            return times, refused
    return pytest.fail("the limit never ended")


def start(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def test_four_processes_at_once_are_allowed_exactly_the_limit_together(label, bucket, hitters):
    for process in hitters:
        start(process)
    allowed = [int(process.stdout.readline()) for process in hitters]
    assert sum(allowed) == 50
    with pytest.raises(TooOften):
        limits.hit(label, bucket, "50/hour")


def test_what_a_killed_process_used_stays_used_and_nothing_else_does(label, rival, bucket, hitters):
    start(hitters[0])
    assert int(hitters[0].stdout.readline()) == 50
    hitters[0].kill()
    hitters[0].wait(20)
    start(hitters[1])
    assert int(hitters[1].stdout.readline()) == 0
    limits.hit(rival, bucket, "50/hour")
    limits.clear(label, bucket, "50/hour")
    start(hitters[2])
    assert int(hitters[2].stdout.readline()) == 50


def test_many_threads_are_allowed_exactly_the_limit_together(label, bucket):
    def hit(_: int) -> bool:
        with suppress(TooOften):
            limits.hit(label, bucket, "25/hour")
            return True
        return False

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(hit, range(200))) == 25


def test_labels_the_platform_buckets_and_limits_are_counted_apart(label, rival, bucket):
    assert used_up(label, bucket, "3/hour")[0] == 3
    assert used_up(rival, bucket, "3/hour")[0] == 3
    assert used_up(None, bucket, "3/hour")[0] == 3
    assert used_up(label, bucket + "x", "3/hour")[0] == 3
    assert used_up(label, bucket, "5/hour")[0] == 5


def test_a_new_epoch_does_not_give_a_new_chance(label, bucket):
    """Whoever guesses passwords may not start over because somebody renamed the label."""
    assert used_up(label, bucket, "3/hour")[0] == 3
    assert used_up(replace(label, epoch=label.epoch + 1, slug="renamed"), bucket, "3/hour")[0] == 0


def test_clearing_gives_the_whole_limit_back_to_that_bucket_alone(label, rival, bucket):
    for tenant in (label, rival, None):
        used_up(tenant, bucket, "4/hour")
    limits.clear(label, bucket, "4/hour")
    assert used_up(rival, bucket, "4/hour")[0] == used_up(None, bucket, "4/hour")[0] == 0
    assert used_up(label, bucket, "4/hour")[0] == 4


def test_a_use_is_allowed_again_when_the_wait_is_over(label, bucket):
    times, refused = used_up(label, bucket, "2/2second")
    assert times == 2
    assert 1 <= refused.retry_after <= 2
    sleep(refused.retry_after + 0.2)
    limits.hit(label, bucket, "2/2second")


@pytest.mark.parametrize(("limit", "seconds"), [("1/minute", 60), ("2/hour", 3_600), ("1/day", 86_400)])
def test_the_wait_is_whole_seconds_and_never_longer_than_the_limits_time(label, bucket, limit, seconds):
    _, refused = used_up(label, bucket, limit)
    assert isinstance(refused, Busy)
    assert isinstance(refused.retry_after, int)
    assert seconds - 60 < refused.retry_after <= seconds
    assert refused.retry_after >= 1


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_a_clock_set_wrong_makes_nobody_wait_for_ever(label, bucket, days):
    used_up(label, bucket, "1/minute")
    with clock.frozen_at(clock.now() + timedelta(days=days)), pytest.raises(TooOften) as refused:
        limits.hit(label, bucket, "1/minute")
    assert 1 <= refused.value.retry_after <= 60


def test_the_refusal_is_a_sentence_and_belongs_to_one_answer_alone(label, bucket):
    first, second = used_up(label, bucket, "1/minute")[1], used_up(label, bucket + "x", "1/hour")[1]
    assert "too often" in str(first)
    assert first.retry_after <= 60 < second.retry_after
    assert TooOften.retry_after == Busy.retry_after == 1


@pytest.mark.parametrize(
    "hostile",
    ["", "\ud800", "a\udfff", "\x00", "\r\nFLUSHALL\r\n", "*", "a/1/1/hour", "../", "{x}", "🎵" * 500, "k" * 200_000, "%s%n"],
)  # fmt: skip
def test_any_text_is_a_bucket_and_only_its_own(label, rival, bucket, hostile):
    limits.hit(label, bucket, "3/hour")
    named = bucket + hostile
    assert used_up(label, named, "2/hour")[0] == 2
    assert used_up(rival, named, "2/hour")[0] == 2
    limits.clear(label, named, "2/hour")
    assert used_up(label, named, "2/hour")[0] == 2
    assert used_up(label, bucket, "3/hour")[0] == 2


def test_no_bucket_climbs_into_a_rivals_count(label, rival, bucket):
    used_up(rival, bucket, "2/hour")
    for climbing in (
        f"{rival.id}/{bucket}",
        f"../{rival.id}/{bucket}",
        f"/{bucket}",
        f"LIMITS:LIMITER/{rival.id}/{bucket}",
    ):
        limits.clear(label, climbing, "2/hour")
        assert used_up(label, climbing, "2/hour")[0] == 2
    assert used_up(rival, bucket, "2/hour")[0] == 0


def _everything_is_allowed(bucket):
    began = monotonic()
    for _ in range(3):
        limits.hit(None, bucket, "1/hour")
    limits.clear(None, bucket, "1/hour")
    assert monotonic() - began < PATIENCE


def test_without_a_server_every_use_is_allowed_and_afterwards_counted_again(server, bucket):
    assert used_up(None, bucket, "1/hour")[0] == 1
    server.stop()
    _everything_is_allowed(bucket)
    server.start()
    assert used_up(None, bucket + "x", "3/hour")[0] == 3
    assert used_up(None, bucket, "1/hour")[0] == 0, "what was counted before is still known"


def test_a_server_that_hangs_is_given_up_within_seconds(server, bucket):
    used_up(None, bucket, "1/hour")
    with server.hung():
        _everything_is_allowed(bucket)
    assert used_up(None, bucket + "x", "3/hour")[0] == 3


def test_a_process_that_starts_while_the_server_is_away_counts_once_it_is_back(services, database_name, bucket):
    with own_valkey() as server:
        server.stop()
        with composition.connected("test", services.settings(database_name, CACHE_URL=server.url)):
            _everything_is_allowed(bucket)
            server.start()
            assert used_up(None, bucket, "3/hour")[0] == 3


def test_a_limit_that_is_none_is_an_error_of_ours_and_allows_nothing(label, bucket):
    with pytest.raises(ValueError, match="parse"):
        limits.hit(label, bucket, "ten an hour")
