"""An address for events is added, tried, read and given a new secret, and a sandbox is asked for, as axe sees it."""

from __future__ import annotations

import pytest

from tests.receiver import listening

HERE = "/portal/settings/api/webhooks"


@pytest.mark.slow
@pytest.mark.parametrize(("slug", "language"), [("noor", "ar")])
def test_an_address_for_events_is_looked_after(visit, slug, language):
    here = visit(slug, language=language, reduced_motion="reduce")
    page, found = here.page, []
    with listening() as there:
        here.go(HERE)
        found += [f"list: {flaw}" for flaw in here.flaws()]
        page.locator("[data-show='#add']").first.click()
        page.fill("#add #url", there.url())
        page.locator("#add input[value='*']").check()
        found += [f"form: {flaw}" for flaw in here.flaws()]
        page.locator("#add button.primary").click()
        page.wait_for_selector("code:has-text('whsec_')")
        found += [f"secret: {flaw}" for flaw in here.flaws()]
        page.locator("main a.btn.primary").click()
        page.wait_for_selector("#replay")
        found += [f"endpoint: {flaw}" for flaw in here.flaws()]
        page.locator("form[action$='/test'] button").click()
        page.wait_for_selector("#listing td a")
        page.locator("#listing td a").first.click()
        page.wait_for_selector("pre")
        assert "webhook.tested" in page.content()
        found += [f"delivery: {flaw}" for flaw in here.flaws()]
    here.go("/portal/settings/sandbox")
    found += [f"sandbox: {flaw}" for flaw in here.flaws()]
    found += here.complaints
    assert not found, "\n".join(found)
