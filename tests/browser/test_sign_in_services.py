"""Sign-in services as they are set up and met at the door: nothing wrong with a page, wide and narrow, light and dark."""

from __future__ import annotations

from tests.sso.office import Office

PAGE = "/portal/settings/sign-in"


def test_a_sign_in_service_is_set_up_and_stands_at_the_door(visit):
    here = visit("kite")
    here.go(PAGE)
    assert here.flaws() == []
    here.page.locator("[data-show='#saml']").click()
    here.page.fill("#s-name", "Office")
    here.page.fill("#metadata", Office().metadata.decode())
    here.page.locator("#saml button.primary").click()
    here.page.wait_for_url(lambda url: len(url.rpartition("/")[2]) == 36)
    here.page.fill("#domain", "kite.example")
    here.page.locator("section[aria-labelledby=domains] form button").last.click()
    here.page.locator("text=_sign-in-proof.kite.example").wait_for()
    here.page.locator("section[aria-labelledby=try] form button").first.click()
    here.page.locator("section[aria-labelledby=scim] form button").last.click()
    here.page.locator("#new-token").wait_for()
    assert here.flaws() == []
    here.go(PAGE)
    assert here.flaws() == []
    stranger = visit("kite", who=None)
    stranger.go("/portal/sign-in")
    assert stranger.page.locator("text=Continue with Office").count() == 1
    assert stranger.flaws() == []
    assert here.complaints + stranger.complaints == []
