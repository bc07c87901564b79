"""What the editor of a contract sends: details, what it is about, and terms, typed as people do in their language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from app.contracts.errors import TermsUnusable
from app.contracts.models import EVERYTHING
from app.contracts.rules.checking import CURRENCY, DUE_DAYS, GUARANTEE, MINUTES, NOBODY, OBJECTIONS, PLACES, TERRITORY
from app.contracts.rules.numbers import read_number, read_percent
from app.contracts.rules.terms import CHANNELS, DEDUCTIONS, KINDS, LEVELS, Terms
from app.contracts.schemas import Scope
from app.kernel.commas import between_commas
from app.kernel.ids import parse_uuid
from app.kernel.money import AmountMalformed, exact
from app.kernel.sentences import sentence

Sent = Mapping[str, Any]
MOST_ROWS: Final = 200
LONGEST: Final = 200
NUMBER: Final = sentence("Write a number such as 12.50.")
PERCENT: Final = sentence("Write a percentage such as 12.5.")
DAY: Final = sentence("Choose a day.")
TITLE: Final = sentence("Give the contract a title of at most 200 characters.")
PARTY: Final = sentence("Choose whom the contract is with.")
ABOUT: Final = sentence("Say what the contract is about.")
LAST_DAY: Final = sentence("The last day lies before the first.")
FINE: Final = sentence("A share has at most four places after the decimal point.")


class Reader:
    """Reads one form; what cannot be read is noted under the name of its field, and reading goes on."""

    def __init__(self, sent: Sent, language: str) -> None:
        self.sent, self.language = sent, language
        self.problems: dict[str, str] = {}

    def several(self, name: str) -> list[str]:
        """Values that are sent again and again."""
        value = self.sent.get(name, [])
        found = value if isinstance(value, list) else [value]
        return [str(each).strip() for each in found][:MOST_ROWS]

    def one(self, name: str) -> str:
        """A value that is sent once."""
        found = self.several(name)
        return found[-1] if found else ""

    def codes(self, name: str) -> list[str]:
        """Values that are separated by commas, as a chooser sends them."""
        found = [part for each in self.several(name) for part in between_commas(each)]
        return list(dict.fromkeys(found))

    def number(self, name: str) -> Decimal | None:
        """A number, or nothing where nothing is typed."""
        return self._read(name, read_number, NUMBER)

    def percent(self, name: str, otherwise: Decimal | None = None) -> Decimal | None:
        """A percentage as a part of one."""
        found = self._read(name, read_percent, PERCENT)
        return otherwise if found is None else found

    def whole(self, name: str, problem: str, otherwise: int | None = None) -> int | None:
        """A whole number."""
        typed = self.one(name)
        if not typed:
            return otherwise
        if not (typed.isdecimal() and len(typed) <= len("100")):
            self.problems.setdefault(name, problem)
            return otherwise
        return int(typed)

    def day(self, name: str) -> date | None:
        """A day as a field of dates sends it."""
        typed = self.one(name)
        try:
            return date.fromisoformat(typed) if typed else None
        except ValueError:
            self.problems.setdefault(name, DAY)
            return None

    def ids(self, name: str, problem: str) -> list[UUID]:
        """Ids that a chooser sends."""
        found = [parse_uuid(key) for key in self.codes(name)]
        if None in found:
            self.problems.setdefault(name, problem)
        return [key for key in found if key]

    def _read(self, name: str, read: Any, problem: str) -> Decimal | None:
        typed = self.one(name)
        if not typed:
            return None
        try:
            value: Decimal = read(typed, self.language)
        except AmountMalformed:
            self.problems.setdefault(name, problem)
            return Decimal(0)
        return value


def read_details(read: Reader) -> dict[str, Any]:
    """Title, kind, party, language and days."""
    title, kind = " ".join(read.one("title").split()), read.one("kind")
    starts_on, ends_on = read.day("starts_on"), read.day("ends_on")
    if not 0 < len(title) <= LONGEST:
        read.problems["title"] = TITLE
    if starts_on is None:
        read.problems.setdefault("starts_on", DAY)
    if starts_on and ends_on and ends_on < starts_on:
        read.problems["ends_on"] = LAST_DAY
    party = read.ids("party", PARTY)
    if len(party) != 1:
        read.problems["party"] = PARTY
    return {
        "title": title,
        "kind": kind if kind in KINDS else KINDS[0],
        "party_id": party[0] if party else EVERYTHING,
        "language": read.one("language") or "en",
        "starts_on": starts_on,
        "ends_on": ends_on,
    }


def read_scopes(read: Reader) -> list[Scope]:
    """What the contract is about: everything, or things chosen by name, each anywhere or in some countries."""
    found: list[Scope] = []
    if read.one("everything"):
        found += _placed(read, "everything_territories", "label", EVERYTHING)
    for place in read.several("scope"):
        chosen = read.one(f"s{place}_subject")
        level, _, key = chosen.partition(":")
        known = parse_uuid(key)
        if level in LEVELS[1:] and known:
            found += _placed(read, f"s{place}_territories", level, known)
        elif chosen:
            read.problems.setdefault("scopes", ABOUT)
    if not found:
        read.problems.setdefault("scopes", ABOUT)
    return list(dict.fromkeys(found))


def _placed(read: Reader, name: str, level: Any, subject: UUID) -> list[Scope]:
    codes = [code.upper() for code in read.codes(name)]
    if not all(len(code) == 2 and code.isascii() and code.isalpha() for code in codes):  # ISO 3166-1
        read.problems.setdefault("scopes", TERRITORY)
    return [Scope(level, subject, code) for code in codes or [""]]


def read_terms(read: Reader) -> Terms:
    """Terms from the form; what cannot be read stands among the reader's problems."""
    terms = {
        "currency": read.one("currency").upper(),
        "clauses": [_clause(read, f"c{place}_", number) for number, place in enumerate(read.several("clause"), 1)],
        "shares": read_shares(read),
        "cadence": read.one("cadence") or "half_yearly",
        "recoups": read.one("recoups") or "own_share",
        "reserve": _reserve(read),
        "guarantee": _guarantee(read),
        "controlled": _controlled(read),
        "trigger": _trigger(read),
        "withholding": _withholding(read),
        "most_favoured": read.ids("most_favoured", sentence("Choose contracts from the list.")),
        "minimum": read.number("minimum") or Decimal(0),
        "due_days": read.whole("due_days", DUE_DAYS),
        "objection_years": read.whole("objection_years", OBJECTIONS),
        "non_recoupable": [channel for channel in read.several("non_recoupable") if channel in CHANNELS],
        "rate_day": read.one("rate_day") or "period_end",
        "may_exceed_whole": bool(read.one("may_exceed_whole")),
    }
    try:
        return msgspec.convert(terms, Terms)
    except msgspec.ValidationError as problem:
        raise TermsUnusable(fields=read.problems or {"currency": CURRENCY}) from problem


def _clause(read: Reader, at: str, number: int) -> dict[str, Any]:
    base = _base(read, at)
    rate = read.percent(f"{at}rate", Decimal(1) if base["kind"] == "per_unit" else None)
    if rate is None:
        read.problems.setdefault(f"{at}rate", PERCENT)
    deductions = [(kind, read.percent(f"{at}deduct_{kind}")) for kind in DEDUCTIONS]
    return {
        "id": " ".join(read.one(f"{at}name").split())[:LONGEST] or str(number),
        "rate": rate or Decimal(0),
        "when": _when(read, at),
        "base": base,
        "deductions": [{"kind": kind, "rate": part} for kind, part in deductions if part],
        "reductions": [_reduction(read, f"{at}r{place}_") for place in read.several(f"{at}reduction")],
        "escalation": _escalation(read, at),
        "unit_places": read.whole(f"{at}places", PLACES),
        "rounding": read.one(f"{at}rounding") or "half_up",
        "whole_units": bool(read.one(f"{at}whole_units")),
    }


def _when(read: Reader, at: str) -> dict[str, Any]:
    return {
        "territories": [code.upper() for code in read.codes(f"{at}territories")],
        "except_territories": [code.upper() for code in read.codes(f"{at}except")],
        "channels": [channel for channel in read.several(f"{at}channels") if channel in CHANNELS],
        "configurations": [code.lower() for code in read.codes(f"{at}configurations")],
        "price_bands": [code.lower() for code in read.codes(f"{at}bands")],
        "commercial_models": [code.lower() for code in read.codes(f"{at}models")],
        "sources": read.codes(f"{at}sources"),
        "sold_from": read.day(f"{at}from"),
        "sold_until": read.day(f"{at}until"),
    }


def _base(read: Reader, at: str) -> dict[str, Any]:
    base = _one_base(read, f"{at}base")
    if either := read.one(f"{at}either"):
        base |= {"either": either, "other": _one_base(read, f"{at}other")}
    return base


def _one_base(read: Reader, name: str) -> dict[str, Any]:
    return {
        "kind": read.one(name) or "net_receipt",
        "portion": read.percent(f"{name}_portion", Decimal(1)),
        "amount": read.number(f"{name}_amount"),
    }


def _reduction(read: Reader, at: str) -> dict[str, Any]:
    factor = read.percent(f"{at}factor")
    if factor is None:
        read.problems.setdefault(f"{at}factor", PERCENT)
    return {
        "kind": read.one(f"{at}kind") or "foreign",
        "factor": factor or Decimal(0),
        "when": _when(read, at),
        "stacks": read.one(f"{at}stacks") != "no",
    }


def _escalation(read: Reader, at: str) -> dict[str, Any] | None:
    by = read.one(f"{at}escalation")
    if not by:
        return None
    steps = []
    for place in read.several(f"{at}step"):
        above, rate = read.number(f"{at}t{place}_above"), read.percent(f"{at}t{place}_rate")
        if above is not None or rate is not None:
            steps.append({"above": above or Decimal(0), "rate": rate or Decimal(0)})
    per, mode = read.one(f"{at}per") or "contract", read.one(f"{at}mode") or "marginal"
    return {"by": by, "steps": steps, "mode": mode, "per": per}


def read_shares(read: Reader) -> list[dict[str, Any]]:
    """Payees with their shares in parts per million."""
    shares = []
    for place in read.several("share"):
        payee, of = read.ids(f"h{place}_payee", NOBODY), read.ids(f"h{place}_of", NOBODY)
        part = read.percent(f"h{place}_percent")
        if not payee and part is None:
            continue
        if not payee:
            read.problems.setdefault(f"h{place}_payee", NOBODY)
        with exact():
            ppm = (part or Decimal(0)) * 1_000_000
        if ppm != int(ppm):
            read.problems.setdefault(f"h{place}_percent", FINE)
        if payee:
            shares.append({"payee": payee[0], "share_ppm": int(ppm), "of": of[0] if of else None})
    return shares


def _reserve(read: Reader) -> dict[str, Any] | None:
    rate = read.percent("reserve_rate")
    if not rate:
        return None
    parts = [read.percent(f"p{place}_part") for place in read.several("release_part")]
    return {
        "rate": rate,
        "channels": [channel for channel in read.several("reserve_channels") if channel in CHANNELS],
        "release": [part for part in parts if part is not None] or [Decimal(1)],
        "counts_held": bool(read.one("reserve_counts")),
        "cap": read.number("reserve_cap"),
    }


def _guarantee(read: Reader) -> dict[str, Any] | None:
    amount = read.number("guarantee_amount")
    if amount is None:
        return None
    if amount <= 0:
        read.problems.setdefault("guarantee_amount", GUARANTEE)
    is_recoupable = bool(read.one("guarantee_recoupable"))
    return {"amount": amount, "per": read.one("guarantee_per") or "year", "is_recoupable": is_recoupable}


def _controlled(read: Reader) -> dict[str, Any] | None:
    which, statutory = read.one("controlled_rate"), read.number("controlled_statutory")
    is_by_law = which in ("us", "us_day")
    if statutory is None and not is_by_law:
        return None
    on = read.day("controlled_day") if which == "us_day" else None
    if which == "us_day" and on is None:
        read.problems.setdefault("controlled_day", DAY)
    count = sentence("Write a whole number.")
    return {
        "statutory": None if is_by_law else statutory,
        "statutory_on": on,
        "portion": read.percent("controlled_portion", Decimal("0.75")),
        "cap_songs": read.whole("controlled_cap", count, 10),
        "controlled_songs": read.whole("controlled_songs", count, 0),
        "outside_songs": read.whole("controlled_outside", count, 0),
        "controlled_minutes": _minutes(read, "controlled_minutes"),
        "outside_minutes": _minutes(read, "controlled_outside_minutes"),
        "pays_back": read.one("controlled_pays_back") or "own",
    }


def _minutes(read: Reader, name: str) -> list[int]:
    """How long songs are, a begun minute whole: 6, or 5:30 as it stands on a record."""
    found = []
    for each in between_commas(read.one(name)):
        minutes, _, seconds = each.partition(":")
        if not (minutes.isdecimal() and len(minutes) <= len("999") and (seconds or "0").isdecimal()):
            read.problems.setdefault(name, MINUTES)
            continue
        found.append(int(minutes) + bool(int(seconds or 0)))
    return found


def _trigger(read: Reader) -> dict[str, Any] | None:
    chosen: Sequence[UUID] = read.ids("trigger", sentence("Choose a contract from the list."))
    if not chosen:
        return None
    is_retroactive = bool(read.one("trigger_retroactive"))
    return {"contract": chosen[0], "at": read.one("trigger_at") or "combined", "is_retroactive": is_retroactive}


def _withholding(read: Reader) -> dict[str, Any] | None:
    rate = read.percent("withholding_rate")
    return {"rate": rate, "gross_up": bool(read.one("withholding_gross_up"))} if rate else None
