"""Pages that change by themselves, on the real server: each thing once, soon, to its own label, for as long as allowed."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from app.identity.models import Member
from app.kernel import db, ids
from app.kernel.activity import record
from app.kernel.actor import Actor
from app.kernel.live import Hub, opened, stream
from app.kernel.tenant import Tenant
from tenants.lifecycle import service as lifecycle
from tests.factories.labels import a_label
from tests.kernel.open_pages import Browser, until
from tests.servers import serving
from tests.services import Services

US = Actor.system(None)


@pytest.fixture(scope="module")
def port(services: Services, database_name: str) -> Iterator[int]:
    with serving(services, database_name) as (_, port):
        yield port


def happen(tenant: Tenant, *actions: str, name: str = "system") -> None:
    actor = Actor(kind="system", id=None, tenant=tenant, name=name)
    for action in actions:
        with db.tenant_work(tenant) as session:
            record(session, actor, action)


@pytest.fixture
def browser(port: int, label: Tenant) -> Browser:
    return Browser(port, label)


def test_what_is_committed_arrives_and_what_is_rolled_back_never_does(browser, label):
    with browser.open() as reader:
        with db.tenant_work(label) as session:
            record(session, Actor.system(label), "live.slow")
            time.sleep(0.3)
            assert reader.actions == []
        assert reader.has("live.slow")
        with pytest.raises(InterruptedError), db.tenant_work(label) as session:
            record(session, Actor.system(label), "live.undone")
            raise InterruptedError
        happen(label, "live.after")
        assert reader.has("live.after")
        assert reader.actions == ["live.slow", "live.after"]
        assert reader.events[0]["actor"] == "system"


def test_it_comes_as_plain_unkept_lines_through_any_proxy(browser):
    with browser.open() as reader:
        headers = reader.response.headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in headers


def test_a_page_that_comes_back_gets_what_it_missed_once(browser, label):
    with browser.open() as reader:
        happen(label, "live.seen")
        assert reader.has("live.seen")
    happen(label, *(f"live.missed {number}" for number in range(5)))
    with browser.open(reader.last_id) as again:
        assert again.has("live.missed 4")
        happen(label, "live.new")
        assert again.has("live.new")
    assert again.actions == [*(f"live.missed {number}" for number in range(5)), "live.new"]


def test_a_page_that_was_told_nothing_yet_misses_nothing_either(browser, label):
    with browser.open() as reader:
        pass
    assert reader.events == []
    happen(label, "live.between")
    with browser.open(reader.last_id) as again:
        assert again.has("live.between")
    assert again.actions == ["live.between"]


def test_a_page_that_was_cut_off_at_any_row_goes_on_with_the_next(browser, label):
    with browser.open() as reader, db.tenant_work(label) as session:
        for number in range(250):
            record(session, Actor.system(label), f"row {number}")
        began = reader.last_id  # nothing of it can be seen yet
    with browser.open(began) as whole:
        assert whole.has("row 249")
    assert whole.actions == [f"row {number}" for number in range(250)]
    for place in (0, 100, 199, 200, 248):
        with browser.open(whole.events[place]["resume"]) as again:
            assert again.has("row 249")
        assert again.actions == [f"row {number}" for number in range(place + 1, 250)], place


def test_a_row_that_commits_late_arrives_once_on_this_line_and_on_the_next(browser, label):
    with browser.open() as reader:
        with db.tenant_work(label) as slow:
            record(slow, Actor.system(label), "live.late")
            happen(label, "live.early 1", "live.early 2")
            assert reader.has("live.early 2")
            middle = reader.last_id
        assert reader.has("live.late")
        happen(label, "live.end")
        assert reader.has("live.end")
    assert reader.actions == ["live.early 1", "live.early 2", "live.late", "live.end"]
    with browser.open(middle) as again:
        assert again.has("live.end")
    assert again.actions == ["live.late", "live.end"]


def test_pages_that_come_and_go_while_many_write_get_everything_once(browser, label):
    stop = threading.Event()

    def write(writer: int) -> None:
        for number in range(40):
            with db.tenant_work(label) as session:
                record(session, Actor.system(label), f"w{writer} {number}")
                time.sleep(0.01 * (1 + writer))
        stop.set()

    with browser.open() as reader:
        last_id = reader.last_id
    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    read: list[str] = []
    while not stop.is_set():
        with browser.open(last_id) as reader:
            time.sleep(0.1)
        read, last_id = read + reader.actions, reader.last_id
    for writer in writers:
        writer.join()
    happen(label, "the end")
    with browser.open(last_id) as reader:
        assert reader.has("the end")
    read += reader.actions
    assert sorted(read) == sorted([*(f"w{writer} {number}" for writer in range(3) for number in range(40)), "the end"])


def test_a_rivals_news_never_come_and_a_rivals_place_is_none(port, browser, label, rival):
    theirs = Browser(port, rival)
    with theirs.open() as other:
        happen(rival, "rival.secret 1")
        assert other.has("rival.secret 1")
    with browser.open(other.last_id) as reader, theirs.open() as other:
        happen(rival, "rival.secret 2")
        assert other.has("rival.secret 2")
        happen(label, "live.mine")
        assert reader.has("live.mine")
        assert reader.actions == ["live.mine"]
        assert other.actions == ["rival.secret 2"]
    answer = browser.ask("GET", "/portal/events", headers={"cookie": theirs.cookie, "accept": "application/json"})
    assert answer.status_code == 404


def test_a_page_is_told_what_its_reader_finds_in_the_log_and_no_more(port, browser, label):
    desk = Browser(port, label, role="royalties")
    with browser.open() as everything, desk.open() as reader:
        with db.tenant_work(label) as session:
            for subject in ("order", "contract", "payout"):
                about = {"subject_type": subject, "subject_id": ids.new_id()}
                record(session, Actor.system(label), f"{subject}.changed", **about)
        assert everything.has("payout.changed")
        assert reader.has("payout.changed")
        assert everything.actions == ["order.changed", "contract.changed", "payout.changed"]
        assert reader.actions == ["contract.changed", "payout.changed"]


def test_a_page_is_closed_when_its_readers_rights_change(port, connected):
    label = a_label()
    desk = Browser(port, label, role="finance_approver")
    with desk.open() as reader:
        happen(label, "live.before")
        assert reader.has("live.before")
        with db.tenant_work(label) as session:
            session.execute(update(Member).values(role="store"))
        happen(label, "live.after")
        assert reader.has_ended()
        assert "live.after" not in reader.actions
    with desk.open(reader.last_id) as again:
        assert again.has("live.after")


@pytest.mark.parametrize("forged", ["5", "0:0:", "x" * 5_000, "eyJhbGciOiJub25lIn0"])
def test_a_made_up_place_is_a_new_beginning(browser, label, forged):
    happen(label, "live.before")
    with browser.open(forged) as reader:
        happen(label, "live.now")
        assert reader.has("live.now")
    assert reader.actions == ["live.now"]


def a_small_label(services: Services, database_name: str, port: int, **limits: int) -> Browser:
    """A member of a new label that may have little, once the server knows it."""
    tenant = a_label(slug=f"live-{ids.new_id().hex[-12:]}")
    with services.superuser(database_name) as superuser:
        superuser.execute("UPDATE shared.tenants SET limits = %s WHERE id = %s", [json.dumps(limits), tenant.id])
    return Browser(port, tenant)


def test_one_page_too_many_is_refused_with_the_time_to_wait_until_another_closes(
    services, database_name, connected, port
):
    browser = a_small_label(services, database_name, port, streams=3)
    with ExitStack() as pages:
        for _ in range(2):
            pages.enter_context(browser.open())
        with browser.open():
            answer = browser.ask("GET", "/portal/events", headers={"accept": "application/json"})
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
            assert answer.json()["status"] == 429

        def has_room() -> bool:
            with httpx.stream("GET", f"http://127.0.0.1:{port}/portal/events", headers=browser.headers) as answer:
                return answer.status_code == 200

        assert until(has_room), "a closed page kept its place"


def test_open_pages_take_nothing_from_the_labels_share_of_requests(services, database_name, connected, port):
    browser = a_small_label(services, database_name, port, requests=2)
    with ExitStack() as pages:
        for _ in range(4):
            pages.enter_context(browser.open())
        assert browser.ask("GET", "/portal").status_code == 200


def test_a_page_ends_when_its_member_signs_out(browser, label):
    with browser.open() as reader, Browser(browser.port, label).open() as other:
        assert browser.ask("POST", "/portal/sign-out").status_code == 303
        assert reader.has_ended()
        assert not other.ended.is_set()
    answer = browser.ask("GET", "/portal/events", headers={"accept": "application/json"})
    assert answer.status_code == 404


@pytest.mark.parametrize("change", ["suspend", "close"])
def test_a_page_ends_when_its_label_does_and_stays_away(services, database_name, connected, port, change):
    browser = a_small_label(services, database_name, port)
    with browser.open() as reader:
        if change == "suspend":
            lifecycle.suspend(browser.tenant.id, by=US, reason="unpaid")
        else:
            lifecycle.close(browser.tenant.id, by=US)
        assert reader.has_ended()
    answer = browser.ask("GET", "/portal/events", headers={"accept": "application/json"})
    assert answer.status_code == 403
    assert "retry-after" not in answer.headers


def test_a_page_ends_after_its_longest_time_and_always_knew_where_to_go_on(label, monkeypatch):
    for name, seconds in {"LONGEST_SECONDS": 1.0, "LOOK_SECONDS": 0.05, "BEAT_SECONDS": 0.2}.items():
        monkeypatch.setattr(stream, name, seconds)
    hub = Hub()

    async def read() -> list[bytes]:
        page = await opened(hub, label, None, lambda: True)
        assert hub.count(label.id) == 1
        return [chunk async for chunk in page]

    beginning, *beats = asyncio.run(read())
    assert beginning.startswith(b"retry: 2000\nid: ")
    assert len(beats) >= 2
    assert all(beat.startswith(b": beat\nid: ") and beat.endswith(b"\n\n") for beat in beats)
    assert hub.total() == 0


def test_pages_go_on_after_the_database_killed_every_line(services, database_name, browser, label):
    with browser.open() as reader:
        happen(label, "live.before")
        assert reader.has("live.before")
        with services.superuser() as superuser:
            killed = superuser.execute(
                "SELECT count(pg_terminate_backend(pid)) FILTER (WHERE application_name = 'boptone:live')"
                " FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'boptone%%'",
                [database_name],
            ).fetchone()
        assert killed is not None
        assert killed[0] >= 1
        happen(label, "live.amid")
    with browser.open(reader.last_id) as again:
        assert until(lambda: "live.amid" in reader.actions + again.actions)
        assert until(lambda: listeners(services, database_name) >= 1), "nobody listens any more"
        started = time.monotonic()
        happen(label, "live.after")
        assert again.has("live.after")
        assert time.monotonic() - started < 4, "nobody was woken; it only looked by itself"
    assert sorted(reader.actions + again.actions) == ["live.after", "live.amid", "live.before"]


def listeners(services: Services, database_name: str) -> int:
    with services.superuser() as superuser:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND query = 'LISTEN activity'"
        return int(superuser.execute(query, [database_name]).fetchone()[0])  # type: ignore[index]


def memory_of(pid: int) -> int:
    """Bytes that a process and its children hold."""
    own = sum(
        int(line.split()[1]) * 1024
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(memory_of(int(child)) for child in children)


def test_a_page_that_reads_nothing_does_not_fill_the_servers_memory(services, database_name, label):
    size, rows = 20_000, 6_000
    with serving(services, database_name) as (process, port):
        browser = Browser(port, label)
        with socket.create_connection(("127.0.0.1", port)) as lazy, browser.open() as reader:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            asked = "".join(f"{name}: {value}\r\n" for name, value in browser.headers.items())
            lazy.sendall(f"GET /portal/events HTTP/1.1\r\n{asked}\r\n".encode())
            assert lazy.recv(12) == b"HTTP/1.1 200"
            before = memory_of(process.pid)
            for _ in range(rows // 200):
                with db.tenant_work(label) as session:
                    for _ in range(200):
                        record(session, Actor(kind="system", id=None, tenant=label, name="x" * size), "live.large")
            happen(label, "live.last")
            assert reader.has("live.last")
            assert len(reader.events) == rows + 1
            assert memory_of(process.pid) - before < rows * size / 2
            assert browser.ask("GET", "/portal").status_code == 200
