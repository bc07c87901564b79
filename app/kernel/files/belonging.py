"""To what files belong: slices tell here which of their rows hold files, and who sees those rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, any_
from sqlalchemy.orm import InstrumentedAttribute

Seen = Callable[[Any], ColumnElement[bool]]
"""The rows that a visitor sees."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """A column that holds files; `is_kept` says that they are seen with its rows alone, `seen` by whom."""

    column: InstrumentedAttribute[Any]
    seen: Seen | None
    is_kept: bool

    @property
    def is_many(self) -> bool:
        """Whether a row holds several; the database knows of none of them that a row refers to it."""
        return isinstance(self.column.type, ARRAY)

    def holds(self, file: Any) -> ColumnElement[bool]:
        """Whether a row holds this file; a column of many holds each of them."""
        found: ColumnElement[bool] = any_(self.column) == file if self.is_many else self.column == file
        return found


belongings: Final[list[Belonging]] = []


def belongs(column: Any, seen: Seen | None = None, *, is_kept: bool = True) -> None:
    """Tell that a column holds files, and which of its rows open them; without any, another door does."""
    belongings.append(Belonging(column, seen, is_kept))
