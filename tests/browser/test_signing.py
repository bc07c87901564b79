"""Somebody signs on a phone: the page as axe and a thumb find it, light and dark, left to right and right to left."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.contracts.models import Contract
from app.contracts.service import sending
from app.contracts.service.notices import LINKS, token_of
from app.contracts.service.sending import NewSigner, Sending
from app.kernel import db, mail
from app.kernel.actor import Actor
from app.main import composition
from tests.factories.labels import the_label
from tests.factories.money import a_contract, a_payee, terms
from tests.identity.post import work

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}


@pytest.fixture
def seeded(services, site):
    """This process, connected to the database that the product of the browser serves."""
    settings = services.settings(site.database)
    with composition.connected("test", settings):
        yield settings


def sent(slug, language):
    """A contract of a demo label that waits for somebody's signature, and the path of their link."""
    tenant = the_label(slug)
    contract = a_contract(
        tenant, terms(a_payee(tenant)), kind="producer", is_signed=False, title="Nocturnes", language=language
    )
    ada = NewSigner(name="Ada Artist", email=f"ada@{language}.test", language=language)
    with db.tenant_work(tenant) as session:
        held = session.get_one(Contract, contract.id)
        version = sending.send(session, tenant, Actor.system(tenant), held, Sending(signers=(ada,)))
        return tenant, contract, f"{LINKS}/{token_of(tenant, sending.signers_of(session, version.id)[0])}"


SEEN = """
which => {
  const {top, bottom} = document.querySelector(which).getBoundingClientRect()
  return top >= 0 && bottom <= innerHeight
}
"""


def at_work():
    """What was asked for is done, in a thread without the browser's loop: the seal has one of its own."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.mark.parametrize(("slug", "language"), [("bluehour", "de"), ("noor", "ar")])
def test_somebody_signs_on_a_phone(visit, seeded, slug, language):
    tenant, contract, link = sent(slug, language)
    here = visit(slug, who=None, language="en", **PHONE)
    assert here.go(link).status == 200
    assert here.page.locator("html").get_attribute("lang") == language
    found = here.flaws()
    here.page.set_viewport_size(PHONE["viewport"])
    here.page.locator("#sign button.primary").tap()
    here.page.wait_for_selector("#code")
    found += here.flaws()
    here.page.set_viewport_size(PHONE["viewport"])
    at_work()
    codes = [re.search(r"^([0-9]{6})\s*$", one.text, re.MULTILINE) for one in mail.caught(seeded, tenant.id)]
    code = next(code[1] for code in codes if code)
    for typed in ("000000" if code != "000000" else "111111", code):
        here.page.fill("#code", typed)
        here.page.fill("#name", "Ada Artist")
        here.page.locator("#sign input[type=checkbox]").tap()
        here.page.locator("#sign button.primary").tap()
        if typed != code:  # the page comes back where the mistake is, with the sentence beside it
            here.page.wait_for_selector("#code[aria-invalid]:focus")
            assert here.page.evaluate(SEEN, "#code-problem")
            assert here.page.evaluate(SEEN, "label[for=code]")
    here.page.wait_for_selector(".notice.success")
    found += here.flaws()
    at_work()
    with db.tenant_read(tenant) as session:
        assert session.get_one(Contract, contract.id).state == "active"
    assert not found + [said for said in here.complaints if "422" not in said]


@pytest.mark.parametrize("slug", ["bluehour", "noor"])
def test_the_label_sees_who_signs_without_a_fault(visit, seeded, slug):
    _, contract, _ = sent(slug, "ar" if slug == "noor" else "en")
    here = visit(slug, language="ar" if slug == "noor" else "en")
    assert here.go(f"/portal/contracts/{contract.id}/signatures").status == 200
    assert not here.flaws() + here.complaints
