"""A label's first day, in a real browser: opened from the console, invited by mail, dressed, staffed, in Arabic, on a host."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack

import pytest

from tests.kernel.jobs.work import process

SLUG = "silver-pines"
PASSWORD = "a long and quiet sentence"


@pytest.fixture(scope="module")
def at_work(services, site):
    """The worker and the scheduler, so that mails go out."""
    environment = services.environment(site.database, BOPTONE_ENV="development", TASK_LEASE_SECONDS="5")
    with ExitStack() as stack:
        for kind in ("scheduler", "worker"):
            stack.enter_context(process(kind, environment))
        yield


def mail_to(operator, address):
    """The newest caught mail to somebody, as the operator reads it."""
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        operator.go("/admin/mail")
        for article in operator.page.locator("article").all():
            if address in article.inner_text():
                return article.inner_text()
        time.sleep(0.5)
    raise AssertionError(f"no mail to {address}")


def link_in(mail):
    return re.search(r"/portal/invitations/\S+", mail)[0]


def come_in(here, link, name):
    here.go(link)
    here.page.fill("#name", name)
    here.page.fill("#password", PASSWORD)
    here.page.locator("button.primary").click()
    here.page.wait_for_url(lambda url: "invitations" not in url)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_labels_first_day(visit, at_work):
    operator = visit("admin")
    operator.go("/admin/labels/new")
    for name, value in (("name", "Silver Pines"), ("slug", SLUG), ("owner_email", "ines@silver.test")):
        operator.page.fill(f"#{name}", value)
    operator.page.locator("button.primary").click()
    operator.page.wait_for_url("**/admin/labels/l_*")
    assert "Active" in operator.page.inner_text("main")

    invitation = mail_to(operator, "ines@silver.test")
    assert "Silver Pines" in invitation
    owner = visit(SLUG, who=None)
    come_in(owner, link_in(invitation), "Inés Prado")
    owner.page.wait_for_url("**/portal/welcome")
    owner.page.locator("button.primary").click()
    owner.page.wait_for_url("**/portal/welcome/artist")
    assert not owner.flaws()
    owner.page.fill("#name", "Mira Sol")
    owner.page.locator("#main button.primary").click()
    owner.page.wait_for_url("**/portal/settings/brand")
    plain = look(owner)
    owner.page.locator("button[name=preset][value=voltage]").click()
    owner.page.wait_for_url("**/drafts/*")
    draft = owner.page.url
    owner.page.get_by_role("button", name=re.compile("preview", re.IGNORECASE)).first.click()
    owner.page.get_by_role("link", name="Open the preview").click()
    owner.page.wait_for_url("**/portal")
    assert look(owner) != plain
    assert "draft" in owner.page.inner_text(".acting")
    stranger = visit(SLUG, who=None)
    stranger.go("/portal/sign-in")
    assert look(stranger) == plain, "a preview is for the team alone"
    owner.page.get_by_role("button", name="End the preview").click()
    assert look(owner) == plain

    owner.page.goto(f"{draft}/checks")
    owner.page.get_by_role("button", name=re.compile("Publish", re.IGNORECASE)).click()
    owner.page.wait_for_url("**/portal/settings/brand")
    dressed = look(owner)
    assert dressed != plain
    for path in ("/", "/portal/sign-in"):
        stranger.go(path)
        assert look(stranger) == dressed, "shop and door change together with the portal"
    assert "#" in stranger.page.evaluate(
        "fetch('/manifest.webmanifest').then(found => found.json()).then(found => found.theme_color)"
    )

    owner.go("/portal/settings/team#invite")
    owner.page.fill("#email", "kofi@silver.test")
    owner.page.select_option("#role", "marketing")
    owner.page.fill("#imprints", "night")
    owner.page.get_by_role("button", name="Send the invitation").click()
    colleague = visit(SLUG, who=None)
    come_in(colleague, link_in(mail_to(operator, "kofi@silver.test")), "Kofi Mensah")
    colleague.go("/portal/settings/team")
    assert not colleague.page.locator("#email").is_visible(), "who may not invite is not shown how"
    answer = colleague.go("/portal/settings/hosts")
    assert answer.status == 403

    owner.go("/portal/settings/label")
    owner.page.locator("input[name=language][value=ar]").check()
    owner.page.locator("button.primary").click()
    arabic = visit(SLUG, who=None, language="ar")
    arabic.go("/portal/sign-in")
    assert arabic.page.locator("html").get_attribute("dir") == "rtl"

    owner.go("/portal/settings/hosts#add-host")
    owner.page.fill("#host", "shop.silver-pines.example")
    owner.page.locator("#add-host .primary").click()
    assert "_domain-proof.shop.silver-pines.example" in owner.page.inner_text("main")
    owner.page.get_by_role("button", name="Check now").click()
    assert owner.page.locator(".alert").inner_text(), "what is missing is said"

    owner.go("/portal/settings/brand")
    owner.page.locator("button[name=preset][value=editorial]").click()
    owner.page.wait_for_url("**/drafts/*")
    owner.page.goto(f"{owner.page.url}/checks")
    owner.page.get_by_role("button", name=re.compile("Publish", re.IGNORECASE)).click()
    assert look(owner) != dressed
    owner.go("/portal/settings/brand")
    owner.page.get_by_role("button", name="Show this one again").first.click()
    owner.go("/portal")
    assert look(owner) == dressed, "one step leads back"
    complaints = [said for said in owner.complaints if "403" not in said and "422" not in said and "503" not in said]
    assert complaints == []


def look(here):
    """The theme that the page wears."""
    return here.page.locator("link[href^='/theme/']").get_attribute("href")
