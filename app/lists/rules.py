"""What can be asked of a list, from an address and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
