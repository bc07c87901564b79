"""The artists' app in real Chromium: every screen on a phone, kept on a device, without a connection, and signed in."""

from __future__ import annotations

import re
import time

import pytest

from app.contracts.models import Contract
from app.contracts.service import sending
from app.contracts.service.sending import NewSigner, Sending
from app.kernel import db
from app.kernel.actor import Actor
from app.main import composition
from tests.browser.conftest import COLOURS, FLAGS, PATIENCE_MS, RULES, WHOLE_CHROMIUM, Site, Visit
from tests.browser.test_signing import at_work
from tests.factories.labels import the_label
from tests.factories.money import a_contract, a_payee, terms

APP = "/artist"
SMALL = {"viewport": {"width": 360, "height": 800}, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
PLACES = ("", "/releases", "/money", "/statements", "/contracts", "/splits", "/team", "/news", "/me", "/offline")
DEEPER = ("/artist/releases/", "/artist/contracts/", "/artist/splits/", "/artist/statements/", "/lines/", "/rows/")
LEAST = 44
TOUCHED = """least => [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea")]
  .filter(each => each.checkVisibility() && !each.closest(".skip, dialog, p, dd, dt") && !each.matches(".skip, .check"))
  .map(each => [each, each.getBoundingClientRect()])
  .filter(([each, box]) => box.width && (box.height < least - 0.5 || box.width < least - 0.5) && !each.matches(".link"))
  .map(([each, box]) => `${each.outerHTML.slice(0, 90)} ${Math.round(box.width)}×${Math.round(box.height)}`)"""


def screens(here):
    """The path of every screen: those without ids, and one of each kind to which they lead."""
    for place in PLACES:
        yield f"{APP}{place}"
    for kind in DEEPER:
        if kind in ("/lines/", "/rows/"):
            found = links(here, kind)
        else:
            here.go(kind.rstrip("/"))
            found = links(here, kind)
        if found:
            here.go(found[0])
            yield found[0]
    yield from money(here)


def money(here):
    """The screens to which the money tab leads, and the first page of a tax form."""
    here.go(f"{APP}/money")
    for path in dict.fromkeys(links(here, f"{APP}/money/")):
        yield path
        if path.endswith("/tax"):
            yield f"{path}/interview"


def links(here, part):
    hrefs = here.page.eval_on_selector_all("main a[href]", "all => all.map(each => each.getAttribute('href'))")
    return [href.partition("#")[0] for href in hrefs if part in href and href.rstrip("/") != part.rstrip("/")]


def flaws(here):
    """What is wrong with a screen on the narrowest phone, in light and in dark."""
    found = ["wider than its window"] if here.overflows() else []
    found += [f"too small to touch: {each}" for each in here.page.evaluate(TOUCHED, LEAST)]
    for scheme, rules in (("light", RULES), ("dark", COLOURS)):
        here.page.evaluate("scheme => { document.documentElement.dataset.scheme = scheme }", scheme)
        found += [f"{scheme}: {fault}" for fault in here.faults(rules)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("slug", "language"), [("bluehour", "en"), ("bluehour", "ar"), ("noor", "ar"), ("kite", "en")])
def test_every_screen_is_without_a_fault_on_the_narrowest_phone(visit, slug, language):
    here = visit(slug, who="artist", language=language, **SMALL)
    found, seen = [], 0
    for path in screens(here):
        assert here.go(path).status == 200, path
        assert here.page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
        tabs = here.page.locator(".tabs").bounding_box()
        assert round(tabs["y"] + tabs["height"]) == 800, "the tabs are where the thumb is"
        found += [f"{path} {flaw}" for flaw in flaws(here)]
        seen += 1
    assert seen >= len(PLACES) + (9 if slug == "bluehour" else 6)
    assert not found + here.complaints, "\n".join(found + here.complaints)


@pytest.mark.slow
def test_staff_without_artists_see_an_app_without_a_fault(visit):
    here = visit("kite", **SMALL)
    found = []
    for place in PLACES:
        assert here.go(f"{APP}{place}").status == 200
        found += [f"{place} {flaw}" for flaw in flaws(here)]
    assert not found + here.complaints, "\n".join(found + here.complaints)


@pytest.mark.parametrize("slug", ["bluehour", "kite", "noor"])
def test_an_artist_who_signs_in_stands_in_the_app(visit, slug):
    here = visit(slug, who=None)
    comes_in(here, "artist")
    assert here.page.url.endswith(APP)


def test_on_a_wide_screen_the_tabs_stand_aside(visit):
    here = visit("bluehour", who="artist", viewport={"width": 1280, "height": 800})
    here.go(APP)
    tabs, main = here.page.locator(".tabs").bounding_box(), here.page.locator("main").bounding_box()
    assert tabs["height"] == 800
    assert tabs["x"] + tabs["width"] <= main["x"]
    assert not here.overflows()


@pytest.fixture
def phone(browser, site, tmp_path):
    """A browser with a profile of its own: one that is private may not keep apps."""
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=WHOLE_CHROMIUM, args=FLAGS, locale="en", **SMALL
    )
    context.set_default_timeout(PATIENCE_MS)
    yield Visit(site, "bluehour", context, context.new_page())
    context.close()


def comes_in(here, who):
    here.go("/portal/sign-in")
    here.page.fill("#email", f"{who}@{here.slug}.test")
    here.page.fill("#password", f"{here.slug}-demo-2026")
    here.page.locator("form button.primary").first.click()
    here.page.wait_for_url(lambda url: "sign-in" not in url)


PATIENCE_S, BEAT_MS = 30, 100


def until(here, expression):
    """Wait for something to be so; a page whose rules forbid evaluation is asked again and again from outside."""
    deadline = time.monotonic() + PATIENCE_S
    while not here.page.evaluate(expression):
        assert time.monotonic() < deadline, f"it never came to: {expression}"
        here.page.wait_for_timeout(BEAT_MS)


NO_CACHE = "caches.keys().then(names => names.length === 0)"
SOMETHING_SEEN = "caches.keys().then(names => names.some(name => name.startsWith('artist-seen-')))"


def worked(here):
    """The worker serves the page at hand, and has kept what it keeps."""
    until(here, "navigator.serviceWorker.controller !== null")
    until(here, SOMETHING_SEEN)


def kept(here):
    """The paths that lie on the device, by the kind of their cache."""
    told = here.page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(cache => cache.keys())"
        ".then(keys => [name, keys.map(key => new URL(key.url).pathname)]))))"
    )
    return dict(told)


def seen_caches(here):
    return [name for name in kept(here) if name.startswith("artist-seen-")]


def test_the_app_can_be_installed_as_audits_of_browsers_ask(phone):
    comes_in(phone, "artist")
    worked(phone)
    wire = phone.context.new_cdp_session(phone.page)
    manifest = wire.send("Page.getAppManifest")
    assert manifest["url"].endswith("/artist/manifest.webmanifest")
    assert manifest["errors"] == []
    assert '"display":"standalone"' in manifest["data"]
    assert wire.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    assert wire.send("Page.getAppId")["appId"] == phone.site.address(phone.slug, APP)
    scope = phone.page.evaluate("navigator.serviceWorker.ready.then(found => new URL(found.scope).pathname)")
    assert scope == APP
    drawn = phone.page.evaluate(
        "fetch('/artist/manifest.webmanifest').then(found => found.json()).then(found => Promise.all(found.icons"
        ".filter(icon => icon.type === 'image/png').map(icon => fetch(icon.src).then(answer => answer.blob())"
        ".then(blob => createImageBitmap(blob)).then(image => [icon.sizes, `${image.width}x${image.height}`]))))"
    )
    assert drawn
    assert all(said == size for said, size in drawn)
    phone.go("/portal")
    said = wire.send("Page.getAppManifest")
    assert not said["url"].endswith("/artist/manifest.webmanifest"), "the portal is another app"


def test_an_audit_notices_what_cannot_be_installed(phone):
    phone.context.route("**/artist/manifest.webmanifest", lambda route: route.fulfill(status=200, body="{}"))
    phone.context.route("**/artist/sw.js", lambda route: route.abort())
    comes_in(phone, "artist")
    wire = phone.context.new_cdp_session(phone.page)
    assert wire.send("Page.getInstallabilityErrors")["installabilityErrors"] != []


NOTHING_COMES = """() => {
  [window.tried, window.came] = [0, window.fetch];
  window.fetch = () => { window.tried += 1; return Promise.reject(new TypeError("nothing came")) };
}"""
IS_TRUE = "html:not([data-offline]) body:not(:has([data-waits-for-line]))"


def is_online(here):
    """The line is back, and the page at hand has shown itself anew as it does then: who went on before was in its way."""
    here.context.set_offline(False)
    here.page.wait_for_selector(IS_TRUE)
    here.page.wait_for_load_state()


def test_without_a_connection_the_balance_and_releases_seen_last_are_there_as_of_then(phone):
    comes_in(phone, "artist")
    worked(phone)
    balance = phone.page.inner_text("#standing")
    assert re.search(r"\d", balance)
    assert not phone.page.is_visible(".as-of")
    phone.context.set_offline(True)
    answer = phone.go(APP)
    assert (answer.status, phone.page.inner_text("#standing")) == (200, balance), "one visit is enough"
    assert re.search(r"As of .*\d.*There is no connection", phone.page.inner_text(".as-of"))
    assert not phone.page.is_visible(".needs-line"), "nothing is paid out without a connection"
    assert not flaws_without_line(phone)
    assert phone.go(f"{APP}/statements").status == 200
    assert phone.page.inner_text("h1") == "No connection"
    is_online(phone)
    numbers = phone.go(f"{APP}/money") and phone.page.locator(".standing").all_inner_texts()
    assert any(re.search(r"Available\s+\S*\d", said) for said in numbers)
    phone.context.set_offline(True)
    assert phone.go(f"{APP}/money").status == 200
    assert phone.page.locator(".standing").all_inner_texts() == numbers
    assert phone.page.is_visible(".as-of")
    assert phone.page.locator("main form:visible, main .needs-line:visible").count() == 0
    is_online(phone)
    titles = phone.go(f"{APP}/releases") and phone.page.locator(".release b").all_inner_texts()
    assert titles
    phone.context.set_offline(True)
    assert phone.go(f"{APP}/releases").status == 200
    assert phone.page.locator(".release b").all_inner_texts() == titles
    assert phone.page.is_visible(".as-of")
    phone.context.set_offline(False)
    phone.page.wait_for_selector(".as-of", state="hidden")
    assert phone.page.locator("html").get_attribute("data-offline") is None, "what is true comes back by itself"


@pytest.mark.parametrize("path", [APP, f"{APP}/statements"])
def test_a_line_over_which_nothing_comes_yet_is_looked_at_again(phone, path):
    """As in a train: the device says that it is on a line before there is an answer from anybody."""
    comes_in(phone, "artist")
    worked(phone)
    phone.context.set_offline(True)
    phone.go(path)
    phone.page.evaluate(NOTHING_COMES)
    phone.context.set_offline(False)
    until(phone, "window.tried > 1")
    assert phone.page.locator(IS_TRUE).count() == 0
    phone.page.evaluate("window.fetch = window.came")
    phone.page.wait_for_selector(IS_TRUE)
    assert phone.page.evaluate("sessionStorage.length") == 0


def flaws_without_line(here):
    """Faults of a page for which no file can be fetched any more: axe is put in from here."""
    return here.faults(RULES) + (["wider than its window"] if here.overflows() else [])


def test_a_device_keeps_the_frame_and_three_pages_of_one_member_and_nothing_else(phone):
    comes_in(phone, "artist")
    worked(phone)
    for path in (
        f"{APP}/releases",
        f"{APP}/money",
        f"{APP}/statements",
        f"{APP}/contracts",
        f"{APP}/news",
        f"{APP}/me",
        "/portal",
        APP,
    ):
        phone.go(path)
    phone.page.wait_for_timeout(500)
    found = kept(phone)
    (own,) = seen_caches(phone)
    assert phone.page.evaluate("location.host") in own
    assert {path for path in found[own] if not path.startswith("/files/")} == {APP, f"{APP}/releases", f"{APP}/money"}
    frame = [path for name, paths in found.items() if name != own for path in paths]
    assert f"{APP}/offline" in frame
    strange = [path for path in frame if not re.match(r"/(assets|theme|icons)/|/favicon\.svg$|/artist/offline$", path)]
    assert strange == []


def test_what_a_device_kept_goes_with_whoever_leaves(phone):
    comes_in(phone, "artist")
    worked(phone)
    phone.go(f"{APP}/me")
    phone.page.locator("[data-leaves] button").tap()
    phone.page.wait_for_url(lambda url: "sign-in" in url)
    until(phone, NO_CACHE)
    assert phone.page.evaluate("navigator.serviceWorker.getRegistrations().then(found => found.length)") == 0


def test_leaving_through_the_portal_takes_it_along_too(phone):
    comes_in(phone, "artist")
    worked(phone)
    phone.go("/portal")
    phone.page.locator("form[action='/portal/sign-out'] button").evaluate("each => each.closest('form').submit()")
    phone.page.wait_for_url(lambda url: "sign-in" in url)
    until(phone, NO_CACHE)


def test_when_somebody_else_comes_in_nothing_is_left_of_who_was_here(phone):
    comes_in(phone, "artist")
    worked(phone)
    (before,) = seen_caches(phone)
    phone.context.clear_cookies()  # the session ended elsewhere, and nobody left by the door
    comes_in(phone, "owner")
    phone.go(APP)
    assert "You act for no artist yet" in phone.page.inner_text("main")
    until(phone, f"caches.keys().then(names => !names.includes('{before}'))")
    phone.page.wait_for_timeout(300)
    phone.context.set_offline(True)
    phone.go(APP)
    assert "You act for no artist yet" in phone.page.inner_text("main")
    assert "available" not in phone.page.inner_text("main")


def test_a_session_that_ended_shows_the_door_and_leaves_nothing_behind(phone):
    comes_in(phone, "artist")
    worked(phone)
    phone.context.clear_cookies()
    phone.go(APP)
    assert "/portal/sign-in" in phone.page.url
    until(phone, f"{SOMETHING_SEEN}.then(is_there => !is_there)")


@pytest.fixture
def seeded(services, site: Site):
    """This process, connected to the database that the product of the browser serves."""
    with composition.connected("test", services.settings(site.database)) as settings:
        yield settings


@pytest.mark.parametrize(("slug", "language"), [("bluehour", "en"), ("noor", "ar")])
def test_an_artist_signs_on_a_phone_in_the_app(visit, seeded, slug, language):
    tenant = the_label(slug)
    deal = terms(a_payee(tenant))
    contract = a_contract(tenant, deal, kind="producer", is_signed=False, title="Nocturnes", language=language)
    signer = NewSigner(name="Ada Artist", email=f"artist@{slug}.test", language=language)
    with db.tenant_work(tenant) as session:
        held = session.get_one(Contract, contract.id)
        sending.send(session, tenant, Actor.system(tenant), held, Sending(signers=(signer,)))
    here = visit(slug, who="artist", language=language, **SMALL)
    here.go(APP)
    here.page.locator(f"a[href='{APP}/contracts/{contract.id}#sign']").tap()
    here.page.wait_for_url("**#sign")
    found = flaws(here)
    here.page.evaluate("() => { delete document.documentElement.dataset.scheme }")
    here.page.fill("#name", "Ada Artist")
    here.page.locator("#sign input[type=checkbox]").tap()
    here.page.locator("#sign button.primary").tap()
    here.page.wait_for_selector(".toast")
    found += flaws(here)
    at_work()
    with db.tenant_read(tenant) as session:
        assert session.get_one(Contract, contract.id).state == "active"
    assert not found + here.complaints, "\n".join(found + here.complaints)


def test_a_share_is_confirmed_on_a_phone(visit):
    here = visit("kite", who="artist", **SMALL)
    here.go(f"{APP}/splits")
    here.page.locator("main a.way").first.tap()
    here.page.wait_for_url("**/artist/splits/*")
    here.page.locator("summary").first.tap()
    here.page.fill("main textarea", "It was half.")
    here.page.locator("button.danger").first.tap()
    here.page.wait_for_selector(".pill.danger")
    here.page.locator("button.primary").first.tap()
    here.page.wait_for_selector(".pill.success")
    assert not here.complaints
