"""A program's connection whose every answer is held against what its operation declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from litestar.testing import TestClient

from app.api.models import ApiClient
from app.api.rest.conventions import BASE, Operation, View, operations
from app.api.service import issuing, keys
from app.api.service.callers import resource_of
from app.identity.models import Member
from app.kernel import clock
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from tests.factories.api import EVERYTHING, a_client, api_of
from tests.storefront.placing import statements_of


class Held:
    """Asks as a program does; an answer with a field that is not declared, or of another kind, fails the test."""

    def __init__(self, client: TestClient[Any]) -> None:
        self.client = client

    def __call__(self, method: str, path: str, said: Any = None, **headers: str) -> Any:
        """The decoded answer of a request that succeeds."""
        response = self.raw(method, path, said, **headers)
        assert response.status_code < 300, response.text
        return response.json() if response.headers.get("content-type", "").endswith("json") else response.content

    def raw(self, method: str, path: str, said: Any = None, **headers: str) -> Any:
        """Any answer; one that says what it should is looked at field by field."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if said is not None:
            sent["content-type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        content = None if said is None else msgspec.json.encode(said)
        response = self.client.request(method, BASE + path, content=content, headers=sent)
        if response.status_code < 300 and response.content:
            _fits(_operation(method, path), response)
        return response

    def refused(self, method: str, path: str, status: int, said: Any = None, **headers: str) -> Any:
        """The problem document of a request that is declined."""
        response = self.raw(method, path, said, **headers)
        assert response.status_code == status, (response.status_code, response.text)
        assert response.headers["content-type"].startswith("application/problem+json")
        return response.json()

    def changes(self, path: str, said: Any) -> Any:
        """A row after a change of what was just read."""
        tag = self.raw("GET", path).headers["etag"]
        return self("PATCH", path, said, if_match=tag)


def held(
    client_of: Callable[[str], TestClient[Any]],
    label: Tenant,
    scopes: Iterable[str] | str = EVERYTHING,
    **wish: Any,
) -> Held:
    """A program's connection to a label; `imprints` and `artists` narrow it to these keys."""
    return Held(api_of(client_of, label, scopes=scopes, **wish))


def lent(
    client_of: Callable[[str], TestClient[Any]],
    label: Tenant,
    member: Member,
    scopes: str,
    *,
    signed_in: datetime | None = None,
) -> Held:
    """A program to which a member lent these scopes, having signed in just now or at a moment of old."""
    program = a_client(
        label, scopes=scopes, grant_types=("authorization_code",), redirect_uris=("https://there.test/back",)
    )
    keys.signer_of(label)
    with tenant_work(label) as session:
        row = session.get_one(ApiClient, program.client_id)
        at = int((signed_in or clock.now()).astimezone(UTC).timestamp())
        token = issuing.access_token(
            label, row, sub=member.id, scopes=frozenset(scopes.split()), resource=resource_of(label), auth_time=at
        )
    client = client_of(f"{label.slug}.localhost")
    client.headers.pop("origin", None)
    client.headers["accept"] = "application/json"
    client.headers["authorization"] = f"Bearer {token}"
    return Held(client)


def fewest(api: Held, path: str) -> int:
    """How many statements a page takes; where news of the label come in between, the token is read anew, so thrice."""
    return min(statements_of(lambda: api("GET", path)) for _ in range(3))


def _operation(method: str, path: str) -> Operation:
    place = path.partition("?")[0]
    fitting = [each for each in operations() if each.method == method and _pattern(each.path).fullmatch(place)]
    return min(fitting, key=lambda each: each.path.count("{"))


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(path)))


def _fits(operation: Operation, response: Any) -> None:
    assert response.headers["content-type"].startswith(operation.media_type), operation.name
    if operation.gives is None or operation.media_type != "application/json":
        return None
    body = response.json()
    if operation.resource is None or operation.gives is not operation.resource.view:
        return _no_more(msgspec.convert(body, operation.gives, strict=True), body, operation.name)
    kinds = {field.name: field.type for field in msgspec.structs.fields(operation.gives)}
    for row in body["items"] if operation.is_list else [body]:  # which fields there are depends on what was asked for
        assert row.keys() <= kinds.keys(), (operation.name, row.keys() - kinds.keys())
        for name, value in row.items():
            _no_more(msgspec.convert(value, kinds[name], strict=True), value, f"{operation.name}.{name}")
    return None


def _no_more(view: Any, row: Any, where: str) -> None:
    """Fail where a row says what its view does not declare."""
    if isinstance(view, View):
        assert row.keys() <= set(view.__struct_fields__), (where, row.keys() - set(view.__struct_fields__))
        for name in row:
            _no_more(getattr(view, name), row[name], f"{where}.{name}")
    elif isinstance(view, list):
        for each, told in zip(view, row, strict=True):
            _no_more(each, told, where)
