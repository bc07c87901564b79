"""What the operator is told: one object a line, no secret, the right label, series that stay few."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import db, observe
from app.kernel.observe import metrics
from app.main import composition

Lines = Callable[[], list[dict[str, Any]]]

TOKEN = "the-token-of-the-numbers"
PASSWORD = "hunter2-and-more"


@pytest.fixture
def lines(services, database_name) -> Iterator[Lines]:
    """What was logged since the last call, each line read as one JSON object."""
    before, handlers, heard = structlog.get_config(), logging.getLogger().handlers[:], io.StringIO()
    with redirect_stderr(heard):
        observe.configure(services.settings(database_name, LOG_LEVEL="info", METRICS_TOKEN=TOKEN), process="test")

    def read() -> list[dict[str, Any]]:
        text = heard.getvalue()
        heard.seek(0)
        heard.truncate()
        return [json.loads(line) for line in text.splitlines()]

    yield read
    structlog.configure(**before)
    logging.getLogger().handlers[:] = handlers
    logging.captureWarnings(capture=False)


def logged(lines: Lines, event: str = "said", **values: Any) -> dict[str, Any]:
    """The one line that these values make."""
    observe.log("part").info(event, **values)
    (line,) = lines()
    return line


def test_a_line_is_one_object_that_names_label_and_request(lines):
    with observe.bound(tenant_id="l_1", request_id="r-1"):
        line = logged(lines, "file.stored", size=3, whole=True, nothing=None)
    assert line.pop("timestamp")
    assert line == {
        "event": "file.stored",
        "level": "info",
        "part": "part",
        "process": "test",
        "label": "l_1",
        "request": "r-1",
        "size": 3,
        "whole": True,
        "nothing": None,
    }


@pytest.mark.parametrize(
    "name",
    ["password", "new_passwd", "secret_key", "access_token", "Cookie", "set-cookie", "Authorization", "api_key"],
)
def test_a_value_under_a_secret_name_is_never_written(lines, name):
    assert logged(lines, **{name: PASSWORD})[name] == "[redacted]"
    assert PASSWORD not in json.dumps(logged(lines, form={"inner": [{name: PASSWORD}], "city": "Bonn"}))


@pytest.mark.parametrize(
    "sentence",
    [
        f"cannot reach postgresql://ada:{PASSWORD}@db.test/boptone",
        f"cannot reach redis://:{PASSWORD}@cache.test:6379/0",
        f"smtp://post%40label.test:{PASSWORD}@mail.test failed",
        f"Authorization: Bearer {PASSWORD}",
        f"authorization: Basic {PASSWORD}==",
        f"sent with bearer {PASSWORD}",
        f"Cookie: theme=dark; __Host-session={PASSWORD}; a=b",
        f"Set-Cookie: __Host-session={PASSWORD}; HttpOnly",
        f"GET /files/x?page=2&token={PASSWORD}&b=1",
        f"host=db user=ada password={PASSWORD} dbname=x",
        f'{{"password": "{PASSWORD}", "city": "Bonn"}}',
        f"the key {TOKEN} was shown",
    ],
)
def test_a_secret_inside_a_sentence_is_taken_out_wherever_it_stands(lines, sentence):
    for line in (logged(lines, sentence), logged(lines, note=sentence), logged(lines, notes=[sentence])):
        assert PASSWORD not in json.dumps(line)
        assert TOKEN not in json.dumps(line)
        assert "[redacted]" in json.dumps(line)


def test_the_secret_key_and_passwords_of_addresses_do_not_show_in_a_trace(lines, settings):
    try:
        raise ValueError(f"key {settings.secret_key} for postgresql://ada:{PASSWORD}@db.test/x")
    except ValueError:
        observe.log("part").exception("broke")
    (line,) = lines()
    assert "ValueError" in line["exception"]
    assert "test_observe.py" in line["exception"]
    assert settings.secret_key not in json.dumps(line)
    assert PASSWORD not in json.dumps(line)


def test_the_end_of_a_long_trace_is_kept(lines):
    try:
        raise ValueError("x" * 20_000 + " the end")
    except ValueError:
        observe.log("part").exception("broke")
    (line,) = lines()
    assert line["exception"].endswith("the end")
    assert len(line["exception"]) <= 5_000


def test_nothing_that_a_person_sends_begins_a_line_or_colours_a_screen(lines):
    hostile = 'name\n{"event": "forged"}\r\n\x1b[31mred\x1b[0m\x00\x9b\u2028\u2029\tend'
    line = logged(lines, hostile, name=hostile, names=[hostile])
    for value in (line["event"], line["name"], line["names"]):
        assert not set(value) & set("\n\r\x1b\x00\x9b\u2028\u2029\t")
        assert "forged" in value


@pytest.mark.parametrize("piece", ["x", "a=", " ", "token", "cookie ", "bearer ", "://a:", "password=", "\n", "\x1b"])
def test_a_very_long_value_costs_little_and_is_cut(lines, piece):
    started = monotonic()
    line = logged(lines, name=piece * 200_000, names=[piece * 200_000])
    assert monotonic() - started < 5
    assert all(len(line[name]) <= 1_001 for name in ("name", "names"))


def test_the_standard_librarys_loggers_go_the_same_way(lines):
    with observe.bound(tenant_id="l_1", request_id="r-1"):
        logging.getLogger("some.library").warning("cannot open %s", f"redis://:{PASSWORD}@cache.test")
    (line,) = lines()
    assert (line["part"], line["level"], line["label"], line["request"]) == ("some.library", "warning", "l_1", "r-1")
    assert line["event"] == "cannot open redis://:[redacted]@cache.test"


def test_work_for_one_label_while_the_log_speaks_of_another_is_an_assertion(label, rival):
    with observe.bound(tenant_id=label.id):
        with pytest.raises(AssertionError, match=rival.id), db.tenant_read(rival):
            pytest.fail("opened")
        with pytest.raises(AssertionError, match=rival.id), db.tenant_work(rival):
            pytest.fail("opened")
        with db.tenant_read(label) as session:
            assert session.scalar(text("SELECT 1")) == 1


def test_the_context_of_a_block_ends_with_it_even_when_it_breaks(lines):
    with pytest.raises(ZeroDivisionError), observe.bound(tenant_id="l_1", request_id="r-1"):
        with observe.bound(tenant_id="l_2", request_id="r-2"):
            assert logged(lines)["label"] == "l_2"
        assert (logged(lines)["label"], observe.request_id()) == ("l_1", "r-1")
        raise ZeroDivisionError
    assert {"label", "request"}.isdisjoint(logged(lines))
    assert observe.current_trace() is None


def test_the_context_does_not_pass_to_another_thread_or_to_its_next_work():
    seen = []
    with observe.bound(tenant_id="l_1", request_id="r-1"):
        other = threading.Thread(target=lambda: seen.append(observe.request_id()))
        other.start()
        other.join()

    def serve(number: int) -> str | None:
        before = observe.request_id()
        with observe.bound(tenant_id="l_1", request_id=f"r-{number}"):
            assert observe.request_id() == f"r-{number}"
        return before

    with ThreadPoolExecutor(4) as pool:
        seen += pool.map(serve, range(200))
    assert set(seen) == {None}


def test_each_request_is_logged_for_its_own_label_and_under_its_own_id(client_of, label, rival, lines):
    clients = {label.id: client_of("canary.localhost"), rival.id: client_of("rival.localhost")}
    for client in [*clients.values()] * 3:
        client.get("/portal/sign-in?email=someone@private.test")
    client.get("/healthz")
    requests = [line for line in lines() if line["event"] == "request"]
    assert [line.get("label") for line in requests] == [label.id, rival.id] * 3 + [None]
    assert len({line["request"] for line in requests}) == 7
    assert {line["route"] for line in requests} == {"/portal/sign-in", "/healthz"}
    assert "private" not in json.dumps(requests)


@pytest.fixture
def slow_at_20ms(lines, services, database_name) -> Iterator[None]:
    composition.connect(services.settings(database_name, SLOW_QUERY_MS="20"), "test")
    yield
    db.close()


def slow_ones(lines: Lines) -> list[dict[str, Any]]:
    return [line for line in lines() if line["event"] == "query.slow"]


def test_a_slow_statement_is_named_with_label_and_time_but_not_with_its_values(label, slow_at_20ms, lines):
    before = metrics.REGISTRY.get_sample_value("boptone_slow_queries_total") or 0
    lines()
    with observe.bound(request_id="r-1"), db.tenant_read(label) as session:
        session.execute(text("SELECT 1"))
        session.execute(text("SELECT pg_sleep(0.05), CAST(:email AS text)"), {"email": "ada@private.test"})
    (line,) = slow_ones(lines)
    assert line["statement"].startswith("SELECT pg_sleep(0.05)")
    assert (line["served"], line["request"]) == (label.id, "r-1")
    assert 50 <= line["ms"] < 5_000
    assert "private" not in json.dumps(line)
    assert metrics.REGISTRY.get_sample_value("boptone_slow_queries_total") == before + 1


def test_a_statement_that_its_time_limit_ends_is_slow_too(label, slow_at_20ms, lines):
    with pytest.raises(DBAPIError) as ended, db.tenant_read(label) as session:
        session.execute(text("SET LOCAL statement_timeout = 60"))
        lines()
        session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": 4.25})
    (line,) = slow_ones(lines)
    assert (line["served"], line["statement"]) == (label.id, "SELECT pg_sleep(%(seconds)s)")
    assert "4.25" not in json.dumps(line) + str(ended.value)


def test_the_limit_of_slowness_is_the_one_that_is_set(label, lines, services, database_name):
    composition.connect(services.settings(database_name, SLOW_QUERY_MS="60000"), "test")
    lines()
    with db.tenant_read(label) as session:
        session.execute(text("SELECT pg_sleep(0.05)"))
    assert slow_ones(lines) == []


def series() -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    families = metrics.REGISTRY.collect()
    return {(sample.name, tuple(sorted(sample.labels.items()))) for family in families for sample in family.samples}


def test_a_thousand_labels_and_paths_do_not_make_a_thousand_series(client_of, label):
    client = client_of("canary.localhost")
    warm = ["/portal/sign-in", "/portal/invitations/x", "/nowhere", "/healthz"]
    for path in warm:
        client.get(path)
    client.request("PATCH", "/nowhere")
    client.request("BREW", "/nowhere")
    before = series()
    for number in range(250):
        client.get(f"/nowhere/{number}")
        client.get(f"/portal/invitations/token-{number}")
        client.get("/healthz", headers={"host": f"label-{number}.localhost"})
        client.request(f"BREW{number}", "/nowhere")
    for number in range(1_000):
        with observe.bound(tenant_id=f"l_{number}", request_id=f"r-{number}"):
            metrics.answered(route="/healthz", method=f"M{number}", status=200 + number % 90, seconds=0.1)
    grown = series() - before
    assert len(grown) <= 1 + 3, grown  # the count and its birth of a made-up method at /healthz
    assert label.id not in metrics.exposition().decode()


def test_no_series_is_named_after_a_label_a_person_or_an_address(client_as, label):
    client_as(label).get("/portal/files/0190f5c0-0000-7000-8000-000000000000")
    names = {name for _, labels in series() for name, _ in labels}
    assert names <= {"route", "method", "status", "task", "outcome", "cell", "state", "le"}
    routes = {value for _, labels in series() for name, value in labels if name == "route"}
    assert "/portal/files/{file_id}" in routes
    assert not any("0190f5c0" in route for route in routes)


def test_the_numbers_are_for_who_holds_the_token(services, database_name, connected):
    from litestar.testing import TestClient

    from app.main.web import create_app

    chosen = services.settings(database_name, METRICS_TOKEN=TOKEN)
    composition.connect(chosen, "test")
    nobody = SimpleNamespace(remembered=lambda _: None, by_host=lambda _: None, by_id=lambda _: None)
    with TestClient(create_app(chosen, nobody), base_url="http://anything.test") as client:
        for given in ("", TOKEN[:-1], f"Bearer {TOKEN}x", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN.upper()}"):
            assert client.get("/metrics", headers={"authorization": given}).status_code == 404, given
        answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert "boptone_requests_total" in answer.text
