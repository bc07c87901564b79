"""A passkey as a browser really makes and uses it: Chromium with an authenticator of its own."""

from __future__ import annotations

import re

import pytest

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(autouse=True)
def _leave_no_passkey(services, site):
    """Everybody comes in with a password alone again, as the other tests of this site expect."""
    yield
    with services.superuser(site.database) as owner:
        for (label,) in owner.execute("SELECT id FROM shared.tenants").fetchall():
            owner.execute(f'DELETE FROM "{label}".passkeys')


class Device:
    """The authenticator of one page."""

    def __init__(self, here):
        self.session = here.context.new_cdp_session(here.page)
        self.session.send("WebAuthn.enable")
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    @property
    def credentials(self):
        return self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"]

    def verify(self, *, person):
        chosen = {"authenticatorId": self.id, "isUserVerified": person}
        self.session.send("WebAuthn.setUserVerified", chosen)

    def forget(self):
        self.session.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})


def with_passkey(visit, slug):
    """A member who added a passkey in the settings, and signed out again."""
    here = visit(slug)
    device = Device(here)
    here.go("/portal/settings/security")
    here.page.locator("passkey-button button").click()
    here.page.wait_for_url("**/portal/settings/security**")
    here.page.locator("form[action*='/passkeys/']").first.wait_for()
    here.page.locator("[popovertarget=me]").click()
    here.page.locator("form[action$='/sign-out'] button").click()
    here.page.wait_for_url("**/sign-in**")
    here.go("/portal")
    assert "sign-in" in here.page.url
    here.complaints.clear()
    return here, device


def knock(here, path="/portal/sign-in"):
    here.go(path)
    here.page.locator("passkey-button button").click()


@pytest.mark.slow
def test_a_member_adds_a_passkey_signs_out_and_comes_in_with_it(visit):
    here, device = with_passkey(visit, "kite")
    (kept,) = device.credentials
    assert kept["rpId"] == "kite.localhost"
    assert kept["isResidentCredential"]
    knock(here)
    here.page.wait_for_url(re.compile(r"/portal$"))
    assert "Dana Reyes" in here.page.inner_text("#side")
    assert device.credentials[0]["signCount"] > kept["signCount"]
    assert here.complaints == []


@pytest.mark.slow
def test_who_is_not_verified_or_has_no_passkey_stays_outside_and_reads_why(visit):
    here, device = with_passkey(visit, "bluehour")
    device.verify(person=False)
    knock(here)
    here.page.locator("passkey-button [role=alert]").wait_for()
    assert "sign-in" in here.page.url
    assert here.faults() == []
    device.forget()
    device.verify(person=True)
    knock(here)
    here.page.locator("passkey-button [role=alert]").wait_for()
    assert "sign-in" in here.page.url


@pytest.mark.slow
def test_a_passkey_of_one_label_is_not_offered_at_anothers(visit, site):
    here, device = with_passkey(visit, "noor")
    assert device.credentials
    here.page.goto(site.address("kite", "/portal/sign-in"))
    here.page.locator("passkey-button button").click()
    here.page.locator("passkey-button [role=alert]").wait_for()
    assert "kite.localhost" in here.page.url
    assert "sign-in" in here.page.url
