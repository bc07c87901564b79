"""An artist fills a tax form in on a phone and signs it; staff see who signed what: as axe and a thumb find it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import select

from app.kernel import db
from app.kernel.actor import Actor
from app.main import composition
from app.roster.models import Artist, Payee
from app.tax.models import SanctionsCase
from app.tax.service import screening
from tests.factories.labels import the_label
from tests.factories.money import a_payee

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
PICTURES = os.environ.get("PICTURES")
"""Where pictures of the pages are kept for somebody to look at; nowhere unless it is said."""


@pytest.fixture
def seeded(services, site):
    """This process, connected to the database that the product of the browser serves."""
    settings = services.settings(site.database)
    with composition.connected("test", settings):
        yield settings


def own_payee(slug):
    """The payee of the demo label's artist."""
    with db.tenant_read(the_label(slug)) as session:
        parties = select(Artist.party_id).where(Artist.party_id.is_not(None))
        return session.scalars(select(Payee).where(Payee.party_id.in_(parties)).limit(1)).one()


def picture(here, name):
    if PICTURES:
        here.page.screenshot(path=Path(PICTURES) / f"{here.slug}-{name}.png", full_page=True)


def looked(here, name):
    """What is wrong with the page, which is kept as a picture; the window is a phone's again."""
    found = [f"{name}: {flaw}" for flaw in here.flaws()]
    here.page.set_viewport_size({"width": 1440, "height": 900})
    here.page.emulate_media(color_scheme="light")
    picture(here, f"{name}-wide")
    here.page.set_viewport_size(PHONE["viewport"])
    picture(here, f"{name}-phone")
    return found


@pytest.mark.parametrize(("slug", "language"), [("kite", "en"), ("noor", "ar")])
def test_an_artist_fills_a_form_in_and_signs_on_a_phone(visit, seeded, slug, language):
    payee = own_payee(slug)
    here = visit(slug, who="artist", language=language, **PHONE)
    tax, page = f"/portal/payees/{payee.id}/tax", here.page
    here.go(tax)
    found = looked(here, "payee-before")
    page.locator(f"a[href='{tax}/interview']").tap()
    page.locator("input[name=entity][value=person]").tap()
    page.locator("input[name=us_person][value=no]").tap()
    found += looked(here, "who")
    _next(page)
    page.fill("#name", "Mira Beispiel")
    page.select_option("#citizenship", "DE")
    page.fill("#birth_date", "1990-02-03")
    _next(page)
    page.fill("#street", "Hauptstr. 1")
    page.fill("#city", "10115 Berlin")
    page.select_option("#residence", "DE")
    _next(page)
    page.fill("#ftin", "36 574 261 890")
    _next(page)
    page.wait_for_selector("#ftin-problem")
    found += looked(here, "tins-wrong")
    page.fill("#ftin", "36 574 261 809")
    _next(page)
    page.locator("input[name=treaty][value=yes]").tap()
    found += looked(here, "treaty")
    _next(page)
    page.wait_for_selector("#typed")
    found += looked(here, "signature")
    page.fill("#typed", "Mira Beispiel")
    page.locator("input[name=agrees]").tap()
    page.locator("#sign button.primary").tap()
    page.wait_for_url(lambda url: url.endswith("/tax"))
    found += looked(here, "payee-after")
    here.go("/portal/tax")
    found += looked(here, "list-own")
    assert found == []
    assert [each for each in here.complaints if "422" not in each] == []


def _next(page):
    with page.expect_navigation():
        page.locator("form.card button.primary").tap()


@pytest.mark.parametrize(("slug", "language"), [("kite", "en"), ("noor", "ar")])
def test_staff_look_at_forms_years_and_cases(visit, seeded, slug, language):
    tenant = the_label(slug)
    a_payee(tenant, "Victor Besmertnov")
    raw = "name,aliases,country,birth_date,source\nViktor Besmertnov,Виктор Бессмертнов,RU,1961-05-04,Invented\n"
    with db.tenant_work(tenant) as session:
        screening.receive(session, Actor.system(tenant), raw.encode(), name="Invented")
    with db.tenant_work(tenant) as session:
        screening.screen_due(session, Actor.system(tenant))
        case = session.scalars(select(SanctionsCase.id)).first()
    here = visit(slug, language=language, reduced_motion="reduce")
    payee, found = own_payee(slug), []
    year = here.page.evaluate("new Date().getFullYear()")
    for name, path in {
        "list": "/portal/tax",
        "payee-staff": f"/portal/payees/{payee.id}/tax",
        "settings": "/portal/settings/tax",
        "year": f"/portal/tax/years/{year}",
        "screening": "/portal/tax/screening",
        "case": f"/portal/tax/screening/cases/{case}",
        "party": f"/portal/parties/{payee.party_id}",
    }.items():
        assert here.go(path).status == 200, path
        found += looked(here, name)
    assert found == []
    assert here.complaints == []
