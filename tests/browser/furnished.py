"""What the demo labels lack so that each kind of page can be met: made as an owner and a fan make it."""

from __future__ import annotations

import httpx

from tests.browser.conftest import Visit

EVENTS = "https://example.com/events"
TABLE = "release title,track title,artist\nNightfall,Nightfall,Mira\n"
HOMES = {
    "bluehour": {"country": "DE", "name": "Ada Berg", "street": "Weg 1", "city": "Berlin", "postcode": "10115"},
    "noor": {"country": "AE", "name": "ليلى حداد", "street": "شارع الخليج 7", "region": 1},
}
MADE = (
    ("/portal/files", {"files": {"file": ("rider.txt", b"Two amplifiers", "text/plain")}}),
    ("/portal/uploads", {"files": {"manifest": ("catalogue.csv", TABLE.encode(), "text/csv")}}),
    ("/portal/settings/roles", {"data": {"name": "Intern", "permissions": ["team.view", "catalog.view"]}}),
    ("/portal/settings/api/clients", {"data": {"name": "Charts", "scopes": ["catalog:read"]}}),
    ("/portal/settings/api/webhooks", {"data": {"url": EVENTS, "description": "All news", "events": "*"}}),
)


def furnish(here: Visit, asker: httpx.Client) -> None:
    """Make one of each thing that a label's owner makes with a single form."""
    host = f"{here.slug}.localhost:{here.site.port}"
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in here.context.cookies())
    for path, sent in MADE:
        answer = asker.post(path, headers={"host": host, "origin": f"http://{host}", "cookie": cookies}, **sent)
        if answer.status_code >= 400:
            print(f"{path} answered {answer.status_code}")


def bought(here: Visit, language: str) -> list[str]:
    """Order a thing twice, pay once: the pages of what is to be paid and of what is."""
    found = []
    for pays in (False, True):
        _lay_in(here, language)
        _check_out(here, language)
        if pays:
            here.page.locator("button[value=pay]").click()
            here.page.wait_for_url("**/orders/*")
        found.append(here.page.url.partition(str(here.site.port))[2].partition("?")[0])
    _lay_in(here, language)
    return found


def _lay_in(here: Visit, language: str) -> None:
    here.go(f"/{language}/merch")
    here.page.locator("main a[href*='shirt']").first.click()
    here.page.wait_for_url("**/merch/*")
    here.page.locator("main form[action$='/basket/lines'] button.primary").first.click()
    here.page.wait_for_url("**/basket")


def _check_out(here: Visit, language: str) -> None:
    home = dict(HOMES[here.slug])
    here.go(f"/{language}/checkout")
    if here.page.locator("#email:not([readonly])").count():
        here.page.fill("#email", f"fan@{here.slug}.test")
    if here.page.input_value("#country") != (country := str(home.pop("country"))):
        here.page.select_option("#country", country)
    for name, value in home.items():
        if name == "region":
            here.page.select_option("#region", index=int(value))
        else:
            here.page.fill(f"#{name}", str(value))
    here.page.check("input[name=terms]")
    here.page.locator("button[value=buy]").click()
    here.page.wait_for_url("**/pay/*")
