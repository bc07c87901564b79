"""What the values of terms are called where people read them; sheets and programs call them by their paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from app.kernel.sentences import sentence

BETWEEN: Final = " · "
CLAUSE = sentence("Clause “%(name)s”")
SHARE = sentence("Share of %(payee)s")
PLACED: Final = {
    "deductions": sentence("Deduction %(number)s"),
    "reductions": sentence("Reduction %(number)s"),
    "steps": sentence("Step %(number)s"),
}
"""Lists whose entries have no name of their own."""

UNSAID: Final = ("when", "base", "escalation", "share_ppm")
"""Parts of a path that say nothing a person would miss."""

FIELD_SENTENCES: Final = {
    "contract": sentence("Contract"),
    "title": sentence("Title"),
    "name": sentence("Name"),
    "email": sentence("Email"),
    "country": sentence("Country"),
    "language": sentence("Language of the text"),
    "artist": sentence("Artist"),
    "territory": sentence("Territory"),
    "start": sentence("First day"),
    "end": sentence("Last day"),
    "rate": sentence("Rate"),
    "advance": sentence("Advance"),
    "advance_part": sentence("Part of the advance that is earned back"),
    "currency": sentence("Currency"),
    "cadence": sentence("Accounted for"),
    "recoups": sentence("Costs come back out of"),
    "minimum": sentence("Least that is paid out"),
    "may_exceed_whole": sentence("Shares may add up to more than 100 %"),
    "most_favoured": sentence("Most favoured nations"),
    "clauses": sentence("Clauses"),
    "shares": sentence("Who is paid"),
    "payee": sentence("Payee"),
    "of": sentence("Out of the share of"),
    "id": sentence("Name of the clause"),
    "territories": sentence("Only in"),
    "except_territories": sentence("Not in"),
    "channels": sentence("Channels"),
    "configurations": sentence("Configurations"),
    "price_bands": sentence("Price bands"),
    "commercial_models": sentence("Commercial models"),
    "sources": sentence("Sources"),
    "sold_from": sentence("Sold from"),
    "sold_until": sentence("Sold until"),
    "base.kind": sentence("Of what"),
    "portion": sentence("Of which part"),
    "amount": sentence("Amount"),
    "base.amount": sentence("Amount or list price per unit"),
    "either": sentence("Which of the two"),
    "other": sentence("The second"),
    "other.kind": sentence("Of what"),
    "other.amount": sentence("Amount or list price per unit"),
    "kind": sentence("Kind"),
    "factor": sentence("To which part of the rate"),
    "stacks": sentence("Beside other reductions"),
    "by": sentence("The rate grows with"),
    "mode": sentence("A higher rate holds"),
    "per": sentence("Counted"),
    "above": sentence("Above"),
    "unit_places": sentence("Decimal places of the royalty of one unit"),
    "rounding": sentence("How it is rounded"),
    "whole_units": sentence("Only whole units count"),
    "rate_day": sentence("Exchange rate"),
    "reserve": sentence("Reserve for returns"),
    "release": sentence("Let go over the next periods"),
    "counts_held": sentence("What is held counts towards escalations"),
    "cap": sentence("At most"),
    "guarantee": sentence("Minimum guarantee"),
    "guarantee.per": sentence("For how long"),
    "is_recoupable": sentence("The shortfall is earned back later"),
    "controlled": sentence("Controlled compositions"),
    "statutory": sentence("Statutory rate per song"),
    "statutory_on": sentence("Day of the US statutory rate"),
    "cap_songs": sentence("Songs at most"),
    "controlled_minutes": sentence("Minutes of the artist's long songs"),
    "outside_minutes": sentence("Minutes of others' long songs"),
    "pays_back": sentence("Mechanicals earn back"),
    "due_days": sentence("Due within how many days"),
    "objection_years": sentence("Years to object"),
    "non_recoupable": sentence("Never used to earn costs back"),
    "controlled_songs": sentence("Songs the artist controls"),
    "outside_songs": sentence("Songs of others"),
    "trigger": sentence("Paid only after another contract has earned its costs back"),
    "trigger.contract": sentence("Which contract"),
    "at": sentence("Counted at"),
    "is_retroactive": sentence("What was earned before is paid then, too"),
    "withholding": sentence("Tax withheld"),
    "gross_up": sentence("The label pays it on top"),
    "terms": sentence("Terms"),
}
"""By the last part of a path, or its last two where the one before makes another thing of it."""


class Say(Protocol):
    """Whoever says a sentence to a reader."""

    def __call__(self, msgid: str, **places: object) -> str:
        """A sentence in the reader's words."""


def named(path: str, say: Say, payees: Mapping[str, str] | None = None) -> str:
    """What a value is called, from the whole to its part (Clause “Streams” · Rate); payees by name where known."""
    return BETWEEN.join(_parts(path.split("."), say, payees or {})) or path


def _parts(path: list[str], say: Say, payees: Mapping[str, str]) -> Iterator[str]:
    place, before = 0, ""
    while place < len(path):
        name, following = path[place], path[place + 1] if place + 1 < len(path) else None
        if following is not None and (entry := _entry(name, following, say, payees)):
            yield entry
            place += 1
        elif name not in UNSAID:
            said = FIELD_SENTENCES.get(f"{before}.{name}") or FIELD_SENTENCES.get(name)
            yield say(said) if said else name
        before = name
        place += 1


def _entry(of: str, name: str, say: Say, payees: Mapping[str, str]) -> str:
    """What an entry of a list is called; empty where it is none."""
    if of == "clauses":
        return say(CLAUSE, name=name)
    if of == "shares":
        return say(SHARE, payee=payees.get(name, "—"))
    return say(PLACED[of], number=name) if of in PLACED else ""
