"""Whether a recording may be heard: by the releases it stands on, the listener's country, and the day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Kind = Literal["full", "preview"]
Verdict = Literal["fine", "nowhere", "early", "elsewhere"]

WORLDWIDE: Final = "Worldwide"
_YEAR, _MONTH = 4, 7


@dataclass(frozen=True, slots=True)
class Offer:
    """A place of a recording on a release, with what the release says of when and where. Dates may be partial."""

    territories: Sequence[str]
    excluded: Sequence[str]
    release_date: str | None
    preorder_date: str | None
    is_instant_grat: bool = False


def verdict(offers: Iterable[Offer], *, kind: Kind, country: str | None, today: date) -> Verdict:
    """Whether any release lets this be heard here and now, and if none does, what stands against it.

    `country` is the listener's, ISO 3166-1 alpha-2; of one whose country nobody knows only what excludes no country is
    heard. `today` is the label's day.
    """
    offers = list(offers)
    if not offers:
        return "nowhere"
    here = [offer for offer in offers if is_sold_in(offer, country)]
    if any(is_out(offer, kind=kind, today=today) for offer in here):
        return "fine"
    return "early" if here else "elsewhere"


def is_sold_in(offer: Offer, country: str | None) -> bool:
    """Whether a release is for a country."""
    if country is None:
        return WORLDWIDE in offer.territories and not offer.excluded
    return (WORLDWIDE in offer.territories or country in offer.territories) and country not in offer.excluded


def is_out(offer: Offer, *, kind: Kind, today: date) -> bool:
    """Whether a recording may be heard on this day: from the release on, and before it where a pre-order runs.

    While a pre-order runs everybody hears previews, and those who are let hear in full the tracks that come at once.
    """
    if has_come(offer.release_date, today):
        return True
    return has_come(offer.preorder_date, today) and (kind == "preview" or offer.is_instant_grat)


def has_come(partial: str | None, today: date) -> bool:
    """Whether the last day that a partial date may mean is there; a date that nobody wrote never comes."""
    if not partial:
        return False
    year = int(partial[:_YEAR])
    month = int(partial[5:_MONTH]) if len(partial) >= _MONTH else 12
    last = monthrange(year, month)[1]
    day = min(int(partial[8:]), last) if len(partial) > _MONTH else last
    return date(year, month, day) <= today
