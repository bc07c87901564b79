"""How an artist is shown: biographies by language, links, a picture with small copies, codes and ids in stores."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import func, select

from app.kernel import db
from app.kernel.files import StoredFile
from app.kernel.media.sandbox import sandbox
from app.roster.models import Artist
from tests.factories.catalog import a_release, narrowed
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.media import a_cover
from tests.roster.test_roster import add, form

ROSTER = "/portal/artists"


@pytest.fixture(scope="module", autouse=True)
def _no_sandbox_left():
    yield
    sandbox().close()


@pytest.fixture
def mine(connected):
    return a_label()


def picture(width, height):
    out = io.BytesIO()
    a_cover().resize((width, height)).save(out, "PNG")
    return out.getvalue()


def signed_in(client_of, tenant, member):
    client = client_of(f"{tenant.slug}.localhost")
    assert client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD}).status_code == 303
    return client


def shown(client, artist, **said):
    return client.post(f"{ROSTER}/{artist}/page", data={"match": "1"} | said)


def test_biographies_stand_by_language_and_keep_their_paragraphs(client_as, mine):
    client = client_as(mine)
    artist = add(client, "Ada")
    answer = shown(
        client, artist, language=["de", "pt-BR"], text=["Eins.\n\nZwei: drei.", "Um."], links="https://a.test/x"
    )
    assert answer.status_code == 303
    page = client.get(f"{ROSTER}/{artist}").text
    assert '<p dir="auto" lang="de" class="lines">Zwei: drei.</p>' in page
    assert "Brazilian Portuguese" in page or "Portuguese (Brazil)" in page
    assert "https://a.test/x" in page
    assert shown(client, artist, language="de", text="Anders.").status_code == 412


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"language": ["", "de"], "text": ["Who knows", ""]}, "Choose the language of every text"),
        ({"language": ["de", "de"], "text": ["Eins", "Zwei"]}, "Two texts are in one language"),
        ({"language": "de", "text": "x" * 10_001}, "at most 10,000 characters"),
        ({"links": "javascript:alert(1)"}, "Begin every link with https://"),
        ({"links": "\n".join(f"https://a.test/{n}" for n in range(31))}, "too many links"),
    ],
)
def test_what_cannot_stand_on_a_page_is_said_at_its_place_and_what_was_typed_stays(client_as, mine, said, sentence):
    client = client_as(mine)
    answer = shown(client, add(client, "Ada"), **said)
    assert answer.status_code == 422
    assert sentence in answer.text
    for text in said.values():
        assert (text if isinstance(text, str) else text[0])[:40] in answer.text


def test_a_picture_is_checked_shown_in_small_copies_and_hidden_again(client_as, mine):
    client = client_as(mine)
    artist = add(client, "Ada")
    image = f"{ROSTER}/{artist}/image"
    raw = picture(700, 500)
    assert client.post(image, files={"file": ("ada.png", raw, "image/png")}).status_code == 303
    page = client.get(f"{ROSTER}/{artist}").text
    link = re.search(r'<img class="photo" src="(/files/[^"]+)"', page)[1]
    copy = client.get(link)
    assert copy.headers["content-type"] == "image/webp"
    assert len(copy.content) < len(raw)
    assert 'type="image/avif"' in page
    assert "96.webp" not in client.get("/portal/files").text
    with db.tenant_read(mine) as session:
        assert session.scalar(select(func.count()).where(StoredFile.is_derived)) == 6
    assert client.post(f"{image}/removal").status_code == 303
    assert 'class="photo"' not in client.get(f"{ROSTER}/{artist}").text


def test_what_is_no_picture_or_too_small_is_refused_and_nothing_is_kept(client_as, mine):
    client = client_as(mine)
    artist = add(client, "Ada")
    for raw, sentence in (
        (b"<svg onload=alert(1)>", "not a picture"),
        (picture(120, 900), "too small"),
        (picture(700, 700)[:200], ""),
    ):
        answer = client.post(f"{ROSTER}/{artist}/image", files={"file": ("ada.png", raw, "image/png")})
        assert answer.status_code == 422
        assert sentence in answer.text
    assert client.post(f"{ROSTER}/{artist}/image", files={"other": ("a", b"x", "image/png")}).status_code == 422
    with db.tenant_read(mine) as session:
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 0


def test_an_artist_changes_their_own_page_and_nothing_else(client_as, client_of, mine):
    a_release(mine, "One", artists=["Ada"])
    a_release(mine, "Two", artists=["Eve"])
    with db.tenant_read(mine) as session:
        ids = {row.name: row.id for row in session.scalars(select(Artist))}
    member = a_member(mine, role="artist")
    narrowed(mine, member, artists=["ada"])
    singer = signed_in(client_of, mine, member)
    assert shown(singer, ids["Ada"], language="en", text="I sing.").status_code == 303
    assert shown(singer, ids["Eve"], language="en", text="She sings.").status_code == 404
    assert singer.post(f"{ROSTER}/{ids['Ada']}", data=form(match="2")).status_code == 403
    assert singer.get(f"{ROSTER}/{ids['Ada']}/edit").status_code == 403
    assert singer.post(f"{ROSTER}/{ids['Eve']}/image/removal").status_code == 404
    reader = client_as(mine, "read_only")
    assert reader.get(f"{ROSTER}/{ids['Ada']}/page").status_code == 403
    assert shown(reader, ids["Ada"], language="en", text="x").status_code == 403


def test_codes_and_ids_in_stores_are_checked_and_taken_from_addresses(client_as, mine):
    client = client_as(mine)
    artist = add(client, "Ada")
    wrong = form(ipi="00014107339", at_spotify="not one", at_musicbrainz="123")
    answer = client.post(f"{ROSTER}/{artist}", data=wrong)
    assert answer.status_code == 422
    for field in ("ipi", "at_spotify", "at_musicbrainz"):
        assert f'id="{field}-problem"' in answer.text
    spotify = "0OdUWJ0sBjDrqHygGUXeCF"
    right = form(
        ipi="000 141 073 38",
        at_spotify=f"https://open.spotify.com/intl-de/artist/{spotify}?si=x",
        at_apple="https://music.apple.com/de/artist/some-name/206986",
    )
    assert client.post(f"{ROSTER}/{artist}", data=right).status_code == 303
    page = client.get(f"{ROSTER}/{artist}").text
    assert spotify in page
    assert "206986" in page
    assert "00014107338" in page


def test_a_rival_reaches_neither_page_nor_picture(client_as, label, rival):
    artist = add(client_as(label), "Only the canary's page")
    other = client_as(rival)
    assert other.get(f"{ROSTER}/{artist}/page").status_code == 404
    assert shown(other, artist, language="en", text="x").status_code == 404
    assert other.post(f"{ROSTER}/{artist}/image/removal").status_code == 404
    assert other.post(f"{ROSTER}/{artist}/image", files={"file": ("a.png", b"x", "image/png")}).status_code == 404
