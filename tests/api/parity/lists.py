"""What each list of the portal can be asked for, beside what the same list of `/api/v1` can.

Lists of the portal say themselves by what they are filtered and sorted (`app.lists.rules.Listing`), lists of the API too
(`Resource`): only what is called otherwise there stands here. A filter that a program asks for with several, or with values
of its own, names them all; what stands for a sort or filter that a program has no use for is a sentence with spaces.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.api.rest.conventions.resources import Resource
from app.lists.rules import Listing

SCREEN = "Only the screen has it: a program reads"


@dataclass(frozen=True, slots=True)
class Same:
    """The API's list that is the same, and what parts and sorts are called there."""

    resource: str
    parts: Mapping[str, str] = field(default_factory=dict)
    sorts: Mapping[str, str] = field(default_factory=dict)


LISTS: Mapping[str, Same] = {
    "artists": Same(
        "artists",
        parts={
            "tasks": f"{SCREEN} list_releases by readiness, and list_obligations.",
            "next": f"{SCREEN} list_releases by artist_id and released_from.",
        },
        sorts=dict.fromkeys(
            ("manager", "next", "tasks", "streams", "balance", "contract"),
            f"{SCREEN} the column where it comes from and sorts a roster itself.",
        ),
    ),
    "releases": Same(
        "releases",
        parts={"imprint": "imprint_id", "year": "released_from released_to", "problems": "has_problems"},
        sorts={"date": "release_date", "artist": "artist_line", "added": "created_at"},
    ),
    "tracks": Same(
        "recordings",
        parts={"imprint": "imprint_id", "problems": "has_problems"},
        sorts={"artist": "artist_line", "duration": "duration_ms", "added": "created_at"},
    ),
    "contracts": Same(
        "contracts",
        parts={"party": "party_id", "open": "is_open", "ends": "ends_from ends_to"},
        sorts={"start": "starts_on", "end": "ends_on"},
    ),
    "statements": Same(
        "statements",
        sorts={f"{name}": f"{name}_micros" for name in ("opening", "earned", "closing", "payable")}
        | {"change": f"{SCREEN} the statements of two runs and takes the difference."},
    ),
    "store_products": Same(
        "products", parts={"preorder": "ships_from"}, sorts={"changed": "updated_at", "added": "created_at"}
    ),
    "store_orders": Same("orders", parts={"send": "waits", "refunds": "is_refunded"}, sorts={"placed": "placed_at"}),
    "store_customers": Same("api_customers"),
    "store_stock": Same("api_stock"),
}
"""Each list of the portal by its name. What an `api_` list is asked for is declared as the portal's is."""


def listings() -> Iterator[Listing]:
    """Every list that a page or an operation declares."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith("app."):
            yield from (each for each in vars(module).values() if isinstance(each, Listing))


def problems(there: Listing, resources: Mapping[str, Resource], own: Mapping[str, Listing]) -> Iterator[str]:
    """What a list of the portal can be asked for and its like of the API cannot."""
    same = LISTS.get(there.name)
    if same is None:
        yield f"{there.name}: name in tests/api/parity/lists.py the list of the API that is the same."
        return
    if same.resource.startswith("api_"):
        mine = own[same.resource]
        filters, sorts = set(mine.parts), {each.lstrip("-") for each in mine.sorts}
    else:
        resource = resources[same.resource]
        filters, sorts = set(resource.filters), set(resource.orders)
        yield from _values(there, resource, same)
    yield from _missing(there.name, "filter", there.parts, same.parts, filters)
    yield from _missing(there.name, "sort", (each.lstrip("-") for each in there.sorts), same.sorts, sorts)


def _missing(name: str, kind: str, asked: object, called: Mapping[str, str], known: set[str]) -> Iterator[str]:
    for each in asked:  # type: ignore[attr-defined]
        said = called.get(each, each)
        if said.startswith(SCREEN):
            continue
        for word in set(said.split()) - known:
            yield f"{name}: the API's list has no {kind} {word!r} for the portal's {each!r}."


def _values(there: Listing, resource: Resource, same: Same) -> Iterator[str]:
    """Values of a part that the filter of the same name does not take."""
    for part, values in there.parts.items():
        offered = (
            resource.filters[part].schema.get("enum") if part in resource.filters and part not in same.parts else None
        )
        if offered is not None and not set(values) <= set(offered):
            yield f"{there.name}: the API's filter {part!r} does not take {sorted(set(values) - set(offered))}."
