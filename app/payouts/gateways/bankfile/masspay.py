"""Payments as a plain table for mass-payment systems, in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

from app.payouts.gateways.bankfile.checking import amount_text, check, end_to_end, is_account, refused
from app.payouts.gateways.rail import Order
from app.payouts.rules.letters import is_written
from app.payouts.rules.refusals import OrderRefused

HEADS: Final = (
    "reference", "name", "is_company", "amount", "currency", "scheme", "account", "account_kind", "bank",
    "bank_country", "holder_country", "pay_on", "speed", "text",
)  # fmt: skip
_LONGEST: Final = 140
_FORMULA: Final = re.compile(r"[=+\-@|%＝＋－＠]")


def masspay_file(orders: Sequence[Order]) -> bytes:
    """A CSV (RFC 4180, UTF-8) with a row an order; names and texts stand as people write them."""
    check(orders)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADS)
    writer.writerows(_row(order) for order in orders)
    return out.getvalue().encode()


def _row(order: Order) -> tuple[str, ...]:
    to, name = order.to, cell(order.to.holder)
    if not is_account(to):
        raise refused(order, OrderRefused.ACCOUNT)
    if not is_written(name):
        raise refused(order, OrderRefused.HOLDER)
    return (
        end_to_end(order.payout_id),
        name,
        "yes" if to.is_company else "no",
        amount_text(order.amount_minor, order.currency),
        order.currency,
        to.scheme,
        to.number,
        ("savings" if to.is_savings else "checking") if to.scheme == "us" else "",
        to.routing,
        cell(to.country),
        cell(to.address_country),
        order.on.isoformat(),
        order.speed,
        cell(order.text),
    )


def cell(text: str) -> str:
    """A text on one line, of which nothing runs: what a spreadsheet would compute begins with an apostrophe (OWASP)."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text[: _LONGEST * 2])
    plain = " ".join(shown.split())[:_LONGEST]
    return f"'{plain}" if _FORMULA.match(plain) else plain
