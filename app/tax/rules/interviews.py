"""The interviews as data: steps, fields and conditions, each field with its line on the form of the IRS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from app.kernel.sentences import sentence

FieldKind = Literal["text", "area", "choice", "country", "date", "tick", "secret"]
Answers = Mapping[str, str]
Condition = tuple[str, tuple[str, ...]]
"""An answer, or what follows from answers, and the values of which it must have one."""

LONGEST_TEXT, LONGEST_AREA = 100, 600


@dataclass(frozen=True, slots=True)
class Field:
    """One question; `lines` says where its answer stands on each form, `when` for whom it is asked."""

    name: str
    label: str
    kind: FieldKind = "text"
    choices: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    is_needed: bool = True
    when: tuple[Condition, ...] = ()

    @property
    def longest(self) -> int:
        """So many characters at most."""
        return LONGEST_AREA if self.kind == "area" else LONGEST_TEXT


@dataclass(frozen=True, slots=True)
class Step:
    """Questions on one page."""

    name: str
    title: str
    fields: tuple[Field, ...]
    when: tuple[Condition, ...] = ()


YES_NO: Final = {"yes": sentence("Yes"), "no": sentence("No")}
_W9: Final = (("form", ("w9",)),)
_W8: Final = (("form", ("w8ben", "w8bene")),)
_PERSON: Final = (("form", ("w8ben",)),)
_COMPANY: Final = (("form", ("w8bene",)),)

CLASSES: Final = {
    "individual": sentence("Individual or sole proprietor"),
    "c_corporation": sentence("C corporation"),
    "s_corporation": sentence("S corporation"),
    "partnership": sentence("Partnership"),
    "trust": sentence("Trust or estate"),
    "llc": sentence("LLC"),
}
CHAPTER_3: Final = {
    "corporation": sentence("Corporation"),
    "complex_trust": sentence("Complex trust"),
    "estate": sentence("Estate"),
    "tax_exempt": sentence("Tax-exempt organization"),
    "foundation": sentence("Private foundation"),
    "flow_through": sentence("Partnership, simple trust or grantor trust"),
}
CHAPTER_4: Final = {
    "active_nffe": sentence("Active business: less than half of the income is passive (Active NFFE, part XXV)"),
    "passive_nffe": sentence("Half or more of the income is passive, such as royalties (Passive NFFE, part XXVI)"),
    "public_nffe": sentence("Its shares are traded on an exchange, or those of an affiliate (NFFE, part XXIII)"),
    "nonprofit": sentence("Nonprofit organization (part XXII)"),
    "participating_ffi": sentence("Financial institution: participating FFI"),
    "model1_ffi": sentence("Financial institution: reporting Model 1 FFI"),
    "model2_ffi": sentence("Financial institution: reporting Model 2 FFI"),
    "nonparticipating_ffi": sentence("Financial institution that does not take part in FATCA"),
}
WITH_GIIN: Final = ("participating_ffi", "model1_ffi", "model2_ffi")
LOB: Final = {
    "government": sentence("Government"),
    "public": sentence("Publicly traded corporation, or a subsidiary of one"),
    "ownership": sentence("Meets the ownership and base erosion test"),
    "derivative": sentence("Meets the derivative benefits test"),
    "active": sentence("Income from an active trade or business"),
    "exempt": sentence("Tax-exempt pension trust, fund or organization"),
    "no_lob": sentence("The treaty has no such article"),
}
TIN_KINDS: Final = {
    "ssn": sentence("Social security number (SSN)"),
    "itin": sentence("Individual taxpayer identification number (ITIN)"),
    "ein": sentence("Employer identification number (EIN)"),
}

STEPS: Final[tuple[Step, ...]] = (
    Step(
        "who",
        sentence("About you"),
        (
            Field("entity", sentence("Who is paid?"), "choice",
                  {"person": sentence("A person"), "company": sentence("A company or another organization")}),
            Field("us_person", sentence("Is this a US person?"), "choice", YES_NO, hint=sentence(
                "Citizens, holders of a green card and residents of the United States; companies that were founded "
                "there.")),
        ),
    ),
    Step(
        "w9_name",
        sentence("Name and classification"),
        (
            Field("name", sentence("Name as shown on the tax return"), lines={"w9": "1"}),
            Field("business_name", sentence("Business name, if different"), lines={"w9": "2"}, is_needed=False),
            Field("class", sentence("Federal tax classification"), "choice", CLASSES, {"w9": "3a"}),
            Field("llc_class", sentence("The LLC is taxed as"), "choice",
                  {"c": CLASSES["c_corporation"], "s": CLASSES["s_corporation"], "p": CLASSES["partnership"]},
                  {"w9": "3a"}, when=(("class", ("llc",)),)),
            Field("foreign_owners", sentence("It has partners, owners or beneficiaries abroad"), "tick",
                  lines={"w9": "3b"}, is_needed=False, when=(("class", ("partnership", "trust", "llc")),)),
            Field("exempt_code", sentence("Exempt payee code, if any"), lines={"w9": "4"}, is_needed=False),
            Field("fatca_code", sentence("Code of an exemption from FATCA reporting, if any"), lines={"w9": "4"},
                  is_needed=False),
        ),
        _W9,
    ),
    Step(
        "w9_address",
        sentence("Address"),
        (
            Field("street", sentence("Number, street, apartment"), lines={"w9": "5"}),
            Field("city", sentence("City"), lines={"w9": "6"}),
            Field("state", sentence("State (two letters)"), lines={"w9": "6"}),
            Field("zip", sentence("ZIP code"), lines={"w9": "6"}),
        ),
        _W9,
    ),
    Step(
        "w9_tin",
        sentence("Tax number"),
        (
            Field("tin_kind", sentence("Which number?"), "choice", TIN_KINDS, {"w9": "I"}),
            Field("tin", sentence("Tax number"), "secret", lines={"w9": "I"}),
            Field("backup", sentence("Has the IRS told you that backup withholding applies to you?"), "choice",
                  YES_NO, {"w9": "II.2"}),
        ),
        _W9,
    ),
    Step(
        "w8ben_name",
        sentence("Name and birth"),
        (
            Field("name", sentence("Name of the person who is paid"), lines={"w8ben": "1"}),
            Field("citizenship", sentence("Country of citizenship"), "country", lines={"w8ben": "2"}),
            Field("birth_date", sentence("Date of birth"), "date", lines={"w8ben": "8"}),
        ),
        _PERSON,
    ),
    Step(
        "w8bene_name",
        sentence("The organization"),
        (
            Field("name", sentence("Name of the organization that is paid"), lines={"w8bene": "1"}),
            Field("incorporation", sentence("Country of incorporation"), "country", lines={"w8bene": "2"}),
            Field("disregarded", sentence("Name of a disregarded entity that receives the payment, if any"),
                  lines={"w8bene": "3"}, is_needed=False),
            Field("chapter3", sentence("Kind of organization"), "choice", CHAPTER_3, {"w8bene": "4"}),
        ),
        _COMPANY,
    ),
    Step(
        "residence",
        sentence("Residence"),
        (
            Field("street", sentence("Street and number, no post office box"), lines={"w8ben": "3", "w8bene": "6"}),
            Field("city", sentence("City, state or province, postal code"), lines={"w8ben": "3", "w8bene": "6"}),
            Field("residence", sentence("Country of residence for tax"), "country",
                  lines={"w8ben": "3", "w8bene": "6"}),
            Field("mailing", sentence("Mailing address, if different"), "area", lines={"w8ben": "4", "w8bene": "7"},
                  is_needed=False),
        ),
        _W8,
    ),
    Step(
        "chapter4",
        sentence("FATCA status"),
        (
            Field("chapter4", sentence("Status under chapter 4 (FATCA)"), "choice", CHAPTER_4, {"w8bene": "5"}),
            Field("giin", sentence("GIIN"), lines={"w8bene": "9a"}, hint=sentence(
                "The number of the registration for FATCA, such as 98Q96B.00000.LE.250."),
                  when=(("chapter4", WITH_GIIN),)),
            Field("owners", sentence("Does a US person own more than a tenth of it?"), "choice", YES_NO,
                  {"w8bene": "40"}, when=(("chapter4", ("passive_nffe",)),)),
            Field("owner_list", sentence("Name, address and US tax number of each of them"), "area",
                  lines={"w8bene": "XXIX"},
                  when=(("chapter4", ("passive_nffe",)), ("owners", ("yes",)))),
            Field("exchange", sentence("On which exchange"), lines={"w8bene": "37"},
                  when=(("chapter4", ("public_nffe",)),)),
        ),
        _COMPANY,
    ),
    Step(
        "tins",
        sentence("Tax number"),
        (
            Field("ftin", sentence("Tax number of the country of residence"), "secret",
                  lines={"w8ben": "6a", "w8bene": "9b"}, is_needed=False),
            Field("ftin_none", sentence("That country does not give me such a number, or does not ask for it"), "tick",
                  lines={"w8ben": "6b", "w8bene": "9c"}, is_needed=False),
            Field("us_tin", sentence("US tax number, if there is one"), "secret",
                  lines={"w8ben": "5", "w8bene": "8"}, is_needed=False),
        ),
        _W8,
    ),
    Step(
        "treaty",
        sentence("Treaty"),
        (
            Field("treaty", sentence("Claim what the treaty with your country of residence grants?"), "choice",
                  YES_NO, {"w8ben": "9", "w8bene": "14a"}),
            Field("lob", sentence("Limitation on benefits: which test is met?"), "choice", LOB, {"w8bene": "14b"},
                  when=(*_COMPANY, ("treaty", ("yes",)))),
            Field("article", sentence("Article and paragraph of the treaty, if you know it"),
                  lines={"w8ben": "10", "w8bene": "15"}, is_needed=False, when=(("treaty", ("yes",)),)),
        ),
        (*_W8, ("treaty_open", ("yes",))),
    ),
)  # fmt: skip
STEPS_BY_NAME: Final = {step.name: step for step in STEPS}
SECRETS: Final = frozenset(each.name for step in STEPS for each in step.fields if each.kind == "secret")
