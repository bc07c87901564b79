"""How much is withheld from a royalty, and why: the rate, the sentence, and the facts that fill it."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal, NamedTuple, Protocol

from app.kernel.sentences import sentence
from app.tax.rules.kinds import FORM_NAMES, form_for
from app.tax.rules.tables import Statutory, us_table

Regime = Literal["us", "none"]
NOTHING: Final = "none.1"
"""The version of the table that withholds nothing."""

OUTSIDE_FATCA: Final = "nonparticipating_ffi"

WHY_SENTENCES: Final = {
    "none": sentence("Nothing is withheld: from %(payer_country)s no tax is withheld here."),
    "unset": sentence("Nothing is withheld: the label has not said yet in which country it pays tax."),
    "no_form": sentence("No tax form yet: %(rate)s is withheld. Fill in %(form)s to change that."),
    "us_no_form": sentence("A US person without a W-9: %(rate)s is withheld. Fill in W-9 to change that."),
    "ended": sentence("%(form)s ended on %(day)s: %(rate)s is withheld. Fill it in anew to change that."),
    "w9": sentence("W-9 is there: nothing is withheld."),
    "backup": sentence("The IRS asks for backup withholding: %(rate)s is withheld until a W-9 says otherwise."),
    "treaty": sentence("%(form)s claims the treaty with %(country)s: %(rate)s is withheld."),
    "treaty_free": sentence("%(form)s claims the treaty with %(country)s: nothing is withheld."),
    "treaty_over": sentence("There is no treaty rate for %(country)s any more: %(rate)s is withheld."),
    "no_claim": sentence("%(form)s claims no treaty: %(rate)s is withheld."),
    "outside_fatca": sentence("A financial institution outside FATCA: %(rate)s is withheld, whatever a treaty says."),
}


class Form(Protocol):
    """What of a signed form decides."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""

    @property
    def country(self) -> str:
        """Where they are resident for tax."""

    @property
    def claims_treaty(self) -> bool:
        """Whether they ask for the treaty's rate."""

    @property
    def chapter4(self) -> str:
        """The status of a company under FATCA."""

    @property
    def is_backup(self) -> bool:
        """Whether the IRS told them of backup withholding."""

    @property
    def valid_until(self) -> date | None:
        """The last day it counts."""


class Withholding(NamedTuple):
    """A rate in parts per million, the key of the sentence that says why, what fills it, and the table behind it."""

    rate_ppm: int
    why: str
    facts: dict[str, str]
    version: str


def regime_of(country: str | None) -> Regime:
    """By whose rules a label of this tax country withholds; all but one withhold nothing here."""
    return "us" if country == "US" else "none"


def rate_for(
    regime: Regime,
    form: Form | None,
    on: date,
    *,
    payer_country: str | None = "US",
    is_us: bool = False,
    is_company: bool = False,
) -> Withholding:
    """What is withheld from what is paid on a day; `is_us` is what the label knows of somebody without a form."""
    if regime == "none":
        facts = {"payer_country": payer_country} if payer_country else {}
        return Withholding(0, "none" if payer_country else "unset", facts, NOTHING)
    statutory = us_table().statutory_on(on)
    if form is None:
        return _without(statutory, is_us=is_us, is_company=is_company)
    if form.kind == "w9":
        return _said(statutory.backup_ppm, "backup") if form.is_backup else _said(0, "w9")
    return _foreign(form, statutory, on)


def _without(statutory: Statutory, *, is_us: bool, is_company: bool) -> Withholding:
    if is_us:
        return _said(statutory.backup_ppm, "us_no_form", form=FORM_NAMES["w9"])
    wanted = FORM_NAMES[form_for(is_us=False, is_company=is_company)]
    return _said(statutory.foreign_ppm, "no_form", form=wanted)


def _foreign(form: Form, statutory: Statutory, on: date) -> Withholding:
    name, full = FORM_NAMES[form.kind], statutory.foreign_ppm
    if form.valid_until is not None and form.valid_until < on:
        return _said(full, "ended", form=name, day=form.valid_until.isoformat())
    if form.chapter4 == OUTSIDE_FATCA:
        return _said(full, "outside_fatca")
    if not form.claims_treaty:
        return _said(full, "no_claim", form=name)
    treaty = us_table().treaty_on(form.country, on)
    if treaty is None:
        return _said(full, "treaty_over", country=form.country)
    why = "treaty" if treaty.rate_ppm else "treaty_free"
    return _said(min(treaty.rate_ppm, full), why, form=name, country=form.country)


def _said(rate_ppm: int, why: str, **facts: str) -> Withholding:
    return Withholding(rate_ppm, why, facts, us_table().version)
