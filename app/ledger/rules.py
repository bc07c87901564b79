"""What an account is, what may be posted, and what a conversion comes to; nothing here knows the database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple, Self
from uuid import UUID

from app.kernel.money import CurrencyUnknown, exact, from_micros, is_currency, to_micros
from app.kernel.sentences import sentence
from app.ledger.errors import AccountsEqual, AmountNotPositive, CurrenciesDiffer, KeyUnusable, RateUnusable

Side = Literal["debit", "credit"]
"""The side on which an account of a kind grows: debit for assets and expenses, credit for the rest."""

MOST_MICROS = 9_000_000_000_000_000_000
LONGEST_KEY = 200
ALONE_UP_TO_MICROS = 10_000 * 1_000_000
"""What one person decides about alone where the label has not said otherwise."""

MOST_ALONE_MICROS = 1_000_000 * 1_000_000
"""What no label lets one person decide about alone."""

REVERSAL = "reverse:"
"""What the key of a posting begins with that takes another back."""


class Kind(StrEnum):
    """What an account is for, the side on which it grows, and its name; a new kind is one more line."""

    side: Side
    meaning: str

    def __new__(cls, name: str, side: Side = "debit", meaning: str = "") -> Self:
        """Make a member that carries its side and its meaning; called with the name alone, a member is looked up."""
        kind = str.__new__(cls, name)
        kind._value_, kind.side, kind.meaning = name, side, meaning
        return kind

    RECEIVABLE = "receivable", "debit", sentence("Owed by sources")  # subject: the source
    BANK = "bank", "debit", sentence("Money at the bank")
    CLEARING = "clearing", "debit", sentence("Money in transit")
    ADVANCE = "advance", "debit", sentence("Advances to recoup")  # subject: the contract
    COST = "cost", "debit", sentence("Costs to recoup")  # subject: the contract
    PAYABLE = "payable", "credit", sentence("Owed to payees")  # subject: the payee under a contract
    UNRECOUPED = "unrecouped", "debit", sentence("Still to be earned back")  # subject: the payee under a contract
    RESERVE = "reserve", "credit", sentence("Reserves")  # subject: the payee under a contract
    DEFERRED = "deferred", "credit", sentence("Earned, not yet due")  # subject: the payee
    CONTESTED = "contested", "credit", sentence("Contested shares")  # subject: the payee
    HELD = "held", "credit", sentence("Held in dispute")  # subject: the payee
    PAYOUT = "payout", "credit", sentence("Payouts under way")  # subject: the payee
    PLATFORM = "platform", "credit", sentence("Platform share")
    PAYOUT_FEE = "payout_fee", "credit", sentence("Fees of instant payouts")
    WITHHOLDING = "withholding", "credit", sentence("Taxes withheld")
    SUSPENSE = "suspense", "credit", sentence("Not yet matched")
    FX_POSITION = "fx_position", "credit", sentence("Currency positions")
    INCOME = "income", "credit", sentence("Income")
    FX_GAIN_LOSS = "fx_gain_loss", "credit", sentence("Gains and losses on currencies")
    ROYALTY_EXPENSE = "royalty_expense", "debit", sentence("Royalties")
    SALES_TAX = "sales_tax", "credit", sentence("Taxes on sales")
    SHIPPING = "shipping", "credit", sentence("Sending")
    COST_OF_GOODS = "cost_of_goods", "credit", sentence("Making of what was sold")
    PAYMENT_FEES = "payment_fees", "debit", sentence("Fees of payments")
    DISPUTED = "disputed", "debit", sentence("Payments in dispute")
    LOSSES = "losses", "debit", sentence("Losses on payments")


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger account by value; it comes into being when it is first posted to."""

    kind: Kind
    subject: UUID | None
    currency: str

    @property
    def id(self) -> UUID:
        """The id that these three always give."""
        return UUID(named_id(f"{self.kind}/{self.subject or ''}/{self.currency}"))

    def own_side(self, debit_micros: int) -> int:
        """A balance that counts debits, as one that counts the side on which this account grows, and back."""
        return debit_micros if self.kind.side == "debit" else -debit_micros


class Entry(NamedTuple):
    """A posting that is wished for; `key` names the business fact behind it, for ever."""

    key: str
    debit: Account
    credit: Account
    amount_micros: int
    on: date
    reason: str
    subject_type: str | None = None
    subject_id: UUID | None = None


class Conversion(NamedTuple):
    """Money that leaves one account and arrives on another in another currency.

    `amount_micros` is of `currency`, that of one of the two; one unit of it is `rate` units of the other. `book_rate`
    is the rate at which the amount stood in the books: what the difference makes is gained or lost.
    """

    key: str
    debit: Account
    credit: Account
    amount_micros: int
    currency: str
    rate: Decimal
    on: date
    reason: str
    book_rate: Decimal | None = None
    subject_type: str | None = None
    subject_id: UUID | None = None


def named_id(name: str) -> str:
    """The id that a name always gives, as 32 hexadecimal digits: UUIDv8 (RFC 9562 §5.8) of its SHA-256."""
    digits = hashlib.sha256(name.encode()).hexdigest()
    return f"{digits[:12]}8{digits[13:16]}8{digits[17:32]}"


def posting_id(key: str) -> UUID:
    """The id of the posting of a business fact."""
    return UUID(named_id(key))


def check_entry(entry: Entry) -> None:
    """Refuse what cannot be posted."""
    if not is_key(entry.key) or not is_key(entry.reason):
        raise KeyUnusable
    if not 0 < entry.amount_micros <= MOST_MICROS:
        raise AmountNotPositive
    if entry.debit.currency != entry.credit.currency:
        raise CurrenciesDiffer(debit=entry.debit.currency, credit=entry.credit.currency)
    if entry.debit == entry.credit:
        raise AccountsEqual


def is_key(key: str) -> bool:
    """Tell whether a text may name a business fact."""
    return 0 < len(key) <= LONGEST_KEY and key.isprintable() and not key.startswith(REVERSAL)


def check_currency(account: Account) -> None:
    """Refuse an account in a currency that there is not."""
    if not is_currency(account.currency):
        raise CurrencyUnknown(code=account.currency[:40])


def converted(conversion: Conversion) -> list[Entry]:
    """The postings of a conversion: out of one currency, into the other, and what was gained or lost between."""
    given, made = _amounts(conversion, conversion.rate)
    out_of, into = _positions(conversion)
    debited, credited = (given, made) if conversion.currency == conversion.debit.currency else (made, given)
    entries = [
        _part(conversion, "credit", debit=out_of, credit=conversion.credit, micros=credited),
        _part(conversion, "debit", debit=conversion.debit, credit=into, micros=debited),
    ]
    if conversion.book_rate is not None:
        gained = made - _amounts(conversion, conversion.book_rate)[1]
        entries += _gain(conversion, gained if conversion.currency == conversion.credit.currency else -gained)
    return entries


def _amounts(conversion: Conversion, rate: Decimal) -> tuple[int, int]:
    """What is given and what it comes to, rounded once."""
    if not 0 < conversion.amount_micros <= MOST_MICROS:
        raise AmountNotPositive
    with exact():
        made = to_micros(from_micros(conversion.amount_micros) * rate) if rate.is_finite() and rate > 0 else 0
    if made <= 0:
        raise RateUnusable
    return conversion.amount_micros, made


def _positions(conversion: Conversion) -> tuple[Account, Account]:
    """The currency positions through which the money passes: of the credit's currency, and of the debit's."""
    credit, debit = conversion.credit.currency, conversion.debit.currency
    if credit == debit or conversion.currency not in (credit, debit):
        raise CurrenciesDiffer(debit=debit, credit=credit)
    return Account(Kind.FX_POSITION, None, credit), Account(Kind.FX_POSITION, None, debit)


def _gain(conversion: Conversion, micros: int) -> list[Entry]:
    """What was gained, or lost if below zero, against the books, in the currency that the rate leads to."""
    if micros == 0:
        return []
    is_debit = conversion.currency == conversion.debit.currency
    currency = conversion.credit.currency if is_debit else conversion.debit.currency
    position, result = Account(Kind.FX_POSITION, None, currency), Account(Kind.FX_GAIN_LOSS, None, currency)
    debit, credit = (position, result) if micros > 0 else (result, position)
    return [_part(conversion, "gain", debit=debit, credit=credit, micros=abs(micros))]


def _part(conversion: Conversion, name: str, *, debit: Account, credit: Account, micros: int) -> Entry:
    return Entry(
        f"{conversion.key}/{name}",
        debit,
        credit,
        micros,
        conversion.on,
        conversion.reason,
        conversion.subject_type,
        conversion.subject_id,
    )
