"""Filters (RFC 7644 §3.4.2.2): read once, with bounds, and asked of documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from app.sso.errors import ScimInvalid
from app.sso.rules.scim.attributes import CORE

LONGEST: Final = 2_000
DEEPEST: Final = 20
_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()\[\]])|(?P<word>[^\s()\[\]"]+))')
_NAME = re.compile(r"[A-Za-z$][\w$-]*(\.[A-Za-z$][\w$-]*)?")
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "co": lambda a, b: b in a,
    "sw": lambda a, b: a.startswith(b),
    "ew": lambda a, b: a.endswith(b),
}

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One question: of an attribute (and its part), by an operator, with a value."""

    attribute: str
    part: str
    operator: str
    value: Any = None

    def fits(self, document: Document) -> bool:
        """Whether any value of the attribute fits; "ne" asks that none is equal."""
        found = _values(document, self.attribute, self.part)
        if self.operator == "pr":
            return bool(found)
        if self.operator == "ne":
            return not any(_compare("eq", each, self.value) for each in found)
        return any(_compare(self.operator, each, self.value) for each in found)


@dataclass(frozen=True, slots=True)
class Both:
    """Two questions of which both, or either, must be answered with yes."""

    left: Filter
    right: Filter
    is_either: bool = False

    def fits(self, document: Document) -> bool:
        """Whether they fit."""
        if self.is_either:
            return self.left.fits(document) or self.right.fits(document)
        return self.left.fits(document) and self.right.fits(document)


@dataclass(frozen=True, slots=True)
class Not:
    """A question to be answered with no."""

    inner: Filter

    def fits(self, document: Document) -> bool:
        """Whether it does not fit."""
        return not self.inner.fits(document)


@dataclass(frozen=True, slots=True)
class Within:
    """A question about each value of a complex attribute."""

    attribute: str
    inner: Filter

    def fits(self, document: Document) -> bool:
        """Whether any value fits by itself."""
        held = get(document, self.attribute)
        values = held if isinstance(held, list) else [held]
        return any(self.inner.fits(each) for each in values if isinstance(each, dict))


Filter = Comparison | Both | Not | Within


def parse(text: str) -> Filter:
    """Read a filter, or refuse it."""
    if not 0 < len(text) <= LONGEST:
        raise ScimInvalid(scim_type="invalidFilter")
    reader = _Reader(_tokens(text))
    found = reader.either(0)
    if reader.left:
        raise ScimInvalid(scim_type="invalidFilter")
    return found


def split_name(text: str) -> tuple[str, str]:
    """An attribute's name and its part's, whatever schema stands before them."""
    bare = text
    if text.lower().startswith(CORE.lower()):
        bare = text.rpartition(":")[2]
    elif ":" in text:
        raise ScimInvalid(scim_type="invalidPath")
    if not _NAME.fullmatch(bare):
        raise ScimInvalid(scim_type="invalidPath")
    name, _, part = bare.partition(".")
    return name, part


def _tokens(text: str) -> list[str]:
    """Words, marks and quoted texts; a colon's schema name holds dots, which no token ends at."""
    found, place = [], 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            raise ScimInvalid(scim_type="invalidFilter")
        found.append(match["text"] or match["mark"] or match["word"])
        place = match.end()
    return found


class _Reader:
    """Goes through tokens by the grammar: "or" binds least, then "and", then "not"."""

    def __init__(self, tokens: list[str]) -> None:
        self.left = tokens

    def either(self, depth: int) -> Filter:
        found = self._both(depth)
        while self._takes("or"):
            found = Both(found, self._both(depth), is_either=True)
        return found

    def _both(self, depth: int) -> Filter:
        found = self._one(depth)
        while self._takes("and"):
            found = Both(found, self._one(depth))
        return found

    def _one(self, depth: int) -> Filter:
        if depth > DEEPEST:
            raise ScimInvalid(scim_type="invalidFilter")
        if self._takes("not"):
            self._must("(")
            return Not(self._closed(depth, ")"))
        if self._takes("("):
            return self._closed(depth, ")")
        name, part = split_name(self._next())
        if not part and self._takes("["):
            return Within(name, self._closed(depth, "]"))
        return self._comparison(name, part)

    def _closed(self, depth: int, mark: str) -> Filter:
        found = self.either(depth + 1)
        self._must(mark)
        return found

    def _comparison(self, name: str, part: str) -> Filter:
        operator = self._next().lower()
        if operator == "pr":
            return Comparison(name, part, "pr")
        if operator not in ("eq", "ne", *_ORDERS, *_TEXTS):
            raise ScimInvalid(scim_type="invalidFilter")
        try:
            value = msgspec.json.decode(self._next().encode())
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            raise ScimInvalid(scim_type="invalidFilter") from None
        return Comparison(name, part, operator, value)

    def _next(self) -> str:
        if not self.left:
            raise ScimInvalid(scim_type="invalidFilter")
        return self.left.pop(0)

    def _takes(self, token: str) -> bool:
        if self.left and self.left[0].lower() == token:
            self.left.pop(0)
            return True
        return False

    def _must(self, mark: str) -> None:
        if not self._takes(mark):
            raise ScimInvalid(scim_type="invalidFilter")


def get(document: Document, name: str) -> Any:
    """An attribute of a document, however its name is written."""
    return next((value for key, value in document.items() if key.lower() == name.lower()), None)


def _values(document: Document, attribute: str, part: str) -> list[Any]:
    """Every value that a question may be about; of a complex one its `value` where no part is named."""
    held = get(document, attribute)
    values = held if isinstance(held, list) else [] if held is None else [held]
    found = [get(each, part or "value") if isinstance(each, dict) else each for each in values]
    return [each for each in found if each is not None]


def _compare(operator: str, held: Any, value: Any) -> bool:
    """Compare as people do who filter: letters' case tells texts apart nowhere."""
    if isinstance(held, str) and isinstance(value, str):
        held, value = held.casefold(), value.casefold()
        if operator in _TEXTS:
            return _TEXTS[operator](held, value)
    if operator == "eq":
        return type(held) is type(value) and bool(held == value)
    if operator in _ORDERS and type(held) is type(value) and isinstance(held, str | int):
        return _ORDERS[operator](held, value)
    return False
