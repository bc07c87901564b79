"""Pages of lists that a service works out: they go on after a number, and nothing else is asked of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from app.api.rest.conventions.calls import Answer, Call
from app.kernel.web.paging import DEFAULT_LIMIT, MOST, CursorUnusable, cursor, page_size, place
from app.kernel.web.strict import QueryUnusable

Fetch = Callable[[int, int], Sequence[dict[str, Any]]]
FetchAfter = Callable[[list[Any] | None, int], Sequence[tuple[dict[str, Any], list[Any]]]]
Query = dict[str, dict[str, Any]]
PAGES: Final[Query] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
    "after": {"type": "string", "maxLength": 4_096, "description": "The `next` of the page before."},
}
"""What is understood of a list's pages."""

SEARCH: Final[Query] = {
    "q": {"type": "string", "minLength": 1, "maxLength": 200, "description": "What people type.", "examples": ["night"]}
}


def asked(call: Call, known: Query) -> dict[str, str]:
    """What the query says, once each; anything that is not understood here is refused."""
    found = {}
    for name, values in call.query.items():
        longest = known.get(name, {}).get("maxLength", LONGEST)
        offered = known.get(name, {}).get("enum")
        if name not in known or len(values) != 1 or len(values[0]) > longest or (offered and values[0] not in offered):
            raise QueryUnusable(name=name[:40])
        found[name] = values[0]
    return found


LONGEST: Final = 4_096


def page_by_number(call: Call, known: Query, number: str, fetch: Fetch) -> Answer:
    """A page of rows after the number that the page before ended with; `fetch` is given that and how many to get."""
    said, listing = _listing(call, known)
    after = _place(call, listing, said)
    limit = page_size(said.get("limit"))
    found = fetch(after, limit + 1)
    following = cursor(call.tenant, listing, [found[limit - 1][number]]) if len(found) > limit else None
    return Answer({"items": found[:limit], "next": following})


def page_by_place(call: Call, known: Query, fetch: Fetch) -> Answer:
    """The same where rows have no number: the page goes on after so many rows of the order that the service gives."""
    said, listing = _listing(call, known)
    skip = _place(call, listing, said)
    limit = page_size(said.get("limit"))
    found = fetch(skip, limit + 1)
    following = cursor(call.tenant, listing, [skip + limit]) if len(found) > limit else None
    return Answer({"items": found[:limit], "next": following})


def page_by_key(call: Call, known: Query, fetch: FetchAfter) -> Answer:
    """A page of rows after the key that the page before ended with: what comes in between moves nothing.

    `fetch` is given that key, as texts or numbers, and how many to get; it gives each row with its own.
    """
    said, listing = _listing(call, known)
    after = place(call.tenant, listing, said["after"]) if "after" in said else None
    limit = page_size(said.get("limit"))
    found = fetch(after, limit + 1)
    following = cursor(call.tenant, listing, found[limit - 1][1]) if len(found) > limit else None
    return Answer({"items": [row for row, _ in found[:limit]], "next": following})


def _listing(call: Call, known: Query) -> tuple[dict[str, str], str]:
    said = asked(call, known | PAGES)
    narrowed = sorted((name, value) for name, value in said.items() if name not in PAGES)
    return said, f"{call.request.url.path} {narrowed}"


def _place(call: Call, listing: str, said: dict[str, str]) -> int:
    if "after" not in said:
        return 0
    found = place(call.tenant, listing, said["after"])
    if len(found) != 1 or not isinstance(found[0], int):
        raise CursorUnusable
    return found[0]
