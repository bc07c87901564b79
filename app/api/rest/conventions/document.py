"""The OpenAPI 3.1 document of a label's API, made from the declarations alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from app.api.rest.conventions import versions
from app.api.rest.conventions.operations import BASE, Operation, Section, sections
from app.api.rest.conventions.problems import PROBLEM, PROBLEMS
from app.api.rest.conventions.resources import Resource
from app.api.rest.conventions.shapes import Schema, example_of, page_of, schema_of, schemas
from app.api.rules.scopes import SCOPES
from app.kernel.web.paging import DEFAULT_LIMIT, MOST

ABOUT = """Everything that the label's portal can do, for programs.

Send an access token in `Authorization: Bearer …`; every operation names the scope it needs. Lists come in pages: send
what `next` said as `after`. `fields` chooses what is answered, `expand` shows related things in place. A POST with an
`Idempotency-Key` is done once, however often it is sent within 24 hours. A change sends the `ETag` it was decided on
as `If-Match`, and only what is to be otherwise. Whatever is declined is told as a problem (RFC 9457) whose `type` stays
the same. Money is counted in micros, millionths of the currency's unit; shares in parts per million."""
_PLACE = re.compile(r"{(\w+)}")


@cache
def _paths() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for section in sections:
        for operation in section.operations:
            found.setdefault(operation.address, {})[operation.method.lower()] = operation_told(section, operation)
    return found


def document(*, title: str, origin: str) -> dict[str, Any]:
    """The document of one label: `title` is what it calls its API, `origin` where it is reached."""
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": versions.CURRENT, "description": ABOUT},
        "servers": [{"url": origin}],
        "tags": [{"name": section.title, "description": section.about} for section in sections],
        "paths": _paths(),
        "components": {
            "schemas": {**schemas(), **_pages(), "Problem": PROBLEM},
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": {f"Problem{status}": _problem(status) for status in PROBLEMS},
            "securitySchemes": {"oauth": _oauth(origin)},
        },
    }


def _oauth(origin: str) -> Schema:
    scopes = {name: row.sentence for name, row in SCOPES.items()}
    token = f"{origin}/oauth/token"
    code = {"authorizationUrl": f"{origin}/oauth/authorize", "tokenUrl": token, "refreshUrl": token, "scopes": scopes}
    return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": token, "scopes": scopes},
                                        "authorizationCode": code}}  # fmt: skip


def _pages() -> dict[str, Schema]:
    listed = {op.gives for section in sections for op in section.operations if op.is_list}
    return {f"{view.__name__.removesuffix('View')}Page": page_of(view) for view in listed}


def operation_told(section: Section, operation: Operation) -> Schema:
    """One operation, as the document tells it."""
    told: Schema = {
        "operationId": operation.name,
        "tags": [section.title],
        "summary": operation.summary,
        **({"description": operation.about} if operation.about else {}),
        "security": [{"oauth": [operation.scope]}] if operation.scope else [],
        "parameters": list(_parameters(operation)),
        "responses": {str(operation.status): _answer(operation), **_problems(operation)},
    }
    if operation.method == "GET" and operation.handler is None and not operation.media_type.startswith("text/html"):
        told["responses"]["304"] = {"description": "It is as it was when this ETag was given."}
    if operation.takes is not None:
        told["requestBody"] = _body(operation)
    if operation.sunset:
        told["deprecated"] = True
    return told


def _parameters(operation: Operation) -> Iterator[Schema]:
    for name in _PLACE.findall(operation.path):
        schema: Schema = {"type": "string", "format": "uuid"} if name.endswith("_id") else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": schema, "example": example_of(schema, name)}
    if operation.resource is not None:
        yield from _shape(operation.resource)
        if operation.is_list:
            yield from _listing(operation.resource)
    yield from _besides(operation)


def _besides(operation: Operation) -> Iterator[Schema]:
    """What is understood besides what a resource offers."""
    for name, schema in operation.query.items():
        plain = {key: value for key, value in schema.items() if key != "description"}
        yield _query(name, plain, schema.get("description", ""))
    for name, schema in operation.headers.items():
        plain = {key: value for key, value in schema.items() if key != "description"}
        yield _query(name, plain, schema.get("description", ""), **{"in": "header", "required": True})
    if operation.method == "POST" and operation.handler is None:
        yield {"$ref": "#/components/parameters/IdempotencyKey"}
    if operation.matches:
        yield {"$ref": "#/components/parameters/IfMatch"}
    if operation.heeds:
        yield {"$ref": "#/components/parameters/IfMatchKnown"}
    if operation.method == "GET":
        yield {"$ref": "#/components/parameters/IfNoneMatch"}


def _shape(resource: Resource) -> Iterator[Schema]:
    fields = {"type": "array", "items": {"type": "string", "enum": list(resource.fields)}, "uniqueItems": True}
    yield _query("fields", fields, "Which fields are answered; the id always is.", explode=False)
    if resource.expansions:
        names = {"type": "array", "items": {"type": "string", "enum": list(resource.expansions)}, "uniqueItems": True}
        yield _query("expand", names, "What is shown in place of being named by its id alone.", explode=False)


def _listing(resource: Resource) -> Iterator[Schema]:
    yield {"$ref": "#/components/parameters/Limit"}
    yield {"$ref": "#/components/parameters/After"}
    orders = [spelled for name in resource.orders for spelled in (name, f"-{name}")]
    usual = {"type": "string", "enum": orders, "default": resource.usual_sort or resource.key}
    yield _query("sort", usual, "The order; with a minus the other way round.")
    for name, each in resource.filters.items():
        yield _query(name, each.schema, each.about)


def _query(name: str, schema: Schema, about: str, **more: Any) -> Schema:
    return {"name": name, "in": "query", **({"description": about} if about else {}), "schema": schema, **more}


def _body(operation: Operation) -> Schema:
    if operation.raw:
        return {"required": True, "content": {kind: {"schema": {}} for kind in operation.raw}}
    schema = schema_of(operation.takes)
    kind = "application/merge-patch+json" if operation.method == "PATCH" else "application/json"
    return {"required": True, "content": {kind: {"schema": schema, "example": example_of(schema)}}}


def _answer(operation: Operation) -> Schema:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _headers(operation)}
    if operation.gives is None and operation.media_type == "application/json":
        return {"description": "It is done.", "headers": headers}
    if operation.media_type != "application/json":
        return {"description": operation.summary, "headers": headers,
                "content": {operation.media_type.partition(";")[0]: {"schema": {}}}}  # fmt: skip
    schema = _given(operation)
    return {
        "description": operation.summary,
        "headers": headers,
        "content": {"application/json": {"schema": schema, "example": _example(operation, schema)}},
    }


def _given(operation: Operation) -> Schema:
    if operation.is_list:
        return {"$ref": f"#/components/schemas/{operation.gives.__name__.removesuffix('View')}Page"}
    return schema_of(operation.gives)


def _example(operation: Operation, schema: Schema) -> Any:
    """An example without what is only shown where it is asked for."""
    expanded = operation.resource.expansions if operation.resource is not None else {}
    one = example_of(schema_of(operation.gives) if operation.is_list else schema)
    if isinstance(one, dict):
        one = {name: value for name, value in one.items() if name not in expanded}
    return {"items": [one], "next": None} if operation.is_list else one


def _headers(operation: Operation) -> list[str]:
    found = ["RateLimit", "RateLimit-Policy", "API-Version"] if operation.scope else ["API-Version"]
    if operation.method == "GET" or (operation.resource is not None and operation.resource.version):
        found.append("ETag")
    return found + (["Link"] if operation.is_list else [])


def _problems(operation: Operation) -> dict[str, Schema]:
    statuses = {400, 429, 503} | ({401, 403, 404} if operation.scope else set())
    if "{" in operation.path:
        statuses.add(404)
    if operation.is_unsafe:
        statuses |= {409, 422}
    if operation.takes is not None:
        statuses |= {413, 415}
    statuses |= set(operation.also)
    if operation.matches:
        statuses |= {412, 428}
    if operation.heeds:
        statuses.add(412)
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}


def _problem(status: int) -> Schema:
    title, example = PROBLEMS[status]
    return {
        "description": title,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"},
                                                 "example": example}},
    }  # fmt: skip


PARAMETERS: dict[str, Schema] = {
    "Limit": _query(
        "limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}, "How many are on a page."
    ),
    "After": _query("after", {"type": "string"}, "The `next` of the page before."),
    "IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "description": "Sent again with the same key within 24 hours, the request is answered as before and done once.",
        "example": "7f0b6c9e-add-release-1",
    },
    "IfMatch": {
        "name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}, "example": '"5f2b6c0e"',
        "description": "The ETag of the state on which the change was decided; `*` for whatever is there.",
    },
    "IfMatchKnown": {
        "name": "If-Match", "in": "header", "schema": {"type": "string"}, "example": '"5f2b6c0e"',
        "description": "The ETag of the state on which the change was decided: 412 where it is otherwise by now.",
    },
    "IfNoneMatch": {
        "name": "If-None-Match", "in": "header", "schema": {"type": "string"},
        "description": "An ETag that is known already: 304 where nothing changed.",
    },
}  # fmt: skip
HEADERS: dict[str, Schema] = {
    name: {"description": about, "schema": {"type": "string"}, "example": example}
    for name, about, example in (
        ("RateLimit", "What is left for this program and for the label, and when it is whole again.",
         '"client";r=5999;t=42, "label";r=11999;t=42'),
        ("RateLimit-Policy", "How many requests are allowed in which window, in seconds.",
         '"client";q=6000;w=60, "label";q=12000;w=60'),
        ("API-Version", "The version of the interface that answered.", versions.CURRENT),
        ("ETag", "What names this state: for If-Match and If-None-Match.", '"5f2b6c0e"'),
        ("Link", "Where the next page is.", f'<{BASE}/releases?after=…>; rel="next"'),
    )
}  # fmt: skip
