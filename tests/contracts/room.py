"""A label whose contracts go out to be signed, and the people who sign them."""

from __future__ import annotations

import re

from app.contracts.models import Contract, ContractSigner, ContractVersion
from app.contracts.service import drafting, sending
from app.contracts.service.sending import NewSigner, Sending
from app.kernel import db
from app.kernel.actor import Actor
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.factories.money import a_contract, a_payee, terms
from tests.identity.post import forget_waiting, link_in, mails_to, work

LINKS = "/signatures"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"


class Room:
    """A label, its rival in the room, and a contract that nobody has signed."""

    def __init__(self, client_of, settings):
        forget_waiting()
        self.tenant, self.client_of, self.settings = a_label(), client_of, settings
        self.payee = a_payee(self.tenant, "Ada Artist")
        self.contract = a_contract(self.tenant, terms(self.payee), is_signed=False, title="Nocturnes")

    def send(self, *signers, **details):
        """Send the contract to these people."""
        signers = signers or (NewSigner(name="Ada Artist", email="ada@artist.test"),)
        with db.tenant_work(self.tenant) as session:
            contract = session.get_one(Contract, self.contract.id)
            return sending.send(
                session, self.tenant, Actor.system(self.tenant), contract, Sending(signers=tuple(signers), **details)
            )

    def link(self, email="ada@artist.test"):
        """The link of the newest mail that asks to sign."""
        asked = [one for one in mails_to(self.settings, self.tenant, email) if LINKS in one.text]
        return link_in(asked[0], LINKS)

    def mails(self, email="ada@artist.test"):
        return mails_to(self.settings, self.tenant, email)

    def phone(self, tenant=None):
        """A browser in which nobody is signed in."""
        client = self.client_of(f"{(tenant or self.tenant).slug}.localhost")
        client.headers["user-agent"] = PHONE
        return client

    def code(self, client, link, email="ada@artist.test"):
        """Have a code sent and read it in the mail."""
        answer = client.post(f"{link}/code")
        assert answer.status_code == 303, answer.text
        found = [re.search(r"^([0-9]{6})\s*$", one.text, re.MULTILINE) for one in self.mails(email)]
        return next(one[1] for one in found if one)

    def seen(self, client, link):
        return re.search(r'name="seen" value="([0-9a-f]{64})"', client.get(link).text)[1]

    def sign(self, email="ada@artist.test", *, name="Ada Artist", client=None, **changed):
        """Sign as somebody does on a phone."""
        client, link = client or self.phone(), self.link(email)
        client.get(link)
        code = self.code(client, link, email)
        form = {"name": name, "code": code, "seen": self.seen(client, link), "agrees": "1"}
        return client.post(link, data=form | changed)

    def signer(self, email="ada@artist.test"):
        with db.tenant_read(self.tenant) as session:
            return session.query(ContractSigner).filter_by(email=email).order_by(ContractSigner.asked_at.desc()).first()

    def version(self, number=None):
        with db.tenant_read(self.tenant) as session:
            if number is None:
                return drafting.latest(session, self.contract.id)
            return session.query(ContractVersion).filter_by(contract_id=self.contract.id, number=number).one()

    def state(self):
        with db.tenant_read(self.tenant) as session:
            return session.get_one(Contract, self.contract.id).state

    def member(self, role="owner"):
        member = a_member(self.tenant, role=role)
        client = self.phone()
        assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
        return client

    def work(self):
        """Do what waits."""
        return work()
