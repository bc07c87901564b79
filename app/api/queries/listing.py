"""One list that programs take along as a file: which columns, in which order, and which rows whoever asks may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, true, tuple_
from sqlalchemy.orm import Session

from app.identity.errors import OutOfScope
from app.identity.policies import Visitor, require_somewhere
from app.identity.rules.permissions import Permission

Form = Literal["text", "int", "flag", "moment", "day", "list", "exact"]
"""What a column holds; what is `exact` is a decimal of any length, as text."""


@dataclass(frozen=True)
class Listing:
    """One list: `keys` put its rows in an order without ties, in which it goes on after any of them."""

    permission: Permission
    model: Any
    keys: tuple[Any, ...]
    columns: Mapping[str, tuple[Any, Form]]
    join: Callable[[Select[Any]], Select[Any]] = lambda query: query
    visible: Callable[[Visitor], ColumnElement[bool]] | None = None
    since: Any = None
    of: Mapping[str, Any] = field(default_factory=dict)
    """Ids by which it can be narrowed: a column, or several, of which one has it."""

    more: Mapping[str, Form] = field(default_factory=dict)
    read_more: Callable[[Session, Sequence[UUID]], Mapping[UUID, tuple[Any, ...]]] | None = None
    """Columns behind the others that no query says, and how they are read of many rows at once, by their only key."""

    @property
    def forms(self) -> dict[str, Form]:
        """What each column holds, in their order."""
        return {name: form for name, (_, form) in self.columns.items()} | dict(self.more)

    @property
    def is_by_id(self) -> bool:
        """Whether its rows have an id by which single ones can be chosen."""
        return len(self.keys) == 1 and self.keys[0].type.python_type is UUID

    def takes(self, name: str) -> bool:
        """Whether it can be narrowed by this."""
        return name in self.of or (name == "since" and self.since is not None) or (name == "ids" and self.is_by_id)

    def require(self, visitor: Visitor) -> None:
        """Refuse who may not see any of it; what is no list of parts is of the whole label."""
        require_somewhere(visitor, self.permission)
        if self.visible is None and not visitor.scope.is_whole:
            raise OutOfScope

    def page(self, visitor: Visitor, filters: Mapping[str, Any], after: list[Any] | None, limit: int) -> Select[Any]:
        """The rows after a place: their columns, and their keys behind them."""
        shown = [expression.label(name) for name, (expression, _) in self.columns.items()]
        query: Select[Any] = select(*shown, *(key.label(f"_key{n}") for n, key in enumerate(self.keys)))
        query = self.join(query.select_from(self.model))
        query = query.where(self.visible(visitor) if self.visible else true())
        for name, value in filters.items():
            query = query.where(self._has(name, value))
        if after is not None:
            query = query.where(tuple_(*self.keys) > tuple_(*after))
        return query.order_by(*self.keys).limit(limit)

    def rows(self, session: Session, query: Select[Any]) -> list[tuple[Any, ...]]:
        """The rows of a page with every column, and their keys behind them."""
        found = [tuple(row) for row in session.execute(query)]
        if self.read_more is None:
            return found
        width = len(self.columns)
        told = self.read_more(session, [row[width] for row in found])
        return [row[:width] + told[row[width]] + row[width:] for row in found]

    def _has(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "since":
            return self.since >= value  # type: ignore[no-any-return]  # a column
        if name == "ids":
            return self.keys[0].in_(value)  # type: ignore[no-any-return]  # a column
        column = self.of[name]
        return or_(*(each == value for each in column)) if isinstance(column, tuple) else column == value


def own(model: Any, **forms: Form) -> dict[str, tuple[Any, Form]]:
    """Columns of a model under their own names."""
    return {name: (getattr(model, name), form) for name, form in forms.items()}
