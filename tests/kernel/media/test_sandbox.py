"""Children are kept, bounded and replaced, and a stranger's file reaches nothing."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from app.kernel.media import ArtworkFacts, AudioFacts, Fault, Limits, audio
from app.kernel.media.jobs import Inspect, Measure
from app.kernel.media.sandbox import Sandbox, sandbox
from tests.media import a_noise, a_tone, bomb, wav


@pytest.fixture
def pool() -> Iterator[Sandbox]:
    pool = Sandbox(1)
    yield pool
    pool.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(a_tone()))
    return path


def ask(pool: Sandbox, path: Path, limits: Limits | None = None) -> Fault | None:
    answer = pool.run(Measure(str(path), path.name, limits or Limits()), AudioFacts)
    return answer if isinstance(answer, Fault) else answer.fault


def test_one_child_serves_many_files(pool: Sandbox, path: Path) -> None:
    assert pool.pids() == []
    pids = {(ask(pool, path), *pool.pids()) for _ in range(5)}
    assert len(pids) == 1


def test_a_child_that_is_too_slow_is_killed_and_replaced(pool: Sandbox, path: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    long.write_bytes(wav(a_noise(60)))
    assert ask(pool, path) is None
    (before,) = pool.pids()
    assert ask(pool, long, Limits(seconds=0.01)) == Fault.TOO_SLOW
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    assert ask(pool, long) is None
    assert pool.pids() != [before]


def test_a_child_that_takes_too_much_of_the_processor_is_ended(pool: Sandbox, tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    long.write_bytes(wav(a_noise(1_400, rate=44_100, channels=1), bits=16))
    assert ask(pool, long, Limits(processor_seconds=0)) == Fault.TOO_SLOW


def test_a_child_that_takes_too_much_memory_is_told_apart(pool: Sandbox, path: Path, tmp_path: Path) -> None:
    limits = Limits(memory_bytes=1 << 30, picture_pixels=10**9)
    assert pool.run(Inspect(str(bomb(tmp_path, 20_000)), limits), ArtworkFacts) == Fault.TOO_HEAVY
    assert ask(pool, path) is None


def test_a_child_that_dies_costs_its_own_file_alone(pool: Sandbox, path: Path) -> None:
    assert ask(pool, path) is None
    os.kill(pool.pids()[0], signal.SIGSEGV)
    assert ask(pool, path) == Fault.CRASHED
    assert ask(pool, path) is None


def test_a_file_that_is_gone_is_an_answer_too(pool: Sandbox, tmp_path: Path) -> None:
    assert ask(pool, tmp_path / "none.wav") == Fault.CRASHED


def test_children_work_beside_each_other(path: Path) -> None:
    pool = Sandbox(2)
    try:
        with ThreadPoolExecutor(4) as crowd:
            assert set(crowd.map(lambda _: ask(pool, path), range(12))) == {None}
        assert len(pool.pids()) == 2
    finally:
        pool.close()
    assert pool.pids() == []


def test_a_child_ends_when_nobody_asks_any_more(path: Path) -> None:
    forked = os.fork()
    if forked == 0:
        own = Sandbox(1)
        ask(own, path)
        path.with_suffix(".pid").write_text(str(own.pids()[0]))
        os._exit(0)
    os.waitpid(forked, 0)
    pid = int(path.with_suffix(".pid").read_text())
    until = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_process_has_one_sandbox_and_a_forked_one_its_own() -> None:
    assert sandbox() is sandbox()
    mine, (reading, writing) = sandbox(), os.pipe()
    forked = os.fork()
    if forked == 0:
        os.write(writing, b"own" if sandbox() is not mine else b"shared")
        os._exit(0)
    os.waitpid(forked, 0)
    assert os.read(reading, 10) == b"own"
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("name", ["a.mp3", "a.wav", "a.m3u8", "a.flac"])
def test_a_playlist_makes_nobody_call(tmp_path: Path, name: str) -> None:
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"

        def listen() -> None:
            with suppress(TimeoutError):
                calls.append(server.accept())

        listener = threading.Thread(target=listen)
        listener.start()
        path = tmp_path / name
        path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{address}\n#EXT-X-ENDLIST\n")
        assert audio.measure(path).fault == Fault.PLAYLIST
        listener.join()
    assert calls == []
