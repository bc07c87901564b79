"""Whether an answer is what the document says: the few words of JSON Schema that the document is written in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Schema = dict[str, Any]
_KINDS: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def misfits(document: Schema, schema: Schema, value: Any, at: str = "") -> Iterator[str]:
    """What of a value is not as its schema says, a sentence each; a field that nobody declared is one, too."""
    while "$ref" in schema:
        schema = followed(document, schema["$ref"])
    choices = schema.get("anyOf")
    if choices:
        if all(list(misfits(document, each, value, at)) for each in choices):
            yield f"{at or '/'} fits none of what it may be"
    else:
        yield from _plain(document, schema, value, at)


def _plain(document: Schema, schema: Schema, value: Any, at: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at or '/'} is none of the values it may be"
    kind = schema.get("type")
    if isinstance(kind, str) and not _KINDS[kind](value):
        yield f"{at or '/'} is no {kind}"
    elif isinstance(value, dict):
        yield from _object(document, schema, value, at)
    elif isinstance(value, list) and "items" in schema:
        for place, each in enumerate(value):
            yield from misfits(document, schema["items"], each, f"{at}/{place}")


def _object(document: Schema, schema: Schema, value: dict[str, Any], at: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    yield from (f"{at}/{name} is missing" for name in schema.get("required", []) if name not in value)
    others = schema.get("additionalProperties")
    for name, each in value.items():
        if name in properties:
            yield from misfits(document, properties[name], each, f"{at}/{name}")
        elif isinstance(others, dict):
            yield from misfits(document, others, each, f"{at}/{name}")
        elif properties:
            yield f"{at}/{name} is not declared"


def followed(document: Schema, reference: str) -> Schema:
    """What a reference leads to."""
    found = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found
