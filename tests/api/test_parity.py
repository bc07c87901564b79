"""Everything that the portal can do, a program can do: each route has an operation, or a reason why it has none."""

from __future__ import annotations

from app.api import rest
from app.api.queries.lists import LISTS
from app.api.rest.conventions.operations import operations
from app.api.rules.proof import RULINGS
from tests.api.held import lent
from tests.api.parity import (
    EVERYWHERE,
    SURFACES,
    Table,
    Why,
    address_of,
    ends,
    of_artists,
    of_money,
    of_music,
    of_the_label,
    of_the_shop,
)  # fmt: skip
from tests.factories.catalog import a_release, narrowed
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.whole import whole_product

TABLE = Table.of(of_the_label.ROWS, of_music.ROWS, of_money.ROWS, of_the_shop.ROWS, of_artists.ROWS)


def _routes() -> set[tuple[str, str]]:
    return {
        (method, route.path)
        for route in whole_product().routes
        for method in getattr(route, "methods", ())
        if method not in ("OPTIONS", "HEAD")
    }


ROUTES = _routes()


def test_every_route_of_the_portal_has_an_operation_or_a_reason():
    assert list(TABLE.problems(ROUTES)) == []


def test_a_new_route_and_one_that_is_gone_are_told_with_what_to_do():
    table = Table.of({"/portal": {"GET": Why.SCREEN, "GET /gone": Why.SCREEN}})
    [new, gone] = table.problems({("GET", "/portal"), ("POST", "/portal/new-thing/{thing_id:str}"), ("GET", "/en")})
    assert new.startswith("POST /portal/new-thing/{thing_id:str}: declare the operation")
    assert gone.startswith("GET /portal/gone: there is no such route any more")


def test_every_operation_that_is_named_is_declared():
    rest.load()
    declared = {operation.name for operation in operations()} | {f"add_export:{name}" for name in LISTS}
    said = [*TABLE.rows.values(), *EVERYWHERE.values()]
    named = {name for told in said if not isinstance(told, Why) for name in told.split()}
    assert named <= declared, sorted(named - declared)


def test_what_asks_for_a_fresh_proof_is_done_with_the_scope_that_its_ruling_names():
    rest.load()
    scopes = {operation.name: operation.scope for operation in operations()}
    wrong = []
    for path, ruling in RULINGS.items():
        told = TABLE.of_route("POST", path)
        names = [] if told is None or isinstance(told, Why) else told.split()
        if ruling.how == "never":
            wrong += [(path, name) for name in names]
        else:
            wrong += [(path, name) for name in names if scopes[name] != ruling.scope]
    assert wrong == []


def test_every_reason_and_every_ending_is_used():
    assert set(Why) == {told for told in TABLE.rows.values() if isinstance(told, Why)}
    addresses = [address_of(method, path) for method, path in ROUTES if path.startswith(SURFACES)]
    assert [end for end in EVERYWHERE if not any(ends(address, end) for address in addresses)] == []


def test_an_artist_lends_a_program_the_lists_of_their_app(client_of, connected):
    rest.load()
    label = a_label()
    a_release(label, "Mine", artists=["Ada"])
    a_release(label, "Not mine", artists=["Eve"])
    artist = a_member(label, role="artist")
    narrowed(label, artist, artists=["ada"])
    by_name = {operation.name: operation for operation in operations()}
    told = [each for rows in of_artists.ROWS.values() for each in rows.values() if not isinstance(each, Why)]
    named = [by_name[name] for name in sorted({name for each in told for name in each.split()})]
    lists = [operation for operation in named if operation.is_list and "{" not in operation.path]
    refused = [
        operation.name
        for operation in lists
        if lent(client_of, label, artist, operation.scope).raw("GET", operation.path).status_code != 200
    ]
    assert (len(lists) > 3, refused) == (True, [])
    seen = lent(client_of, label, artist, "catalog:read")("GET", "/releases")["items"]
    assert [each["title"] for each in seen] == ["Mine"]
