"""The editor of the front page: what is typed is seen beside it, drafted, published and taken back, with its theme."""

from __future__ import annotations

import re
from html import unescape

import pytest

from app.brand.models import ThemeVersion
from app.kernel import db
from app.storefront.rules.sections import MOST_TEXTS, Row, arranged, keyed, usual
from tests.factories.labels import a_label
from tests.factories.shop import a_text, an_open_shop

FRONT = "/portal/store/pages/front"
ROWS = ("key", "count", "title", "body")


@pytest.fixture
def shop(connected):
    label = a_label(languages=("en", "de"))
    an_open_shop(label)
    a_text(label, "post", "hello", {"en": "Hello"}, {"en": "<p>First.</p>"})
    return label


def match_of(client) -> str:
    return re.search(r'name="match" value="([^"]*)"', client.get(FRONT).text)[1]


def form(client, *rows: tuple[str, str, str, str], language: str = "en", on=None, **said: str):
    """What the editor's form sends; rows are key, count, heading and text."""
    sent = {"match": match_of(client), "language": language, "on": on or [row[0] for row in rows]}
    columns = {name: [row[place] for row in rows] for place, name in enumerate(ROWS)}
    return sent | columns | said


TEXT = ("text-0", "", "About us", "We are <b>three</b>.")
JOURNAL = ("journal", "2", "Read", "")


def test_what_is_typed_is_shown_and_kept_nowhere(client_as, client_of, shop):
    client, fan = client_as(shop), client_of(f"{shop.slug}.localhost")
    look = client.post(f"{FRONT}/look", data=form(client, TEXT, JOURNAL, **{"color.brand": "#aa3300"}))
    assert look.status_code == 200, look.text[:500]
    assert "About us" in look.text
    assert look.text.index("About us") < look.text.index("Read")
    assert "<b>three</b>" in look.text
    assert "inert" in look.text
    sheet = re.search(r'href="(/theme/[0-9a-f]{64}[.]css)"', look.text)[1]
    assert "#aa3300" in client.get(sheet).text
    with db.tenant_read(shop) as session:
        assert session.query(ThemeVersion).count() == 0
    assert "About us" not in fan.get("/en").text


def test_only_the_editor_itself_may_show_it_in_a_frame(client_as, shop, rival):
    client = client_as(shop)
    look, editor = client.get(f"{FRONT}/look"), client.get(FRONT)
    assert "frame-ancestors 'self'" in look.headers["content-security-policy"]
    assert look.headers["x-frame-options"] == "SAMEORIGIN"
    assert "noindex" in look.headers["x-robots-tag"]
    assert "frame-src 'self'" in editor.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in editor.headers["content-security-policy"]
    assert "frame-src 'none'" in client.get("/portal/store/pages").headers["content-security-policy"]
    typed = form(client, TEXT)
    artist = client_as(shop, role="artist")
    assert artist.get(f"{FRONT}/look").status_code == 403
    for place in ("", "/look", "/publication", "/return"):
        assert artist.post(FRONT + place, data=typed).status_code == 403, place
    assert "About us" not in client_as(rival).get(FRONT).text


def test_blocks_are_drafted_published_and_taken_back_with_the_look(client_as, client_of, shop):
    client, fan = client_as(shop), client_of(f"{shop.slug}.localhost")
    assert client.post(f"{FRONT}/publication", data=form(client, JOURNAL)).status_code == 303
    assert "Read" in fan.get("/en").text
    assert client.post(FRONT, data=form(client, TEXT, JOURNAL)).status_code == 303
    assert "About us" not in fan.get("/en").text
    german = form(client, ("text-0", "", "Über uns", "Wir sind drei."), JOURNAL, language="de")
    assert client.post(FRONT, data=german).status_code == 303
    editor = client.get(FRONT)
    assert "About us" in editor.text
    assert 'placeholder="Über uns"' not in editor.text
    assert client.post(f"{FRONT}/publication", data=form(client, TEXT, JOURNAL)).status_code == 303
    assert "About us" in fan.get("/en").text
    assert "Über uns" in fan.get("/de").text
    assert client.post(f"{FRONT}/return").status_code == 303
    assert "About us" not in fan.get("/en").text
    assert "Read" in fan.get("/en").text


def test_two_editors_do_not_write_over_each_other(client_as, shop):
    client = client_as(shop)
    seen = form(client, TEXT)
    assert client.post(FRONT, data=seen).status_code == 303
    late = client.post(FRONT, data=seen | {"title": "Mine"})
    assert late.status_code == 409
    assert "Mine" in late.text


def test_what_cannot_be_used_is_said_beside_its_field_and_nothing_typed_is_lost(client_as, shop):
    client = client_as(shop)
    for name, value in (("color.brand", "red"), ("type.scale", "9"), ("type.scale", "x"), ("layout.hero", "none"),
                        ("type.text", "comic"), ("count", "99"), ("title", "x" * 121), ("key", "nothing")):  # fmt: skip
        sent = form(client, ("journal", "2", "Typed in vain", ""), on=["journal", "nothing"]) | {name: value}
        for place in ("", "/look", "/publication"):
            assert client.post(FRONT + place, data=sent).status_code == 422, (name, value, place)
    refused = client.post(FRONT, data=form(client, TEXT, **{"type.scale": "9"}))
    assert "1.05 to 1.4" in refused.text
    assert "We are <b>three</b>." in unescape(refused.text)
    with db.tenant_read(shop) as session:
        assert session.query(ThemeVersion).count() == 0


def test_a_script_in_a_text_reaches_no_page(client_as, client_of, shop):
    client = client_as(shop)
    harm = (
        "text-0",
        "",
        '"><script>alert(1)</script>',
        "<img src=x onerror=alert(1)><script>alert(1)</script><p>Fine.</p>",
    )
    look = client.post(f"{FRONT}/look", data=form(client, harm)).text
    assert client.post(f"{FRONT}/publication", data=form(client, harm)).status_code == 303
    for page in (look, client_of(f"{shop.slug}.localhost").get("/en").text):
        assert "Fine." in page
        assert "<script>alert" not in page
        assert "onerror" not in page


def test_sections_keep_their_texts_in_other_languages_and_each_kind_stands_once():
    held = [{"kind": "text", "titles": {"de": "Hallo"}, "bodies": {"de": "<p>Da</p>"}}]
    kept = arranged([Row("merch", 4), Row("text-0", None, "Hi", "<p>There</p>")], held, "en")
    assert kept[0] == {"kind": "merch", "titles": {}, "count": 4}
    assert kept[1]["titles"] == {"de": "Hallo", "en": "Hi"}
    assert kept[1]["bodies"] == {"de": "<p>Da</p>", "en": "<p>There</p>"}
    assert list(keyed([*kept, {"kind": "text"}])) == ["merch", "text-0", "text-1"]
    wrong = ([Row("x")], [Row("hero"), Row("hero")], [Row("merch", 13)], [Row("hero-1")],
             [Row(f"text-{place}") for place in range(MOST_TEXTS + 1)])  # fmt: skip
    assert all(arranged(each, [], "en") is None for each in wrong)
    assert [each["kind"] for each in usual()] == ["hero", "releases", "merch", "artists", "journal"]
