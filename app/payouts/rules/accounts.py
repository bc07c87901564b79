"""Bank accounts as people type them: read, checked, masked, and told apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from app.payouts.rules import refusals
from app.payouts.rules.letters import is_written, sepa_text

if TYPE_CHECKING:
    from schwifty.domain import IBANSpec

Scheme = Literal["iban", "us", "gb"]
SCHEMES: Final[tuple[Scheme, ...]] = ("iban", "us", "gb")
KINDS: Final = ("checking", "savings")

SHORTEST_NAME, LONGEST_NAME = 2, 70
_LONGEST_TYPED = 100
"""Characters of a field; the longest IBAN has 34, and people type spaces."""

_JOINERS: Final = "\u200c\u200d"
_ROUTING_BEGINS: Final = frozenset((*range(1, 13), *range(21, 33), *range(61, 73)))
"""The first two digits of routing numbers that take payments (ABA Key to Routing Numbers)."""

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}")
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_SHARES_BANKS: Final = {
    "GB": frozenset(("GB", "GG", "IM", "JE")),
    "FR": frozenset(("FR", "BL", "GF", "GP", "MC", "MF", "MQ", "NC", "PF", "PM", "RE", "TF", "WF", "YT")),
    "MC": frozenset(("MC", "FR")),
    "FI": frozenset(("FI", "AX")),
    "SM": frozenset(("SM", "IT")),
    "VA": frozenset(("VA", "IT")),
}
"""Countries of banks under an IBAN of another: territories, and small neighbours."""

_JOINED_LATER: Final = frozenset(("AL", "MD", "ME", "MK", "RS"))
"""Reached by the euro's own payments since 2025 and 2026, which the registry does not say yet."""


@dataclass(frozen=True, slots=True)
class BankDetails:
    """An account that can be right: `number` and `routing` bare and in capitals, `country` the bank's (ISO 3166-1).

    `routing` is the BIC (empty where none is known), the routing number or the sort code.
    """

    scheme: Scheme
    holder: str
    number: str
    routing: str
    country: str
    is_company: bool = False
    is_savings: bool = False

    def __repr__(self) -> str:
        """Nothing of it belongs into a log."""
        return f"BankDetails({self.scheme})"


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed into the form of a bank account; `kind` is checking or savings, where that is asked."""

    scheme: str
    holder: str
    number: str
    routing: str = ""
    kind: str = ""
    is_company: bool = False

    def __repr__(self) -> str:
        """Nothing of it belongs into a log."""
        return "Typed()"


def read_account(typed: Typed) -> BankDetails:
    """The account that was typed; the first thing that is wrong with it is an `AccountRefused` that names the field."""
    read = _READERS.get(typed.scheme)
    if read is None:
        raise refusals.SchemeUnknown
    return read(typed, holder_name(typed.holder))


def holder_name(typed: str) -> str:
    """A holder's name as it is kept: 2 to 70 characters of which banks can write at least two."""
    if len(typed) > LONGEST_NAME * 4:
        raise refusals.HolderUnusable
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    if any(_is_unprintable(sign) for sign in name):
        raise refusals.HolderUnusable(refusals.HolderUnusable.UNREADABLE)
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        raise refusals.HolderUnusable
    if not is_written(sepa_text(name)):
        raise refusals.HolderUnusable(refusals.HolderUnusable.NOT_LATIN)
    return name


def _is_unprintable(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn") and sign not in _JOINERS


def bare(typed: str) -> str:
    """A number as it is kept: ASCII capitals and digits, without what people put in to read it."""
    if len(typed) > _LONGEST_TYPED:
        return typed[:_LONGEST_TYPED]
    return "".join(_kept(sign) for sign in unicodedata.normalize("NFKC", typed)).upper()


def _kept(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    return "" if category in ("Zs", "Pd", "Cf") or sign in "\t\r\n./" else sign


def read_iban(number: str) -> str:
    """An IBAN whose country, length and check digits are right (ISO 13616)."""
    from schwifty import IBAN
    from schwifty.exceptions import InvalidChecksumDigits, InvalidStructure, SchwiftyException

    code = bare(number).removeprefix("IBAN")
    if not _IBAN.fullmatch(code):
        raise refusals.IbanUnreadable
    wanted = iban_lengths().get(code[:2])
    if wanted is None:
        raise refusals.IbanCountryUnknown(country=code[:2])
    if len(code) != wanted:
        raise refusals.IbanLengthWrong(length=len(code), wanted=wanted)
    try:
        return str(IBAN(code))
    except (InvalidChecksumDigits, InvalidStructure):
        raise refusals.IbanWrong from None
    except SchwiftyException:
        raise refusals.IbanUnreadable from None


def is_iban(code: str) -> bool:
    """Whether a bare IBAN has the length of its country and its check digits (ISO 7064 mod 97-10), quickly."""
    if not _IBAN.fullmatch(code) or iban_lengths().get(code[:2]) != len(code):
        return False
    digits = "".join(str(int(sign, 36)) for sign in code[4:] + code[:4])
    return code[2:4] not in ("00", "01", "99") and int(digits) % 97 == 1


@cache
def iban_lengths() -> dict[str, int]:
    """The countries whose accounts have an IBAN, and how many characters it has there (SWIFT's registry)."""
    return {country: spec.iban_length for country, spec in _specs().items()}


@cache
def sepa_countries() -> frozenset[str]:
    """The countries whose IBANs are reached by the euro's own payments (EPC409-09)."""
    return _JOINED_LATER | {country for country, spec in _specs().items() if spec.in_sepa_zone}


@cache
def _specs() -> dict[str, IBANSpec]:
    from pycountry import countries
    from schwifty import registry
    from schwifty.exceptions import InvalidCountryCode

    found = {}
    for country in (*(each.alpha_2 for each in countries), "XK"):
        with suppress(InvalidCountryCode):
            found[country] = registry.get_iban_spec(country)
    return {country: spec for country, spec in found.items() if not spec.aspirational}


def read_bic(typed: str, *, account_country: str) -> str:
    """A BIC of a bank that may have accounts of this country (ISO 9362)."""
    from schwifty import BIC
    from schwifty.exceptions import SchwiftyException

    code = bare(typed)
    if not _BIC.fullmatch(code):
        raise refusals.BicWrong
    try:
        country = str(BIC(code).country_code)
    except SchwiftyException:
        raise refusals.BicWrong from None
    if country not in _SHARES_BANKS.get(account_country, (account_country,)):
        raise refusals.BicElsewhere(country=country, account_country=account_country)
    return code


def bic_of(iban: str) -> str:
    """The BIC that a known bank's IBAN implies; empty where the bank is not known."""
    from schwifty import IBAN

    found = str(IBAN(iban).bic or "")
    country = found[4:6]
    return found if country and country in _SHARES_BANKS.get(iban[:2], (iban[:2],)) else ""


def _by_iban(typed: Typed, holder: str) -> BankDetails:
    iban = read_iban(typed.number)
    bic = read_bic(typed.routing, account_country=iban[:2]) if bare(typed.routing) else bic_of(iban)
    return BankDetails("iban", holder, iban, bic, iban[:2], is_company=typed.is_company)


def is_routing_number(digits: str) -> bool:
    """Whether nine digits can be the number of a bank of the United States: its district, its check digit (ABA)."""
    if not re.fullmatch(r"[0-9]{9}", digits) or int(digits[:2]) not in _ROUTING_BEGINS:
        return False
    return sum(int(digit) * weight for digit, weight in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0


def is_us_account(digits: str) -> bool:
    """Whether digits can be an account of the United States."""
    return re.fullmatch(r"[0-9]{4,17}", digits) is not None and bool(digits.strip("0"))


def _by_routing_number(typed: Typed, holder: str) -> BankDetails:
    routing, number = bare(typed.routing), bare(typed.number)
    if not is_routing_number(routing):
        raise refusals.RoutingNumberWrong
    if not is_us_account(number):
        raise refusals.UsAccountWrong
    if typed.kind not in KINDS:
        raise refusals.AccountKindMissing
    is_savings = typed.kind == "savings"
    return BankDetails("us", holder, number, routing, "US", is_company=typed.is_company, is_savings=is_savings)


def is_sort_code(digits: str) -> bool:
    """Whether digits can be the code of a bank of the United Kingdom."""
    return re.fullmatch(r"[0-9]{6}", digits) is not None and bool(digits.strip("0"))


def is_uk_account(digits: str) -> bool:
    """Whether digits can be an account of the United Kingdom."""
    return re.fullmatch(r"[0-9]{8}", digits) is not None and bool(digits.strip("0"))


def _by_sort_code(typed: Typed, holder: str) -> BankDetails:
    sort_code, number = bare(typed.routing), bare(typed.number).removeprefix("IBAN")
    if number.startswith("GB"):
        iban = read_iban(number)
        number, inside = iban[14:], iban[8:14]
        if sort_code not in ("", inside):
            raise refusals.SortCodeDiffers
        sort_code = inside
    if not is_sort_code(sort_code):
        raise refusals.SortCodeWrong
    if not is_uk_account(number):
        raise refusals.UkAccountWrong
    return BankDetails("gb", holder, number, sort_code, "GB", is_company=typed.is_company)


_READERS: Final[dict[str, Callable[[Typed, str], BankDetails]]] = {
    "iban": _by_iban,
    "us": _by_routing_number,
    "gb": _by_sort_code,
}


def masked(*, country: str, number: str, scheme: str = "iban") -> str:
    """An account as its owner knows it again and nobody can use it: "DE•• •••• 3000"; never more than half is shown."""
    shown = number[-4:] if len(number) >= 8 else number[-2:]
    begins = f"{country}••" if scheme == "iban" else country
    return f"{begins} •••• {shown}"


def masked_details(details: BankDetails) -> str:
    """The same of an account that was just read."""
    return masked(country=details.country, number=details.number, scheme=details.scheme)


def fingerprint_text(details: BankDetails) -> str:
    """What is hashed under the label's key to find one account again, however it was named and whoever holds it.

    A UK account is the same by IBAN and by sort code.
    """
    if details.scheme == "iban" and details.country == "GB":
        return f"gb:{details.number[8:14]}:{details.number[-8:]}"
    routing = "" if details.scheme == "iban" else f"{details.routing}:"
    return f"{details.scheme}:{routing}{details.number}"
