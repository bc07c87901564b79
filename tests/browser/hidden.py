"""The pages to which no link leads, and who finds each: behind secrets of mails, second steps, refusals and faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.main import composition
from app.main.scenes import OPERATOR
from app.settings import Settings
from tests.browser.conftest import Visit
from tests.browser.hidden_data import CODE, FRESH, SECOND, Made, fresh, made, operators
from tests.browser.test_consent import question
from tests.factories.labels import the_label

Step = Callable[[Visit], None]


@dataclass(frozen=True)
class Hidden:
    """One page: who finds it, at which address in each language, and what is done there until it is seen."""

    slug: str
    who: str | None
    en: str
    ar: str = ""
    then: Step | None = None
    status: int = 200

    def address(self, language: str) -> str:
        """Where it is in a language; an address that is not told twice is the same but for its own first part."""
        if language == "ar":
            return self.ar or re.sub(r"^/en(?=/|\?|$)", "/ar", self.en).replace("language=en", "language=ar")
        return self.en

    def name(self, language: str) -> str:
        """What it is called where it is told about: its address without a secret, and what is done there."""
        bare = re.sub(r"[\w=.-]{30,}", "…", self.address(language))
        return f"{bare} then {self.then.__qualname__.partition('.')[0]}" if self.then else bare


def hidden(settings: Settings, slugs: Sequence[str]) -> list[Hidden]:
    """Make what they tell of in the labels of a running product; where each of them is."""
    with composition.connected("test", settings), TemporaryDirectory() as folder:
        operators()
        fresh()
        found = [*_of_console(), *_of_fresh()]
        for slug in slugs:
            told = made(the_label(slug), Path(folder))
            for part in (_at_the_door, _of_programs, _of_contracts, _of_payees, _of_tax, _of_the_shop, _refused):
                found += part(slug, told)
    return found


def _of_console() -> Iterator[Hidden]:
    yield Hidden("admin", None, "/admin/sign-in")
    yield Hidden("admin", None, "/admin/sign-in", then=_second_step("/admin", f"{SECOND}@boptone.test", OPERATOR[1]))
    yield Hidden("admin", "operator", "/admin/security/app")
    yield Hidden("admin", "operator", "/admin/nowhere", status=404)


def _of_fresh() -> Iterator[Hidden]:
    yield Hidden(FRESH, "owner", "/portal/welcome/artist")
    roles = {"name": "Intern", "permissions": "team.view"}
    yield Hidden(FRESH, "owner", "/portal/settings/roles", then=_posted(roles, 402), status=402)


def _at_the_door(slug: str, told: Made) -> Iterator[Hidden]:
    for path in ("sign-in", "sign-in/link/none", "sign-in/label/none", "support/none", "invitations/none"):
        yield Hidden(slug, None, f"/portal/{path}")
    step = _second_step("/portal", f"{SECOND}@{slug}.test", f"{slug}-demo-2026")
    yield Hidden(slug, None, "/portal/sign-in", then=step)
    wrong = _posted({"email": f"owner@{slug}.test", "password": "none", "next": ""})
    yield Hidden(slug, None, "/portal/sign-in", then=wrong)
    for who in (None, "owner"):
        yield Hidden(slug, who, told["manager"])
    yield Hidden(slug, None, "/portal/invitations/artists/none", status=404)
    yield Hidden(slug, "owner", "/portal/settings/security/app")
    yield Hidden(slug, "owner", told["connection"])


def _of_programs(slug: str, told: Made) -> Iterator[Hidden]:
    yield Hidden(slug, "owner", question(told["site"]))
    yield Hidden(slug, "owner", "/oauth/device")
    yield Hidden(slug, "owner", f"/oauth/device?user_code={told['device']}")
    yield Hidden(
        slug,
        "owner",
        f"/oauth/device?user_code={told['device']}",
        then=_pressed("form button.primary", "button[name=decision]"),
    )
    yield Hidden(slug, None, "/problems/not-found")


def _of_contracts(slug: str, told: Made) -> Iterator[Hidden]:
    for stage, then in SIGNING.items():
        yield Hidden(slug, None, told[f"{stage} en"], told[f"{stage} ar"], then)
    yield Hidden(slug, None, "/signatures/none", status=404)
    for path in ("versions/2", "signatures"):
        yield Hidden(slug, "owner", f"/portal/contracts/{told['contract']}/{path}")
    yield Hidden(slug, "owner", told["batch"])
    yield Hidden(slug, "artist", f"/artist/contracts/{told['contract']}")
    yield Hidden(slug, "artist", f"/artist/contracts/{told['contract']}/changes")


def _of_payees(slug: str, told: Made) -> Iterator[Hidden]:
    asked = f"quote?currency={told['currency']}&amount=90&speed="
    for who, home in (("owner", "/portal/payees"), ("artist", "/artist/money")):
        for speed in ("instant", "standard"):
            yield Hidden(slug, who, f"{home}/{told['payee']}/{asked}{speed}")
    yield Hidden(slug, "owner", f"/portal/payees/{told['payee']}")
    yield Hidden(slug, "owner", f"/portal/payouts/{told['payout']}")
    yield Hidden(slug, "artist", f"/artist/money/payouts/{told['payout']}")
    run = _pressed("form[action$='/payouts/runs'] button", "main h1", "**/portal/payouts/runs/*")
    yield Hidden(slug, "owner", "/portal/payouts", then=run)
    yield Hidden(slug, "owner", f"/portal/ledger/accounts/{told['account']}")


def _of_tax(slug: str, told: Made) -> Iterator[Hidden]:
    for home in ("/portal/payees", "/artist/money"):
        for path in ("interview/who", "interview/tins", "interview/treaty", "signature"):
            yield Hidden(slug, "artist", f"{home}/{told['payee']}/tax/{path}")
    en, ar = told["outside en"], told["outside ar"]
    for path in ("", "/interview/who", "/interview/tins", "/signature"):
        yield Hidden(slug, None, en + path, ar + path)
    yield Hidden(slug, None, en + "/signature", ar + "/signature", then=_sign_form)
    yield Hidden(slug, None, "/tax-forms/none", status=404)
    yield Hidden(slug, "owner", told["case"])


def _of_the_shop(slug: str, told: Made) -> Iterator[Hidden]:
    account = "/en/account"
    for path in ("sign-in", "link-sent", "link/none", f"link/{told['link']}", f"mail-address/{told['move']}"):
        yield Hidden(slug, None, f"{account}/{path}")
    yield Hidden(slug, None, f"{account}/mail-address/none", status=404)
    for kind in ("newsletter", "follow"):
        yield Hidden(slug, None, account + told[kind])
        once = (f"/{language}/account" + told[f"{kind} spent {language}"] for language in ("en", "ar"))
        yield Hidden(slug, None, *once, then=_pressed("main form button", "main h1"))
    yield Hidden(slug, None, told["leave"])
    yield Hidden(slug, None, told["page"])
    yield Hidden(slug, None, told["order"])
    yield Hidden(slug, None, f"{told['order']}/music/{told['owned']}/mp3_320")
    yield Hidden(slug, None, "/en/releases", then=_embedded)
    for path in (f"orders/{told['bought']}", f"orders/{told['bought']}/refund", f"previews/{told['given']}"):
        yield Hidden(slug, "owner", f"/portal/store/{path}")
    wrong = {"email": f"fan@{slug}.test", "password": "none", "way": "password", "next": ""}
    yield Hidden(slug, None, f"{account}/sign-in", then=_posted(wrong))


def _refused(slug: str, told: Made) -> Iterator[Hidden]:
    yield Hidden(slug, "intern", "/portal/settings/api", status=403)
    yield Hidden(slug, "owner", f"/portal/contracts/{told['broken']}/versions/2", status=500)
    yield Hidden(slug, "broken", f"/artist/money/{told['unreadable']}/tax/interview/who", status=500)


def _pressed(button: str, until: str, url: str = "") -> Step:
    """Press a button, and wait until something is there."""

    def press(here: Visit) -> None:
        with here.page.expect_navigation():
            here.page.locator(button).first.click()
        if url:
            here.page.wait_for_url(url)
        here.page.wait_for_selector(until)

    return press


def _posted(told: dict[str, str], status: int = 422) -> Step:
    """Send a form to where a page is, which offers none like this; it is refused."""

    def post(here: Visit) -> None:
        with here.page.expect_navigation() as answer:
            here.page.evaluate(
                """told => {
                  const form = Object.assign(document.createElement("form"), {method: "post"});
                  for (const [name, value] of Object.entries(told)) form.append(
                    Object.assign(document.createElement("input"), {name, value}));
                  document.body.append(form);
                  form.submit();
                }""",
                told,
            )
        assert answer.value.status == status, answer.value.status

    return post


def _embedded(here: Visit) -> None:
    """The player that another site frames, of the first release there is."""
    language = here.page.locator("html").get_attribute("lang")
    place = here.page.locator(f"main a[href^='/{language}/releases/']").first.get_attribute("href")
    here.go(f"/embed/releases/{place.rpartition('/')[2]}?language={language}")


def _second_step(surface: str, email: str, password: str) -> Step:
    """Come in at a door as somebody who has a second factor, and stand at it."""

    def come(here: Visit) -> None:
        here.page.fill("#email", email)
        here.page.fill("#password", password)
        here.page.locator("form button.primary").first.click()
        here.page.wait_for_url(f"**{surface}/sign-in/second-factor*")

    return come


def _sign_form(here: Visit) -> None:
    here.page.fill("#typed", "Ada Beispiel")
    here.page.locator("input[name=agrees]").check()
    with here.page.expect_navigation():
        here.page.locator("#sign button.primary, form button.primary").last.click()


def _sign_with(code: str) -> Step:
    def sign(here: Visit) -> None:
        here.page.fill("#code", code)
        here.page.fill("#name", "Ada Artist")
        here.page.locator("#sign input[type=checkbox]").check()
        with here.page.expect_navigation():
            here.page.locator("#sign button.primary").click()

    return sign


def _worded(field: str) -> Step:
    """Say something in one of the folded forms of the signing page, and send it."""

    def say(here: Visit) -> None:
        here.page.locator(f"details:has({field}) summary").click()
        here.page.fill(field, "Half of it, please.")
        with here.page.expect_navigation():
            here.page.locator(f"form:has({field}) button").click()

    return say


SIGNING: dict[str, Step | None] = {
    "view": None,
    "later": None,
    "code": None,
    "wrong": _sign_with("000000"),
    "signed": _sign_with(CODE),
    "declined": _worded("#reason"),
    "proposed": _worded("#proposal"),
}
"""The stages of a signature, and how each is come to."""
