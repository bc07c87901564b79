"""What the portal does beside what `/api/v1` does: for each route its operations, or the reason why a program has none.

A row is `"METHOD /address": told`, with `{}` for whatever stands at a place of the address. `told` is the names of the
operations by which a program does the same (an export by its list, `add_export:orders`), or a `Why`. Beginnings are
said once: the rows of `ROWS["/portal/contracts"]` go on behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.api.rules.proof import RULINGS

PLACE = re.compile(r"{[^}]*}")
SURFACES = ("/portal", "/artist")


class Why(StrEnum):
    """Why a route of the portal has no operation of its own."""

    SCREEN = (
        "A screen's own: a form, a way to others, names while somebody types, a look at what is typed, news of work."
    )
    WAY_IN = "How a person comes in, and stays safe: a token stands for them already, and must not open or lock a door."
    IN_PERSON = "Whoever it is about must be there: they sign, certify, or go to somebody else's page."
    BROWSER = "Only a browser has it: what is kept in it, and what is shown without a line to the label."
    PARTY = "Seen by who somebody is, as a party to it, and by no right: there is none that they could lend a program."
    STANDARD = "Done by a standard's own endpoint beside /api/v1: OAuth's registration of programs."
    PEOPLE = "Seen where it is done, and it is done by people alone: app/api/rules/proof.py says why."


Told = str | Why
Rows = Mapping[str, Told]

RULED_OUT = frozenset(f"POST {PLACE.sub('{}', path)}" for path, ruling in RULINGS.items() if ruling.how == "never")
"""What no program may do, each with a reason of its own: such a route needs no row."""

EVERYWHERE: Rows = {
    "GET /state": Why.SCREEN,
    "GET /events": Why.SCREEN,
    "GET /edit": Why.SCREEN,
    "GET /new": Why.SCREEN,
    "POST /views": "save_view list_views",
    "POST /views/{}/name": "rename_view",
    "POST /views/{}/removal": "remove_view",
}
"""Ends of addresses that mean the same wherever they stand: where work is, its form, and the views of a list."""


def address_of(method: str, path: str) -> str:
    """A route as rows write it."""
    return f"{method} {PLACE.sub('{}', path)}"


@dataclass(frozen=True, slots=True)
class Table:
    """Every row by its whole address."""

    rows: Mapping[str, Told]

    @classmethod
    def of(cls, *parts: Mapping[str, Rows]) -> Table:
        """One table of several; an address stands in it once."""
        found: dict[str, Told] = {}
        for beginning, rows in ((key, rows) for part in parts for key, rows in part.items()):
            for said, told in rows.items():
                method, _, rest = said.partition(" ")
                address = f"{method} {beginning}{rest}"
                assert address not in found, f"{address} stands in the table twice"
                found[address] = told
        return cls(found)

    def of_route(self, method: str, path: str) -> Told | None:
        """What is said of a route; None where nothing is."""
        address = address_of(method, path)
        if address in self.rows:
            return self.rows[address]
        if address in RULED_OUT:
            return Why.PEOPLE
        return next((told for end, told in EVERYWHERE.items() if ends(address, end)), None)

    def problems(self, routes: Iterable[tuple[str, str]]) -> Iterator[str]:
        """What is wrong between the routes there are and the rows: a sentence each that says what to do."""
        held = {address_of(method, path) for method, path in routes if path.startswith(SURFACES)}
        for method, path in sorted(routes):
            if path.startswith(SURFACES) and self.of_route(method, path) is None:
                yield (
                    f"{method} {path}: declare the operation that does the same in app/api/rest and name it in "
                    f"tests/api/parity, or say there by a Why that no program needs it."
                )
        for address in sorted(set(self.rows) - held):
            yield f"{address}: there is no such route any more; take its row out of tests/api/parity."


def ends(address: str, end: str) -> bool:
    """Whether a whole address has an ending that means the same everywhere."""
    method, _, rest = end.partition(" ")
    return address.startswith(f"{method} ") and address.endswith(rest)
