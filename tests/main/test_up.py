"""Everything on one machine, as a new person starts it: up, killed, up again, and on ordinary servers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from app.main.embedded import postgres, valkey
from app.main.embedded.process import EmbeddedError
from tests.servers import free_port

DEBIAN_POSTGRES = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def up(folder: Path, port: int, **more: str):
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    environment |= {"BOPTONE_DATA": str(folder), "PORT": str(port), "WORKER_PROCESSES": "1", "SPARE_LABELS": "1"} | more
    log = (folder.parent / f"up-{port}.log").open("ab")
    running = subprocess.Popen(
        [sys.executable, "-m", "app.main", "up"], env=environment, stdout=log, stderr=log, start_new_session=True
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(40)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
        log.close()


def answers(port: int, path: str = "/readyz", seconds: float = 480.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def page(port: int, host: str, path: str) -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"host": f"{host}:{port}", "accept": "text/html"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode()


def is_service(process: psutil.Process) -> bool:
    return "postgres" in process.name() or "valkey" in str(process.cmdline())


BEGINNING = sorted(f"{who}@{label}.test" for who in ("owner", "artist") for label in ("bluehour", "kite", "noor"))
"""Owners are invited, and artists hear that where they are paid was changed: each of them once."""


def written_to(folder: Path) -> list[str]:
    mails = (path.read_bytes() for path in (folder / "mail").rglob("*.eml"))
    return [address.decode() for mail in mails for address in re.findall(rb"(?mi)^to: *(\S+)", mail)]


@pytest.fixture
def folder(tmp_path):
    data = tmp_path / "data"
    yield data
    postgres.stop(data / "postgres")
    valkey.stop(data / "valkey")
    shutil.rmtree(data, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_it_starts_survives_kills_and_starts_again(folder):
    port = free_port()
    with up(folder, port) as first:
        assert answers(port), (folder.parent / f"up-{port}.log").read_text()[-2000:]
        assert "Blue Hour" in page(port, "bluehour.localhost", "/portal/sign-in")
        assert 'dir="rtl"' in page(port, "noor.localhost", "/portal/sign-in")
        second = subprocess.run(
            [sys.executable, "-m", "app.main", "up"],
            env=os.environ | {"BOPTONE_DATA": str(folder), "PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 2
        assert "running already" in second.stderr
        web = next(child for child in psutil.Process(first.pid).children() if child.cmdline()[-1] == "web")
        serving = web.children(recursive=True)
        web.kill()
        web.wait(10)
        gone, _ = psutil.wait_procs(serving, timeout=10)
        assert len(gone) == len(serving) > 0  # no old worker goes on serving beside the new one
        assert answers(port)
        family = [each for each in psutil.Process(first.pid).children(recursive=True) if not is_service(each)]
        assert len(family) > len(serving)
        first.kill()
        first.wait()
        _, left = psutil.wait_procs(family, timeout=40)
        assert left == []
    with up(folder, port):
        assert answers(port)
    log = (folder.parent / f"up-{port}.log").read_text()
    assert "owner@bluehour.test / bluehour-demo-2026" in log
    assert "Traceback" not in log
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"host={folder / 'run'} user=postgres dbname=boptone connect_timeout=2")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_it_runs_on_an_ordinary_postgresql_and_redis(tmp_path, folder):
    """Both over TCP with passwords; PostgreSQL is the distribution's own where there is one."""
    database_port, redis_port, port = free_port(), free_port(), free_port()
    bin_folder = DEBIAN_POSTGRES if (DEBIAN_POSTGRES / "initdb").exists() else None
    options = {"jit": "off", "shared_preload_libraries": "''"}
    server = postgres.start(
        tmp_path / "ordinary",
        tmp_path / "o",
        tcp_port=database_port,
        password="a password",
        bin_folder=bin_folder,
        **options,
    )
    store = valkey.start(tmp_path / "redis", tmp_path / "r", tcp_port=redis_port, password="secret")
    try:
        with psycopg.connect(
            f"host=127.0.0.1 port={database_port} user=postgres password='a password'", autocommit=True
        ) as owner:
            owner.execute("CREATE DATABASE product")
        urls = {
            "DATABASE_URL": f"postgresql://postgres:a%20password@127.0.0.1:{database_port}/product",
            "BROKER_URL": f"redis://:secret@127.0.0.1:{redis_port}/0",
            "CACHE_URL": f"redis://:secret@127.0.0.1:{redis_port}/1",
        }
        with up(folder, port, DEMO_MEDIA="false", **urls):
            assert answers(port), (folder.parent / f"up-{port}.log").read_text()[-2000:]
            assert "Kite Records" in page(port, "kite.localhost", "/portal/sign-in")
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and len(written_to(folder)) < len(BEGINNING):
                time.sleep(0.2)
            assert sorted(written_to(folder)) == BEGINNING
        assert not (folder / "postgres").exists()
        with redis.Redis(port=redis_port, password="secret") as client:
            assert client.ping()
        log = (folder.parent / f"up-{port}.log").read_text()
        assert "a%20password" not in log
        assert "secret@" not in log
    finally:
        server.stop()
        store.stop()


def test_a_server_that_was_killed_under_load_loses_no_acknowledged_write(tmp_path):
    folder, sockets = tmp_path / "pg", tmp_path / "s"
    acknowledged: list[int] = []
    for round_ in range(3):
        running = postgres.start(folder, sockets)
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            for number in range(150):
                connection.execute("INSERT INTO kept VALUES (%s)", [round_ * 1000 + number])
                acknowledged.append(round_ * 1000 + number)
            os.kill(running.pid, signal.SIGKILL)
    running = postgres.start(folder, sockets)
    with psycopg.connect(running.dsn) as connection:
        kept = {number for (number,) in connection.execute("SELECT n FROM kept")}
    running.stop()
    assert set(acknowledged) <= kept


def test_a_running_server_is_taken_over_and_not_started_twice(tmp_path):
    first = postgres.start(tmp_path / "pg", tmp_path / "s", durable=False)
    assert postgres.start(tmp_path / "pg", tmp_path / "s", durable=False).pid == first.pid
    first.stop()
    first.stop()


@pytest.mark.parametrize("stale", ["", "garbage", "99999999\n/nowhere\n", "{own pid}\n/nowhere\n"])
def test_a_stale_pid_file_is_mended(tmp_path, stale):
    running = postgres.start(tmp_path / "pg", tmp_path / "s", durable=False)
    running.stop()
    (tmp_path / "pg" / "data" / "postmaster.pid").write_text(stale.replace("{own pid}", str(os.getpid())))
    again = postgres.start(tmp_path / "pg", tmp_path / "s", durable=False)
    assert again.pid != os.getpid()
    again.stop()


def test_an_initdb_that_was_interrupted_leaves_nothing_in_the_way(tmp_path):
    half = tmp_path / "pg" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    postgres.start(tmp_path / "pg", tmp_path / "s", durable=False).stop()


def test_the_broker_keeps_what_it_was_given_through_a_kill(tmp_path):
    running = valkey.start(tmp_path / "vk", tmp_path / "s")
    client = redis.Redis(unix_socket_path=str(running.socket))
    client.rpush("queue", *range(100))
    time.sleep(1.2)
    os.kill(running.pid, signal.SIGKILL)
    again = valkey.start(tmp_path / "vk", tmp_path / "s")
    assert redis.Redis(unix_socket_path=str(again.socket)).llen("queue") == 100
    again.stop()


def test_a_server_that_cannot_start_says_so_in_a_sentence(tmp_path):
    folder = tmp_path / "pg"
    postgres.start(folder, tmp_path / "s", durable=False).stop()
    with pytest.raises(EmbeddedError, match="did not start"):
        postgres.start(folder, tmp_path / "s", durable=False, no_such_setting="1")
