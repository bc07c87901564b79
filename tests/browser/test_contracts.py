"""Contracts in a real browser: clauses added and taken away without losing what was typed, and pages without faults."""

from __future__ import annotations

CONTRACTS = "/portal/contracts"


STATES = (
    "rows => rows.map(row => [row.querySelector('.pill').innerText, row.querySelector('.who a').getAttribute('href')])"
)


def addresses(here) -> list[str]:
    """A contract's pages, of one in each state, and of the one with a split what is asked and tried of it."""
    here.go(CONTRACTS)
    rows = here.page.locator("tbody tr").evaluate_all(STATES)
    state, signed = rows[-2]
    one_of_each = dict(rows) | {state: signed}
    pages = [page for address in one_of_each.values() for page in (address, f"{address}/edit")]
    here.go(signed)
    split = here.page.locator("a[href^='/portal/splits/']").first.get_attribute("href")
    recording = split.rpartition("/")[2]
    asked = f"{CONTRACTS}/explain?recording={recording}&territory=DE&channel=stream"
    worked = f"{signed}/what-if?of=invented&months=24&row=1&r1_channel=stream&r1_units=90000&r1_net=0.004&advance=500"
    return [*pages, split, asked, worked, f"/portal/recordings/{recording}"]


def test_no_page_of_a_contract_has_a_fault(visit):
    for slug, language in (("bluehour", "en"), ("noor", "ar")):
        here = visit(slug, language=language, reduced_motion="reduce")
        found = []
        for path in addresses(here):
            assert here.go(path).status == 200, path
            found += [f"{path} {flaw}" for flaw in here.flaws()]
        assert not found, "\n".join(found)
        assert not here.complaints


def test_clauses_come_and_go_and_nothing_that_was_typed_is_lost(visit):
    here = visit("kite")
    page = here.page
    here.go(f"{CONTRACTS}/new")
    page.fill("#title", "Aus dem Browser")
    page.fill("[name=party]:not([type=hidden]), #party", "Lanterns")
    page.locator("#party-found [role=option]").first.click()
    page.fill("#h1_payee", "Lanterns")
    page.locator("#h1_payee-found [role=option]").first.click()
    page.check("[name=everything]")
    page.fill("#c1_name", "Streams")
    page.check("[name=c1_channels][value=stream]")
    page.fill("#c1_rate", "12,5")
    page.locator(".clauses > [data-add]").click()
    page.fill("[id='cn1_name']", "Alles andere")
    page.fill("[id='cn1_rate']", "40")
    page.locator(".clauses > [data-add]").click()
    page.locator(".clauses > ol > li").nth(2).locator("> header [data-remove]").click()
    assert page.locator(".clauses > ol > li").count() == 2
    page.locator(".clauses > ol > li").nth(0).get_by_text("Eskalation").or_(
        page.locator(".clauses > ol > li").nth(0).locator("summary").nth(4)
    ).first.click()
    page.fill("#h1_percent", "90")
    assert "90" in page.locator("sum-of").first.text_content()
    page.fill("#reserve_rate", "10")
    page.fill("#p1_part", "60")
    assert page.locator("sum-of").nth(1).get_attribute("data-wrong") == ""
    page.locator(".savebar .primary").click()
    page.wait_for_selector("[role=alert]")
    assert page.input_value("#c1_rate") == "12,5"
    assert page.input_value("#c2_name, [id='cn1_name']") == "Alles andere"
    page.fill("#p1_part", "100")
    page.locator(".savebar .primary").click()
    page.wait_for_url(lambda url: "/contracts/" in url and not url.endswith("new"))
    assert "12.5 %" in page.locator(".sentences").text_content()
    assert here.complaints == [] or all("422" in said for said in here.complaints)
