"""A sheet of contracts: what its columns fill, and what each row makes of the contract it is merged into.

Every value of the terms can be a column, called by its path (`reserve.rate`, `clauses.streams.rate`); `rate` is the
first clause's. Rates may be written as 0.15 or as 15 %.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

import msgspec

from app.contracts.errors import SheetUnusable
from app.contracts.rules.checking import problems
from app.contracts.rules.redline import flat
from app.contracts.rules.terms import Terms
from app.kernel.sentences import sentence
from app.kernel.sheets.encoding import sniff, to_utf8
from app.kernel.sheets.limits import TableLimits
from app.kernel.sheets.refusals import TableEmpty, TableTooLong, TableWithoutRows
from app.kernel.sheets.spreadsheet import read_spreadsheet
from app.kernel.web.languages import LANGUAGES

MOST_ROWS: Final = 5_000
NEEDED: Final = ("name", "email")
BASIC: Final = (
    "title", "name", "email", "country", "language", "artist", "territory", "start", "end", "rate", "advance",
    "advance_part",
)  # fmt: skip
VALUE = sentence("This value cannot be used here.")
NEEDED_VALUE = sentence("This is needed.")
DAY = sentence("Write days as 2026-12-31.")
SPAN = sentence("The last day lies before the first.")
_ZIP: Final = b"PK\x03\x04"
_DELIMITERS: Final = (",", ";", "\t")
_PERCENT = re.compile(r"(-?[0-9.]+)\s*%")
IDENTITIES = re.compile(r"(^shares\..*\.(payee|of)|^clauses\.[^.]*\.id)$")


def columns_of(template: Terms) -> list[str]:
    """Every column that a sheet for these terms may have."""
    paths = [path for path in flat(msgspec.to_builtins(template)) if not IDENTITIES.search(path)]
    return [*BASIC, *paths]


def read(
    raw: bytes, *, needed: Sequence[str] = NEEDED, basic: Sequence[str] = BASIC, closed: Sequence[str] = ()
) -> list[dict[str, str]]:
    """The rows of a sheet by its columns; `SheetUnusable` where these fill nothing, or what is closed to a sheet."""
    rows = _workbook(raw) if raw.startswith(_ZIP) else _text(raw)
    header, *body = rows or [[]]
    names = [_column(cell, basic) for cell in header]
    if not any(names):
        raise TableEmpty
    odd = [name for name in names if name and (not _is_known(name, basic) or name.partition(".")[0] in closed)]
    odd += [name for name in set(names) if name and names.count(name) > 1]
    missing = [name for name in needed if name not in names]
    if odd or missing:
        raise SheetUnusable(columns=", ".join(sorted(set(odd)) + missing))
    found = [_row(names, cells) for cells in body]
    kept = [row for row in found if any(row.values())]
    if not kept:
        raise TableWithoutRows
    if len(kept) > MOST_ROWS:
        raise TableTooLong(rows=MOST_ROWS)
    return kept


def _row(names: Sequence[str], cells: Iterable[str]) -> dict[str, str]:
    return {name: " ".join(cell.split()) for name, cell in zip(names, cells, strict=False) if name}


def _column(cell: str, basic: Sequence[str]) -> str:
    return cell.strip().lower() if cell.strip().lower() in basic else cell.strip()


def _is_known(name: str, basic: Sequence[str] = BASIC) -> bool:
    return name in basic or (name.partition(".")[0] in Terms.__struct_fields__ and not IDENTITIES.search(name))


def _workbook(raw: bytes) -> list[list[str]]:
    frame = read_spreadsheet(raw, TableLimits(rows=MOST_ROWS + 1))
    return [[cell or "" for cell in row] for row in frame.rows()]


def _text(raw: bytes) -> list[list[str]]:
    body = to_utf8(raw, sniff(raw)).decode()
    first = body.partition("\n")[0]
    return list(csv.reader(io.StringIO(body), delimiter=max(_DELIMITERS, key=first.count)))


def merged(template: Terms, row: Mapping[str, str], *, payee: UUID, instead_of: UUID | None) -> Terms:
    """The terms of one row; `ValueError` names the field in which something cannot be used."""
    data = whole(template)
    for share in data["shares"]:
        if share["payee"] == str(instead_of):
            share["payee"] = str(payee)
        if share.get("of") == str(instead_of):
            share["of"] = str(payee)
    for name, value in row.items():
        if value and name not in BASIC:
            _put(data, name.split("."), plain(value))
    if row.get("rate"):
        data["clauses"][0]["rate"] = plain(row["rate"])
    return msgspec.convert(data, Terms, strict=False)


def whole(value: Any) -> Any:
    """Terms as plain data, with what they leave unsaid as an empty list or None."""
    if isinstance(value, msgspec.Struct):
        return {name: whole(getattr(value, name)) for name in value.__struct_fields__}
    return [whole(each) for each in value] if isinstance(value, tuple) else msgspec.to_builtins(value)


def plain(value: str) -> str:
    """A number as terms have it: a percentage as a part of one, a decimal comma as a point."""
    text = value.replace(",", ".") if re.fullmatch(r"-?[0-9]+,[0-9]+\s*%?", value) else value
    percent = _PERCENT.fullmatch(text)
    return str(Decimal(percent[1]) / 100) if percent else text


def _put(data: Any, path: Sequence[str], value: str) -> None:
    """Set one value deep in a structure; a list's entries are found by their own names."""
    here = data
    for name, following in zip(path, [*path[1:], ""], strict=True):
        if isinstance(here, list):
            found = [entry for place, entry in enumerate(here, 1) if name in (_called(entry), str(place))]
            if not found or not following:
                raise msgspec.ValidationError(name)
            here = found[0]
        elif following:
            if here.get(name) is None:
                here[name] = {}
            here = here[name]
        else:
            here[name] = value.split(", ") if isinstance(here.get(name), list) else value
        if not isinstance(here, dict | list):
            raise msgspec.ValidationError(name)


def _called(entry: Any) -> str:
    return str(entry.get("id") or entry.get("payee") or entry.get("kind")) if isinstance(entry, dict) else ""


def problems_of(template: Terms, row: Mapping[str, str], *, usual_start: date) -> dict[str, str]:
    """What is wrong with a row by itself, by column."""
    found = {name: NEEDED_VALUE for name in NEEDED if not row.get(name)}
    if row.get("language") and row["language"] not in LANGUAGES:
        found["language"] = VALUE
    days: dict[str, date] = {}
    for name in ("start", "end"):
        try:
            if row.get(name):
                days[name] = date.fromisoformat(row[name])
        except ValueError:
            found[name] = DAY
    if "end" in days and days.get("start", usual_start) > days["end"]:
        found["end"] = SPAN
    return found | of_advance(row) | of_terms(template, row)


def of_advance(row: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the advance of a row, and with the part of it that is recouped."""
    found = {name: VALUE for name in ("advance", "advance_part") if not _is_amount(row.get(name, ""))}
    if "advance_part" not in found and Decimal(plain(row.get("advance_part") or "1")) > 1:
        found["advance_part"] = VALUE
    return found


def _is_amount(text: str) -> bool:
    try:
        return not text or (Decimal(plain(text)).is_finite() and Decimal(plain(text)) > 0)
    except InvalidOperation:
        return False


def of_terms(template: Terms, row: Mapping[str, str]) -> dict[str, str]:
    """What the terms would be refused for, by the columns of the row that change them."""
    named = [name for name in row if row[name] and (name == "rate" or name not in BASIC)]
    try:
        terms = merged(template, row, payee=UUID(int=0), instead_of=None)
    except (msgspec.ValidationError, InvalidOperation, KeyError, IndexError):
        return {name: VALUE for name in named if not _fits(template, {name: row[name]})} or {"terms": VALUE}
    return problems(terms)


def _fits(template: Terms, row: Mapping[str, str]) -> bool:
    try:
        merged(template, row, payee=UUID(int=0), instead_of=None)
    except (msgspec.ValidationError, InvalidOperation, KeyError, IndexError):
        return False
    return True


def filled(title: str, row: Mapping[str, str]) -> str:
    """A title with its merge fields filled: {name} is the row's name."""
    return re.sub(r"\{([\w.]+)\}", lambda place: row.get(place[1]) or place[0], title)
