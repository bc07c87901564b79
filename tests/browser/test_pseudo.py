"""The portal in a language that nobody speaks: what is not translated stands out, and what is too narrow is found."""

from __future__ import annotations

import re

import pytest

from app.catalog.rules.roles import ROLE_SENTENCES
from app.kernel.money import currencies
from tests.browser import pseudo
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.test_every_page import pages
from tests.servers import started, stopped

DATA = (
    "[translate=no], bdi, code, kbd, time, script, style, .mono, .num, body [dir=ltr], body [lang], .avatar, .mark, select[name=time_zone], select[name=actor], select[name=preset],"
    " select[name^='type.'], select[name=currency] option, select[name=imprint] option:not([value='']),"
    " select[name=parent] option:not([value='']), select[name=country] option:not([value='']),"
    " datalist option, #payee-name, .graph text, select[name=base] option, select[name=quote] option,"
    " select[name=template] option"
)
"""What a label or a person wrote, and what machines read: none of it is ever translated."""

NAMES = (
    *currencies(),
    "PDF",
    "SHA",
    "JSON",
    "TXT",
    "CNAME",
    "PNG",
    "SVG",
    "CSV",
    "XLSX",
    "ISNI",
    "IPI",
    "ISRC",
    "ISWC",
    "UPC",
    "EAN",
    "GRid",
    "DPID",
    "kB",
    "MB",
    "GB",
    "Bytes",
    "Euro",
)
TOLD = sorted(ROLE_SENTENCES)
"""Names that are kept with what a label wrote, and that pages tell in words: nobody reads the names themselves."""

DAYS = r"\b((Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch)\b"
LASTING = r"\b\d+ (Minuten?|Stunden?|Tage?|Wochen?|Monate?)\b"
MONTHS = r"(\d{1,2}\. )?(Jan|Feb|März|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)\w*\.? \d{4}"
IN_ENGLISH = ("/portal/kit",)
"""The parts of the kit, for those who build pages: shown to the people of the house and never to a label's public."""

LOOK = """
([data, opens, closes, names]) => {
  const found = { texts: [], clipped: [] };
  const outside = (text) => {
    let before = null;
    const whole = new RegExp(`${opens}[^${opens}${closes}]*${closes}`, "g");
    while (before !== text) { before = text; text = text.replace(whole, " "); }
    const split = new RegExp(`^[^${opens}]*${closes}|${opens}[^${closes}]*$`, "g");  // by what a sentence marks in its middle
    return text.replace(split, " ").replace(/\\s+/g, " ").trim();
  };
  const name = (element) => element.tagName.toLowerCase() + (element.id ? `#${element.id}` : "") +
    (element.classList.length ? `.${[...element.classList].join(".")}` : "");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data;
    const parent = walker.currentNode.parentElement;
    if (text.trim() && (!parent.closest(data) || names.includes(text.trim()))) found.texts.push([name(parent), outside(text)]);
  }
  for (const element of document.body.querySelectorAll("[aria-label], [placeholder], [title], [alt]"))
    for (const kind of ["aria-label", "placeholder", "title", "alt"]) {
      const text = element.getAttribute(kind) ?? "";
      if (text && !text.includes(opens) && !element.closest(data)) found.texts.push([`${name(element)} ${kind}`, text]);
    }
  for (const element of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    if (!element.checkVisibility() || element.matches(".visually-hidden, .skip, svg, svg *")) continue;
    const cuts = ["hidden", "clip"].includes(style.overflowX) && style.textOverflow !== "ellipsis" && !element.title;
    const button = element.matches("button, .btn, .pill, select, [role=option], summary, label, legend, th, h1, h2, h3, p, dt, dd");
    if (element.clientWidth && element.scrollWidth > element.clientWidth + 1 && element.textContent.trim() &&
        (cuts || (button && style.overflowX === "visible")))
      found.clipped.push(`${name(element)} “${element.textContent.trim().slice(0, 40)}” ${element.scrollWidth} > ${element.clientWidth}`);
    const box = element.matches("button, a, label, p, h1, h2, h3, .pill") && element.getBoundingClientRect();
    const scrolls = element.closest(".grid-wrap, .views, [popover], dialog, .toasts, pre");
    if (box && box.width && !scrolls && (box.right > innerWidth + 1 || box.left < -1))
      found.clipped.push(`${name(element)} “${element.textContent.trim().slice(0, 40)}” leaves the window`);
  }
  return found;
}
"""
BEYOND = """
() => [...document.body.querySelectorAll("*")].filter(element => element.checkVisibility() &&
  !element.closest(".grid-wrap") && element.getBoundingClientRect().right > innerWidth && ![...element.children].some(child =>
  child.getBoundingClientRect().right > innerWidth)).slice(0, 5).map(element =>
  `the page is wider than its window: ${element.outerHTML.slice(0, 120)}`)
"""
DIALOGS = """
() => [...document.querySelectorAll("dialog")].filter(dialog => {
  dialog.showModal();
  const inside = dialog.scrollWidth > dialog.clientWidth + 1 || dialog.getBoundingClientRect().right > innerWidth + 1;
  dialog.close();
  return inside;
}).map(dialog => `dialog#${dialog.id} is wider than its window`)
"""


@pytest.fixture(scope="module")
def site(site, services, tmp_path_factory):
    """The demo labels, served by a process that speaks the pseudo-locale where a German one would speak German."""
    folder = pseudo.folder_of_catalogues(tmp_path_factory.mktemp("pseudo"))
    more = {"BOPTONE_ENV": "development"} | pseudo.environment(folder)
    process, port = started(services, site.database, **more)
    yield Site(port, site.database)
    stopped(process)


@pytest.fixture
def here(visit):
    """The owner of a label that has something on every page."""
    there = visit("bluehour", language="de")
    there.go("/portal/files#add")
    there.page.set_input_files("#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
    there.page.locator("#add .primary").click()
    there.page.wait_for_url("**/portal/files")
    there.go("/portal/settings/hosts#add-host")
    there.page.fill("#host", "shop.bluehour.example")
    there.page.locator("#add-host .primary").click()
    there.page.wait_for_load_state()
    there.go("/portal/settings/team#invite")
    there.page.fill("#email", "somebody.new@bluehour.example")
    there.page.locator("form[action$='/invitations'] button.primary").click()
    there.page.wait_for_load_state()
    there.go("/portal/settings/brand")
    there.page.locator("form[action$='/drafts'] button").first.click()
    there.page.wait_for_url("**/drafts/*")
    return there


def looked(here):
    return here.page.evaluate(LOOK, [DATA, pseudo.OPENS, pseudo.CLOSES, TOLD])


def untranslated(found):
    """What a page says outside of any translated sentence."""
    said = []
    for where, text in found["texts"]:
        bare = re.sub(f"{MONTHS}|{DAYS}|{LASTING}", "", text)
        words = [word for word in re.findall(r"[^\W\d_]{2,}", bare) if word not in NAMES]
        said += [f"{where}: {text}"] if words else []
    return said


ID = "[0-9a-f-]{36}"


def every_page(here, surface="portal"):
    """The pages without ids, and each page with ids that one of them leads to."""
    known = [*pages(surface)]
    for path in known:
        if here.go(path).headers.get("content-type", "").startswith("text/html"):
            yield path
            links = here.page.eval_on_selector_all(f"main a[href^='/{surface}']", "all => all.map(a => a.pathname)")
            for link in sorted(links):
                has_id = re.search(ID, link) and not re.search(
                    r"/files/|/(export|receipt|packing-slips?|pick-lists?)\b|\.", link
                )
                if has_id and shape(link) not in map(shape, known):
                    known.append(link)


def shape(path):
    """A path without what tells one thing of a kind from another."""
    return re.sub(rf"{ID}|/[0-9]+\b", "*", path)


@pytest.mark.slow
def test_everything_is_translated_and_nothing_is_cut_off_when_sentences_are_longer(here):
    english, cut, seen = {}, {}, []
    for path in every_page(here):
        seen.append(path)
        assert pseudo.OPENS in here.page.inner_text("body"), f"{path} does not speak the pseudo-locale"
        for size in (WIDE, NARROW):
            here.page.set_viewport_size(size)
            found = looked(here)
            if path not in IN_ENGLISH and (said := untranslated(found)):
                english[path] = said
            clipped = found["clipped"] + here.page.evaluate(DIALOGS)
            clipped += here.page.evaluate(BEYOND) or ["the page is wider than its window"] if here.overflows() else []
            if clipped:
                cut[f"{path} {size['width']}"] = clipped
    assert len(seen) > 12
    assert not english, "\n".join(f"{path}: {said}" for path, said in english.items())
    assert not cut, "\n".join(f"{path}: {said}" for path, said in cut.items())


@pytest.mark.slow
def test_the_artists_app_is_translated_and_nothing_in_it_is_cut_off(visit):
    there = visit("bluehour", who="artist", language="de")
    english, cut, seen = {}, {}, []
    for path in every_page(there, "artist"):
        seen.append(path)
        assert pseudo.OPENS in there.page.inner_text("body"), f"{path} does not speak the pseudo-locale"
        for size in ({"width": 360, "height": 800}, WIDE):
            there.page.set_viewport_size(size)
            found = looked(there)
            if clipped := found["clipped"] + there.page.evaluate(DIALOGS) + there.page.evaluate(BEYOND):
                cut[f"{path} {size['width']}"] = clipped
        if said := untranslated(found):
            english[path] = said
    assert len(seen) > 12
    assert english == {}
    assert cut == {}


@pytest.mark.slow
def test_an_english_sentence_and_a_cut_one_would_be_noticed(here):
    here.go("/portal")
    assert untranslated(looked(here)) == []
    here.page.evaluate("document.querySelector('h1').innerHTML = 'Plain words<bdi>Composer</bdi><bdi>Mira</bdi>'")
    here.page.evaluate(
        "document.querySelector('main .btn').style.cssText = 'inline-size: 40px; overflow: hidden; display: block'"
    )
    found = looked(here)
    assert untranslated(found) == ["h1: Plain words", "bdi: Composer"]
    assert len(found["clipped"]) == 1
