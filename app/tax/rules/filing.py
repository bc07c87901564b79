"""The files that tax offices take: their columns in their order, one row a form.

1099-MISC after the CSV template of the IRS's Information Returns Intake System (IRIS); 1042-S by the boxes of the form
(Publication 1187 holds the same fields); DAC7 by the elements of Directive (EU) 2021/514, annex V, section III.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.tax.rules import tins
from app.tax.rules.years import INCOME_CODE, Foreign, Misc, Seller, YearEnd

MISC_COLUMNS: Final = (
    "Form Type", "Tax Year", "Payer TIN Type", "Payer Taxpayer ID Number", "Payer Name Type",
    "Payer Business or Entity Name Line 1", "Payer Phone", "Payer Country", "Payer Address Line 1", "Payer City/Town",
    "Payer State/Province/Territory", "Payer ZIP/Postal Code", "Recipient TIN Type", "Recipient Taxpayer ID Number",
    "Recipient Name Type", "Recipient Name", "Recipient Business Name", "Recipient Country", "Recipient Address Line 1",
    "Recipient City/Town", "Recipient State/Province/Territory", "Recipient ZIP/Postal Code",
    "Form Account Number", "Second TIN Notice", "FATCA Filing Requirements", "Box 2 - Royalties",
    "Box 4 - Federal Income Tax Withheld",
)  # fmt: skip
FOREIGN_COLUMNS: Final = (
    "Tax Year", "Unique Form Identifier", "1 Income Code", "2 Gross Income", "3 Chapter Indicator",
    "3a Exemption Code", "3b Tax Rate", "4a Exemption Code", "4b Tax Rate", "7a Federal Tax Withheld",
    "10 Total Withholding Credit", "12a Withholding Agent EIN", "12b Ch. 3 Status Code", "12c Ch. 4 Status Code",
    "12d Withholding Agent Name", "12f Country Code", "12h Address", "12i City, State, ZIP", "13a Recipient Name",
    "13b Recipient Country Code", "13c Address", "13d City, Province, Postal Code", "13e Recipient US TIN",
    "13f Ch. 3 Status Code", "13g Ch. 4 Status Code", "13h GIIN", "13i Foreign TIN", "13j LOB Code",
    "13k Recipient Account Number", "13l Date of Birth",
)  # fmt: skip
SELLER_COLUMNS: Final = (
    "ReportingPeriod", "PlatformOperatorName", "PlatformOperatorTIN", "PlatformOperatorCountry", "SellerType", "Name",
    "ResCountryCode", "Address", "TIN", "TINIssuedBy", "BirthDate", "Currency",
    *(f"{name}Q{quarter}" for name in ("Cons", "Fees", "Tax", "NumberOfActivities") for quarter in (1, 2, 3, 4)),
)  # fmt: skip
LAYOUTS: Final[Mapping[str, Sequence[str]]] = {"1099": MISC_COLUMNS, "1042s": FOREIGN_COLUMNS, "dac7": SELLER_COLUMNS}

_TIN_TYPES: Final = {"ssn": "SSN", "itin": "ITIN", "ein": "EIN"}
_LOB_CODES: Final = {
    "government": "02", "exempt": "03", "public": "04", "ownership": "06", "derivative": "07", "active": "08",
    "no_lob": "12",
}  # fmt: skip
_STATUS_4: Final = {
    "active_nffe": "20", "passive_nffe": "21", "public_nffe": "22", "nonprofit": "27", "participating_ffi": "07",
    "model1_ffi": "06", "model2_ffi": "04", "nonparticipating_ffi": "05",
}  # fmt: skip
"""Codes of the instructions for form 1042-S, appendix B."""

_INDIVIDUAL_4: Final = "15"
_NO_CHAPTER_4: Final = "15"
"""Exemption code 15: payee not subject to chapter 4 withholding."""

_AGENT_3, _AGENT_4 = "15", "20"
_US: Final = "US"
_MICROS: Final = 1_000_000


def rows(layout: str, found: YearEnd, payer: Mapping[str, str]) -> Iterator[list[Any]]:
    """The rows of a file; `payer` has name, tin, street, city, region, postcode, phone, country."""
    if layout == "1099":
        return (_misc(found.year, row, payer) for row in found.misc)
    if layout == "1042s":
        return (_foreign(found.year, number, row, payer) for number, row in enumerate(found.foreign, 1))
    return (_seller(found.year, row, payer) for row in found.sellers)


def cents(micros: int) -> str:
    """An amount with two places, half a cent to even."""
    whole, rest = divmod(abs(micros), 10_000)
    whole += rest * 2 > 10_000 or (rest * 2 == 10_000 and whole % 2 == 1)
    return f"{'-' if micros < 0 else ''}{whole // 100}.{whole % 100:02}"


def dollars(micros: int) -> str:
    """An amount in whole units, from half of one on up: 1042-S takes no cents."""
    sign, whole = ("-" if micros < 0 else ""), (abs(micros) + _MICROS // 2) // _MICROS
    return f"{sign}{whole}" if whole else "0"


def percent(rate_ppm: int) -> str:
    """A rate as 1042-S spells it: two digits, a point, two digits."""
    return f"{rate_ppm // 10_000:02}.{rate_ppm % 10_000 // 100:02}"


def _misc(year: int, row: Misc, payer: Mapping[str, str]) -> list[Any]:
    person, said = row.person, row.person.answers
    kind = said.get("tin_kind", "")
    number = tins.spelled_us(kind, said["tin"]) if said.get("tin") else ""
    is_person = said.get("class", "" if person.is_company else "individual") == "individual"
    own = tins.spelled_us("ein", payer["tin"]) if payer["tin"] else ""
    return [
        "1099-MISC", year, "EIN", own, "B", payer["name"], payer["phone"], payer["country"], payer["street"],
        payer["city"], payer["region"], payer["postcode"], _TIN_TYPES.get(kind, ""), number,
        "I" if is_person else "B", said.get("name", person.name), said.get("business_name", ""), _US,
        said.get("street", ""), said.get("city", ""), said.get("state", ""), said.get("zip", ""), str(person.party_id),
        "", "", cents(row.royalties_micros), cents(row.withheld_micros),
    ]  # fmt: skip


def _foreign(year: int, number: int, row: Foreign, payer: Mapping[str, str]) -> list[Any]:
    person, said = row.person, row.person.answers
    is_4 = row.chapter == "4"
    own = tins.spelled_us("ein", payer["tin"]) if payer["tin"] else ""
    status_4 = _STATUS_4.get(person.chapter4, "") if person.is_company else _INDIVIDUAL_4
    lob = _LOB_CODES.get(said.get("lob", ""), "") if person.claims_treaty else ""
    return [
        year, f"{number:010}", INCOME_CODE, dollars(row.gross_micros), row.chapter,
        "" if is_4 else row.exemption, "" if is_4 else percent(row.rate_ppm),
        "00" if is_4 else _NO_CHAPTER_4, percent(row.rate_ppm) if is_4 else "00.00", dollars(row.withheld_micros),
        dollars(row.withheld_micros), own, _AGENT_3, _AGENT_4, payer["name"], _US, payer["street"],
        " ".join(filter(None, (payer["city"], payer["region"], payer["postcode"]))), said.get("name", person.name),
        row.country, said.get("street", ""), said.get("city", ""), said.get("us_tin", ""), row.recipient_status,
        status_4, said.get("giin", ""), said.get("ftin", ""), lob, str(person.party_id),
        said.get("birth_date", "").replace("-", ""),
    ]  # fmt: skip


def _seller(year: int, row: Seller, payer: Mapping[str, str]) -> list[Any]:
    person = row.person
    said = person.answers
    number = said.get("ftin", "")
    return [
        f"{year}-12-31", payer["name"], payer["tin"], payer["country"],
        "Entity" if person.is_company else "Individual", said.get("name", person.name), person.country,
        ", ".join(filter(None, (said.get("street"), said.get("city")))), number, person.country if number else "",
        said.get("birth_date", ""), row.currency,
        *(cents(micros) for part in (row.gross_micros, row.fee_micros, row.withheld_micros) for micros in part),
        *row.payments,
    ]  # fmt: skip
