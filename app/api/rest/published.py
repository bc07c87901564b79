"""What a developer reads: the OpenAPI document, the reference made of it, and what each kind of problem means."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Call, Section
from app.api.rest.conventions.document import document
from app.api.rest.conventions.shapes import REF, example_of
from app.api.service.places import issuer_of
from app.kernel.errors import NotFound, Refusal
from app.kernel.tenant import Tenant
from app.kernel.web.pages import page, render
from app.kernel.web.realm import realm_of
from app.kernel.web.refusals import problem_type, status_of, title_of

SECTION = Section("About this interface", "The document of this interface, and this reference.")
HTML = "text/html"


def document_of(tenant: Tenant) -> dict[str, Any]:
    """The document of a label."""
    return document(title=f"{tenant.name} API", origin=issuer_of(tenant))


@SECTION.get("/openapi.json", scope=None, gives=dict[str, Any])
def read_openapi(call: Call, _session: Session) -> Answer:
    """Read the OpenAPI document. Version 3.1, made from what runs; no token is needed."""
    return Answer(document_of(call.tenant))


@SECTION.get("/reference", scope=None, media_type=HTML)
def read_reference(call: Call, _session: Session) -> Answer:
    """Read the reference. This page; no token is needed."""
    told = document_of(call.tenant)
    facts: dict[str, Any] = {"chapters": chapters(told), "about": told["info"]["description"].split("\n\n")}
    facts |= {"version": told["info"]["version"], "origin": call.realm.origin}
    facts |= {"structs": {name: _fields(schema) for name, schema in told["components"]["schemas"].items()}}
    facts |= {"told": told["components"]["schemas"]}
    return Answer(render("api/reference.html", call.realm, **facts).encode(), media_type=HTML)


def chapters(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The document by its chapters, with references followed one step."""
    found = [{**tag, "anchor": _anchor(tag["name"]), "operations": list[Any]()} for tag in told["tags"]]
    by_name = {chapter["name"]: chapter for chapter in found}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            chapter = by_name[operation["tags"][0]]
            chapter["operations"].append({"method": method.upper(), "path": path, **_shown(told, operation)})
    return [chapter for chapter in found if chapter["operations"]]


def _shown(told: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    scopes = [scope for needed in operation["security"] for scope in needed["oauth"]]
    answers = {status: _followed(told, answer) for status, answer in operation["responses"].items()}
    return operation | {
        "scopes": scopes,
        "parameters": [_parameter(told, each) for each in operation["parameters"]],
        "takes": _content(operation["requestBody"]["content"]) if "requestBody" in operation else None,
        "gives": [(status, answer["description"], _content(answer.get("content", {}))) for status, answer in
                  answers.items() if int(status) < HTTPStatus.MULTIPLE_CHOICES],
        "problems": [(status, answer["description"]) for status, answer in answers.items()
                     if int(status) >= HTTPStatus.BAD_REQUEST],
    }  # fmt: skip


def _content(content: dict[str, Any]) -> dict[str, Any] | None:
    for kind, said in content.items():
        reference = said["schema"].get("$ref", "")
        return {"type": kind, "name": reference.removeprefix(REF), "example": said.get("example")}
    return None


def _parameter(told: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    each = _followed(told, parameter)
    return each | {"kind": kind_of(each["schema"]), "choices": each["schema"].get("enum", ())}


def _followed(told: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in said:
        return said
    found: dict[str, Any] = told
    for step in said["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def _fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    needed = schema.get("required", [])
    return [
        {"name": name, "kind": kind_of(each), "refers": _refers(each), "needed": name in needed,
         "about": each.get("description", ""), "example": example_of(each, name)}
        for name, each in schema.get("properties", {}).items()
    ]  # fmt: skip


def kind_of(schema: dict[str, Any]) -> str:
    """What a value is, in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"].removeprefix(REF))
    if "anyOf" in schema:
        return " | ".join(kind_of(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"{kind_of(schema.get('items', {}))}[]"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map of {kind_of(schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _refers(schema: dict[str, Any]) -> str:
    """The struct that a value is made of, if it is one."""
    found = re.search(re.escape(REF) + r"(\w+)", str(schema))
    return found[1] if found else ""


def _anchor(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())


@cache
def _kinds() -> dict[str, type[Refusal]]:
    found: dict[str, type[Refusal]] = {}
    waiting = [Refusal]
    while waiting:
        kind = waiting.pop()
        found[problem_type(kind)] = kind
        waiting += kind.__subclasses__()
    return found


class ProblemUnknown(NotFound):
    """There is no problem of this name."""

    message = "There is no problem of this name."


@get("/problems/{name:str}", sync_to_thread=True)
def explain_problem(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
    """Say what a kind of problem means: the address is its type."""
    kind = _kinds().get(f"/problems/{name}")
    if kind is None:
        raise ProblemUnknown
    bare = kind.__new__(kind)
    said: dict[str, Any] = {"sentence": title_of(kind), "code": status_of(bare), "name": kind.__name__}
    return page("api/problem.html", realm_of(request), **said)
