"""From a drafted template to the row behind a line of a statement: people in browsers, a worker, a phone, two approvers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from app.contracts.models import Contract
from app.kernel import db, mail
from tests.browser.conftest import DEVELOPMENT
from tests.browser.test_signing import PHONE, seeded
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.factories.money import a_payee
from tests.identity.post import link_in
from tests.kernel.jobs.work import eventually, process

__all__ = ["seeded"]

ARTISTS = ("Ada Lace", "Bo Reed", "Cy Wren")
CONTRACTS, ROYALTIES = "/portal/contracts", "/portal/royalties"
SHEET = "name,email,artist,rate,start\n" + "".join(
    f"{name},{name[:2].strip().lower()}@artists.test,{name.lower().replace(' ', '-')},{40 + 5 * place}%,2026-01-01\n"
    for place, name in enumerate(ARTISTS)
)
PATIENCE_MS = 90_000


@pytest.fixture
def label(seeded):
    """A label with three artists, each with a release that sells."""
    tenant = a_label(currency="USD")
    a_payee(tenant, "House Template")
    for number, name in enumerate(ARTISTS, 1):
        a_release(tenant, f"Song of {name}", artists=[name], tracks=1)
        with db.tenant_work(tenant) as session:
            session.execute(
                text("UPDATE recordings SET isrc = :isrc WHERE artist_line = :name"),
                {"isrc": f"QZJNY26{number:05}", "name": name},
            )
    return tenant


@pytest.fixture
def at_work(services, site):
    """A scheduler and a worker of the product's own, as long as somebody looks."""
    environment = services.environment(site.database, **DEVELOPMENT)
    with process("scheduler", environment), process("worker", environment):
        yield


def come_in(visit, tenant, **options):
    """Somebody who answers for the label, signed in through the door."""
    member = a_member(tenant, role="owner")
    here = visit(tenant.slug, who=None, reduced_motion="reduce", **options)
    here.page.set_default_timeout(PATIENCE_MS)
    assert eventually(lambda: here.go("/portal/sign-in").status == 200)  # the web hears of a new label
    here.page.fill("#email", member.email)
    here.page.fill("#password", PASSWORD)
    here.page.locator("form button.primary").first.click()
    here.page.wait_for_url(lambda url: "sign-in" not in url)
    here.complaints.clear()
    return here


def press(here, name):
    """Press the button or follow the link of this name, once the page has it."""
    button = here.page.get_by_role("button", name=name).or_(here.page.get_by_role("link", name=name)).first
    button.wait_for()
    button.click()


def draft_template(here):
    page = here.page
    here.go(f"{CONTRACTS}/new")
    page.fill("#title", "Deal with {name}")
    page.fill("[name=party]:not([type=hidden]), #party", "House")
    page.locator("#party-found [role=option]").first.click()
    page.fill("#starts_on", "2026-01-01")
    page.fill("#h1_payee", "House")
    page.locator("#h1_payee-found [role=option]").first.click()
    page.check("[name=everything]")
    page.select_option("#currency", "USD")
    page.select_option("#cadence", "monthly")
    page.fill("#c1_name", "all")
    page.fill("#c1_rate", "50")
    page.locator(".savebar .primary").click()
    page.wait_for_url(lambda url: "/contracts/" in url and not url.endswith("new"))
    return page.url.rpartition("/")[2]


def send_to_all(here, template, folder: Path):
    """Make a contract of each row of a sheet, and send them."""
    sheet = folder / "artists.csv"
    sheet.write_text(SHEET)
    here.go(f"{CONTRACTS}/batches?template={template}")
    here.page.set_input_files("#sheet", sheet)
    press(here, "Look it through")
    press(here, "Make 3 contracts")
    press(here, "Send 3 contracts")
    here.page.get_by_role("button", name="Remind").wait_for()


def sign_on_a_phone(visit, settings, tenant):
    """The first artist signs by the link in the mail, with the code from the next one."""
    address = "ad@artists.test"

    def mails():
        return [one for one in mail.caught(settings, tenant.id) if address in one.to]

    assert eventually(lambda: bool(mails()))
    link = link_in(mails()[-1], "/signatures")
    phone = visit(tenant.slug, who=None, **PHONE)
    phone.page.set_default_timeout(PATIENCE_MS)
    assert phone.go(link).status == 200
    phone.page.locator("#sign button.primary").tap()
    phone.page.wait_for_selector("#code")

    def codes():
        found = [re.search(r"^([0-9]{6})\s*$", one.text, re.MULTILINE) for one in mails()]
        return [code[1] for code in found if code]

    assert eventually(lambda: bool(codes()))
    phone.page.fill("#code", codes()[0])
    phone.page.fill("#name", ARTISTS[0])
    phone.page.locator("#sign input[type=checkbox]").tap()
    phone.page.locator("#sign button.primary").tap()
    phone.page.wait_for_selector(".notice.success")
    assert not phone.complaints


def sign_for_the_label(here, tenant):
    """Somebody who wrote nothing of it signs for the label, and the contract comes into force."""
    with db.tenant_read(tenant) as session:
        contract = session.query(Contract).filter_by(title=f"Deal with {ARTISTS[0]}").one().id
    here.go(f"{CONTRACTS}/{contract}/signatures")
    here.page.fill("#typed", "Second Owner")
    here.page.locator("#sign input[type=checkbox]").check()
    press(here, "Sign the contract")

    def is_active():
        with db.tenant_read(tenant) as session:
            return session.get_one(Contract, contract).state == "active"

    assert eventually(is_active)


def bring_sales(here, folder: Path):
    report = folder / "september.csv"
    rows = [f"Spotify,QZJNY26{n:05},,Song {n},,stream,DE,USD,{100 * n},{300 * n}.25,," for n in (1, 2, 3)]
    heads = "Store,ISRC,UPC,Title,Artist,Channel,Territory,Currency,Quantity,Net,Sold from,Sold until"
    report.write_text("\n".join([heads, *rows, ""]))
    here.go(f"{ROYALTIES}/reports#new")
    here.page.set_input_files("#report", report)
    here.page.fill("#sold_from", "2026-09-01")
    here.page.fill("#sold_until", "2026-09-30")
    here.page.locator("#new").get_by_role("button", name="Bring in a sales report").click()
    here.page.get_by_text("Imported", exact=True).first.wait_for()
    assert "Sep 1, 2026" in here.page.content()


def calculate(here):
    """A limit of 100 for one person, a period, a run, and every finding signed off."""
    page = here.page
    here.go("/portal/settings/money")
    page.fill("#alone_up_to", "100")
    press(here, "Save")
    here.go(ROYALTIES)
    press(here, "Open a period")
    page.fill("#starts-on", "2026-09-01")
    page.fill("#ends-on", "2026-09-30")
    page.locator("dialog[open] button.primary").click()
    press(here, "Calculate")
    page.get_by_role("button", name="Approve").wait_for()
    while page.locator("#findings form").count():
        page.locator("#findings form button").first.click()
        page.wait_for_load_state()
    press(here, "Approve")
    page.locator("[role=alert]").get_by_text("somebody else").wait_for()
    here.complaints.clear()  # the browser notes that the approval was refused
    return page.url.removesuffix("/approval").partition("localhost:")[2].partition("/")[2]


def publish(here, run):
    here.go(f"/{run}")
    press(here, "Approve")
    press(here, "Publish")
    here.page.locator("dialog[open] button.primary").click()
    here.page.get_by_role("button", name="Restate").wait_for()


def open_down_to_the_row(here):
    page = here.page
    page.get_by_role("link", name=ARTISTS[0]).first.click()
    page.get_by_role("heading", name="Lines").wait_for()
    assert "$120.10" in page.content()
    page.locator("#lines tbody a").first.click()
    page.locator("details summary").first.click()
    page.locator(f"a[href*='{ROYALTIES}/statements/'][href*='/rows/']").first.click()
    page.get_by_role("heading", name="Row 2").wait_for()
    told = page.locator("main").text_content()
    assert "QZJNY2600001" in told
    assert "300.25" in told


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("at_work")
def test_a_deal_goes_from_its_template_to_the_row_behind_a_line(visit, label, seeded, tmp_path):
    owner, second = come_in(visit, label), come_in(visit, label)
    send_to_all(owner, draft_template(owner), tmp_path)
    sign_on_a_phone(visit, seeded, label)
    sign_for_the_label(second, label)
    bring_sales(owner, tmp_path)
    run = calculate(owner)
    publish(second, run)
    open_down_to_the_row(second)
    # A stream that a busy machine turns away (503) comes again by itself.
    assert not [said for said in owner.complaints + second.complaints if "503" not in said]
