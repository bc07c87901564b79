"""One generic attempt on everything: each route, job, cache key, file link and stream is tried with a rival's ids.

Nothing here lists what exists: routes come from the product, tasks from their registry, tables from the database. What a
later slice adds is tried by itself; an id of a kind that nobody can make up fails the test, so that it cannot be forgotten.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import cache, clock, crypto, db, files, ids, jobs
from app.kernel.activity import record
from app.kernel.actor import Actor
from app.kernel.jobs.registry import LabelTask, tasks
from app.kernel.web.machines import is_for_machines
from app.ledger import service as ledger
from app.ledger.rules import Account, Entry, Kind
from app.main import composition
from app.main.web import assemble
from tests.factories.catalog import a_release

CANARY = "canary-7f3a91-only-the-rival-has-it"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def _routes() -> list[tuple[str, str]]:
    composition.load_slices()
    product = assemble()
    return sorted(
        (method, route.path)
        for route in product.routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS"
    )


ROUTES = _routes()
WITH_IDS = [(method, path) for method, path in ROUTES if "{" in path]


_treasures: dict[str, dict[str, Any]] = {}


@pytest.fixture
def treasure(rival) -> dict[str, Any]:
    """What only the rival has, made once: a row of every table that has an id, a file, a link, a sealed secret."""
    found = _treasures.get(rival.id)
    if found is None or not _is_there(rival, found):
        found = _treasures[rival.id] = _made(rival)
    return found


def _is_there(rival, found) -> bool:
    with db.tenant_read(rival) as session:
        held = {
            table: set(session.scalars(text(f'SELECT id FROM "{table}" WHERE id = ANY(:ids)'), {"ids": list(ids_)}))
            for table, ids_ in found["rows"].items()
            if ids_
        }
    return all(held[table] == set(ids_) for table, ids_ in found["rows"].items() if ids_)


def _made(rival) -> dict[str, Any]:
    actor = Actor.system(rival)
    stored = files.store_stream(actor, [CANARY.encode()], name=f"{CANARY}.txt", media_type="text/plain")
    a_release(rival, CANARY, artists=[CANARY], label=CANARY)
    income, owed = Account(Kind.INCOME, None, "EUR"), Account(Kind.RECEIVABLE, stored.id, "EUR")
    with db.tenant_work(rival) as session:
        ledger.post(session, actor, [Entry(f"{CANARY} {stored.id}", owed, income, 1, clock.now().date(), CANARY)])
        record(session, actor, CANARY, after={"secret": CANARY})
        jobs.ask(session, "activity.seal", {}, key=CANARY)
        rows = {}
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")).all()
        for table in tables:
            columns = session.scalars(
                text("SELECT column_name FROM information_schema.columns WHERE table_name = :t AND column_name = 'id'"),
                {"t": table},
            ).all()
            if columns:
                rows[table] = session.scalars(text(f'SELECT id FROM "{table}" ORDER BY id DESC LIMIT 2')).all()
    link = files.url(rival, stored.id).removeprefix("/files/")
    return {"rows": rows, "file": stored.id, "link": link, "sha256": stored.sha256}


def _values(path: str, treasure: dict[str, Any]) -> list[dict[str, str]]:
    """Every way to fill a route's places with something of the rival's."""
    names = re.findall(r"{(\w+):\w+}", path)
    everything = sorted({str(row_id) for found in treasure["rows"].values() for row_id in found})
    return [dict.fromkeys(names, value) for value in [*everything, treasure["link"], treasure["sha256"]]]


@pytest.mark.parametrize(("method", "path"), WITH_IDS, ids=str)
def test_a_rivals_id_opens_nothing_on_any_route(client_as, label, treasure, method, path):
    client = client_as(label)
    for values in _values(path, treasure):
        address = re.sub(r"{(\w+):\w+}", lambda found, values=values: values[found[1]], path)
        answer = client.request(method, address, headers={"accept": "application/json"})
        is_refused = answer.status_code in (400, 404, 405, 415, 422)
        assert is_refused or _is_a_bare_door(path, answer) or _is_asked_for_a_token(path, answer), (
            address,
            answer.status_code,
        )
        assert CANARY not in answer.text
        assert CANARY not in str(answer.headers)


def _is_asked_for_a_token(path: str, answer: Any) -> bool:
    """What is for programs alone looks at no cookie: whoever brings no token is nobody there."""
    return is_for_machines(path) and answer.status_code == 401 and "www-authenticate" in answer.headers


def _is_a_bare_door(path: str, answer: Any) -> bool:
    """The page of a one-time link shows the same bare form for every token; using it up is what must fail."""
    doors = ("/portal/invitations/", "/portal/sign-in/link/", "/portal/support/")
    return path.startswith(doors) and answer.status_code == 200 and "<form" in answer.text


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in ROUTES if "{" not in p], ids=str)
def test_no_route_shows_a_rivals_canary(client_as, label, treasure, method, path):
    if path == "/portal/events":
        pytest.skip("a stream never ends; it is tried in tests/kernel/live")
    answer = client_as(label).request(method, path)
    assert CANARY not in answer.text


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in ROUTES if m in UNSAFE], ids=str)
def test_no_unsafe_route_takes_a_request_from_another_site(client_as, label, method, path):
    address = re.sub(r"{(\w+):\w+}", str(ids.new_id()), path)
    answer = client_as(label).request(method, address, headers={"origin": "https://evil.example"})
    if is_for_machines(path):  # any site may ask; the cookies that came along open nothing
        assert answer.status_code in (400, 401, 404, 415), address
        return
    assert answer.status_code in (403, 404), address


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
def test_no_portal_or_console_route_answers_a_stranger(client_of, label, method, path):
    """What is open to strangers is named here, and only here."""
    open_to_all = re.compile(
        r"/(healthz|readyz|metrics|robots\.txt|internal/tls-ask|assets/.*|files/.*|favicon\.svg|manifest\.webmanifest|artist/manifest\.webmanifest|artist/sw\.js|artist/offline|og\.png|portal/sign-in(/link.*|/passkey.*)?|portal/invitations/.*|portal/support/.*|admin/sign-in(/passkey.*)?)?"
    )
    if open_to_all.fullmatch(path):
        return
    address = re.sub(r"{(\w+):\w+}", str(ids.new_id()), path)
    host = "admin.localhost" if path.startswith("/admin") else "canary.localhost"
    answer = client_of(host).request(method, address, headers={"accept": "application/json"})
    is_harmless = path == "/admin/sign-out" and answer.status_code == 303
    is_harmless = is_harmless or _is_asked_for_a_token(path, answer)
    assert answer.status_code in (400, 404, 405, 415, 422) or is_harmless, (address, answer.status_code)


def test_no_table_of_a_rival_can_be_read_written_or_seen(label, treasure, rival):
    for table in treasure["rows"]:
        for statement in (f'SELECT * FROM "{rival.id}"."{table}"', f'DELETE FROM "{rival.id}"."{table}"'):
            with pytest.raises(DBAPIError, match="permission denied"), db.tenant_work(label) as session:
                session.execute(text(statement))


def test_no_shared_table_shows_or_takes_a_rivals_rows(label, rival, treasure):
    with db.owner_work() as owner:
        tables = [name for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'shared'")]
    for table in tables:
        try:
            with db.tenant_read(label) as session:
                rows = [str(tuple(row)) for row in session.execute(text(f"SELECT * FROM shared.{table}"))]
        except DBAPIError:
            continue
        assert not [row for row in rows if rival.id in row or CANARY in row], table


def test_a_label_cannot_ask_for_work_in_a_rivals_name(label, rival):
    forged = text(
        "INSERT INTO shared.outbox (id, label, task, args, queue) VALUES (:id, :label, 'activity.seal', '{}', 'default')"
    )
    for whose in (rival.id, ""):
        with pytest.raises(DBAPIError, match="row-level security"), db.tenant_work(label) as session:
            session.execute(forged, {"id": ids.new_id(), "label": whose})


def test_a_label_cannot_alter_a_rivals_work(label, rival, treasure):
    with db.tenant_work(label) as session:
        changed = session.execute(text("UPDATE shared.outbox SET done_at = now() WHERE label <> current_user"))
        assert changed.rowcount == 0
    with pytest.raises(DBAPIError, match="permission denied"), db.tenant_work(label) as session:
        session.execute(text("UPDATE shared.outbox SET label = :r"), {"r": rival.id})


@pytest.mark.parametrize("name", sorted(name for name, task in tasks.items() if isinstance(task, LabelTask)))
def test_every_label_task_runs_in_its_own_labels_session_only(label, rival, name):
    with pytest.raises(ValueError, match="own label"), db.tenant_work(label) as session:
        jobs.ask(session, name, {}, tenant=rival)
    with pytest.raises(jobs.TaskUnknown), db.platform_work() as session:
        jobs.ask(session, name, {})


def test_the_same_cache_key_is_another_value_for_each_label(label, rival):
    cache.of(rival).set("secret", CANARY, seconds=60)
    assert cache.of(rival).get("secret", str) == CANARY
    assert cache.of(label).get("secret", str) is None


def test_a_rivals_sealed_bytes_do_not_open(label, rival):
    sealed = crypto.seal(rival, CANARY.encode(), "t")
    with pytest.raises(crypto.SealBroken):
        crypto.open_sealed(label, sealed, "t")


def test_a_rivals_signature_is_refused(label, rival):
    from datetime import timedelta

    token = crypto.sign("file", rival, ["x"], expires_in=timedelta(minutes=1))
    with pytest.raises(crypto.SignatureRefused):
        crypto.verify("file", label, token)


def test_a_rivals_object_is_not_among_ones_own(label, treasure):
    assert treasure["sha256"] not in set(files.object_hashes(label.id))


def test_a_rivals_file_is_not_found_through_the_door(label, treasure):
    with pytest.raises(files.FileUnknown), db.tenant_read(label) as session:
        files.file_to_read(session, Actor.system(label), UUID(str(treasure["file"])))
