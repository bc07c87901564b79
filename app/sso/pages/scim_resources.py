"""People and groups of a directory: made, read, changed, removed, both in the same way; and what we are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, RawBody
from sqlalchemy.orm import Session

from app.identity.pages import AnyRequest
from app.kernel.db import tenant_read
from app.kernel.ids import parse_uuid
from app.sso.errors import ScimBeyond, ScimForbidden, ScimInvalid, ScimUnknown
from app.sso.models import DirectoryGroup, DirectoryUser
from app.sso.pages.scim import (
    BASE,
    SEARCH,
    Change,
    Directory,
    Wish,
    body_of,
    check_version,
    common,
    directory_of,
    in_directory,
    listed,
    name_asked,
    one,
    problem,
    said,
    wish_of,
)
from app.sso.rules.scim import described
from app.sso.rules.scim.attributes import GROUPS, USERS, Kind, document_of
from app.sso.rules.scim.patches import patched
from app.sso.service import directory, groups

OPEN: Final[dict[str, Any]] = {"sync_to_thread": True, "exception_handlers": {Exception: problem}}
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A kind of resource as it is kept: how rows are found and told, and what is done with them.

    `told` are rows as a directory reads them, all of them in one question; `document` is what a change begins with.
    """

    kind: Kind
    rows: Callable[..., Sequence[Any]]
    row: Callable[..., Any]
    told: Callable[[Session, Sequence[Any], str], list[Resource]]
    document: Callable[[Session, Any], Resource]
    add: Callable[..., Any]
    change: Callable[..., None]
    remove: Callable[..., None]

    def resource(self, session: Session, here: Directory, row: Any) -> Resource:
        """One row as a directory reads it."""
        return self.told(session, [row], here.base)[0]


def _users_told(session: Session, rows: Sequence[DirectoryUser], base: str) -> list[Resource]:
    held = directory.groups_of(session, [row.id for row in rows])
    return [
        _with(common(row, USERS, base), "groups", [_group(each, base) for each in held.get(row.id, [])]) for row in rows
    ]


def _group(group: DirectoryGroup, base: str) -> Resource:
    return {"value": str(group.id), "$ref": f"{base}/Groups/{group.id}", "display": group.document["displayName"]}


def _groups_told(session: Session, rows: Sequence[DirectoryGroup], base: str) -> list[Resource]:
    held = groups.members_of(session, [row.id for row in rows])
    return [
        _with(
            common(row, GROUPS, base),
            "members",
            [{"value": str(each), "$ref": f"{base}/Users/{each}", "type": "User"} for each in held.get(row.id, [])],
        )
        for row in rows
    ]


def _with(resource: Resource, name: str, told: list[Resource]) -> Resource:
    return resource | ({name: told} if told else {})


def _group_document(session: Session, row: DirectoryGroup) -> Resource:
    held = groups.members_of(session, [row.id]).get(row.id, [])
    return row.document | {"members": [{"value": str(each), "type": "User"} for each in held]}


PEOPLE: Final = Kept(
    kind=USERS,
    rows=directory.users_of,
    row=directory.user_to_change,
    told=_users_told,
    document=lambda _, row: dict(row.document),
    add=directory.add,
    change=directory.change,
    remove=directory.remove,
)
TEAMS: Final = Kept(
    kind=GROUPS,
    rows=groups.groups,
    row=groups.group_to_change,
    told=_groups_told,
    document=_group_document,
    add=groups.add,
    change=groups.change,
    remove=groups.remove,
)


def _asked(request: AnyRequest) -> Wish:
    return wish_of(dict(request.query_params.items()))


def _searched(request: AnyRequest, body: bytes) -> Wish:
    found = body_of(request, body)
    schemas = found.get("schemas")
    if not isinstance(schemas, list) or SEARCH not in schemas:
        raise ScimInvalid(scim_type="invalidSyntax")
    return wish_of(found)


def _listed(here: Directory, kept: Kept, wish: Wish) -> Response[bytes]:
    with tenant_read(here.tenant) as session:
        rows = kept.rows(session, here.connection, name=name_asked(kept.kind, wish))
        found = kept.told(session, rows, here.base)
    return listed(found, wish, kept.kind)


def _reading(kept: Kept) -> list[Any]:
    """How one kind is looked at."""
    every, single = _places(kept)

    @get(every, **OPEN)
    def list_all(request: AnyRequest) -> Response[bytes]:
        return _listed(directory_of(request), kept, _asked(request))

    @post(f"{every}/.search", status_code=200, **OPEN)
    def search_all(request: AnyRequest, body: RawBody) -> Response[bytes]:
        here = directory_of(request)  # the question is in the body (RFC 7644 §3.4.3)
        return _listed(here, kept, _searched(request, body))

    @get(single, **OPEN)
    def read(request: AnyRequest, resource_id: FromPath[str]) -> Response[bytes]:
        here = directory_of(request)
        with tenant_read(here.tenant) as session:
            row = kept.row(session, here.connection, parse_uuid(resource_id), locked=False)
            resource = kept.resource(session, here, row)
        return one(request, resource, _asked(request))

    return [list_all, search_all, read]


def _places(kept: Kept) -> tuple[str, str]:
    every = f"{BASE}{kept.kind.endpoint}"
    return every, f"{every}/{{resource_id:str}}"


def _changed(request: AnyRequest, here: Directory, kept: Kept, resource_id: str, change: Change) -> Response[bytes]:
    with in_directory(here) as session:
        row = kept.row(session, here.connection, parse_uuid(resource_id))
        check_version(request.headers.get("if-match"), row)
        kept.change(session, here.tenant, here.connection, row, change(kept.document(session, row)))
        resource = kept.resource(session, here, row)
    return one(request, resource, _asked(request))


def _writing(kept: Kept) -> list[Any]:
    """How one kind is made, told anew or in part, and taken away."""
    every, single = _places(kept)

    @post(every, **OPEN)
    def add(request: AnyRequest, body: RawBody) -> Response[bytes]:
        here = directory_of(request)
        document = document_of(kept.kind, body_of(request, body))
        with in_directory(here) as session:
            resource = kept.resource(session, here, kept.add(session, here.tenant, here.connection, document))
        return one(request, resource, _asked(request), status=201)

    @put(single, **OPEN)
    def replace(request: AnyRequest, resource_id: FromPath[str], body: RawBody) -> Response[bytes]:
        here = directory_of(request)
        document = document_of(kept.kind, body_of(request, body))
        return _changed(request, here, kept, resource_id, lambda _: document)

    @patch(single, **OPEN)
    def tell_in_part(request: AnyRequest, resource_id: FromPath[str], body: RawBody) -> Response[bytes]:
        here = directory_of(request)
        given = body_of(request, body)
        return _changed(request, here, kept, resource_id, lambda held: patched(kept.kind, held, given))

    @delete(single, status_code=204, **OPEN)
    def remove(request: AnyRequest, resource_id: FromPath[str]) -> None:
        here = directory_of(request)
        with in_directory(here) as session:
            row = kept.row(session, here.connection, parse_uuid(resource_id))
            check_version(request.headers.get("if-match"), row)
            kept.remove(session, here.tenant, here.connection, row)

    return [add, replace, tell_in_part, remove]


# What we are


def _one_of(documents: list[dict[str, Any]], key: str) -> Response[bytes]:
    found = next((each for each in documents if each["id"] == key), None)
    if found is None:
        raise ScimUnknown
    return said(found)


def _all(documents: list[dict[str, Any]], request: AnyRequest) -> Response[bytes]:
    """Every document; a filter is no question that can be asked here (RFC 7644 §4)."""
    if "filter" in request.query_params:
        raise ScimForbidden
    return listed(documents, Wish())


@get(f"{BASE}/ServiceProviderConfig", **OPEN)
def config(request: AnyRequest) -> Response[bytes]:
    """What is supported."""
    return said(described.config(directory_of(request).base))


@get(f"{BASE}/ResourceTypes", **OPEN)
def resource_types(request: AnyRequest) -> Response[bytes]:
    """The kinds of resources."""
    here = directory_of(request)
    return _all([described.resource_type(kind, here.base) for kind in described.KINDS], request)


@get(f"{BASE}/ResourceTypes/{{type_id:str}}", **OPEN)
def resource_type(request: AnyRequest, type_id: FromPath[str]) -> Response[bytes]:
    """A kind of resource."""
    here = directory_of(request)
    return _one_of([described.resource_type(kind, here.base) for kind in described.KINDS], type_id)


@get(f"{BASE}/Schemas", **OPEN)
def schemas(request: AnyRequest) -> Response[bytes]:
    """The attributes of every kind."""
    here = directory_of(request)
    return _all([described.schema(kind, here.base) for kind in described.KINDS], request)


@get(f"{BASE}/Schemas/{{schema_id:str}}", **OPEN)
def schema(request: AnyRequest, schema_id: FromPath[str]) -> Response[bytes]:
    """The attributes of a kind."""
    here = directory_of(request)
    return _one_of([described.schema(kind, here.base) for kind in described.KINDS], schema_id)


@post(f"{BASE}/.search", **OPEN)
def search(request: AnyRequest) -> None:
    """Asking for people and groups at once is not supported."""
    directory_of(request)
    raise ScimBeyond


@get(f"{BASE}/{{rest:path}}", **OPEN)
def nothing_here(request: AnyRequest, rest: FromPath[str]) -> None:  # noqa: ARG001
    """Say that there is nothing, as directories read it."""
    directory_of(request)
    raise ScimUnknown


handlers: list[Any] = [
    *(handler for kept in (PEOPLE, TEAMS) for make in (_reading, _writing) for handler in make(kept)),
    config, resource_types, resource_type, schemas, schema, search, nothing_here,
]  # fmt: skip
