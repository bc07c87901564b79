"""What came back of an ACH file: return entries with their addenda of type 99 (Nacha Operating Rules, Appendix Four).

A return repeats what we wrote into the entry's identification number and its amount; its trace number counts anew in
each file of ours and tells nothing alone. What is returned of other people's debits, and notices of change, are no word
on a payout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.payouts.gateways.bankfile.nacha import RECORD
from app.payouts.gateways.bankfile.reading import LARGEST
from app.payouts.gateways.bankfile.reasons import problem_of_return
from app.payouts.rules.refusals import BankReportRefused

KNOWN_AS: Final = 15
"""So many characters of a payout's id stand in its entry: the last ones, in capitals."""

_OF_CREDITS: Final = ("21", "31")
"""Transaction codes of a returned credit: to a checking or a savings account."""

_RETURN: Final = "99"


@dataclass(frozen=True, slots=True)
class Returned:
    """One payment that came back: by the end of its payout's id, in cents, with the bank's code and our problem."""

    known_as: str
    cents: int
    code: str
    problem: str
    trace: str
    at: datetime | None


def is_ach(raw: bytes) -> bool:
    """Whether a file begins as every ACH file does."""
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:3] == b"101"


def returns(raw: bytes) -> list[Returned]:
    """Every payment that came back, in the file's order; `BankReportRefused` where the file is damaged or none."""
    if len(raw) > LARGEST:
        raise BankReportRefused(BankReportRefused.TOO_LARGE)
    records = _records(raw)
    if not records or records[0][0] != "1" or {record[0] for record in records} - set("156789"):
        raise BankReportRefused
    _check_whole(records)
    at = _moment(records[0][23:33])
    return list(_returns(records, at))


def _records(raw: bytes) -> list[str]:
    """The records of a file, whose lines some banks cut at the last character and others do not break at all."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        lines = [lines[0][start : start + RECORD] for start in range(0, len(lines[0]), RECORD)]
    if any(len(line.rstrip()) > RECORD for line in lines):
        raise BankReportRefused
    return [line[:RECORD].ljust(RECORD) for line in lines]


def _check_whole(records: list[str]) -> None:
    """The file's own control counts its entries and addenda: of a file that was cut off nothing is believed."""
    controls = [record for record in records if record[0] == "9" and record != "9" * RECORD]
    counted = sum(record[0] in "67" for record in records)
    if len(controls) != 1 or _number(controls[0][13:21]) != counted:
        raise BankReportRefused


def _returns(records: list[str], at: datetime | None) -> Iterator[Returned]:
    entry = None
    for record in records:
        if record[0] == "6":
            entry = record
        elif record[0] != "7" or entry is None:
            entry = None
        elif record[1:3] == _RETURN and entry[1:3] in _OF_CREDITS:
            yield _returned(entry, record, at)


def _returned(entry: str, addenda: str, at: datetime | None) -> Returned:
    code = addenda[3:6].strip().upper()
    return Returned(
        known_as=entry[39:54].strip().upper(),
        cents=_number(entry[29:39]),
        code=code,
        problem=problem_of_return(code),
        trace=addenda[6:21].strip(),
        at=at,
    )


def _number(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit()):
        raise BankReportRefused(BankReportRefused.AMOUNT, value=digits.strip())
    return int(digits)


def _moment(made: str) -> datetime | None:
    """When the bank made the file; it names no zone, and counts as UTC like all that a bank says."""
    try:
        return datetime.strptime(made.replace(" ", "0"), "%y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
