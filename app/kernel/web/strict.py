"""JSON from outside, taken at its word or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from litestar import Request

from app.kernel.errors import Invalid, Refusal
from app.kernel.web.refusals import Malformed, TooLarge, WrongContentType

SENTENCES = {
    "value": "This value cannot be used here.",
    "unknown field": "There is no such field here.",
    "required field": "This is needed.",
}
_FIELD = re.compile(r"(?:unknown|required) field `([^`]*)`")

DEEPEST = 64
LARGEST = 1_000_000

_NO_TEXT = re.compile("[\ud800-\udfff\x00]")
_BEYOND = 2**63
_T = TypeVar("_T")


class Strict(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The base of everything that comes in: an unknown field is refused, so nobody sets what was not offered."""


class QueryUnusable(Malformed):
    """The address carries a question that is not understood here."""

    message = "“%(name)s” cannot be asked for here in this way."


def decode(
    body: bytes, content_type: str | None, kind: type[_T], *, media_types: tuple[str, ...] = ("application/json",)
) -> _T:
    """Read a JSON body as `kind`: exact types, no unknown or repeated fields, no NaN, bounded depth and size."""
    if (content_type or "").partition(";")[0].strip().lower() not in media_types:
        raise WrongContentType
    _check_shape(body)
    try:
        return msgspec.json.decode(body, type=kind, strict=True)
    except msgspec.ValidationError as problem:
        raise _as_invalid(problem) from None
    except (msgspec.DecodeError, RecursionError):
        raise Malformed from None


def query(request: Request[Any, Any, Any], *known: str) -> dict[str, str]:
    """The query's values by name; a name that is not known here, comes twice or holds no text is refused."""
    values: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known or name in values or _NO_TEXT.search(value):
            raise QueryUnusable(name=name[:40])
        values[name] = value
    return values


def _check_shape(body: bytes) -> None:
    if len(body) > LARGEST:
        raise TooLarge
    try:
        document = json.loads(body, object_pairs_hook=_no_repeats, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise Malformed from None
    level = [document]
    for _ in range(DEEPEST + 1):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return
    raise Malformed


def _inside(value: object) -> Iterable[Any]:
    """What a value holds; text that is no text and numbers beyond a database's are refused."""
    if isinstance(value, str) and _NO_TEXT.search(value):
        raise Malformed
    if isinstance(value, int) and not -_BEYOND <= value < _BEYOND:
        raise Malformed
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _no_repeats(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for name, value in pairs:
        if name in seen or _NO_TEXT.search(name):
            raise ValueError("a repeated field, or a name that is no text")
        seen[name] = value
    return seen


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _as_invalid(problem: msgspec.ValidationError) -> Refusal:
    """Name the field that cannot be used; what the reader sent is never repeated."""
    what, _, where = str(problem).partition(" - at `$")
    inside = _FIELD.search(what)
    name = (where.rstrip("`") + (f".{inside[1]}" if inside else "")).lstrip(".")
    return Invalid(fields={name[:200]: _sentence_about(what)}) if name else Malformed()


def _sentence_about(what: str) -> str:
    kind = next((kind for kind in ("unknown field", "required field") if kind in what), "value")
    return SENTENCES[kind]
