"""The cache: a rival's and yesterday's values are not there, and neither is a server that is away."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import monotonic, sleep

import msgspec
import pytest
import redis

from app.kernel import cache, ids
from app.main import composition
from tests.kernel.own_valkey import own_valkey

PATIENCE = 8.0
"""Seconds that nobody may wait for a cache that is away, on a machine that has much else to do."""


class Place(msgspec.Struct):
    """Something to keep."""

    name: str
    number: int


@pytest.fixture
def server(services, database_name):
    """This process, connected to a cache that the test may stop."""
    with (
        own_valkey() as running,
        composition.connected("test", services.settings(database_name, CACHE_URL=running.url)),
    ):
        yield running


@pytest.fixture
def raw(connected):
    """The server as its keeper sees it."""
    with redis.Redis.from_url(connected.redis_url) as client:
        yield client


@pytest.fixture
def key():
    return f"test:{ids.new_id()}"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("é🎵", str),
        (0, int),
        (b"\x00\xff", bytes),
        ([], list),
        ({"a": [1, None]}, dict),
        (Place("x", 1), Place),
        ("", str),
    ],
)
def test_what_is_kept_comes_back_until_it_is_forgotten(label, key, value, kind):
    mine = cache.of(label)
    assert mine.get(key, kind) is None
    mine.set(key, value, seconds=60)
    assert mine.get(key, kind) == value
    mine.delete(key)
    assert mine.get(key, kind) is None


def test_a_rival_and_the_platform_read_nothing_under_the_same_key(label, rival, key):
    cache.of(label).set(key, "mine", seconds=60)
    assert cache.of(rival).get(key, str) is None
    assert cache.shared().get(key, str) is None
    cache.of(rival).set(key, "theirs", seconds=60)
    cache.shared().set(key, "ours", seconds=60)
    assert [each.get(key, str) for each in (cache.of(label), cache.of(rival), cache.shared())] == [
        "mine",
        "theirs",
        "ours",
    ]


def test_a_rival_deletes_nothing_of_anothers(label, rival, key):
    cache.of(label).set(key, "mine", seconds=60)
    cache.of(rival).delete(key)
    cache.shared().delete(key)
    assert cache.of(label).get(key, str) == "mine"


def test_no_key_climbs_into_a_rivals_part(label, rival, key):
    theirs = f"label:{rival.id}:{rival.epoch}:"
    cache.of(rival).set(key, "theirs", seconds=60)
    cache.shared().set(key, "ours", seconds=60)
    for climbing in (theirs + key, f":{theirs}{key}", f"../{theirs}{key}", f"\n{theirs}{key}", f"\x00{theirs}{key}",
                     f"*{key}", "*", f"platform:{key}", f"{rival.epoch}:{key}"):  # fmt: skip
        assert cache.of(label).get(climbing, str) is None
        cache.of(label).set(climbing, "mine", seconds=60)
        cache.of(label).delete(climbing)
    assert cache.of(rival).get(key, str) == "theirs"
    assert cache.shared().get(key, str) == "ours"


def test_after_a_new_epoch_nothing_old_is_read(label, key):
    cache.of(label).set(key, "old", seconds=60)
    after = replace(label, epoch=label.epoch + 1)
    assert cache.of(after).get(key, str) is None
    made = cache.of(after).get_or_make(key, str, lambda: "new", seconds=60)
    assert made == cache.of(after).get(key, str) == "new"


def test_epochs_that_look_alike_are_apart(label, key):
    """1 and 11 share a beginning, and a key may begin with a number."""
    cache.of(replace(label, epoch=1)).set(f"1:{key}", "first", seconds=60)
    cache.of(replace(label, epoch=11)).set(key, "eleventh", seconds=60)
    assert cache.of(replace(label, epoch=1)).get(key, str) is None
    assert cache.of(replace(label, epoch=11)).get(f"1:{key}", str) is None
    assert cache.of(replace(label, epoch=11)).get(key, str) == "eleventh"


@pytest.mark.parametrize(
    "hostile",
    ["", "\ud800", "a\udfffb", "\x00", "a\r\nFLUSHALL\r\n", "*3\r\n$3\r\nSET\r\n", "🎵" * 1_000, "k" * 300_000, "*", "{a}", " "],
)  # fmt: skip
def test_any_text_is_a_key_and_only_its_own(label, rival, hostile, key):
    mine = cache.of(label)
    mine.set(key, "untouched", seconds=60)
    mine.set(hostile, "kept", seconds=60)
    assert mine.get(hostile, str) == "kept"
    assert mine.get_or_make(hostile, str, lambda: "made", seconds=60) == "kept"
    assert cache.of(rival).get(hostile, str) is None
    mine.delete(hostile)
    assert mine.get(hostile, str) is None
    assert mine.get(key, str) == "untouched"


def test_every_value_ends(label, key, raw):
    cache.of(label).set(key, "over in a while", seconds=60)
    stored = raw.keys(f"*{key}")
    assert stored == [f"label:{label.id}:{label.epoch}:{key}".encode()]
    assert 0 < raw.ttl(stored[0]) <= 60
    raw.pexpire(stored[0], 1)
    sleep(0.1)
    assert cache.of(label).get(key, str) is None


def test_what_is_of_another_kind_or_broken_is_a_miss(label, key, raw):
    mine = cache.of(label)
    mine.set(key, {"name": "x"}, seconds=60)
    assert mine.get(key, Place) is None
    assert mine.get_or_make(key, Place, lambda: Place("y", 2), seconds=60) == Place("y", 2)
    assert mine.get(key, Place) == Place("y", 2)
    for broken in (b"", b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x91" * 50_000, b"<script>"):
        raw.set(raw.keys(f"*{key}")[0], broken, ex=60)
        assert mine.get(key, Place) is None


def test_what_is_too_large_is_not_kept_and_still_answered(label, key):
    large = "x" * (cache.LARGEST_VALUE + 1)
    assert cache.of(label).get_or_make(key, str, lambda: large, seconds=60) == large
    assert cache.of(label).get(key, str) is None


def test_a_value_that_many_threads_want_is_made_once(label, key):
    made, together = [], threading.Barrier(12)

    def make() -> str:
        made.append(threading.get_ident())
        sleep(0.2)
        return "made"

    def want(_: int) -> str:
        together.wait(20)
        return cache.of(label).get_or_make(key, str, make, seconds=60)

    with ThreadPoolExecutor(12) as threads:
        assert set(threads.map(want, range(12))) == {"made"}
    assert len(made) == 1
    assert not [held for held in cache._locks if key in held]


def test_a_making_that_failed_is_tried_again_by_the_next(label, key):
    def fail() -> str:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        cache.of(label).get_or_make(key, str, fail, seconds=60)
    assert cache.of(label).get_or_make(key, str, lambda: "made", seconds=60) == "made"
    assert not [held for held in cache._locks if key in held]


def _everything_is_a_miss(mine, key):
    began = monotonic()
    assert mine.get(key, str) is None
    mine.set(key, "lost", seconds=60)
    mine.delete(key)
    assert mine.get_or_make(key, str, lambda: "made", seconds=60) == "made"
    assert monotonic() - began < PATIENCE


def test_without_a_server_everything_is_a_miss_and_nothing_an_error(server, label_of, key):
    mine = cache.of(label_of)
    mine.set(key, "kept", seconds=60)
    server.stop()
    _everything_is_a_miss(mine, key)
    server.start()
    mine.set(key, "kept again", seconds=60)
    assert mine.get(key, str) == "kept again"


def test_a_server_that_hangs_is_given_up_within_seconds(server, label_of, key):
    mine = cache.of(label_of)
    mine.set(key, "kept", seconds=60)
    with server.hung():
        _everything_is_a_miss(mine, key)
    mine.set(key, "kept again", seconds=60)
    assert mine.get(key, str) == "kept again"


@pytest.fixture
def label_of(server):
    """The label of the test, for a process on its own cache."""
    from tests.factories.labels import the_label

    return the_label("canary")
