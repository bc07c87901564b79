"""Schemas of what is taken and given, made from the declarations, and an example of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, get_args

import msgspec

from app.api.rest.conventions.operations import Operation, operations
from app.api.rest.conventions.schemas import Patch, View

REF = "#/components/schemas/"
Schema = dict[str, Any]
_DEEPEST, _DEEP_ENOUGH = 6, 3
_NUMBERS = {"_micros": 12_500_000, "year": 2026, "_ms": 214_000}
_PLAIN = {
    "uuid": "01936f0e-7d2b-7c41-9a55-0c8f5ad8e1b2",
    "date-time": "2026-11-25T09:30:00Z",
    "date": "2026-11-25",
    "decimal": "12.50",
}
_SAID = {
    "currency": "EUR", "language": "en", "email": "ada@example.com", "country": "DE", "isrc": "DEA012600001",
    "upc": "4006381333931", "iswc": "T0345246801", "isni": "0000000121032683", "ipi": "00014107338",
    "catalog_number": "BH-001", "genre": "Electronic", "role": "Producer", "parental": "none",
}  # fmt: skip
"""Examples of text by what its field is called, where the type says no more."""


@cache
def schemas() -> dict[str, Schema]:
    """Every struct of the declarations by the name that it has in the document."""
    kinds = sorted({each for operation in operations() for each in _structs(operation)}, key=lambda each: each.__name__)
    for one, other in pairwise(kinds):
        if one.__name__ == other.__name__ and one is not other:
            raise ValueError(f"{one.__module__} and {other.__module__} both have a {one.__name__}; rename one")
    _, found = msgspec.json.schema_components(kinds, ref_template=REF + "{name}")
    if len({_bare(name) for name in found}) < len(found):
        twice = sorted(name for name in found if f"{name}View" in found)
        raise ValueError(f"what is answered and what is taken would both be called {', '.join(twice)}; rename one")
    sparse = {named(op.resource.view): op.resource.key for op in operations() if op.resource is not None}
    told = {_bare(name): _renamed(schema) for name, schema in _plain(found).items()}
    for name in sparse.keys() & told.keys():
        told[name]["required"] = [sparse[name]]  # what else is there depends on the fields that were asked for
    for kind in kinds:
        if issubclass(kind, Patch):
            told[named(kind)].pop("required", None) if not _needed(kind) else None
    return told


def _needed(kind: type[Any]) -> bool:
    return any(field.required for field in msgspec.structs.fields(kind))


def _structs(operation: Operation) -> Iterator[type[Any]]:
    for kind in (operation.takes, operation.gives):
        yield from _inside(kind)


def _inside(kind: Any) -> Iterator[type[Any]]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for inner in get_args(kind):
        yield from _inside(inner)


def named(kind: Any) -> str:
    """What a struct is called in the document."""
    return _bare(kind.__name__)


def _plain(found: Any) -> Any:
    """A schema as JSON has it, defaults with it."""
    return msgspec.json.decode(msgspec.json.encode(found))


def _bare(name: str) -> str:
    return name.removesuffix("View") if name != "View" else name


def _renamed(schema: Any) -> Any:
    """A schema with references by the names of the document, and without titles that only repeat them."""
    if isinstance(schema, list):
        return [_renamed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _renamed(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    if "enum" in found and all(isinstance(value, str) for value in found["enum"]):
        found.setdefault("type", "string")
    if "$ref" in found:
        found["$ref"] = REF + _bare(found["$ref"].removeprefix(REF))
    return found


def schema_of(kind: Any) -> Schema:
    """The schema of a type, by reference where it is a struct."""
    (found,), _ = msgspec.json.schema_components([kind], ref_template=REF + "{name}")
    renamed: Schema = _renamed(_plain(found))
    return renamed


def page_of(view: type[View]) -> Schema:
    """The schema of a page of a list."""
    marker = "What `after` begins the next page with; null on the last page."
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": schema_of(view)},
            "next": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": marker},
        },
        "required": ["items", "next"],
    }


def example_of(
    schema: Schema, name: str = "", *, needed_only: bool = False, components: Mapping[str, Schema] | None = None
) -> Any:
    """A value that fits a schema: the examples that it names, else one made up from what its field is called.

    `components` are the schemas of a document that was read; else those that are declared here.
    """
    return _example(schema, name, 0, _Ask(needed_only, schemas() if components is None else components))


class _Ask(NamedTuple):
    """Whether only what is needed is made up, and the schemas that references name."""

    needed_only: bool
    components: Mapping[str, Schema]


def _example(schema: Schema, name: str, deep: int, ask: _Ask) -> Any:
    for key in ("examples", "enum"):
        if key in schema:
            return schema[key][0]
    if "$ref" in schema:
        return _example(ask.components[schema["$ref"].removeprefix(REF)], name, deep, ask)
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        if deep >= _DEEP_ENOUGH and {"type": "null"} in schema["anyOf"]:
            return None
        return _example(schema["anyOf"][0], name, deep, ask)
    made = _MADE.get(schema.get("type", "object"), _object)
    return made(schema, name, deep, ask)


def _object(schema: Schema, name: str, deep: int, ask: _Ask) -> Any:
    if "properties" not in schema:
        inner = schema.get("additionalProperties")
        key = _example({"type": "string"} | schema["propertyNames"], "", 0, ask) if "propertyNames" in schema else "en"
        return {key: _example(inner, name, deep + 1, ask)} if isinstance(inner, dict) and deep < _DEEPEST else {}
    wanted = schema.get("required", []) if ask.needed_only else schema["properties"]
    return {key: _example(schema["properties"][key], key, deep + 1, ask) for key in wanted if deep < _DEEPEST}


def _array(schema: Schema, name: str, deep: int, ask: _Ask) -> Any:
    if deep >= _DEEPEST or "items" not in schema:
        return []
    one = _example(schema["items"], name.removesuffix("s"), deep + 1, ask)
    return [one] * max(1, schema.get("minItems", 1))


def _string(schema: Schema, name: str, _deep: int, _ask: _Ask) -> str:
    if schema.get("format") in _PLAIN:
        return _PLAIN[schema["format"]]
    known = next((text for ending, text in _SAID.items() if name == ending or name.endswith(f"_{ending}")), None)
    return known or " ".join(re.split(r"[_-]", name)).strip().capitalize() or "Text"


def _number(schema: Schema, name: str, _deep: int, _ask: _Ask) -> int:
    known = next((number for ending, number in _NUMBERS.items() if name.endswith(ending)), None)
    if known is not None:
        return known
    return int(max(schema.get("minimum", 1), min(1, schema.get("maximum", 1))))


_MADE: dict[str, Any] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _number,
    "number": _number,
    "boolean": lambda *_: True,
    "null": lambda *_: None,
}
