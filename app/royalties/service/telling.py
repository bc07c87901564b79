"""Runs and statements in words, for a reader of any language: steps, findings, and how a line came about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent

from app.contracts.rules.vocabulary import CHANNEL_SENTENCES
from app.kernel.money import exact, format_money, from_micros, with_own_minus
from app.kernel.sentences import sentence
from app.royalties.models import RoyaltyPeriod, StatementEntry
from app.royalties.rules.limits import Days
from app.royalties.service.checking import SENTENCES, WHY_SENTENCES

STATE_SENTENCES: Final = {
    "calculating": sentence("Being calculated"),
    "checking": sentence("To be checked"),
    "approved": sentence("Approved"),
    "publishing": sentence("Being published"),
    "published": sentence("Published"),
    "failed": sentence("Stopped"),
    "discarded": sentence("Discarded"),
}
TONES: Final = {
    "calculating": "info", "checking": "warning", "approved": "accent", "publishing": "info", "published": "success",
    "failed": "danger",
}  # fmt: skip
STEP_SENTENCES: Final = {
    "calculate": sentence("Work out every line"),
    "settle": sentence("Settle every account"),
    "check": sentence("Compare with the period before"),
}
ENTRY_SENTENCES: Final = {
    "retroactive": sentence("A higher rate was reached and counts for earlier periods, too"),
    "mechanical_excess": sentence("Mechanicals above the cap, for %(units)s copies"),
    "mechanicals": sentence("Mechanicals for %(units)s copies"),
    "costs_first": sentence("Costs of %(recovered)s come back first, out of receipts of %(receipts)s"),
    "contested": sentence("Held: a share is contested or not confirmed yet"),
    "contested_released": sentence("Not contested any more, and paid now"),
    "reserve_held": sentence("Reserve for returns: %(rate)s of %(positive)s"),
    "reserve_released": sentence("Let go of the reserve of %(period)s"),
    "deferred": sentence("Waits until another contract has earned its costs back"),
    "deferred_released": sentence("Waited for another contract's costs, and is due now"),
    "before_trigger": sentence("Sold before another contract had earned its costs back: not paid under this one"),
    "charge": sentence("To be earned back: %(name)s"),
    "guarantee": sentence("Raised to the guaranteed %(amount)s, of which %(earned)s was earned"),
    "guarantee_recouped": sentence("An earlier guarantee is earned back"),
    "crossed_out": sentence("Pays back what is open under “%(contract)s”"),
    "crossed_in": sentence("Paid back out of “%(contract)s”"),
    "apart": sentence("Paid all the same: %(open)s is still to be earned back out of other royalties"),
    "gross_up": sentence("Tax that the label bears: %(rate)s of %(of)s"),
    "withholding": sentence("Tax withheld: %(rate)s of %(of)s"),
}
BACK_SENTENCES: Final = {
    "retroactive": sentence("The higher rate is not reached after all, and counts for no earlier period"),
    "costs_first": sentence("Receipts of %(receipts)s are returned, so %(recovered)s of costs is open again"),
    "reserve_held": sentence("Less was sold: less is kept back for returns"),
    "guarantee": sentence("More was earned: less is made up to the guaranteed %(amount)s"),
    "apart": sentence("Earned back out of other royalties; %(open)s is still open"),
    "gross_up": sentence("Tax that the label does not bear after all: %(rate)s of %(of)s"),
    "withholding": sentence("Tax that was withheld before and is not due: %(rate)s of %(of)s"),
}
"""The steps that can go the other way, too, because of what was returned or restated."""

FORWARDS: Final = ("retroactive", "guarantee", "apart", "gross_up")
"""Which of these give when they go their usual way; the others take."""

MATCH_SENTENCES: Final = {
    "own": sentence("by the label's own shop"),
    "isrc": sentence("by ISRC"),
    "upc": sentence("by barcode"),
    "catalog_number": sentence("by catalogue number"),
    "store_id": sentence("by the store's own number"),
    "learned": sentence("as somebody matched it before"),
    "fuzzy": sentence("by likeness of title and artist"),
    "by_hand": sentence("by hand"),
}
BY_SENTENCES: Final = {
    "store": sentence("By store"),
    "territory": sentence("By territory"),
    "month": sentence("By month"),
}
DUE: Final = sentence("Due by %(day)s")
OBJECTIONS: Final = sentence("Objections until %(day)s")
BETWEEN: Final = " · "
UNKNOWN: Final = sentence("Unknown")
OTHERS: Final = sentence("All others")
PLACES: Final = {"of_micros": "of", "recovered_micros": "recovered", "open_micros": "open"}
"""How facts that are amounts are called in sentences."""

MOST_BARS: Final = 12
MICRO_PLACES: Final = 6
Say = Callable[..., str]


class Bar(NamedTuple):
    """One part of a picture: its name, its amount, and how long it is drawn, in thousandths of the longest."""

    name: str
    micros: int
    length: int


class Teller:
    """Says sentences and spells numbers for one reader; `say` translates, in the label's own words where it can.

    `locale` is by whose habits numbers and days are written, where the reader's language alone does not say it.
    """

    def __init__(self, language: str, say: Say, locale: str = "") -> None:
        self.language, self.say = language, say
        self._locale = locale or language.replace("-", "_")

    def money(self, micros: int, currency: str) -> str:
        """An amount as people say it."""
        return format_money(micros, currency, self._locale)

    def exactly(self, amount: Decimal, currency: str) -> str:
        """An amount with all its digits."""
        with exact():
            text = format_currency(_plain(amount), currency, locale=self._locale, decimal_quantization=False)
        return with_own_minus(text, self._locale)

    def amount(self, micros: int, currency: str) -> str:
        """An amount to the micro."""
        return self.exactly(from_micros(micros), currency)

    def in_a_column(self, micros: int, currency: str) -> str:
        """An amount to the micro with every place of it, as amounts stand below each other."""
        pattern = copy(Locale.parse(self._locale).currency_formats["standard"])
        pattern.frac_prec = (MICRO_PLACES, MICRO_PLACES)
        with exact():
            text = pattern.apply(from_micros(micros), self._locale, currency=currency, currency_digits=False)
        return with_own_minus(text, self._locale)

    def number(self, value: Decimal | int) -> str:
        """A number with all its digits."""
        with exact():
            return format_decimal(_plain(Decimal(value)), locale=self._locale, decimal_quantization=False)

    def percent(self, part: Decimal) -> str:
        """A part of one, with all its digits."""
        with exact():
            return format_percent(_plain(part), locale=self._locale, decimal_quantization=False)

    def day(self, day: date) -> str:
        """A day."""
        return format_date(day, "medium", locale=self._locale)

    def month(self, day: date) -> str:
        """The month of a day."""
        return format_skeleton("yMMM", day, locale=self._locale)

    def span(self, period: RoyaltyPeriod) -> str:
        """A period, from its first to its last day."""
        return f"{self.day(period.starts_on)} – {self.day(period.ends_on)}"

    def limits(self, days: Days) -> str:
        """Until when a statement is due and may be objected to; nothing where that was not agreed."""
        said = zip((DUE, OBJECTIONS), days, strict=True)
        return BETWEEN.join(self.say(words, day=self.day(day)) for words, day in said if day)

    def territory(self, code: str | None) -> str:
        """A country or region by its code."""
        if code is None:
            return self.say(UNKNOWN)
        return str(Locale.parse(self._locale).territories.get(code, code))

    def channel(self, key: str) -> str:
        """How something was sold."""
        return self.say(CHANNEL_SENTENCES[key]) if key in CHANNEL_SENTENCES else key

    def why(self, key: str) -> str:
        """Why sales are paid to nobody."""
        return self.say(WHY_SENTENCES[key])

    def finding(self, found: Mapping[str, Any]) -> str:
        """Something unusual about a run."""
        told = {name: self._spelled(name, value) for name, value in found.items()}
        return self.say(SENTENCES[found["kind"]], **told)

    def _spelled(self, name: str, value: Any) -> Any:
        if name == "why":
            return self.why(value)
        return self.number(Decimal(value)) if name in ("times", "now", "before", "net", "lines", "of") else value

    def entry(self, entry: StatementEntry, currency: str, earlier: Mapping[str, RoyaltyPeriod]) -> str:
        """One step of a statement with the numbers behind it; `earlier` says which statement is of which period."""
        places = {name: self._fact(name, value, currency) for name, value in entry.facts.items()}
        places |= {PLACES[name]: said for name, said in places.items() if name in PLACES}
        if entry.kind == "reserve_released":
            period = earlier.get(entry.facts.get("of", ""))
            places["period"] = self.span(period) if period else self.say(UNKNOWN)
        is_back = (entry.amount_micros < 0) == (entry.kind in FORWARDS) and entry.amount_micros != 0
        if entry.kind == "costs_first":
            is_back = entry.facts["recovered_micros"] < 0
        sentences = BACK_SENTENCES if is_back and entry.kind in BACK_SENTENCES else ENTRY_SENTENCES
        return self.say(sentences[entry.kind], **places)

    def _fact(self, name: str, value: Any, currency: str) -> str:
        """A number behind a step as people read it."""
        if name == "rate":
            return self.percent(Decimal(value))
        if name == "units":
            return self.number(Decimal(value))
        if name in ("positive", "receipts", "amount"):
            return self.exactly(round(Decimal(value), 6), currency)
        return self.money(value, currency) if isinstance(value, int) else str(value)

    def bars(self, sums: list[tuple[Any, int]], by: str) -> list[Bar]:
        """Sums as a picture: the largest by name and all others together; months in their order."""
        spell: dict[str, Callable[[Any], str]] = {"month": self.month, "territory": self.territory}
        name = spell.get(by, str)
        shown = sums[-MOST_BARS:] if by == "month" else sums[:MOST_BARS]
        rest = sum(micros for _, micros in sums) - sum(micros for _, micros in shown)
        named = [(name(key), micros) for key, micros in shown]
        named += [(self.say(OTHERS), rest)] if len(shown) < len(sums) else []
        longest = max((abs(micros) for _, micros in named), default=0) or 1
        return [Bar(said, micros, abs(micros) * 1000 // longest) for said, micros in named]


def _plain(value: Decimal) -> Decimal:
    """A number without zeros behind its last digit."""
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
