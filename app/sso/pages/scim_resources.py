"""People and groups of a directory: made, read, changed, removed."""

from __future__ import annotations

from collections.abc import Sequence
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
from app.sso.rules.scim.attributes import GROUPS, USERS, document_of
from app.sso.rules.scim.patches import patched
from app.sso.service import directory, groups

OPEN: Final[dict[str, Any]] = {"sync_to_thread": True, "exception_handlers": {Exception: problem}}
USER, GROUP = f"{BASE}/Users/{{user_id:str}}", f"{BASE}/Groups/{{group_id:str}}"


def _user(row: DirectoryUser, held: Sequence[DirectoryGroup], base: str) -> dict[str, Any]:
    told = [
        {"value": str(each.id), "$ref": f"{base}/Groups/{each.id}", "display": each.document["displayName"]}
        for each in held
    ]
    return common(row, USERS, base) | ({"groups": told} if told else {})


def _group(row: DirectoryGroup, held: Sequence[Any], base: str) -> dict[str, Any]:
    told = [{"value": str(each), "$ref": f"{base}/Users/{each}", "type": "User"} for each in held]
    return common(row, GROUPS, base) | ({"members": told} if told else {})


def _user_here(session: Session, here: Directory, row: DirectoryUser) -> dict[str, Any]:
    return _user(row, directory.groups_of(session, [row.id]).get(row.id, []), here.base)


def _group_here(session: Session, here: Directory, row: DirectoryGroup) -> dict[str, Any]:
    return _group(row, groups.members_of(session, [row.id]).get(row.id, []), here.base)


def _users(here: Directory, wish: Wish) -> list[dict[str, Any]]:
    with tenant_read(here.tenant) as session:
        rows = directory.users_of(session, here.connection, name=name_asked(USERS, wish))
        held = directory.groups_of(session, [row.id for row in rows])
        return [_user(row, held.get(row.id, []), here.base) for row in rows]


def _groups(here: Directory, wish: Wish) -> list[dict[str, Any]]:
    with tenant_read(here.tenant) as session:
        rows = groups.groups(session, here.connection, name=name_asked(GROUPS, wish))
        held = groups.members_of(session, [row.id for row in rows])
        return [_group(row, held.get(row.id, []), here.base) for row in rows]


def _asked(request: AnyRequest) -> Wish:
    return wish_of(dict(request.query_params.items()))


def _searched(request: AnyRequest, body: bytes) -> Wish:
    found = body_of(request, body)
    schemas = found.get("schemas")
    if not isinstance(schemas, list) or SEARCH not in schemas:
        raise ScimInvalid(scim_type="invalidSyntax")
    return wish_of(found)


# People


@get(f"{BASE}/Users", **OPEN)
def list_users(request: AnyRequest) -> Response[bytes]:
    """The people of the directory."""
    here, wish = directory_of(request), _asked(request)
    return listed(_users(here, wish), wish)


@post(f"{BASE}/Users/.search", status_code=200, **OPEN)
def search_users(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """The same, with the question in the body (RFC 7644 §3.4.3)."""
    here, wish = directory_of(request), _searched(request, body)
    return listed(_users(here, wish), wish)


@post(f"{BASE}/Users", **OPEN)
def add_user(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Somebody new."""
    here = directory_of(request)
    document = document_of(USERS, body_of(request, body))
    with in_directory(here) as session:
        row = directory.add(session, here.tenant, here.connection, document)
        resource = _user_here(session, here, row)
    return one(request, resource, _asked(request), status=201)


@get(USER, **OPEN)
def read_user(request: AnyRequest, user_id: FromPath[str]) -> Response[bytes]:
    """Somebody."""
    here = directory_of(request)
    with tenant_read(here.tenant) as session:
        row = directory.user_to_change(session, here.connection, parse_uuid(user_id), locked=False)
        resource = _user_here(session, here, row)
    return one(request, resource, _asked(request))


def _change_user(request: AnyRequest, here: Directory, user_id: str, change: Change) -> Response[bytes]:
    with in_directory(here) as session:
        row = directory.user_to_change(session, here.connection, parse_uuid(user_id))
        check_version(request, row)
        directory.change(session, here.tenant, here.connection, row, change(row.document))
        resource = _user_here(session, here, row)
    return one(request, resource, _asked(request))


@put(USER, **OPEN)
def replace_user(request: AnyRequest, user_id: FromPath[str], body: RawBody) -> Response[bytes]:
    """Somebody, told anew."""
    here = directory_of(request)
    document = document_of(USERS, body_of(request, body))
    return _change_user(request, here, user_id, lambda _: document)


@patch(USER, **OPEN)
def patch_user(request: AnyRequest, user_id: FromPath[str], body: RawBody) -> Response[bytes]:
    """Somebody, told in part."""
    here = directory_of(request)
    given = body_of(request, body)
    return _change_user(request, here, user_id, lambda held: patched(USERS, held, given))


@delete(USER, status_code=204, **OPEN)
def remove_user(request: AnyRequest, user_id: FromPath[str]) -> None:
    """Somebody who is gone."""
    here = directory_of(request)
    with in_directory(here) as session:
        row = directory.user_to_change(session, here.connection, parse_uuid(user_id))
        check_version(request, row)
        directory.remove(session, here.tenant, here.connection, row)


# Groups


@get(f"{BASE}/Groups", **OPEN)
def list_groups(request: AnyRequest) -> Response[bytes]:
    """The groups of the directory."""
    here, wish = directory_of(request), _asked(request)
    return listed(_groups(here, wish), wish)


@post(f"{BASE}/Groups/.search", status_code=200, **OPEN)
def search_groups(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """The same, with the question in the body."""
    here, wish = directory_of(request), _searched(request, body)
    return listed(_groups(here, wish), wish)


@post(f"{BASE}/Groups", **OPEN)
def add_group(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """A new group."""
    here = directory_of(request)
    document = document_of(GROUPS, body_of(request, body))
    with in_directory(here) as session:
        row = groups.add(session, here.tenant, here.connection, document)
        resource = _group_here(session, here, row)
    return one(request, resource, _asked(request), status=201)


@get(GROUP, **OPEN)
def read_group(request: AnyRequest, group_id: FromPath[str]) -> Response[bytes]:
    """A group."""
    here = directory_of(request)
    with tenant_read(here.tenant) as session:
        row = groups.group_to_change(session, here.connection, parse_uuid(group_id), locked=False)
        resource = _group_here(session, here, row)
    return one(request, resource, _asked(request))


def _change_group(request: AnyRequest, here: Directory, group_id: str, change: Change) -> Response[bytes]:
    with in_directory(here) as session:
        row = groups.group_to_change(session, here.connection, parse_uuid(group_id))
        check_version(request, row)
        held = groups.members_of(session, [row.id]).get(row.id, [])
        document = change(row.document | {"members": [{"value": str(each), "type": "User"} for each in held]})
        groups.change(session, here.tenant, here.connection, row, document)
        resource = _group_here(session, here, row)
    return one(request, resource, _asked(request))


@put(GROUP, **OPEN)
def replace_group(request: AnyRequest, group_id: FromPath[str], body: RawBody) -> Response[bytes]:
    """A group, told anew."""
    here = directory_of(request)
    document = document_of(GROUPS, body_of(request, body))
    return _change_group(request, here, group_id, lambda _: document)


@patch(GROUP, **OPEN)
def patch_group(request: AnyRequest, group_id: FromPath[str], body: RawBody) -> Response[bytes]:
    """A group, told in part."""
    here = directory_of(request)
    given = body_of(request, body)
    return _change_group(request, here, group_id, lambda held: patched(GROUPS, held, given))


@delete(GROUP, status_code=204, **OPEN)
def remove_group(request: AnyRequest, group_id: FromPath[str]) -> None:
    """A group that is gone."""
    here = directory_of(request)
    with in_directory(here) as session:
        row = groups.group_to_change(session, here.connection, parse_uuid(group_id))
        check_version(request, row)
        groups.remove(session, here.tenant, here.connection, row)


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


@post(f"{BASE}/Bulk", **OPEN)
def bulk(request: AnyRequest) -> None:
    """Several requests in one are not supported, as the configuration says."""
    directory_of(request)
    raise ScimBeyond


@get(f"{BASE}/{{rest:path}}", **OPEN)
def nothing_here(request: AnyRequest, rest: FromPath[str]) -> None:  # noqa: ARG001
    """Say that there is nothing, as directories read it."""
    directory_of(request)
    raise ScimUnknown


handlers: list[Any] = [
    list_users, search_users, add_user, read_user, replace_user, patch_user, remove_user,
    list_groups, search_groups, add_group, read_group, replace_group, patch_group, remove_group,
    config, resource_types, resource_type, schemas, schema, search, bulk, nothing_here,
]  # fmt: skip
