"""A label says pages in its own words: drafted, previewed, published and taken back with the brand, and its alone."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from app.brand import service
from app.brand.rules import words as rules
from app.brand.service.mails import GO
from app.kernel import db
from app.kernel.actor import Actor
from app.kernel.mail import Mail
from app.kernel.mail.outgoing import compose
from app.kernel.web import assets, own_words
from app.kernel.web.languages import LANGUAGES
from tenants.hosts.errors import HostMalformed
from tests.brand.conftest import actions, states
from tests.brand.test_themes import published
from tests.factories.labels import a_label

WORDS = "/portal/settings/words"
BRAND = "/portal/settings/brand"
SCRIPT = "<script>alert('words')</script> & \"more\""


@pytest.fixture
def bilingual(connected):
    return a_label(languages=("en", "de"))


def speak(tenant, language):
    """Let the label's people read in another language."""
    with db.tenant_work(tenant) as session:
        session.execute(text("UPDATE members SET language = :language, welcomed_at = now()"), {"language": language})


def put(client, original, own, *, language="en", **more):
    return client.post(WORDS, data={"language": language, "original": original, "text": own, **more})


def publish(client, tenant):
    number = max(states(tenant))
    with db.tenant_read(tenant) as session:
        from app.brand.models import ThemeVersion

        version = session.query(ThemeVersion).filter_by(number=number).one()
    answer = client.post(f"{BRAND}/drafts/{version.id}/publication")
    assert answer.status_code == 303, answer.text
    return version


def test_a_sentence_is_set_previewed_published_and_taken_back_with_the_brand(client_as, label):
    published(label, preset="editorial")
    client = client_as(label)
    answer = put(client, "Inbox", "Post room")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{WORDS}?language=en"
    assert "Post room" not in client.get("/portal").text
    assert "Post room" in client.get(WORDS).text
    draft = re.search(rf'action="({BRAND}/drafts/[^"/]+)/preview"', client.get(WORDS).text)
    assert draft is not None
    link = re.search(rf'value="https://[^/]+({BRAND}/previews/[^"]+)"', client.post(f"{draft[1]}/preview").text)
    assert link is not None
    client.get(link[1])
    assert "<span>Post room</span>" in client.get("/portal").text
    client.post(f"{BRAND}/previews/end")
    assert "Post room" not in client.get("/portal").text
    assert client.post(f"{draft[1]}/publication").status_code == 303
    page = client.get("/portal/inbox").text
    assert "<span>Post room</span>" in page
    assert "<span>Inbox</span>" not in page
    assert actions(label)[-3:] == ["theme.drafted", "theme.changed", "theme.published"]
    client.post(f"{BRAND}/restorations")
    assert "<span>Inbox</span>" in client.get("/portal").text


def test_every_change_goes_into_one_draft_and_is_written_down(client_as, label):
    client = client_as(label)
    put(client, "Inbox", "Post room")
    put(client, "Inbox", "Mail room")
    put(client, "Files", "Vault")
    assert list(states(label).values()) == ["draft"]
    assert client.post(f"{WORDS}/removal", data={"language": "en", "original": "Inbox"}).status_code == 303
    page = client.get(WORDS).text
    assert 'value="Vault"' in page
    assert "room" not in page
    assert actions(label)[-5:] == ["theme.drafted", *["theme.changed"] * 4]
    again = client.post(f"{WORDS}/removal", data={"language": "en", "original": "Inbox"})
    assert again.status_code == 404


def test_words_are_of_one_language_alone(client_as, bilingual):
    client = client_as(bilingual)
    put(client, "Inbox", "Poststelle", language="de")
    put(client, "Files", "Vault", language="en")
    page = client.get(f"{WORDS}?language=de").text
    assert 'value="Poststelle"' in page
    assert 'value="Vault"' not in page
    publish(client, bilingual)
    speak(bilingual, "de")
    page = client.get("/portal").text
    assert "<span>Poststelle</span>" in page
    assert "<span>Vault</span>" not in page
    speak(bilingual, "en")
    page = client.get("/portal").text
    assert "<span>Inbox</span>" in page
    assert "<span>Vault</span>" in page


def test_a_rival_reads_and_finds_nothing_of_it(client_as, label, rival):
    client = client_as(label)
    put(client, "Inbox", "canary-words")
    publish(client, label)
    other = client_as(rival)
    for address in ("/portal", WORDS, f"{WORDS}?q=canary-words", BRAND):
        assert "canary-words" not in other.get(address).text.replace('value="canary-words"', "")
    assert other.post(f"{WORDS}/removal", data={"language": "en", "original": "Inbox"}).status_code == 404
    assert "canary-words" in client.get("/portal").text


def test_a_place_must_be_kept_and_none_invented(client_as, label):
    client = client_as(label)
    original = "of %(most)s"
    lost = put(client, original, "of all")
    assert lost.status_code == 422
    assert "must keep these places exactly as they are: %(most)s" in lost.text
    assert 'aria-invalid="true"' in lost.text
    assert 'value="of all"' in lost.text
    for wrong in ("of %(most)s %(other)s", "of %(most)s %(most)s", "of %(most)s {host}", "of %(most)s %(most)d"):
        refused = put(client, original, wrong)
        assert refused.status_code == 422, wrong
        assert "nothing would fill them" in refused.text, wrong
    assert put(client, original, "of %(most)s, 100 % sure, 5%").status_code == 303
    publish(client, label)
    assert re.search(r"of \d+, 100 % sure, 5%", client.get("/portal/settings/usage").text)


def test_a_refusal_is_told_in_the_readers_language(client_as, bilingual):
    client = client_as(bilingual)
    speak(bilingual, "de")
    answer = put(client, "of %(most)s", "of all")
    assert answer.status_code == 422
    assert '<html lang="de"' in answer.text
    assert "Ihr Text muss diese Platzhalter unverändert behalten: %(most)s" in answer.text


def test_limits_are_kept(client_as, label):
    client = client_as(label)
    assert put(client, "Inbox", "x" * 61).status_code == 422
    assert put(client, "Inbox", "x" * 60).status_code == 303
    assert put(client, "Inbox", "  ").status_code == 422
    assert put(client, "Inbox", "in\u202ebox").status_code == 422
    assert put(client, "Nobody says this", "x").status_code == 404
    assert put(client, "Inbox", "x", language="sw").status_code == 404
    assert put(client, "Inbox", "x", language="../de").status_code == 404
    assert client.get(f"{WORDS}?language=sw").status_code == 404
    assert client.get(f"{WORDS}?language=en&other=1").status_code == 400
    assert client.post(WORDS).status_code in (400, 422)


def test_what_was_not_offered_is_refused(client_as, label):
    client = client_as(label)
    assert put(client, "Inbox", "x", state="live").status_code in (400, 422)
    assert put(client, "Inbox", "x", version="1").status_code in (400, 422)
    data = {"language": "en", "original": "Inbox", "author_id": "me"}
    assert client.post(f"{WORDS}/removal", data=data).status_code in (400, 422)
    assert states(label) == {}


def test_markup_is_shown_as_text_everywhere(client_as, label):
    client = client_as(label)
    assert put(client, "Inbox", SCRIPT).status_code == 303
    assert put(client, GO, SCRIPT).status_code == 303
    assert put(client, "Home", '"><svg onload=alert(1)>').status_code == 303
    scripts_say = next(said for said in assets.script_sentences() if "%" not in said)
    assert put(client, scripts_say, SCRIPT).status_code == 303
    version = publish(client, label)
    addresses = ("/portal", "/portal/inbox", "/portal/settings", WORDS, f"{WORDS}?q=script", f"{WORDS}?q=inbox")
    for address in (*addresses, BRAND, f"{BRAND}/drafts/{version.id}", f"{BRAND}/drafts/{version.id}/checks"):
        page = client.get(address).text
        assert "<script>alert" not in page, address
        assert "<svg onload" not in page, address
    assert "&lt;script&gt;alert" in client.get("/portal").text
    letter = Mail(to="a@example.com", subject="Hello", text="Come in\n\nhttps://canary.localhost/x", language="en")
    html = compose(label, letter, number="1").get_body(("html",)).get_content()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("role", ["artist", "marketing", "read_only"])
def test_who_may_not_change_the_brand_finds_no_way_in(client_as, label, role):
    client = client_as(label, role)
    assert client.get(WORDS).status_code in (403, 404)
    assert put(client, "Inbox", "x").status_code in (403, 404)
    assert client.post(f"{WORDS}/removal", data={"language": "en", "original": "Inbox"}).status_code in (403, 404)
    assert WORDS not in client.get("/portal").text
    assert states(label) == {}


def test_a_search_finds_by_original_translation_and_own_page_and_is_cut(client_as, label):
    client = client_as(label)
    page = client.get(f"{WORDS}?language=en&q=INBOX").text
    assert 'name="original" value="Inbox"' in page
    many = client.get(f"{WORDS}?language=en&q=e").text
    assert len(re.findall(r'<label for="found-', many)) == 30
    assert "Write more of the sentence" in many
    assert "No page says this" in client.get(f"{WORDS}?q=zzzzqqq").text
    for question in ("%", "_", "\\", "<b>", "x" * 300):
        answer = client.get(WORDS, params={"q": question})
        assert answer.status_code == 200
        assert "<b>" not in answer.text.replace("<b><bdi>", "")


def test_a_search_reads_translations():
    for language in LANGUAGES:
        found = own_words.search("inbox", language, most=30)
        assert "Inbox" in [entry.original for entry in found]
        assert own_words.search(found[0].said, language, most=30)


def test_a_reason_is_told_in_the_labels_words_too(client_as, client_of, label, rival):
    client = client_as(label)
    refused = client.post("/portal/settings/hosts", data={"host": "10.0.0.1"})
    usual = HostMalformed.message
    assert "not a host name that can be used" in refused.text
    assert put(client, usual, "%(host)s? <Try> another.").status_code == 303
    assert put(client, "This could not be found.", "Nothing plays here.").status_code == 303
    publish(client, label)
    assert "10.0.0.1? &lt;Try&gt; another." in client.post("/portal/settings/hosts", data={"host": "10.0.0.1"}).text
    page = {"accept": "text/html"}
    assert "Nothing plays here." in client.get("/portal/nowhere", headers=page).text
    assert "Nothing plays here." not in client_as(rival).get("/portal/nowhere", headers=page).text
    assert "This could not be found." in client.get("/portal/nowhere", headers={"accept": "application/json"}).text


def test_no_sentence_of_the_operator_is_offered():
    offered = own_words.sayable()
    assert "Skip to the content" in offered
    assert "Open a label" not in offered
    assert len(offered) > 300


def test_the_first_change_is_made_of_what_is_live(label):
    live = published(label, preset="voltage", copy={"strings": {"en": {"Files": "Vault"}}})
    with db.tenant_work(label) as session:
        draft = service.say_as(session, Actor.system(label), label, "en", "Inbox", "Post room")
        assert draft.parent == live.number
        assert draft.said.copy.strings == {"en": {"Files": "Vault", "Inbox": "Post room"}}
        assert draft.said.color.brand == live.said.color.brand


def test_a_word_for_all_languages_gives_way_to_one_for_a_language(client_as, bilingual):
    client = client_as(bilingual)
    assert put(client, "Inbox", "Post", language="*").status_code == 303
    assert put(client, "Inbox", "Poststelle", language="de").status_code == 303
    assert put(client, "Files", "Vault %(x)s", language="*").status_code == 422
    page = client.get(WORDS, params={"language": "*"}).text
    assert 'value="Post"' in page
    assert "All languages" in page
    publish(client, bilingual)
    theme = service.live_theme(bilingual)
    assert [theme.own_words(name).sentences["Inbox"] for name in ("en", "de", "fr")] == ["Post", "Poststelle", "Post"]
    assert client.post(f"{WORDS}/removal", data={"language": "*", "original": "Inbox"}).status_code == 303


def test_a_removed_languages_words_can_be_taken_out(label):
    from dataclasses import replace

    published(label, preset="plain", copy={"strings": {"en": {"Files": "Vault"}}})
    spoken = replace(label, languages=("fr",))
    with db.tenant_work(label) as session:
        assert service.words(session, spoken, "en", "").own[0].own == "Vault"
        draft = service.say_as_before(session, Actor.system(label), "en", "Files")
        assert draft.said.copy.strings == {}


def test_what_is_copied_from_a_page_read_from_right_to_left_can_be_pasted():
    shown = rules.isolated("من أصل %(most)s")
    assert shown != "من أصل %(most)s"
    assert rules.tidied(f"  {shown}\r\n") == "من أصل %(most)s"
