"""Payments as banks of the United States take them: an ACH file of 94-character records (Nacha Operating Rules).

Persons are paid by PPD, companies by CCD, each kind and day in a batch of its own, credits only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Final

from app.payouts.gateways.bankfile.checking import check, end_to_end, holder, is_account, refused
from app.payouts.gateways.bankfile.debtor import Debtor
from app.payouts.gateways.rail import Order
from app.payouts.rules.accounts import is_routing_number
from app.payouts.rules.letters import is_written, sepa_text
from app.payouts.rules.refusals import BankFileRefused, OrderRefused, OwnAccountUnusable

RECORD: Final = 94
BLOCK: Final = 10
"""Records of a block; the last is filled up with nines."""

MOST_CENTS: Final = 9_999_999_999
_MOST_TOTAL: Final = 999_999_999_999
_MOST_OF_BATCH: Final = 999_999
_MOST_BATCHES: Final = 999_999
_MOST_ENTRIES: Final = 9_999_999
_HASH_WRAPS_AT: Final = 10**10
_CREDITS_ONLY: Final = "220"
_CHECKING, _SAVINGS = "22", "32"
_COMPANY_ID: Final = re.compile(r"[A-Z0-9]{1,10}")
_DESCRIPTION: Final = "ROYALTIES"


@dataclass(frozen=True, slots=True)
class Totals:
    """What the controls of a batch or the whole file say of it; `records` are entries and their addenda."""

    records: int = 0
    entry_hash: int = 0
    cents: int = 0

    def __add__(self, other: Totals) -> Totals:
        """Both together, the hash without its overflow."""
        entry_hash = (self.entry_hash + other.entry_hash) % _HASH_WRAPS_AT
        return Totals(self.records + other.records, entry_hash, self.cents + other.cents)


_NOTHING: Final = Totals()


def nacha_file(
    debtor: Debtor, orders: Sequence[Order], *, made_at: datetime, modifier: str = "A", with_addenda: bool = True
) -> bytes:
    """The file for the bank, the same bytes for the same orders.

    `modifier` (A to Z, 0 to 9) tells files of one day apart. An addendum carries the payout's id and the text; without
    one only the last 15 characters of the id fit.
    """
    check(orders)
    _check_debtor(debtor, modifier)
    for order in orders:
        _check(order)
    if len(orders) > _MOST_ENTRIES:
        raise BankFileRefused(BankFileRefused.TOO_LARGE)
    records = list(_records(debtor, orders, made_at=made_at, modifier=modifier, with_addenda=with_addenda))
    records += ["9" * RECORD] * (-len(records) % BLOCK)
    return "".join(f"{record}\r\n" for record in records).encode("ascii")


def _check(order: Order) -> None:
    if order.currency != "USD":
        raise refused(order, OrderRefused.CURRENCY)
    if order.to.scheme != "us" or not is_account(order.to):
        raise refused(order, OrderRefused.ACCOUNT)
    if order.amount_minor > MOST_CENTS:
        raise refused(order, OrderRefused.AMOUNT)
    if order.speed == "instant":
        raise refused(order, OrderRefused.INSTANT)


def _check_debtor(debtor: Debtor, modifier: str) -> None:
    is_named = is_written(_upper(debtor.name, 16)) and _COMPANY_ID.fullmatch(debtor.company_id)
    if debtor.scheme != "us" or not is_routing_number(debtor.routing) or not is_named:
        raise OwnAccountUnusable
    if not re.fullmatch(r"[A-Z0-9]", modifier):
        raise BankFileRefused


def _records(
    debtor: Debtor, orders: Sequence[Order], *, made_at: datetime, modifier: str, with_addenda: bool
) -> Iterator[str]:
    yield _file_header(debtor, made_at, modifier)
    whole, lines, traces = _NOTHING, 2, count(1)
    batches = _batches(orders)
    for number, ((kind, on), inside) in enumerate(batches.items(), start=1):
        yield _batch_header(debtor, number=number, kind=kind, on=on)
        totals = _NOTHING
        for order in inside:
            yield from _entry(debtor, order, trace=next(traces), with_addenda=with_addenda)
            totals += _totals_of(order, with_addenda=with_addenda)
        if totals.cents > _MOST_TOTAL or totals.records > _MOST_OF_BATCH:
            raise BankFileRefused(BankFileRefused.TOO_LARGE)
        yield _batch_control(debtor, totals, number)
        whole, lines = whole + totals, lines + totals.records + 2
    if whole.cents > _MOST_TOTAL or len(batches) > _MOST_BATCHES:
        raise BankFileRefused(BankFileRefused.TOO_LARGE)
    yield _file_control(whole, batches=len(batches), blocks=-(-lines // BLOCK))


def _batches(orders: Sequence[Order]) -> dict[tuple[str, date], list[Order]]:
    found: dict[tuple[str, date], list[Order]] = {}
    for order in orders:
        found.setdefault(("CCD" if order.to.is_company else "PPD", order.on), []).append(order)
    return dict(sorted(found.items()))


def _totals_of(order: Order, *, with_addenda: bool) -> Totals:
    return Totals(2 if with_addenda else 1, int(order.to.routing[:8]), order.amount_minor)


def _file_header(debtor: Debtor, made_at: datetime, modifier: str) -> str:
    bank, origin = _upper(debtor.bank_name, 23), _upper(debtor.name, 23)
    return (
        f"101 {debtor.routing}{debtor.company_id:>10}{made_at:%y%m%d%H%M}{modifier}094101{bank:<23}{origin:<23}{'':8}"
    )


def _batch_header(debtor: Debtor, *, number: int, kind: str, on: date) -> str:
    name = _upper(debtor.name, 16)
    return (
        f"5{_CREDITS_ONLY}{name:<16}{'':20}{debtor.company_id:<10}{kind}{_DESCRIPTION:<10}{'':6}{on:%y%m%d}{'':3}1"
        f"{debtor.routing[:8]}{number:07}"
    )


def _entry(debtor: Debtor, order: Order, *, trace: int, with_addenda: bool) -> Iterator[str]:
    to, known = order.to, end_to_end(order.payout_id).upper()
    name = _upper(holder(order, 22), 22)
    code = _SAVINGS if to.is_savings else _CHECKING
    yield (
        f"6{code}{to.routing}{to.number:<17}{order.amount_minor:010}{known[-15:]}{name:<22}{'':2}"
        f"{1 if with_addenda else 0}{debtor.routing[:8]}{trace:07}"
    )
    if with_addenda:
        text = _upper(f"{known} {sepa_text(order.text)}", 80)
        yield f"705{text:<80}0001{trace:07}"


def _batch_control(debtor: Debtor, totals: Totals, number: int) -> str:
    return (
        f"8{_CREDITS_ONLY}{totals.records:06}{totals.entry_hash:010}{0:012}{totals.cents:012}{debtor.company_id:<10}"
        f"{'':19}{'':6}{debtor.routing[:8]}{number:07}"
    )


def _file_control(whole: Totals, *, batches: int, blocks: int) -> str:
    return f"9{batches:06}{blocks:06}{whole.records:08}{whole.entry_hash:010}{0:012}{whole.cents:012}{'':39}"


def _upper(text: str, most: int) -> str:
    return sepa_text(text, most).upper()
