"""On which days banks move a currency, until what hour they take an order, and when the money is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_SATURDAY_SUNDAY: Final = frozenset((5, 6))
_FRIDAY_SATURDAY: Final = frozenset((4, 5))
_KNOWN_SINCE: Final = 2001
_MONTH_OF_REST: Final = 31
"""No country closes its banks for longer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a currency is settled: whose holidays and weekend, and the hour in its zone after which an order waits."""

    holidays: str
    """A country, a country and its part ("GB-ENG"), or a market ("ECB", "FED")."""
    zone: str
    cut_off: time = time(14)
    weekend: frozenset[int] = _SATURDAY_SUNDAY
    kinds: tuple[str, ...] = ("public", "bank", "de_facto")
    """Which kinds of holiday close the banks; a country that does not know a kind has none of it."""
    known_until: int = 2100
    """The last year whose holidays can be told; after it only weekends are."""


_MARKETS: Final = frozenset(("ECB", "FED"))
PLACES: Final = {
    "AED": Place("AE", "Asia/Dubai", time(13)),
    "ARS": Place("AR", "America/Argentina/Buenos_Aires"),
    "AUD": Place("AU-NSW", "Australia/Sydney"),
    "BHD": Place("BH", "Asia/Bahrain", time(11), _FRIDAY_SATURDAY),
    "BRL": Place("BR", "America/Sao_Paulo"),
    "CAD": Place("CA-ON", "America/Toronto"),
    "CHF": Place("CH-ZH", "Europe/Zurich", time(13)),
    "CLP": Place("CL", "America/Santiago", time(13)),
    "CNY": Place("CN", "Asia/Shanghai"),
    "COP": Place("CO", "America/Bogota"),
    "CZK": Place("CZ", "Europe/Prague", time(13)),
    "DKK": Place("DK", "Europe/Copenhagen", time(13)),
    "EGP": Place("EG", "Africa/Cairo", time(12), _FRIDAY_SATURDAY),
    "EUR": Place("ECB", "Europe/Berlin"),
    "GBP": Place("GB-ENG", "Europe/London", time(15)),
    "GEL": Place("GE", "Asia/Tbilisi"),
    "HKD": Place("HK", "Asia/Hong_Kong", time(15)),
    "HUF": Place("HU", "Europe/Budapest", time(13)),
    "IDR": Place("ID", "Asia/Jakarta"),
    "ILS": Place("IL", "Asia/Jerusalem", time(13), _FRIDAY_SATURDAY),
    "INR": Place("IN-MH", "Asia/Kolkata", known_until=2035),
    "ISK": Place("IS", "Atlantic/Reykjavik"),
    "JOD": Place("JO", "Asia/Amman", time(11), _FRIDAY_SATURDAY),
    "JPY": Place("JP", "Asia/Tokyo"),
    "KES": Place("KE", "Africa/Nairobi"),
    "KRW": Place("KR", "Asia/Seoul"),
    "KWD": Place("KW", "Asia/Kuwait", time(11), _FRIDAY_SATURDAY),
    "KZT": Place("KZ", "Asia/Almaty"),
    "LBP": Place("LB", "Asia/Beirut", time(11)),
    "MAD": Place("MA", "Africa/Casablanca"),
    "MXN": Place("MX", "America/Mexico_City"),
    "MYR": Place("MY-14", "Asia/Kuala_Lumpur"),
    "NGN": Place("NG", "Africa/Lagos"),
    "NOK": Place("NO", "Europe/Oslo", time(13)),
    "NZD": Place("NZ", "Pacific/Auckland", time(15)),
    "OMR": Place("OM", "Asia/Muscat", time(11), _FRIDAY_SATURDAY),
    "PEN": Place("PE", "America/Lima"),
    "PHP": Place("PH", "Asia/Manila"),
    "PKR": Place("PK", "Asia/Karachi"),
    "PLN": Place("PL", "Europe/Warsaw", time(13)),
    "QAR": Place("QA", "Asia/Qatar", time(11), _FRIDAY_SATURDAY),
    "RON": Place("RO", "Europe/Bucharest", time(13)),
    "RSD": Place("RS", "Europe/Belgrade", time(13)),
    "SAR": Place("SA", "Asia/Riyadh", time(12), _FRIDAY_SATURDAY),
    "SEK": Place("SE", "Europe/Stockholm", time(13), kinds=("public", "de_facto")),
    "SGD": Place("SG", "Asia/Singapore", time(15)),
    "THB": Place("TH", "Asia/Bangkok"),
    "TND": Place("TN", "Africa/Tunis"),
    "TRY": Place("TR", "Europe/Istanbul"),
    "TWD": Place("TW", "Asia/Taipei"),
    "UAH": Place("UA", "Europe/Kyiv"),
    "USD": Place("FED", "America/New_York", time(16)),
    "VND": Place("VN", "Asia/Ho_Chi_Minh"),
    "ZAR": Place("ZA", "Africa/Johannesburg"),
}
ELSEWHERE: Final = Place("", "UTC")
"""Any other currency: Monday to Friday."""


def place_of(currency: str) -> Place:
    """Where a currency is settled."""
    return PLACES.get(currency, ELSEWHERE)


def is_banking_day(day: date, currency: str) -> bool:
    """Whether banks move this currency on a day."""
    return day in _banking_days(currency if currency in PLACES else "", day.year)


@lru_cache(maxsize=512)
def _banking_days(currency: str, year: int) -> frozenset[date]:
    """Every banking day of a year: about 250 of them, found once a process."""
    place = place_of(currency)
    closed = _holidays(place, year)
    first = date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range((date(year, 12, 31) - first).days + 1))
    return frozenset(day for day in days if day.weekday() not in place.weekend and day not in closed)


def _holidays(place: Place, year: int) -> frozenset[date]:
    import holidays  # knows every country, and takes its time to be imported

    if not place.holidays or not _KNOWN_SINCE <= year <= place.known_until:
        return frozenset()
    if place.holidays in _MARKETS:
        return frozenset(holidays.financial_holidays(place.holidays, years=year))
    country, _, part = place.holidays.partition("-")
    known = holidays.country_holidays(country).supported_categories
    kinds = tuple(kind for kind in place.kinds if kind in known)
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year, categories=kinds))


def banking_day_from(day: date, currency: str) -> date:
    """This day where banks are open on it, otherwise the first day after it."""
    return _first(day, currency, step=1)


def banking_day_until(day: date, currency: str) -> date:
    """This day where banks are open on it, otherwise the last day before it."""
    return _first(day, currency, step=-1)


def next_banking_day(day: date, currency: str) -> date:
    """The first banking day after this day."""
    return _first(day + timedelta(days=1), currency, step=1)


def _first(day: date, currency: str, *, step: int) -> date:
    for _ in range(_MONTH_OF_REST):
        if is_banking_day(day, currency):
            return day
        day += timedelta(days=step)
    raise AssertionError(f"{currency} has no banking day around {day}")


def taken_on(asked_at: datetime, currency: str) -> date:
    """The banking day that an order counts for: after the cut-off, and while banks are closed, it is the next one."""
    place = place_of(currency)
    there = asked_at.astimezone(ZoneInfo(place.zone))
    is_late = there.time() >= place.cut_off
    return next_banking_day(there.date(), currency) if is_late else banking_day_from(there.date(), currency)


def value_date(asked_at: datetime, currency: str) -> date:
    """The day on which a standard payment is there: the banking day after the one on which it was taken."""
    return next_banking_day(taken_on(asked_at, currency), currency)
