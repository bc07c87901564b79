"""Lists that are turned page by page, as far as there is something and no further."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from app.kernel.errors import NotFound

PER_PAGE: Final = 24
_LONGEST_NUMBER = 6


@dataclass(frozen=True, slots=True)
class Turned:
    """Which page of a list, of how many, and where the next ones are."""

    number: int
    last: int
    count: int
    path: str
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def before(self) -> str:
        """The page before; the first one has no number."""
        return self._at(self.number - 1)

    @property
    def after(self) -> str:
        """The page after."""
        return self._at(self.number + 1)

    @property
    def offset(self) -> int:
        """How many rows come before it."""
        return (self.number - 1) * PER_PAGE

    def _at(self, number: int) -> str:
        query = [*self.kept, *([("page", str(number))] if number > 1 else [])]
        return f"{self.path}?{urlencode(query)}" if query else self.path


def turned(text: str | None, count: int, path: str, kept: dict[str, str] | None = None) -> Turned:
    """The page that is asked for; there is none beyond the last, and the first has one address only."""
    last = max(1, -(-count // PER_PAGE))
    if text is None:
        number = 1
    elif not text.isascii() or not text.isdigit() or len(text) > _LONGEST_NUMBER or not 2 <= int(text) <= last:
        raise NotFound
    else:
        number = int(text)
    return Turned(number, last, count, path, tuple((name, value) for name, value in (kept or {}).items() if value))
