"""What was typed is there again after one has proved who one is; secrets are not, and other pages let go of it."""

from __future__ import annotations

from app.main.scenes import SCENES

TEAM = "/portal/settings/team"
PASSWORD = {scene.slug: f"{scene.slug}-demo-2026" for scene in SCENES}


def proof_is_old(services, site, sessions):
    """Nobody has proved lately who they are; no later test comes in with a session of these."""
    sessions.forget()
    with services.superuser(site.database) as owner:
        schemas = owner.execute(
            "SELECT table_schema FROM information_schema.tables WHERE table_name = 'member_sessions'"
        )
        for (schema,) in schemas.fetchall():
            owner.execute(f"UPDATE {schema}.member_sessions SET proved_at = proved_at - interval '1 hour'")


def prove(here):
    here.page.wait_for_url("**/re-authenticate?next=**")
    here.page.fill("#proof", PASSWORD[here.slug])
    here.page.locator("form .btn.primary").click()


def test_an_invitation_that_was_typed_waits_until_one_has_proved_who_one_is(visit, services, site, sessions):
    here = visit("kite")
    here.go(f"{TEAM}?from=mail#invite")
    dialog = here.page.locator("#invite")
    dialog.locator("[name=email]").fill("typed.once@kite.test")
    dialog.locator("[name=role]").select_option("marketing")
    proof_is_old(services, site, sessions)
    dialog.locator(".btn.primary").click()
    prove(here)
    here.page.wait_for_url(f"**{TEAM}?from=mail")
    assert dialog.is_visible(), "the form stands open"
    assert dialog.locator("[name=email]").input_value() == "typed.once@kite.test"
    assert dialog.locator("[name=role]").input_value() == "marketing"
    assert here.page.get_by_text("What you typed is here again").is_visible()
    dialog.locator(".btn.primary").click()
    here.page.get_by_text("typed.once@kite.test").first.wait_for()
    assert here.page.evaluate("sessionStorage.getItem('typed')") is None


def test_secrets_are_not_kept_and_another_page_lets_go_of_what_was_typed(visit, services, site, sessions):
    here = visit("noor")
    here.go("/portal/settings/tax")
    secret = here.page.locator("#tin")
    secret.fill("12-3456789")
    proof_is_old(services, site, sessions)
    secret.locator("xpath=ancestor::form").locator(".btn.primary").click()
    here.page.wait_for_url("**/re-authenticate?next=**")
    kept = here.page.evaluate("sessionStorage.getItem('typed')")
    assert '"asked":true' in kept
    assert "12-3456789" not in kept
    here.go("/portal")
    assert here.page.evaluate("sessionStorage.getItem('typed')") is None
