"""A signed form on paper: line by line as the IRS numbers it, what was certified, and the evidence of the signature."""

from __future__ import annotations

from functools import partial
from textwrap import wrap
from typing import Final

from sqlalchemy.orm import Session

from app.brand.service.drawing import Sheet
from app.kernel.tenant import Tenant
from app.kernel.web.languages import say
from app.roster.models import Party
from app.tax.models import TaxForm
from app.tax.rules import tins
from app.tax.rules.certifications import certified
from app.tax.rules.kinds import FORM_NAMES
from app.tax.rules.tables import us_table
from app.tax.service.filling import answers_of, shown
from app.tax.service.telling import Teller

ENGLISH: Final = "en"
"""The IRS takes its forms in English; a substitute says the same in the same language."""

TITLES: Final = {
    "w9": "Request for Taxpayer Identification Number and Certification",
    "w8ben": "Certificate of Foreign Status of Beneficial Owner for United States Tax Withholding and Reporting "
    "(Individuals)",
    "w8bene": "Certificate of Status of Beneficial Owner for United States Tax Withholding and Reporting (Entities)",
}


def name_of(tenant: Tenant, form: TaxForm) -> str:
    """What the file of a form is called, without its ending."""
    return f"{tenant.slug}-{FORM_NAMES[form.kind]}-{form.signed_on.isoformat()}-{form.number}"


def sheet(session: Session, tenant: Tenant, form: TaxForm, *, is_masked: bool) -> Sheet:
    """What stands on a form's paper; its numbers in part, unless whoever asks may see them whole."""
    teller, answers = Teller(ENGLISH, partial(_said, ENGLISH)), answers_of(tenant, form)
    party, evidence = session.get_one(Party, form.party_id), form.evidence
    signed = [
        ("Signed by", evidence["name"]),
        ("Capacity", evidence["capacity"] or "—"),
        ("Signed at", f"{form.signed_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Came by a link sent to" if evidence.get("invitation") else "Signed in to the portal as", evidence["email"]),
        ("Network address", evidence["address"]),
        ("Browser", evidence["agent"]),
        ("Digest of what was signed (HMAC-SHA-256)", " ".join(wrap(form.digest, 16))),
        ("Valid", f"until {form.valid_until.isoformat()}" if form.valid_until else "until replaced"),
    ]
    texts = {
        "form": f"Form {FORM_NAMES[form.kind]}",
        "title": TITLES[form.kind],
        "edition": f"Substitute form, {form.edition}. Version {form.number} for {party.legal_name}, {tenant.name}.",
        "lines": _lines(form, answers, teller, is_masked=is_masked),
        "certified": certified(form.kind, answers),
        "consent": evidence["consent"],
        "signed": signed,
        "notice": "Tax numbers are shown in part." if is_masked else "",
    }
    return Sheet("tax.typ", texts, ENGLISH)


def _said(language: str, msgid: str, **places: object) -> str:
    return say(msgid, language, **places)


def _lines(form: TaxForm, answers: dict[str, str], teller: Teller, *, is_masked: bool) -> list[tuple[str, str, str]]:
    """Number of the line, its question, its answer; numbers of the form that are given nowhere else come last."""
    lines = []
    for step, said in shown(answers, form.signed_on):
        fields = {each.name: each for each in step.fields}
        for name, value in said:
            field = fields[name]
            spelled = teller.value(field, value, is_masked=is_masked)
            if name == "tin" and not is_masked:
                spelled = tins.spelled_us(answers["tin_kind"], value)
            lines.append((field.lines.get(form.kind, ""), teller.label(field), spelled))
    if form.claims_treaty and (treaty := us_table().treaty_on(form.country, form.signed_on)):
        lines.append(
            (
                "9" if form.kind == "w8ben" else "14a",
                "Treaty country, rate for royalties for copyrights",
                f"{teller.country(form.country)}, {teller.percent(treaty.rate_ppm)}",
            )
        )
    return lines
