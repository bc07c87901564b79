"""How a label sounds where no page surrounds it: its voice, its mails' words and sender, and its numbers' forms."""

from __future__ import annotations

import re

import pytest

from app.brand.errors import FormsMissing, PlacesMissing, PlacesUnknown
from app.brand.rules import checks
from app.brand.rules import words as rules
from app.brand.rules.voice import INVITED, LINK, SOLD, SOON, VOICES, WELCOME
from app.identity.rules.roles import ROLES
from app.identity.service import notices
from app.kernel import clock, ids
from app.kernel.db import platform_work
from app.kernel.mail import Mail
from app.kernel.mail.outgoing import compose
from app.kernel.web import own_words
from app.kernel.web.languages import LANGUAGES, plural_examples, plural_form, say
from tenants.registry.models import HostRow
from tests.brand.test_themes import drafted, findings_of, published
from tests.brand.test_words import WORDS, publish, put, speak
from tests.factories.labels import a_label
from tests.kernel.jobs.work import eventually
from themes.engine.inputs import MOST_FORMS

UNREAD = "%(n)s unread"
BRAND = "/portal/settings/brand"


@pytest.fixture
def mine(connected):
    return a_label(languages=("en", "ar", "pl"))


def link_mail(tenant, language="en"):
    sentences = notices.SENTENCES
    letter = Mail(
        to="a@example.com", subject=sentences["link"], text=sentences["link.text"], language=language,
        places={"label": tenant.name, "link": "https://x.localhost/a"},
    )  # fmt: skip
    return compose(tenant, letter, number="1")


def texts_of(message):
    return tuple(message.get_body((kind,)).get_content() for kind in ("plain", "html"))


def test_every_voice_says_what_is_said_and_fills_the_same_places():
    offered = own_words.sayable()
    for sentences in VOICES.values():
        assert sentences.keys() == {WELCOME, SOON, SOLD, LINK, INVITED}
        for original, said in sentences.items():
            assert original in offered
            assert rules.places(original) == rules.places(said)


def test_a_voice_is_heard_on_pages_and_in_mails_in_the_readers_language(client_of, mine):
    door = f"{mine.slug}.localhost"
    assert eventually(lambda: client_of(door).get("/portal/sign-in").status_code == 200)
    assert WELCOME in client_of(door).get("/portal/sign-in").text
    published(mine, preset="plain", copy={"voice": "warm"})
    assert VOICES["warm"][WELCOME] in client_of(door).get("/portal/sign-in").text
    arabic = client_of(door).get("/portal/sign-in", headers={"accept-language": "ar"}).text
    assert say(VOICES["warm"][WELCOME], "ar") in arabic
    text, html = texts_of(link_mail(mine))
    assert text.startswith("Good to see you again.")
    assert 'href="https://x.localhost/a"' in html
    published(mine, copy={"voice": "bold", "strings": {"en": {LINK: "Ours: %(link)s"}}})
    assert texts_of(link_mail(mine))[0].strip() == "Ours: https://x.localhost/a"
    assert texts_of(link_mail(mine, "pl"))[0].startswith(say(VOICES["bold"][LINK], "pl").split("%")[0])


def test_a_mail_is_said_in_own_words_down_to_its_parts(client_as, mine):
    client = client_as(mine)
    changed = notices.SENTENCES
    assert put(client, changed["changed"], "News from %(label)s\r\nBcc: x@example.com").status_code == 303
    assert put(client, changed["password"], "A new <b>password</b>, 100% yours.").status_code == 303
    assert put(client, changed["changed.text"], "Look, no place").status_code == 422
    publish(client, mine)
    letter = Mail(
        to="a@example.com", subject=changed["changed"], text=changed["changed.text"], language="en",
        places={"label": mine.name}, told={"what": changed["password"]},
    )  # fmt: skip
    message = compose(mine, letter, number="1")
    assert message["Subject"] == f"News from {mine.name} Bcc: x@example.com"
    assert message["Bcc"] is None
    text, html = texts_of(message)
    assert "A new <b>password</b>, 100% yours." in text
    assert "&lt;b&gt;password" in html
    assert "<b>password" not in html


def test_a_label_signs_its_mails_at_its_own_domains_alone(mine):
    domain = f"{mine.slug}.localhost"
    usual = link_mail(mine)
    assert usual["From"] == f"{mine.name} <post@{domain}>"
    assert usual["Reply-To"] is None
    published(mine, preset="plain", identity={"email_name": "The Pines", "email_from": f"hello@{domain}"})
    assert link_mail(mine)["From"] == f"The Pines <hello@{domain}>"
    foreign = drafted(mine, identity={"email_from": "boss@bank.example"})
    assert findings_of(mine, foreign) == {checks.SENTENCES["sender.failed"]}
    host = HostRow(id=ids.new_id(), tenant_id=mine.id, host="pines.example", state="live", proven_at=clock.now())
    with platform_work() as session:
        session.add(host)
    version = drafted(mine, identity={"email_from": "info@pines.example"})
    assert findings_of(mine, version) == set()
    published(mine, identity={"email_from": "info@pines.example"})
    message = link_mail(mine)
    assert message["From"] == f"The Pines <post@{domain}>"
    assert message["Reply-To"] == "info@pines.example"


def test_each_language_has_its_own_forms():
    assert plural_examples("en") == ((1,), (0, 2, 3))
    assert plural_examples("ja") == ((0, 1, 2),)
    assert plural_examples("ar") == ((0,), (1,), (2,), (3, 4, 5), (100, 101, 102), (11, 12, 13))
    for language in LANGUAGES:
        forms = plural_examples(language)
        assert 1 <= len(forms) <= MOST_FORMS
        assert all(plural_form(count, language) == form for form, counts in enumerate(forms) for count in counts)


def test_a_number_is_said_in_own_words_in_each_form(client_as, mine):
    client = client_as(mine)
    page = client.get(WORDS, params={"language": "pl", "q": "unread"}).text
    assert page.count('name="form"') == 3
    assert re.search(r"2, 3, 4", page)
    forms = ["%(n)s nowa", "%(n)s nowe", "%(n)s nowych"]
    data = {"language": "pl", "original": UNREAD}
    assert client.post(WORDS, data={**data, "form": forms[:2]}).status_code == 422
    assert client.post(WORDS, data={**data, "form": [*forms[:2], "%(m)s nowych"]}).status_code == 422
    refused = client.post(WORDS, data={**data, "form": [*forms[:2], ""]})
    assert refused.status_code == 422
    assert 'value="%(n)s nowe"' in refused.text
    assert client.post(WORDS, data={**data, "form": forms}).status_code == 303
    assert client.post(WORDS, data={**data, "form": forms, "language": "*"}).status_code == 404
    assert client.post(WORDS, data={**data, "form": forms, "original": "Inbox"}).status_code == 404
    publish(client, mine)
    own = own_words.words_of(mine, "pl")
    said = [own_words.say_own_many(own, UNREAD, UNREAD, count, "pl") for count in (1, 2, 5, 1234)]
    assert said == ["1 nowa", "2 nowe", "5 nowych", "1\xa0234 nowe"]
    english = own_words.words_of(mine, "en")
    assert own_words.say_own_many(english, UNREAD, UNREAD, 5, "en") == "5 unread"
    assert client.post(f"{WORDS}/removal", data=data).status_code == 303
    assert 'value="%(n)s nowe"' not in client.get(WORDS, params={"language": "pl"}).text


def test_a_form_for_one_thing_may_leave_the_number_out():
    rules.check_forms("%(n)s new for %(who)s", "%(n)s new for %(who)s", ["one for %(who)s", "%(n)s, %(who)s"], count=2)
    for forms, why in (
        (["one", "%(n)s %(who)s"], PlacesMissing),
        (["%(n)s %(n)s %(who)s", "%(n)s %(who)s"], PlacesUnknown),
        (["%(n)s %(who)s"], FormsMissing),
    ):
        with pytest.raises(why):
            rules.check_forms("%(n)s new for %(who)s", "%(n)s new for %(who)s", forms, count=2)


def test_roles_rights_and_the_editor_are_said_in_own_words(client_as, mine):
    client = client_as(mine)
    assert put(client, ROLES["owner"].name, "Captain").status_code == 303
    assert put(client, "Change the label's name, languages and currency", "Touch the basics").status_code == 303
    assert put(client, "Brand colour", "House colour").status_code == 303
    publish(client, mine)
    assert "Captain" in client.get("/portal/settings/team").text
    roles = client.get("/portal/settings/roles").text
    assert "Captain" in roles
    assert "Touch the basics" in roles
    assert "House colour" in client.get(client.post(f"{BRAND}/drafts").headers["location"]).text
    speak(mine, "pl")
    assert "Captain" not in client.get("/portal/settings/team").text
