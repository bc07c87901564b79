"""When something was sold, as senders write it: days, months, quarters, years; in whichever order."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final

from app.royalties.rules.layouts import DateOrder

Span = tuple[date, date]

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero ene janeiro gennaio styczen",
            "feb february februar fevrier février febrero fevereiro febbraio luty",
            "mar march maerz märz mrz mars marzo março maart marzec",
            "apr april avril abril aprile abr kwiecien",
            "may mai mayo maio maggio mei maj",
            "jun june juni juin junio junho giugno czerwiec",
            "jul july juli juillet julio julho luglio lipiec",
            "aug august août aout agosto augustus sierpien",
            "sep sept september septembre septiembre setembro settembre wrzesien",
            "oct october oktober octobre octubre outubro ottobre okt pazdziernik",
            "nov november novembre noviembre novembro listopad",
            "dec december dezember décembre decembre diciembre dezembro dicembre dez grudzien",
        ),
        start=1,
    )
    for name in names.split()
}
_TIME: Final = re.compile(r"[ T]\s*\d{1,2}:\d{2}.*$")
_DAY_FIRST_YEAR: Final = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})")
_DAY: Final = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})")
_COMPACT: Final = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_MONTH: Final = re.compile(r"((?:19|20)\d{2})[-/._ M]?(0?[1-9]|1[0-2])")
_MONTH_LAST: Final = re.compile(r"(0?[1-9]|1[0-2])[-/._ ]((?:19|20)\d{2})")
_NAMED: Final = re.compile(r"(?:(\d{1,2})[-/. ]+)?([^\W\d_]+)\.?[-/., ]+(?:(\d{1,2}),?[ ]+)?(\d{4}|\d{2})")
_NAMED_LAST: Final = re.compile(r"((?:19|20)\d{2})[-/. ]+([^\W\d_]+)\.?")
_QUARTER: Final = re.compile(r"(?:((?:19|20)\d{2})[-/ ]?Q([1-4])|Q([1-4])[-/ ]?((?:19|20)\d{2}))", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?:19|20)\d{2}")
_SERIAL: Final = re.compile(r"[34]\d{4}(?:\.\d+)?")
_EXCEL_BEGAN: Final = date(1899, 12, 30)
_IN_A_NAME: Final = re.compile(
    r"(?<!\d)(?:(?:19|20)\d{2}[-_]?(?:0[1-9]|1[0-2])(?!\d)|(?:19|20)\d{2}[-_ ]?Q[1-4])", re.IGNORECASE
)


def span(text: str, order: DateOrder = "ymd") -> Span | None:
    """First and last day of what a text names; None where it names no time."""
    said = _TIME.sub("", text.strip()).strip()
    for read in (_of_day, _of_name, _of_month, _of_quarter, _of_number):
        try:
            found = read(said, order)
        except ValueError:
            return None
        if found:
            return found
    return None


def span_in_name(name: str) -> Span | None:
    """The month or quarter that the name of a file says; None where it says none, or several."""
    found = {found.replace("_", "-") for found in _IN_A_NAME.findall(name)}
    return span(found.pop()) if len(found) == 1 else None


def month_of(year: int, month: int, *, months: int = 1) -> Span:
    """So many whole months from this one on."""
    last = month + months - 1
    return date(year, month, 1), date(year, last, monthrange(year, last)[1])


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _of_day(text: str, order: DateOrder) -> Span | None:
    if found := _DAY_FIRST_YEAR.fullmatch(text) or _COMPACT.fullmatch(text):
        year, month, number = map(int, found.groups())
    elif found := _DAY.fullmatch(text):
        first, second, last = found.groups()
        month, number = (int(first), int(second)) if order == "mdy" else (int(second), int(first))
        year = _year(last)
        if order == "ymd" and len(last) == 2 and len(first) == 2:
            year, month, number = _year(first), int(second), int(last)
    else:
        return None
    day = date(year, month, number)
    return day, day


def _of_name(text: str, order: DateOrder) -> Span | None:  # noqa: ARG001
    if found := _NAMED.fullmatch(text):
        before, name, after, year = found.groups()
        number = before or after
    elif found := _NAMED_LAST.fullmatch(text):
        year, name, number = found[1], found[2], None
    else:
        return None
    month = _MONTHS.get(name.casefold())
    if month is None:
        return None
    if number is None:
        return month_of(_year(year), month)
    day = date(_year(year), month, int(number))
    return day, day


def _of_month(text: str, order: DateOrder) -> Span | None:  # noqa: ARG001
    if found := _MONTH.fullmatch(text):
        return month_of(int(found[1]), int(found[2]))
    if found := _MONTH_LAST.fullmatch(text):
        return month_of(int(found[2]), int(found[1]))
    return None


def _of_quarter(text: str, order: DateOrder) -> Span | None:  # noqa: ARG001
    if found := _QUARTER.fullmatch(text):
        year, quarter = int(found[1] or found[4]), int(found[2] or found[3])
        return month_of(year, quarter * 3 - 2, months=3)
    return month_of(int(text), 1, months=12) if _YEAR.fullmatch(text) else None


def _of_number(text: str, order: DateOrder) -> Span | None:  # noqa: ARG001
    if not _SERIAL.fullmatch(text):
        return None
    day = _EXCEL_BEGAN + timedelta(days=int(text.partition(".")[0]))
    return day, day
