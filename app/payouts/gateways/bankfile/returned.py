"""What a bank says of payments: status reports (pain.002), statements and notices of entries (camt.053, camt.054).

A payment counts as paid once the bank has booked it: of most payments no bank ever says more. What comes back later
is a return where the bank itself calls it one: an id that a sender wrote beside money proves nothing. A report that
names only the file or a batch is told of every payout inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element

from app.kernel.money import exponent, is_currency
from app.payouts.gateways.bankfile.reading import message
from app.payouts.gateways.bankfile.reasons import problem_of
from app.payouts.gateways.rail import RailState, Report
from app.payouts.rules.refusals import BankReportRefused

Members = Mapping[str, Sequence[UUID]]
"""The payouts in each file and batch that was sent, by the name it was sent under."""

STATES: Final[dict[str, RailState]] = {
    "RCVD": "accepted", "ACTC": "accepted", "ACCP": "accepted", "ACWC": "accepted", "PDNG": "accepted",
    "PATC": "accepted", "ACFC": "accepted", "ACSP": "in_transit", "ACWP": "in_transit", "ACSC": "paid", "ACCC": "paid",
    "RJCT": "failed", "CANC": "failed",
}  # fmt: skip
"""ISO 20022 ExternalPaymentTransactionStatus1Code; PART says nothing of any one payment."""

MOST_REPORTS: Final = 200_000
"""Reports of one file: naming one large batch again and again costs a sender little."""

_OURS: Final = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AMOUNT: Final = re.compile(r"\+?([0-9]{0,18})(?:\.([0-9]{0,17}))?")
_LONGEST: Final = 140


def read_back(raw: bytes, members: Members | None = None) -> list[Report]:
    """Everything a bank's file says of payments, in its order; `BankReportRefused` where it is no such file.

    A movement of the account that is not of any payout has no `payout_id`; money that merely came in is left out.
    """
    said = message(raw)
    read = _READERS.get(said.tag)
    if read is None:
        raise BankReportRefused
    found = list(islice(read(said, members or {}), MOST_REPORTS + 1))
    if len(found) > MOST_REPORTS:
        raise BankReportRefused(BankReportRefused.TOO_LARGE)
    return found


def _at(element: Element | None, path: str) -> Element | None:
    """The first element of a path; a step at a time, which takes a fifth of the time of asking for the whole path."""
    for name in path.split("/"):
        if element is None:
            return None
        element = element.find(name)
    return element


def _text(element: Element | None, path: str) -> str:
    found = _at(element, path)
    text = found.text if found is not None else None
    return " ".join(text[: _LONGEST * 8].split())[:_LONGEST] if text else ""


def _payout(text: str) -> UUID | None:
    return UUID(text) if _OURS.fullmatch(text) else None


def _statuses(said: Element, members: Members) -> Iterator[Report]:
    """What is said of a payment counts for it, of a batch for the rest of the batch, of the file for all others.

    Banks that reject a whole file often name only the payment that is at fault.
    """
    at = _moment(_text(said, "GrpHdr/CreDtTm"))
    named: set[UUID | None] = set()
    for batch in said.iterfind("OrgnlPmtInfAndSts"):
        for report in _of_batch_and_payments(batch, members, named, at=at):
            named.add(report.payout_id)
            yield report
    group = said.find("OrgnlGrpInfAndSts")
    if (status := _text(group, "GrpSts")) in STATES:
        name = _text(group, "OrgnlMsgId")
        yield from _of_many(name, status, _reason(group), members, at=at, besides=named)


def _of_batch_and_payments(
    batch: Element, members: Members, named: set[UUID | None], *, at: datetime | None
) -> Iterator[Report]:
    batch_id, status, why = _text(batch, "OrgnlPmtInfId"), _text(batch, "PmtInfSts"), _reason(batch)
    is_named = False
    for payment in batch.iterfind("TxInfAndSts"):
        yield from _status(payment, status, why, at=at, batch_id=batch_id)
        is_named = True
    if status in STATES and (batch_id in members or not is_named):
        yield from _of_many(batch_id, status, why, members, at=at, besides=named)


Why = tuple[str, str]
"""A bank's code, and what it wrote beside it."""


def _reason(element: Element | None) -> Why:
    """The first code and everything that was said beside it."""
    found = element.findall("StsRsnInf") if element is not None else []
    codes = [code for each in found if (code := _text(each, "Rsn/Cd") or _text(each, "Rsn/Prtry"))]
    said = " ".join(filter(None, (_text(each, "AddtlInf") for each in found)))
    return (codes[0] if codes else "", said[:_LONGEST])


def _status(payment: Element, above: str, why_above: Why, *, at: datetime | None, batch_id: str) -> Iterator[Report]:
    status = _text(payment, "TxSts") or above
    if (state := STATES.get(status)) is None:
        return
    known = _text(payment, "OrgnlEndToEndId")
    code, said = _reason(payment)
    code, said = (code, said) if code or state != "failed" else why_above
    minor, currency = _money(_at(payment, "OrgnlTxRef/Amt/InstdAmt"))
    yield Report(
        payout_id=_payout(known),
        state=state,
        reference=_text(payment, "AcctSvcrRef") or _text(payment, "StsId"),
        problem=problem_of(code) or "other" if state == "failed" else "",
        amount_minor=minor,
        currency=currency,
        at=at,
        facts=_facts(status=status, reason=code, said=said, batch=batch_id, end_to_end=known),
    )


def _of_many(
    name: str, status: str, why: Why, members: Members, *, at: datetime | None, besides: set[UUID | None]
) -> Iterator[Report]:
    """A report for each payout of a file or batch that was not named; of none that is ours where they are unknown."""
    state, (code, said) = STATES[status], why
    problem = problem_of(code) or "other" if state == "failed" else ""
    facts = _facts(status=status, reason=code, said=said, batch=name)
    inside: Sequence[UUID | None] = members.get(name) or (() if besides else (None,))
    for payout_id in inside:
        if payout_id not in besides:
            yield Report(payout_id, state, problem=problem, at=at, facts=dict(facts))


def _facts(**said: str) -> dict[str, str]:
    return {name: value for name, value in said.items() if value}


def _entries(said: Element, members: Members) -> Iterator[Report]:
    for statement in (*said.iterfind("Stmt"), *said.iterfind("Ntfctn")):
        for entry in statement.iterfind("Ntry"):
            yield from _entry(entry, members)


def _entry(entry: Element, members: Members) -> Iterator[Report]:
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    if status not in ("BOOK", "PDNG"):
        return
    parts = entry.findall("NtryDtls/TxDtls")
    batches = [name for each in entry.findall("NtryDtls/Btch") if (name := _text(each, "PmtInfId"))]
    if parts:
        for part in parts:
            yield from _movement(entry, part, members, is_booked=status == "BOOK", is_only=len(parts) == 1)
    elif batches:
        for name in batches:
            yield from _of_batch(entry, name, members, is_booked=status == "BOOK")
    else:
        yield from _movement(entry, None, members, is_booked=status == "BOOK", is_only=True)


def _of_batch(entry: Element, name: str, members: Members, *, is_booked: bool) -> Iterator[Report]:
    state = _state(entry, None, is_booked=is_booked)
    if state is None:
        return
    inside: Sequence[UUID | None] = members.get(name) or (None,)
    minor, currency = _money(entry.find("Amt")) if inside == (None,) else (None, "")
    problem = "other" if state == "returned" else ""
    facts = _facts(batch=name, entry=_text(entry, "NtryRef"))
    at, reference = _booked(entry), _text(entry, "AcctSvcrRef")
    for payout_id in inside:
        yield Report(payout_id, state, reference, problem, minor, currency, at, dict(facts))


def _movement(
    entry: Element, part: Element | None, members: Members, *, is_booked: bool, is_only: bool
) -> Iterator[Report]:
    known, batch = _text(part, "Refs/EndToEndId"), _text(part, "Refs/PmtInfId")
    payout_id = _payout(known)
    if payout_id is None and is_only and batch in members:
        yield from _of_batch(entry, batch, members, is_booked=is_booked)
        return
    state = _state(entry, part, is_booked=is_booked)
    if state is None and payout_id is not None and is_booked:
        state, payout_id = "returned", None  # somebody's money under our id: for a person to look at
    if state is None:
        return
    code = _text(part, "RtrInf/Rsn/Cd") or _text(part, "RtrInf/Rsn/Prtry")
    minor, currency = _money(_amount_of(entry, part, is_only=is_only))
    yield Report(
        payout_id=None if _family(entry, part)[0] == _DRAWN else payout_id,
        state=state,
        reference=_text(part, "Refs/AcctSvcrRef") or _text(entry, "AcctSvcrRef"),
        problem=problem_of(code) or "other" if state == "returned" else "",
        amount_minor=minor,
        currency=currency,
        at=_booked(entry),
        facts=_facts(
            reason=code,
            said=_text(part, "RtrInf/AddtlInf"),
            batch=batch,
            entry=_text(entry, "NtryRef"),
            end_to_end=known,
        ),
    )


def _state(entry: Element, part: Element | None, *, is_booked: bool) -> RailState | None:
    """What a movement means; None where it means nothing to payouts: other people's money coming in, or a maybe."""
    sign = _text(part, "CdtDbtInd") or _text(entry, "CdtDbtInd")
    is_reversal = _text(entry, "RvslInd") in ("true", "1")
    if sign == "DBIT" and not is_reversal:
        return "paid" if is_booked else "in_transit"
    has_reason = _at(part, "RtrInf") is not None
    came_back = is_reversal or has_reason or _family(entry, part)[1] == _CAME_BACK
    return "returned" if sign == "CRDT" and is_booked and came_back else None


_DRAWN: Final = "RDDT"
"""A direct debit: who draws it chooses its end-to-end id, so it never is a payout of ours."""

_CAME_BACK: Final = "RRTN"


def _family(entry: Element, part: Element | None) -> tuple[str, str]:
    """What kind of movement the bank itself calls it (ISO 20022 bank transaction codes: family, sub-family)."""
    for element in (part, entry):
        if family := _text(element, "BkTxCd/Domn/Fmly/Cd"):
            return family, _text(element, "BkTxCd/Domn/Fmly/SubFmlyCd")
    return "", ""


def _amount_of(entry: Element, part: Element | None, *, is_only: bool) -> Element | None:
    """The movement's own amount; where the bank names none for the only one, the entry's."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"):
        if (found := _at(part, path)) is not None:
            return found
    return entry.find("Amt") if is_only else None


def _money(amount: Element | None) -> tuple[int | None, str]:
    """Whole minor units and their currency; an amount finer than its currency is none."""
    if amount is None:
        return None, ""
    text, currency = (amount.text or "").strip(), amount.get("Ccy", "")
    found = _AMOUNT.fullmatch(text)
    if found is None or not is_currency(currency):
        raise BankReportRefused(BankReportRefused.AMOUNT, value=f"{text[:30]} {currency[:3]}")
    places, fraction = exponent(currency), (found[2] or "").rstrip("0")
    if len(fraction) > places or not (found[1] or fraction):
        raise BankReportRefused(BankReportRefused.AMOUNT, value=f"{text[:30]} {currency[:3]}")
    return int((found[1] or "0") + fraction.ljust(places, "0")), currency


def _booked(entry: Element) -> datetime | None:
    for path in ("BookgDt/DtTm", "BookgDt/Dt", "ValDt/DtTm", "ValDt/Dt"):
        if (found := _moment(_text(entry, path))) is not None:
            return found
    return None


def _moment(text: str) -> datetime | None:
    """A day or a time as ISO 8601 has them; without a zone it counts as UTC."""
    day = re.fullmatch(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?", text, re.ASCII)
    try:
        found = datetime.fromisoformat(day[1] if day else text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_READERS: Final = {
    "CstmrPmtStsRpt": _statuses,
    "BkToCstmrStmt": _entries,
    "BkToCstmrDbtCdtNtfctn": _entries,
}
