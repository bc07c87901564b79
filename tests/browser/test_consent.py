"""A program is let in and asks a person, in real browsers: as axe and a thumb find it, light and dark, both ways round."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import LOOKS, TURNED

BACK = "https://program.example/back"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def made(here, kind: str) -> str:
    """Let a program in by the portal's form; its id."""
    here.go("/portal/settings/api")
    here.page.locator("[data-show='#add']").first.click()
    here.page.evaluate("document.querySelectorAll('#add details').forEach(each => each.open = true)")
    here.page.fill("#name", f"Ledger Bridge {kind}")
    here.page.check(f"input[name=kind][value={kind}]")
    here.page.fill("#redirect_uris", BACK)
    for scope in ("openid", "profile", "catalog:read", "payouts:write"):
        here.page.check(f"input[name=scopes][value='{scope}']")
    here.page.locator("form[action='/portal/settings/api/clients'] button.primary").click()
    here.page.wait_for_selector("#client_id")
    assert not here.flaws()
    return here.page.inner_text("#client_id pre").strip()


def question(client_id: str) -> str:
    return (
        f"/oauth/authorize?client_id={client_id}&redirect_uri={BACK}&response_type=code&state=s"
        f"&code_challenge={CHALLENGE}&code_challenge_method=S256&scope=openid%20profile%20catalog:read%20payouts:write"
    )


def goes_back(here, button) -> None:
    """Press a button; the browser sets out for the program with a code, and nothing of a page's policy stops it."""
    with here.page.expect_request(lambda request: request.url.startswith(BACK)) as asked:
        here.page.locator(button).first.click()
    for _ in range(200):  # nobody is at home there, and the browser says so before it goes anywhere else
        if here.page.url.startswith("chrome-error:"):
            break
        here.page.wait_for_timeout(50)
    assert "code=" in asked.value.url
    assert "iss=http" in asked.value.url
    assert not [said for said in here.complaints if "Content Security Policy" in said]


@pytest.mark.parametrize(
    ("slug", "language", "looks"),
    [("bluehour", "en", LOOKS), ("noor", "ar", LOOKS), ("bluehour", "ar", TURNED)],
    ids=["bluehour-en", "noor-ar", "bluehour-ar"],
)
def test_a_person_is_asked_on_a_page_without_a_fault_and_goes_back(visit, slug, language, looks):
    here = visit(slug, language=language, reduced_motion="reduce")
    client_id = made(here, "site")
    here.go(f"/portal/settings/api/clients/{client_id}")
    assert not here.flaws(looks)
    here.go(question(client_id))
    assert here.page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    assert not here.flaws(looks)
    assert not here.complaints
    goes_back(here, "button[name=decision][value=allow]")
    here.complaints.clear()
    here.go("/portal/settings/security/programs")
    assert not here.flaws(looks)
    stranger = visit(slug, who=None, language=language)
    stranger.go(question(client_id))
    stranger.page.fill("#email", f"owner@{slug}.test")
    stranger.page.fill("#password", f"{slug}-demo-2026")
    goes_back(stranger, "form button.primary")


@pytest.mark.parametrize(("slug", "language"), [("bluehour", "en"), ("noor", "ar")])
def test_a_device_is_connected_on_pages_without_a_fault(visit, slug, language):
    here = visit(slug, language=language, reduced_motion="reduce")
    client_id = made(here, "app")
    begun = here.page.evaluate(
        "id => fetch('/oauth/device_authorization', {method: 'POST', body: new URLSearchParams({client_id: id, "
        "scope: 'catalog:read'})}).then(answer => answer.json())",
        client_id,
    )
    here.go(f"/oauth/device?user_code={begun['user_code']}")
    assert not here.flaws()
    here.page.locator("form button.primary").click()
    here.page.wait_for_selector("button[name=decision]")
    assert re.search(begun["user_code"], here.page.content())
    assert not here.flaws()
    here.page.locator("button[name=decision][value=allow]").click()
    here.page.wait_for_selector("[role=status]:not(.toasts)")
    assert not here.flaws()
    assert not here.complaints
