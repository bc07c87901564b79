"""Payments to make, as tests imagine them, and the accounts they go between."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from hypothesis import strategies as st
from lxml import etree

from app.payouts.gateways.bankfile.debtor import Debtor
from app.payouts.gateways.rail import Destination, Order

NAMES = UUID("7d3f0d52-5a39-4e51-9d86-2f4f6a3f6f11")
MADE_AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
FRIDAY = date(2026, 11, 27)

GERMAN = "DE89370400440532013000"
BRITISH = "GB29NWBK60161331926819"
EMIRATI = "AE070331234567890123456"

BANK = Debtor("Blue Hour GmbH", "iban", GERMAN, "COBADEFFXXX", "DE")
AMERICAN = Debtor(
    "Kite Records LLC", "us", "123456789", "021000021", "US", company_id="1123456789", bank_name="First Bank"
)
PAYEE = Destination("iban", "Mara Ellis", "NL91ABNA0417164300", "ABNANL2A", "NL", "NL")
PAYEE_US = Destination("us", "Sam Poe", "000123456789", "011401533", "US", "US")
PAYEE_GB = Destination("gb", "Ann Lee", "31926819", "601613", "GB", "GB")

_numbers = count(1)


def order(amount_minor: int = 1_250, currency: str = "EUR", to: Destination = PAYEE, **changes: Any) -> Order:
    """A payment as usual, but for what is named."""
    number = next(_numbers)
    usual: dict[str, Any] = {
        "payout_id": uuid5(NAMES, str(number)),
        "key": f"payout-{number}",
        "speed": "standard",
        "text": "Royalties H1 2026",
        "on": FRIDAY,
    }
    return Order(amount_minor=amount_minor, currency=currency, to=to, **(usual | changes))


def iban(country: str, bban: str) -> str:
    """The IBAN of a national number, with the check digits that follow from it."""
    rest = int("".join(str(int(sign, 36)) for sign in f"{bban}{country}00")) % 97
    return f"{country}{98 - rest:02}{bban}"


BBANS = {
    "DE": ("", 18), "NL": ("ABNA", 10), "FR": ("", 23), "AE": ("", 19), "CH": ("", 17), "KW": ("CBKU", 22), "SE": ("", 20),
    "GB": ("NWBK", 14), "NO": ("", 11), "MT": ("MALT", 23), "SA": ("", 20), "RS": ("", 18),
}  # fmt: skip
"""How the national numbers of some countries begin, and how many digits follow."""


def digits(count: int) -> st.SearchStrategy[str]:
    return st.integers(0, 10**count - 1).map(lambda number: f"{number:0{count}}")


@st.composite
def ibans(draw: st.DrawFn) -> str:
    country = draw(st.sampled_from(sorted(BBANS)))
    begins, rest = BBANS[country]
    return iban(country, begins + draw(digits(rest)))


@st.composite
def routing_numbers(draw: st.DrawFn) -> str:
    first = draw(st.sampled_from((*range(1, 13), *range(21, 33), *range(61, 73))))
    known = f"{first:02}{draw(digits(6))}"
    total = sum(int(digit) * weight for digit, weight in zip(known, (3, 7, 1) * 3, strict=False))
    return f"{known}{-total % 10}"


HOLDERS = st.one_of(
    st.sampled_from((
        "Jörg & Söhne <Ltd>", "محمد علي", "Владимир Ильин", "Ωμέγα Δέλτα", "Łódź «Kapela»", "// = Evil", "O’Hara",
        "=cmd|' /C calc'!A0", "]]>Ann", "Zoë \N{GRINNING FACE} Lee", "&#0; Bob",
    )),
    st.text(min_size=2, max_size=70).map(lambda text: f"Al {text}"),
)  # fmt: skip
TEXTS = st.one_of(st.just(""), st.just("RF18539007547034"), st.text(max_size=60))
COUNTRIES = st.sampled_from(("", "DE", "AE", "x", "<>"))
US_NUMBERS = st.one_of(st.integers(1, 9_999).map("{:04}".format), st.integers(1, 10**17 - 1).map("{:017}".format))


@st.composite
def destinations(draw: st.DrawFn) -> Destination:
    holder, home, is_company = draw(HOLDERS), draw(COUNTRIES), draw(st.booleans())
    scheme = draw(st.sampled_from(("iban", "iban", "us", "gb")))
    if scheme == "iban":
        number = draw(ibans())
        routing = draw(st.sampled_from(("", f"ABCD{number[:2]}2A", f"ABCD{number[:2]}2AXXX")))
        return Destination("iban", holder, number, routing, number[:2], home, is_company)
    if scheme == "us":
        routing, number = draw(routing_numbers()), draw(US_NUMBERS)
        return Destination("us", holder, number, routing, "US", home, is_company, draw(st.booleans()))
    number = f"{draw(st.integers(1, 99_999_999)):08}"
    return Destination("gb", holder, number, "601613", "GB", home, is_company)


CURRENCIES = ("EUR", "EUR", "USD", "GBP", "JPY", "KWD", "AED")


@st.composite
def orders(draw: st.DrawFn, to: st.SearchStrategy[Destination] | None = None, currency: str = "") -> list[Order]:
    """Several payments of which no two are one, in any currency, or all in the one that is named."""
    drawn = st.tuples(
        st.integers(1, 99_999_999_99),
        st.sampled_from((currency,) if currency else CURRENCIES),
        destinations() if to is None else to,
        TEXTS,
        st.sampled_from((FRIDAY, date(2026, 11, 30))),
        st.sampled_from(("standard",) if currency else ("standard", "instant")),
    )
    found = draw(st.lists(drawn, min_size=1, max_size=8))
    return [
        order(amount, money, target, text=text, on=on, speed=speed) for amount, money, target, text, on, speed in found
    ]


@cache
def schema(version: str) -> etree.XMLSchema:
    """The ISO schema of a message, as the package brings it that tests need for this alone."""
    found = find_spec("sepaxml")
    assert found
    assert found.origin
    return etree.XMLSchema(etree.parse(Path(found.origin).parent / "schemas" / f"{version}.xsd"))
