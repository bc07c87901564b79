"""The label as the one who withholds: its country and details, which follow from its currency until they are said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import activity, clock, crypto, ids
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.roster.rules.countries import COUNTRIES
from app.tax.errors import PayerUnusable
from app.tax.models import TaxSettings
from app.tax.rules import tins
from app.tax.rules.asking import is_writable

TEXTS = ("name", "street", "city", "region", "postcode", "phone")
LONGEST = 100
SENTENCES = {
    "long": sentence("Use up to 100 characters of ordinary text."),
    "country": sentence("Choose a country from the list."),
    "ein": sentence("This is no employer identification number: nine digits such as 12-3456789."),
    "tin": sentence("This is no tax number of this country: a digit may be missing or wrong."),
}


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays, as far as it is known; `is_said` is False where the country only follows from the currency."""

    country: str | None
    is_said: bool
    name: str
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""
    tin_mask: str = ""
    version: int = 0
    sealed_tin: bytes | None = None


def payer_of(session: Session) -> Payer:
    """The label as the tax office knows it."""
    tenant: Tenant = session.info["tenant"]
    row = session.scalar(select(TaxSettings))
    if row is None:
        return Payer(country_of_currency(tenant.currency), False, tenant.name)
    texts = {name: getattr(row, name) for name in TEXTS} | {"name": row.name or tenant.name}
    country = row.country or country_of_currency(tenant.currency)
    return Payer(
        country, row.country is not None, **texts, tin_mask=row.tin_mask, version=row.version, sealed_tin=row.sealed_tin
    )


def country_of_currency(currency: str) -> str | None:
    """The country that a currency is of (ISO 4217 begins with its two letters); None for one of many countries."""
    return currency[:2] if currency[:2] in COUNTRIES else None


def tin_of(tenant: Tenant, payer: Payer) -> str:
    """The label's own number, in full."""
    return crypto.open_sealed(tenant, payer.sealed_tin, "tax_settings").decode() if payer.sealed_tin else ""


def change(session: Session, visitor: Visitor, typed: dict[str, str], *, match: str) -> None:
    """Say who the label is to the tax office; refused where somebody else did so meanwhile."""
    keep(session, visitor.actor, wanted_fields(typed), match=match)


def wanted_fields(typed: dict[str, str]) -> dict[str, str]:
    """What a form says, as it is kept; refused field by field."""
    said = {name: " ".join(typed.get(name, "").split()) for name in (*TEXTS, "country", "tin")}
    problems = {name: SENTENCES["long"] for name in TEXTS if len(said[name]) > LONGEST or not is_writable(said[name])}
    if said["country"] and said["country"] not in COUNTRIES:
        problems["country"] = SENTENCES["country"]
    elif said["tin"]:
        is_us = said["country"] in ("US", "")
        found = tins.us_tin("ein", said["tin"]) if is_us else _foreign(said["country"], said["tin"])
        if found is None:
            problems["tin"] = SENTENCES["ein" if is_us else "tin"]
        said["tin"] = found or ""
    if problems:
        raise PayerUnusable(fields=problems)
    return said


def _foreign(country: str, text: str) -> str | None:
    return tins.foreign_tin(country, text, is_company=True) or tins.foreign_tin(country, text)


def keep(session: Session, actor: Actor, said: dict[str, str], *, match: str) -> None:
    """Keep what was said; an empty number leaves the one that is kept, another country takes it away."""
    tenant: Tenant = session.info["tenant"]
    row = session.scalar(select(TaxSettings).with_for_update())
    if match != str(row.version if row else 0):
        raise Conflict
    if row is None:
        row = TaxSettings(id=ids.new_id(), version=0)
        session.add(row)
    before = _told(row)
    if said["tin"]:
        row.sealed_tin, row.tin_mask = (
            crypto.seal(tenant, said["tin"].encode(), "tax_settings"),
            tins.masked(said["tin"]),
        )
    elif (row.country or "") != said["country"]:
        row.sealed_tin, row.tin_mask = None, ""
    for name in TEXTS:
        setattr(row, name, said[name])
    row.country, row.version = said["country"] or None, row.version + 1
    row.changed_by, row.changed_at = actor.id, clock.now()
    session.flush()
    told: dict[str, Any] = {"before": before, "after": _told(row)}
    activity.record(session, actor, "tax_settings.changed", subject_type="tax_settings", subject_id=row.id, **told)


def _told(row: TaxSettings) -> dict[str, Any]:
    """What is recorded: everything but the number, of which only that there is one."""
    return {"country": row.country, "has_number": row.sealed_tin is not None} | {
        name: getattr(row, name) or "" for name in TEXTS
    }
