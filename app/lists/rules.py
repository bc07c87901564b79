"""What can be asked of a list, from an address and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import parse_qsl, urlencode

from app.lists.errors import FilterUnusable

LONGEST_QUERY = 1_000
LONGEST_TEXT = 100
ANY_TEXT: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: where it stands, by what it is filtered (a part with its values, or any text), and how it is sorted.

    A sort with a minus is the other way round; the first one is the list's own.
    """

    name: str
    address: str
    parts: Mapping[str, frozenset[str]]
    sorts: tuple[str, ...]

    def asked(self, query: str) -> Asked:
        """Read what is wanted from an address; anything that is not ours is refused, never ignored."""
        found = {name: values[0].strip() for name, values in asked_of(query).items() if name not in ("after", "as")}
        sort = found.pop("sort", self.sorts[0])
        if sort.lstrip("-") not in {known.lstrip("-") for known in self.sorts}:
            raise FilterUnusable
        for name, value in found.items():
            if name not in self.parts or len(value) > LONGEST_TEXT:
                raise FilterUnusable
            if self.parts[name] and value not in self.parts[name]:
                raise FilterUnusable
        return Asked(self, sort, {name: value for name, value in found.items() if value})


@dataclass(frozen=True, slots=True)
class Asked:
    """A list as somebody wants it."""

    listing: Listing
    sort: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """What is wanted, as it stands in an address; nothing for the list as it is."""
        sort = {} if self.sort == self.listing.sorts[0] else {"sort": self.sort}
        return urlencode({**{name: self.values[name] for name in self.listing.parts if name in self.values}, **sort})

    def get(self, part: str) -> str:
        """What is wanted of one part; empty where nothing is."""
        return self.values.get(part, "")

    def without(self, part: str) -> str:
        """The address of the same without one of its parts."""
        return replace(self, values={name: value for name, value in self.values.items() if name != part}).query


def asked_of(query: str) -> dict[str, list[str]]:
    """The parts of an address's query, empty ones left out."""
    if len(query) > LONGEST_QUERY:
        raise FilterUnusable
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(query, max_num_fields=50)
    except ValueError:
        raise FilterUnusable from None
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


WIDTH, HEIGHT, LEAST = 96, 32, 1.5
"""A picture beside a number, in its units: what is least of all is still seen."""

MOST_COLUMNS = 12
"""So many are told apart as columns; more are a line."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that matters: its name and a word about it (msgids), its value, in micros where it is an amount.

    `note` is shown as it is, `said` leads to `next_href`; `days` are of what it is, or when; `before` is the same a
    stretch ago, and `course` how it came about, the oldest first.
    """

    title: str
    value: int
    href: str
    currency: str = ""
    note: str = ""
    said: str = ""
    next_href: str = ""
    days: tuple[date, ...] = ()
    before: int | None = None
    course: tuple[int, ...] = ()

    @property
    def change(self) -> float | None:
        """By which part it grew, where there was something before."""
        return (self.value - self.before) / abs(self.before) if self.before else None

    @property
    def columns(self) -> list[tuple[float, float, float, float]]:
        """The course as columns of a picture of 96 × 32: (x, y, width, height); none where they would be too many."""
        if not 1 < len(self.course) <= MOST_COLUMNS:
            return []
        step = WIDTH / max(len(self.course), 4)
        first = WIDTH - len(self.course) * step
        heights = [max(LEAST, HEIGHT * value / self._most) for value in self.course]
        boxes = ((first + (place + 0.15) * step, HEIGHT - tall, step * 0.7, tall) for place, tall in enumerate(heights))
        return [(round(x, 1), round(y, 1), round(width, 1), round(height, 1)) for x, y, width, height in boxes]

    @property
    def line(self) -> str:
        """The course as points of a line in the same picture, where columns would be too many."""
        if len(self.course) <= MOST_COLUMNS:
            return ""
        step = WIDTH / (len(self.course) - 1)
        points = (
            (place * step, HEIGHT - LEAST - (HEIGHT - 2 * LEAST) * max(0, value) / self._most)
            for place, value in enumerate(self.course)
        )
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)

    @property
    def _most(self) -> int:
        return max(1, *self.course)
