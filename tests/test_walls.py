"""One generic attempt on everything: each route, job, cache key, file link and stream is tried with a rival's ids.

Nothing here lists what exists: routes come from the product, tasks from their registry, tables from the database. What a
later slice adds is tried by itself; an id of a kind that nobody can make up fails the test, so that it cannot be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from litestar.testing import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import cache, clock, crypto, db, files, ids, jobs
from app.kernel.activity import record
from app.kernel.actor import Actor
from app.kernel.jobs.registry import LabelTask, tasks
from app.kernel.tenant import Tenant
from app.kernel.web.machines import is_for_machines
from app.ledger import service as ledger
from app.ledger.rules import Account, Entry, Kind
from tests.factories.api import api_of
from tests.factories.catalog import a_release
from tests.factories.everything import fill_up, furnished, share_one_id
from tests.factories.fans import signed_in
from tests.factories.sso import directory_of
from tests.whole import whole_product

CANARY = "canary-7f3a91-only-the-rival-has-it"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
COLUMNS = (
    "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = :table"
)
NAMES = ("slug", "code", "token")
TAKEN_AWAY = frozenset(
    {
        "/{language:str}/account/following/{about:str}/end",
        "/{language:str}/basket/lines/{line_id:str}/gift",
        "/{language:str}/wishes/{product_id:str}/end",
    }
)
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def _routes() -> list[tuple[str, str]]:
    return sorted(
        (method, route.path)
        for route in whole_product().routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS"
    )


ROUTES = _routes()
WITH_IDS = [(method, path) for method, path in ROUTES if "{" in path]


WORDS = {"language": "en", "form": "mp3_320", "kind": "news", "format": "csv"}
"""Places of an address that hold a word and no id; with anything else there the id beside it would not be looked at."""


@pytest.fixture(scope="module")
def treasures() -> dict[str, Any]:
    """What the two furnished labels have, by the database they stand in."""
    return {}


@pytest.fixture
def treasure(connected, services, database_name, treasures) -> dict[str, Any]:
    """What only the rival has, made once: a row in every table, all of one id, a file, a link, a sealed secret."""
    if "rival" not in treasures:
        treasures["rival"] = _made(furnished("kite"), services, database_name)
    return treasures["rival"]


@pytest.fixture
def label(connected, treasures) -> Tenant:
    """A label with everything open, too, so that what its people do not find is not missing for want of a shop."""
    if "label" not in treasures:
        treasures["label"] = furnished("bluehour")
        with db.tenant_read(treasures["label"]) as session:
            treasures["own"] = {
                row for table in session.scalars(text(TABLES)) for row in _ids(session, table, 10_000) or ()
            }
    return treasures["label"]


@pytest.fixture
def rival(treasure) -> Tenant:
    """The label that has all of it."""
    return treasure["tenant"]


@pytest.fixture
def person(client_as, client_of, label, treasures) -> Callable[..., TestClient[Any]]:
    """A browser in which somebody of the label is signed in, and a fan: once for all that changes nothing."""

    def visiting(role: str = "owner") -> TestClient[Any]:
        kept = treasures.setdefault("people", {})
        if role not in kept:
            kept[role] = signed_in(client_as(label, role=role), label).cookies
        client = client_of(f"{label.slug}.localhost")
        client.cookies = kept[role]
        return client

    return visiting


def _made(rival, services, database) -> dict[str, Any]:
    actor = Actor.system(rival)
    stored = files.store_stream(actor, [CANARY.encode()], name=f"{CANARY}.txt", media_type="text/plain")
    a_release(rival, CANARY, artists=[CANARY], label=CANARY)
    income, owed = Account(Kind.INCOME, None, "EUR"), Account(Kind.RECEIVABLE, stored.id, "EUR")
    with db.tenant_work(rival) as session:
        ledger.post(session, actor, [Entry(f"{CANARY} {stored.id}", owed, income, 1, clock.now().date(), CANARY)])
        record(session, actor, CANARY, after={"secret": CANARY})
        jobs.ask(session, "activity.seal", {}, key=CANARY)
    fill_up(rival, services, database, mark=CANARY)
    one = share_one_id(rival, services, database, names=NAMES)
    with db.tenant_read(rival) as session:
        rows = {table: _ids(session, table) for table in session.scalars(text(TABLES)).all()}
        kept = _content(session)
        assert files.file_to_read(session, actor, one).sha256 == stored.sha256
    assert not [table for table, found in rows.items() if found == []], "a table without a row is a table not tried"
    link = files.url(rival, one).removeprefix("/files/")
    named = sorted({found for held in rows.values() for found in held or ()} - {CANARY})
    return {
        "tenant": rival,
        "rows": rows,
        "kept": kept,
        "ids": named,
        "file": one,
        "link": link,
        "sha256": stored.sha256,
    }


def _content(session) -> dict[str, str]:
    """What stands in every table now, a hash of each."""
    tables = session.scalars(text(TABLES)).all()
    each = "SELECT md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM \"{}\" t"
    return {table: session.scalar(text(each.format(table))) for table in tables}


def _ids(session, table: str, many: int = 1) -> list[str] | None:
    """Ids of a table, newest first, and the names that addresses are made of; None where it has neither."""
    columns = set(session.scalars(text(COLUMNS), {"table": table}))
    named = [column for column in ("id", *NAMES) if column in columns]
    if not named:
        return None
    order = "id" if "id" in columns else named[0]
    rows = session.execute(text(f'SELECT {", ".join(named)} FROM "{table}" ORDER BY {order} DESC LIMIT {many}'))
    return [str(value) for row in rows for value in row if value]


def _values(path: str, treasure: dict[str, Any], own: set[str]) -> list[dict[str, str]]:
    """Every way to fill a route's places with something of the rival's."""
    names = re.findall(r"{(\w+):\w+}", path)
    places = [name for name in names if name not in WORDS] or names
    words = {name: WORDS[name] for name in names if name in WORDS}
    # Names of pages and kinds of accounts are the same everywhere.
    theirs = [value for value in treasure["ids"] if value not in own]
    return [words | dict.fromkeys(places, value) for value in [*theirs, treasure["link"], treasure["sha256"]]]


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), WITH_IDS, ids=str)
def test_a_rivals_id_opens_nothing_on_any_route(person, client_of, label, treasure, treasures, method, path):
    if path.startswith("/api/"):
        client = api_of(client_of, label)
    elif path.startswith("/scim/"):
        client = directory_of(client_of, label)
    else:
        client = person("artist" if path.startswith("/artist") else "owner")
    for values in _values(path, treasure, treasures["own"]):
        address = re.sub(r"{(\w+):\w+}", lambda found, values=values: values[found[1]], path)
        answer = client.request(method, address, headers={"accept": "application/json"})
        is_refused = answer.status_code in (400, 404, 405, 415, 422)
        assert (
            is_refused or _is_a_bare_door(path, answer) or _ends_nothing(path, answer) or _needs_a_person(path, answer)
        ), (
            address,
            answer.status_code,
        )
        assert CANARY not in answer.text
        assert CANARY not in str(answer.headers)


def _is_asked_for_a_token(path: str, answer: Any) -> bool:
    """What is for programs alone looks at no cookie: whoever brings no token is nobody there."""
    return is_for_machines(path) and answer.status_code == 401 and "www-authenticate" in answer.headers


def _needs_a_person(path: str, answer: Any) -> bool:
    """What a program by itself is never given the scope for, or has nothing of, says so before it looks at any id."""
    if not path.startswith("/api/") or answer.status_code != 403:
        return False
    said = answer.headers.get("www-authenticate", "")
    return "insufficient_scope" in said or answer.json().get("reason") == "PersonNeeded"


def _is_a_bare_door(path: str, answer: Any) -> bool:
    """The page of a one-time link shows the same bare form for every token; using it up is what must fail."""
    doors = ("/portal/invitations/", "/portal/sign-in/link/", "/portal/sign-in/label/", "/portal/support/")
    is_bare = "<form" in answer.text if path.startswith(doors) else path == "/{language:str}/account/link/{token:str}"
    return is_bare and answer.status_code == 200


def _ends_nothing(path: str, answer: Any) -> bool:
    """Taking away what one does not have is done already; that nothing of the rival's went is the last test's."""
    return path in TAKEN_AWAY and answer.status_code == 303


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in ROUTES if "{" not in p], ids=str)
def test_no_route_shows_a_rivals_canary(person, client_as, label, treasure, method, path):
    if path == "/portal/events":
        pytest.skip("a stream never ends; it is tried in tests/kernel/live")
    client = client_as(label) if method in UNSAFE else person()
    answer = client.request(method, path)
    assert CANARY not in answer.text


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in ROUTES if m in UNSAFE], ids=str)
def test_no_unsafe_route_takes_a_request_from_another_site(person, method, path):
    address = re.sub(r"{(\w+):\w+}", str(ids.new_id()), path)
    answer = person().request(method, address, headers={"origin": "https://evil.example"})
    if is_for_machines(path):  # any site may ask; the cookies that came along open nothing
        assert answer.status_code in (400, 401, 404, 415), address
        return
    assert answer.status_code in (403, 404), address


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
def test_no_portal_or_console_route_answers_a_stranger(client_of, label, method, path):
    """What is open to strangers is named here, and only here."""
    open_to_all = re.compile(
        r"/(healthz|readyz|metrics|robots\.txt|internal/tls-ask|assets/.*|files/.*|favicon\.svg|manifest\.webmanifest|artist/manifest\.webmanifest|artist/sw\.js|artist/offline|og\.png|portal/sign-in(/(link|label).*|/passkey.*)?|portal/invitations/.*|portal/support/.*|admin/sign-in(/passkey.*)?|oauth/jwks|\.well-known/oauth-authorization-server|\.well-known/openid-configuration|\.well-known/oauth-protected-resource/api/v1|api/v1/(openapi\.json|reference|events/types))?"
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


@pytest.mark.parametrize(("role", "home"), [("owner", "/portal"), ("artist", "/artist")])
def test_who_tried_all_of_it_is_still_signed_in(person, role, home):
    client = person(role)
    assert client.get(home).status_code == client.get("/en/account").status_code == 200


def test_after_all_of_it_the_rival_has_what_it_had(treasure, rival):
    with db.tenant_read(rival) as session:
        assert _content(session) == treasure["kept"]
