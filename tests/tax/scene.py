"""A label in the United States with two artists who are paid, their people, and the way through an interview."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from litestar.testing import TestClient
from sqlalchemy import select, update

from app.kernel import db, ids
from app.kernel.tenant import Tenant
from app.roster.models import Artist, Party, Payee
from app.tax.models import TaxForm
from app.tax.service import withholding
from app.tax.service.filling import today_of
from tests.factories.catalog import narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.factories.money import a_payee

SSN, EIN, IDNR = "536-90-4399", "04-2103594", "36 574 261 809"
BARE_SSN, BARE_IDNR = "536904399", "36574261809"

W9 = {
    "who": {"entity": "person", "us_person": "yes"},
    "w9_name": {"name": "Ada Example", "class": "individual"},
    "w9_address": {"street": "1 Main Street", "city": "Brooklyn", "state": "ny", "zip": "11201"},
    "w9_tin": {"tin_kind": "ssn", "tin": SSN, "backup": "no"},
}
W8BEN = {
    "who": {"entity": "person", "us_person": "no"},
    "w8ben_name": {"name": "Ada Beispiel", "citizenship": "DE", "birth_date": "1990-02-03"},
    "residence": {"street": "Hauptstr. 1", "city": "10115 Berlin", "residence": "DE"},
    "tins": {"ftin": IDNR},
    "treaty": {"treaty": "yes"},
}
W8BENE = {
    "who": {"entity": "company", "us_person": "no"},
    "w8bene_name": {"name": "Ada KK", "incorporation": "JP", "chapter3": "corporation"},
    "residence": {"street": "1-1 Chiyoda", "city": "Tokyo 100-0001", "residence": "JP"},
    "chapter4": {"chapter4": "active_nffe"},
    "tins": {"ftin_none": "1", "us_tin": EIN},
    "treaty": {"treaty": "yes", "lob": "ownership"},
}


class Scene:
    """A label of the test's own with the artists Ada and Eve, who are paid."""

    def __init__(self, client_of: Callable[[str], TestClient[Any]], **label: Any) -> None:
        self.tenant: Tenant = a_label(**({"currency": "USD", "time_zone": "America/New_York"} | label))
        self.client_of = client_of
        self.ada, self.eve = (a_payee(self.tenant, name) for name in ("Ada Ltd", "Eve Ltd"))
        with db.tenant_work(self.tenant) as session:
            for key, payee in (("ada", self.ada), ("eve", self.eve)):
                name = key.title()
                session.add(
                    Artist(
                        id=ids.new_id(), key=key, name=name, name_key=key, folded=key, sort_name=name,
                        party_id=payee.party_id,
                    )
                )  # fmt: skip

    def signed_in(self, member: Any) -> TestClient[Any]:
        client = self.client_of(f"{self.tenant.slug}.localhost")
        assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
        return client

    def staff(self, role: str = "owner") -> TestClient[Any]:
        return self.signed_in(a_member(self.tenant, role=role))

    def artist(self, key: str, role: str = "artist", **details: Any) -> TestClient[Any]:
        member = a_member(self.tenant, role=role, name=key.title(), **details)
        narrowed(self.tenant, member, artists=[key])
        return self.signed_in(member)

    def know(self, payee: Payee, **facts: Any) -> None:
        """What the label knows of the legal person behind a payee."""
        with db.tenant_work(self.tenant) as session:
            session.execute(update(Party).where(Party.id == payee.party_id).values(**facts))

    def rate(self, payee: Payee, on: date | None = None) -> tuple[int, str]:
        with db.tenant_read(self.tenant) as session:
            found = withholding(session, [payee.id], on or today_of(self.tenant))[payee.id]
        return found.rate_ppm, found.why

    def forms(self, payee: Payee) -> list[TaxForm]:
        with db.tenant_read(self.tenant) as session:
            query = select(TaxForm).where(TaxForm.party_id == payee.party_id).order_by(TaxForm.number)
            return list(session.scalars(query))


def at(payee: Payee | UUID) -> str:
    """Where a payee's tax matters are."""
    return f"/portal/payees/{payee if isinstance(payee, UUID) else payee.id}/tax"


def answer(client: TestClient[Any], payee: Payee, answers: dict[str, dict[str, str]]) -> None:
    """Answer page by page, led from each to the next."""
    steps = list(answers)
    for place, step in enumerate(steps):
        got = client.post(f"{at(payee)}/interview/{step}", data=answers[step])
        assert got.status_code == 303, (step, re.findall(r'class="problem"[^>]*>([^<]+)', got.text), got.status_code)
        following = f"interview/{steps[place + 1]}" if place + 1 < len(steps) else "signature"
        assert got.headers["location"] == f"{at(payee)}/{following}", step


def seen(client: TestClient[Any], payee: Payee) -> str:
    """The digest of what somebody reads before they sign."""
    page = client.get(f"{at(payee)}/signature")
    assert page.status_code == 200, page.headers.get("location")
    return re.search(r'name="seen" value="([0-9a-f]{64})"', page.text)[1]


def sign(client: TestClient[Any], payee: Payee, **said: str) -> Any:
    """Sign what was answered."""
    data = {"name": "Ada Example", "agrees": "1"} | ({} if "seen" in said else {"seen": seen(client, payee)}) | said
    return client.post(f"{at(payee)}/signature", data=data)


def fill(client: TestClient[Any], payee: Payee, answers: dict[str, dict[str, str]]) -> None:
    """Answer everything and sign."""
    answer(client, payee, answers)
    assert sign(client, payee).status_code == 303


def changed(answers: dict[str, dict[str, str]], step: str, **values: str) -> dict[str, dict[str, str]]:
    """The answers with some of one page different."""
    return answers | {step: answers[step] | values}
