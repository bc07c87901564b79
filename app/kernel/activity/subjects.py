"""What activity is about: slices tell here which of their rows a subject names, who sees them, and where they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement

Seen = Callable[[Any], ColumnElement[bool]]
"""The rows that a visitor sees."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of row: its key, who sees it, where it is shown (its key in place of {}), and what it is called.

    `narrowed` is where somebody is led instead who sees a part of the label alone.
    """

    key: Any
    seen: Seen
    href: str
    name: Any | None = None
    narrowed: str | None = None


subjects: Final[dict[str, Subject]] = {}


def is_about(
    kind: str, key: Any, seen: Seen, *, href: str, name: Any | None = None, narrowed: str | None = None
) -> None:
    """Tell which rows activity of a `subject_type` is about."""
    subjects[kind] = Subject(key, seen, href, name, narrowed)
