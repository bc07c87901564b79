"""Imprints, artists and legal persons to choose from by name, as far as a visitor sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, column, func, literal, or_, select, values

from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.roster.models import Artist, Imprint, Party, Payee
from app.roster.policies import may_see_artist, may_see_imprint
from app.roster.policies.parties import may_see_party
from app.roster.queries.search import as_searched, likeness, matches
from app.roster.rules.countries import country_names

SHOWN = 12
Choosing = Callable[[Visitor, str, list[str]], Select[str, str, str]]
"""Gives key, name and a remark of what fits a text; or of these keys, where there are some."""


def artists(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Artists."""
    query = select(Artist.key, Artist.name, literal("")).where(may_see_artist(visitor))
    if keys:
        return query.where(Artist.key.in_(keys))
    if not wanted:
        return query.where(Artist.status != "left").order_by(as_sorted(Artist.sort_name), Artist.id).limit(SHOWN)
    fitting = query.where(matches(Artist.folded, wanted))
    return fitting.order_by(likeness(Artist.folded, wanted).desc(), Artist.id).limit(SHOWN)


def imprints(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Imprints."""
    query = select(Imprint.key, Imprint.name, literal("")).where(may_see_imprint(visitor))
    chosen = query.where(Imprint.key.in_(keys)) if keys else query.where(_holds(Imprint.name, wanted)).limit(SHOWN)
    return chosen.order_by(as_sorted(Imprint.name), Imprint.id)


def parties(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Legal persons, by id."""
    query = select(cast(Party.id, Text), Party.legal_name, func.coalesce(Party.country, "")).where(
        may_see_party(visitor)
    )
    if keys:
        return query.where(cast(Party.id, Text).in_(keys))
    fitting = or_(_holds(Party.legal_name, wanted), _holds(Party.email, wanted))
    return query.where(fitting).order_by(as_sorted(Party.legal_name), Party.id).limit(SHOWN)


def payees(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Payees, by id, with their currency."""
    query = select(cast(Payee.id, Text), Payee.name, Payee.currency).join(Party, Party.id == Payee.party_id)
    query = query.where(may_see_party(visitor))
    if keys:
        return query.where(cast(Payee.id, Text).in_(keys))
    fitting = or_(_holds(Payee.name, wanted), _holds(Party.legal_name, wanted))
    return query.where(fitting).order_by(as_sorted(Payee.name), Payee.currency, Payee.id).limit(SHOWN)


def countries(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Countries, by their two letters, as the visitor's language calls them."""
    named = country_names(visitor.language)
    said = wanted.casefold()
    fitting = [
        each for each in named if (each[0] in keys if keys else said in each[1].casefold() or said == each[0].lower())
    ]
    table = values(column("code", Text), column("name", Text), name="countries")
    # A table of values cannot be empty.
    found = table.data(fitting[: max(SHOWN, len(keys))] or [("", "")])
    return select(found.c.code, found.c.name, found.c.code).where(found.c.code != "")


def _holds(column: Any, wanted: str) -> ColumnElement[bool]:
    return func.strpos(as_searched(column), as_searched(literal(wanted, Text))) > 0


CHOICES: dict[str, Choosing] = {
    "artists": artists,
    "imprints": imprints,
    "parties": parties,
    "payees": payees,
    "countries": countries,
}
"""What can be chosen; slices above add what they have."""
