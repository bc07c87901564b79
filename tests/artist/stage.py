"""A label with two artists who are paid, and what each of them finds in the app."""

from __future__ import annotations

import re
from datetime import date

from app.contracts.models import Contract
from app.contracts.service import sending, splitting
from app.contracts.service.sending import NewSigner, Sending
from app.kernel import db
from app.kernel.actor import Actor
from tests.factories.catalog import a_release, narrowed
from tests.factories.members import a_member
from tests.factories.money import a_contract, statement, terms
from tests.royalties.test_statement_pages import Books

APP = "/artist"
PLACES = ("", "/releases", "/money", "/statements", "/contracts", "/splits", "/team", "/news", "/me")


class Stage(Books):
    """Ada and Eve, each with a deal, a share and a release; their label, with its books."""

    def __init__(self, client_of, tmp_path):
        super().__init__(client_of, tmp_path)
        self.releases = [a_release(self.tenant, f"Only {name}", artists=[name]) for name in ("Ada", "Eve")]

    def person(self, key, role="artist"):
        """A member who is an artist, or looks after one, and their browser."""
        member = a_member(self.tenant, role=role, name=key.title())
        narrowed(self.tenant, member, artists=[key])
        return member, self.signed_in(member)

    def told(self, run, number=0):
        """The address of what a payee was told, in the app."""
        return f"{APP}/statements/{statement(self.tenant, run, self.payees[number]).id}"

    def to_sign(self, *members, in_order=False, number=0, title="Nocturnes"):
        """A contract with an artist that waits for signatures of these members."""
        contract = a_contract(self.tenant, terms(self.payees[number]), kind="producer", is_signed=False, title=title)
        signers = tuple(NewSigner(name=member.name, email=member.email, language="en") for member in members)
        with db.tenant_work(self.tenant) as session:
            held = session.get_one(Contract, contract.id)
            wanted = Sending(signers=signers, in_order=in_order)
            sending.send(session, self.tenant, Actor.system(self.tenant), held, wanted)
        return f"{APP}/contracts/{contract.id}"

    def split(self, number=0):
        """A recording of which two are to share, and the two addresses where the first answers."""
        recording, shares = (
            self.recordings[number],
            dict(zip((each.id for each in self.payees), (600_000, 400_000), strict=True)),
        )
        with db.tenant_work(self.tenant) as session:
            actor = Actor.system(self.tenant)
            sheet = splitting.propose(session, actor, recording.id, shares, effective_from=date(2026, 3, 1))
        return f"{APP}/splits/{recording.id}", f"{APP}/splits/sheets/{sheet.id}/payees/{self.payees[number].id}"


def link(client, address, pattern):
    """The first link of a page that fits."""
    found = re.search(rf'href="({pattern})"', client.get(address).text)
    assert found, (address, pattern)
    return found[1]


def seen(client, address):
    """What a page of a contract says will be signed."""
    return re.search(r'name="seen" value="([0-9a-f]{64})"', client.get(address).text)[1]
