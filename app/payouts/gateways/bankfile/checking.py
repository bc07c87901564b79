"""What must hold of orders before any file is made of them: one that does not fit refuses the whole file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.kernel.money import exponent, is_currency
from app.payouts.gateways.rail import Destination, Order
from app.payouts.rules.accounts import is_iban, is_routing_number, is_sort_code, is_uk_account, is_us_account
from app.payouts.rules.letters import is_written, sepa_text
from app.payouts.rules.refusals import BankFileRefused, OrderRefused

MOST_MINOR: Final = 99_999_999_999
"""Minor units of one payment: what the euro's own payments carry (EPC115-06)."""

BIC: Final = re.compile(r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9](?:[A-Z0-9]{3})?")
"""A BIC as the stricter of the two ISO schemas has it."""


def check(orders: Sequence[Order]) -> None:
    """Refuse no orders at all, one that stands there twice, and amounts and currencies that are none."""
    if not orders:
        raise BankFileRefused(BankFileRefused.EMPTY)
    ids: set[UUID] = set()
    keys: set[str] = set()
    for order in orders:
        if order.payout_id in ids or order.key in keys:
            raise refused(order, OrderRefused.TWICE)
        ids.add(order.payout_id)
        keys.add(order.key)
        if not is_currency(order.currency):
            raise refused(order, OrderRefused.CURRENCY)
        if not _is_amount(order.amount_minor):
            raise refused(order, OrderRefused.AMOUNT)


def _is_amount(minor: object) -> bool:
    return type(minor) is int and 0 < minor <= MOST_MINOR


def refused(order: Order, why: str) -> OrderRefused:
    """The refusal that names an order by its payout; never the account or the name."""
    return OrderRefused(why, payout=order.payout_id, currency=order.currency[:3])


def end_to_end(payout_id: UUID) -> str:
    """A payout's name in files: 32 of the 35 characters that banks carry, without the dashes some of them drop."""
    return payout_id.hex


def holder(order: Order, most: int = 70) -> str:
    """The holder's name in letters that banks take."""
    name = sepa_text(order.to.holder, most)
    if not is_written(name):
        raise refused(order, OrderRefused.HOLDER)
    return name


def is_account(to: Destination) -> bool:
    """Whether a destination's numbers can be right; that of the card processor is no bank account."""
    if to.scheme == "iban":
        return is_iban(to.number) and (not to.routing or BIC.fullmatch(to.routing) is not None)
    if to.scheme == "us":
        return is_routing_number(to.routing) and is_us_account(to.number)
    return to.scheme == "gb" and is_sort_code(to.routing) and is_uk_account(to.number)


def amount_text(minor: int, currency: str) -> str:
    """An amount with exactly the decimals of its currency: 1200 JPY are 1200, 1200 KWD are 1.200."""
    return decimal_text(minor, exponent(currency))


def decimal_text(units: int, places: int) -> str:
    """Whole units of 10^-places as a decimal; no fraction is ever computed."""
    if not places:
        return str(units)
    digits = str(units).zfill(places + 1)
    return f"{digits[:-places]}.{digits[-places:]}"


def control_sum(orders: Sequence[Order]) -> str:
    """The sum of the numbers as they stand there, whatever their currencies (ISO 20022, ControlSum)."""
    places = max(exponent(order.currency) for order in orders)
    total = sum(order.amount_minor * 10 ** (places - exponent(order.currency)) for order in orders)
    if total >= 10**18:
        raise BankFileRefused(BankFileRefused.TOO_LARGE)
    return decimal_text(total, places)
