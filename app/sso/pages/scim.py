"""SCIM 2.0 for the label's directories (RFC 7644): who asks, and how anything is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
from litestar import Response

from app.identity.models import Throttle
from app.identity.pages import AnyRequest
from app.identity.pages.visitors import door_work
from app.identity.service import throttle
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Refusal
from app.kernel.tenant import Tenant, TenantState
from app.kernel.web.languages import say, say_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import translate
from app.kernel.web.strict import decode
from app.sso.errors import ScimInvalid, ScimStale, ScimTokenRefused
from app.sso.models import Connection, DirectoryGroup, DirectoryUser
from app.sso.rules.scim.attributes import USERS, Kind
from app.sso.rules.scim.described import MOST_RESULTS
from app.sso.rules.scim.filters import Comparison, Filter, parse, split_name
from app.sso.rules.scim.sorting import checked, in_order
from app.sso.service import tokens

BASE: Final = "/scim/v2"
MEDIA: Final = "application/scim+json"
CONFLICT: Final = 409
UNAUTHORISED: Final = 401
MESSAGES: Final = "urn:ietf:params:scim:api:messages:2.0"
SEARCH: Final = f"{MESSAGES}:SearchRequest"
TAKEN: Final = ("application/json", MEDIA)
Row = DirectoryUser | DirectoryGroup
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Directory:
    """Whose directory asks, and where it thinks that we are."""

    tenant: Tenant
    connection: Connection
    base: str


@dataclass(frozen=True, slots=True)
class Wish:
    """How a list, or one of it, is wanted (RFC 7644 §3.4.2, §3.9)."""

    filter: Filter | None = None
    start: int = 1
    count: int = MOST_RESULTS
    only: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    sort_by: str = ""
    is_backwards: bool = False


def directory_of(request: AnyRequest) -> Directory:
    """The directory behind a request; wrong tokens make their address wait, longer each time."""
    tenant, realm = tenant_of(request), realm_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    names = {"address": f"scim:{realm.client}"}
    with tenant_read(tenant) as session:
        throttle.check_over(session, Throttle, **names)
        found = tokens.connection_of_token(session, token.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        with throttle.slowed(partial(door_work, tenant), Throttle, **names):
            raise ScimTokenRefused
    connection, held = found
    if tokens.is_due_for_touch(held):
        with door_work(tenant) as session:
            tokens.touch(session, held)
    return Directory(tenant, connection, f"{realm.origin}{BASE}")


def body_of(request: AnyRequest, body: bytes) -> dict[str, Any]:
    """What a directory sends: JSON, under either of its names."""
    kind = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
    return decode(body, "application/json" if kind in TAKEN else kind, dict[str, Any])


def wish_of(asked: Mapping[str, Any]) -> Wish:
    """Read how something is wanted, from an address or from a search."""
    text = asked.get("filter")
    if text is not None and not isinstance(text, str):
        raise ScimInvalid(scim_type="invalidFilter")
    sort_by, is_backwards = checked(asked.get("sortBy"), asked.get("sortOrder"))
    return Wish(
        sort_by=sort_by,
        is_backwards=is_backwards,
        filter=parse(text) if text else None,
        start=max(1, _number(asked.get("startIndex"), 1)),
        count=min(max(0, _number(asked.get("count"), MOST_RESULTS)), MOST_RESULTS),
        only=_names(asked.get("attributes")),
        without=_names(asked.get("excludedAttributes")),
    )


def name_asked(kind: Kind, wish: Wish) -> str | None:
    """The name that alone is wanted, where that is the whole question: it need not be asked of everybody."""
    found = wish.filter
    key = "userName" if kind is USERS else "displayName"
    is_plain = isinstance(found, Comparison) and found.operator == "eq" and not found.part
    if is_plain and isinstance(found, Comparison) and found.attribute.lower() == key.lower():
        return found.value if isinstance(found.value, str) else None
    return None


def listed(resources: Iterable[dict[str, Any]], wish: Wish, kind: Kind | None = None) -> Response[bytes]:
    """A page of those resources that fit, in the order that is wanted."""
    fitting = [each for each in resources if wish.filter is None or wish.filter.fits(each)]
    if kind is not None and wish.sort_by:
        fitting = in_order(kind, fitting, wish.sort_by, backwards=wish.is_backwards)
    shown = fitting[wish.start - 1 : wish.start - 1 + wish.count]
    return said(
        {
            "schemas": [f"{MESSAGES}:ListResponse"],
            "totalResults": len(fitting),
            "startIndex": wish.start,
            "itemsPerPage": len(shown),
            "Resources": [narrowed(each, wish) for each in shown],
        }
    )


def narrowed(resource: dict[str, Any], wish: Wish) -> dict[str, Any]:
    """A resource with the attributes that are wanted; what every one has is always there."""
    always = {"schemas", "id"}
    if wish.only:
        return {name: each for name, each in resource.items() if name in always or name.lower() in wish.only}
    return {name: each for name, each in resource.items() if name in always or name.lower() not in wish.without}


def common(row: Row, kind: Kind, base: str) -> dict[str, Any]:
    """What every resource says of itself."""
    return {
        "schemas": [kind.schema],
        "id": str(row.id),
        **row.document,
        "meta": {
            "resourceType": kind.name,
            "created": row.created_at.isoformat().replace("+00:00", "Z"),
            "lastModified": row.changed_at.isoformat().replace("+00:00", "Z"),
            "location": f"{base}{kind.endpoint}/{row.id}",
            "version": tag_of(row),
        },
    }


def tag_of(row: Row) -> str:
    """The version of a resource as an ETag."""
    return f'W/"{row.version}"'


def check_version(wanted: str | None, row: Row) -> None:
    """Refuse to change what the directory knows otherwise (RFC 7644 §3.14)."""
    if wanted is not None and wanted.strip() != "*" and tag_of(row) not in [each.strip() for each in wanted.split(",")]:
        raise ScimStale


def one(request: AnyRequest, resource: dict[str, Any], wish: Wish, *, status: int = 200) -> Response[bytes]:
    """One resource, or word that it is as the directory knows it."""
    tag = resource["meta"]["version"]
    headers = {"etag": tag}
    if status == 200 and tag in [each.strip() for each in request.headers.get("if-none-match", "").split(",")]:
        return Response(b"", status_code=304, headers=headers)
    if status == 201:
        headers["location"] = resource["meta"]["location"]
    return said(narrowed(resource, wish), status=status, headers=headers)


def said(what: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """An answer as directories read it."""
    return Response(msgspec.json.encode(what), status_code=status, media_type=MEDIA, headers=headers or {})


def problem(request: AnyRequest, trouble: Exception) -> Response[bytes]:
    """Why something was declined, as directories read it (RFC 7644 §3.12)."""
    document, refusal = problem_of(request, trouble)
    status = int(document["status"])
    return said(document, status=status, headers=_told_headers(refusal, status))


def problem_of(request: AnyRequest, trouble: Exception) -> tuple[dict[str, Any], Refusal]:
    """What is said of something that was declined, and the refusal that it is."""
    realm = realm_of(request)
    refusal, status = translate(trouble, realm)
    document: dict[str, Any] = {
        "schemas": [f"{MESSAGES}:Error"],
        "status": str(status),
        "detail": say_refusal(refusal, realm.language),
    }
    usual = "mutability" if isinstance(refusal, Conflict) and status == CONFLICT else None
    if (kind := getattr(refusal, "scim_type", usual)) is not None:
        document["scimType"] = kind
    if isinstance(refusal, ScimInvalid) and refusal.fields:
        named = ", ".join(f"{name}: {say(text, realm.language)}" for name, text in refusal.fields.items())
        document["detail"] = named
    return document, refusal


def _told_headers(refusal: Refusal, status: int) -> dict[str, str]:
    headers = {"www-authenticate": "Bearer"} if status == UNAUTHORISED else {}
    return headers | ({"retry-after": str(refusal.retry_after)} if refusal.retry_after is not None else {})


def in_directory(directory: Directory) -> Any:
    """A transaction in which the directory changes something: who leaves is let out of a suspended label, too."""
    return tenant_work(directory.tenant, even={TenantState.SUSPENDED})


def _number(value: Any, usual: int) -> int:
    if value is None:
        return usual
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise ScimInvalid(scim_type="invalidValue")


def _names(value: Any) -> frozenset[str]:
    """Attributes by name; a part stands for the whole, which it is answered in."""
    found = value.split(",") if isinstance(value, str) else value or []
    if not isinstance(found, list) or len(found) > 100 or not all(isinstance(each, str) for each in found):
        raise ScimInvalid(scim_type="invalidValue")
    return frozenset(split_name(each.strip())[0].lower() for each in found if each.strip())


Change = Callable[[dict[str, Any]], dict[str, Any]]
