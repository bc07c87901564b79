"""What changed between two versions: word by word in the text, field by field in the terms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

import msgspec

from app.contracts.rules.terms import Terms

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(NamedTuple):
    """Some words: they stayed, came or went."""

    change: Literal["same", "ins", "del"]
    text: str


class Change(NamedTuple):
    """One field of the terms, and what it was and is; empty where it was not there."""

    field: str
    before: str
    after: str


def words(before: str, after: str) -> list[Piece]:
    """The text as it is, with what went and what came marked word by word."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return _joined(
        piece
        for change, ours, theirs in _steps(old, new)
        for piece in (
            _pieces(_WORDS.findall("".join(ours)), _WORDS.findall("".join(theirs)))
            if change == "replace"
            else _whole(change, "".join(ours), "".join(theirs))
        )
    )


def fields(before: Terms, after: Terms) -> list[Change]:
    """The fields of the terms that differ, by their paths."""
    old, new = flat(msgspec.to_builtins(before)), flat(msgspec.to_builtins(after))
    names = [*old, *(name for name in new if name not in old)]
    return [
        Change(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name, "") != new.get(name, "")
    ]


def _steps(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    for change, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield change, old[a:b], new[c:d]


def _pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for change, ours, theirs in _steps(old, new):
        yield from _whole(change, "".join(ours), "".join(theirs))


def _whole(change: str, ours: str, theirs: str) -> Iterator[Piece]:
    if change == "equal":
        yield Piece("same", ours)
        return
    if ours:
        yield Piece("del", ours)
    if theirs:
        yield Piece("ins", theirs)


def _joined(pieces: Iterator[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        if found and found[-1].change == piece.change:
            found[-1] = Piece(piece.change, found[-1].text + piece.text)
        else:
            found.append(piece)
    return found


def flat(value: Any, path: str = "") -> dict[str, str]:
    """Every value of a structure by its path; entries of a list are called by their own names."""
    if isinstance(value, dict):
        parts = [(f"{path}.{name}" if path else str(name), each) for name, each in value.items()]
    elif isinstance(value, list | tuple) and any(isinstance(each, dict | list | tuple) for each in value):
        parts = [(f"{path}.{_name(each, place)}", each) for place, each in enumerate(value, 1)]
    else:
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        return {path: shown}
    return {name: shown for part, each in parts for name, shown in flat(each, part).items()}


def _name(value: Any, place: int) -> str:
    """What an entry of a list is called: by its own name where it has one."""
    return str(value.get("id") or value.get("payee") or place) if isinstance(value, dict) else str(place)
