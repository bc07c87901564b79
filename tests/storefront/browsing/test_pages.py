"""The shop's pages as fans and machines see them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import text

from app.catalog.models import Release
from app.kernel import clock, db
from app.roster.queries.search import forgive
from app.storefront.queries import music
from app.storefront.rules.slugs import digits, slug, words
from tests.factories.catalog import a_release
from tests.factories.fans import signed_in
from tests.factories.labels import a_label
from tests.factories.shop import an_open_shop
from tests.storefront.browsing.conftest import HOSTILE, currency_of

PLACES = (
    "",
    "/releases",
    "/artists",
    "/merch",
    "/merch/shirt",
    "/journal",
    "/journal/hello",
    "/legal/imprint",
    "/search?q=night",
)


def documents(page: str) -> list[dict]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return [json.loads(text) for text in found]


def hrefs(page: str, pattern: str) -> list[str]:
    return re.findall(rf'href="({pattern})"', unescape(page))


def test_the_root_leads_into_the_shop_once_it_is_open(fan, client_of):
    answer = fan.get("/", headers={"accept-language": "ar-AE,ar;q=0.9"})
    assert (answer.status_code, answer.headers["location"]) == (302, "/ar")
    assert 'dir="rtl"' in fan.get("/ar").text
    closed = client_of(f"{a_label().slug}.localhost")
    assert closed.get("/").status_code == 200
    assert closed.get("/en").status_code == 404


@pytest.mark.parametrize("place", PLACES)
def test_every_page_is_there_in_every_language_and_says_so(fan, place):
    for language in ("en", "de", "fr", "ar"):
        page = fan.get(f"/{language}{place}")
        assert page.status_code == 200, (language, place)
        assert f'<html lang="{language}"' in page.text
        if "/search" not in place:
            others = dict(re.findall(r'rel="alternate" hreflang="([\w-]+)" href="([^"]+)"', page.text))
            assert others["de"].endswith(f"/de{place}")
            assert others["x-default"] == others["de"]
            assert set(others) == {"de", "en", "ar", "fr", "x-default"}
        assert HOSTILE not in page.text


def test_a_release_shows_what_it_is_and_what_it_costs(fan, shop):
    page = fan.get(shop.path(shop.release, "Night Line")).text
    for part in ("Night Line", "Ada &amp; the Rest", "3:21", "€9.00", "€24.00", "Download"):
        assert part in page, part
    german = fan.get(shop.path(shop.release, "Night Line", "de")).text
    assert "Herunterladen" in german
    assert "9,00" in german
    album = next(each for each in documents(page) if each["@type"] == "MusicAlbum")
    assert album["name"] == "Night Line"
    assert [offer["price"] for offer in album["offers"]] == ["9.00", "24.00"]
    assert album["track"][0]["duration"] == "PT3M21S"


def test_another_market_sees_other_prices_and_is_chosen_by_address_by_cookie_and_by_browser(fan, shop):
    path = shop.path(shop.release, "Night Line")
    assert currency_of(fan.get(path).text) == "EUR"
    answer = fan.get(f"{path}?market=us")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert currency_of(fan.get(path).text) == "USD"
    fan.cookies.clear()
    assert currency_of(fan.get(path, headers={"accept-language": "en-US"}).text) == "USD"
    fan.get(f"{path}?country=FR")
    assert "Chez nous" in fan.get("/en/releases").text
    assert fan.get(f"{path}?market=nowhere").status_code == 303


def test_territory_and_day_decide_what_is_shown(fan, shop):
    listed = fan.get("/en/releases").text
    assert "Night Line" in listed
    assert "Tomorrow" not in listed
    assert "Chez nous" not in listed
    assert fan.get(shop.path(shop.early, "Tomorrow")).status_code == 404
    assert fan.get(shop.path(shop.near, "Chez nous")).status_code == 404
    french = {"accept-language": "fr-FR"}
    assert fan.get(shop.path(shop.near, "Chez nous"), headers=french).status_code == 200
    with clock.frozen_at(clock.now() + timedelta(days=10)):
        assert fan.get(f"{shop.path(shop.early, 'Tomorrow')}").status_code == 200


def test_a_title_misspelled_in_an_address_leads_to_the_right_one(fan, shop):
    right = shop.path(shop.release, "Night Line")
    answer = fan.get(right.replace("night-line", "nite"))
    assert (answer.status_code, answer.headers["location"]) == (301, right)
    assert fan.get("/en/releases/night-line-00000000").status_code == 404
    assert slug("ليل المدينة", shop.release).startswith("ليل-المدينة-")
    assert words("Ça va? – Déjà!") == "ca-va-deja"
    assert digits("night-line") is None


def test_a_rival_has_none_of_it(client_of, shop, rival):
    stranger = client_of(f"{rival.slug}.localhost")
    for path in (
        shop.path(shop.release, "Night Line"),
        "/en/merch/shirt",
        f"/embed{shop.path(shop.release, 'Night Line')[3:]}",
    ):
        assert stranger.get(path, headers={"accept": "text/html"}).status_code == 404


def test_what_is_not_there_is_said_with_a_search(fan):
    for path in ("/en/releases/nothing-12345678", "/en/nowhere", "/de/merch/nowhere", "/en/artists/nobody-12345678"):
        page = fan.get(path)
        assert page.status_code == 404, path
        assert 'role="search"' in page.text
        assert "noindex" in page.text
    assert fan.get("/xx/releases").status_code == 404


def test_a_text_that_means_harm_stays_a_text(fan, shop):
    paths = [
        "/en",
        "/en/releases",
        "/en/artists",
        "/en/merch/shirt",
        "/en/journal/hello",
        "/en/search?q=mallory",
        "/en/feed.xml",
    ]
    paths += [shop.path(shop.hostile, f"Harm {HOSTILE}"), shop.path(shop.release, "Night Line")]
    paths += hrefs(fan.get("/en/artists").text, r"/en/artists/[^\"]+")
    for path in paths:
        page = fan.get(path)
        assert page.status_code == 200, path
        assert '<script>alert("x")' not in page.text
        assert "onerror=alert(1)>" not in page.text.replace("&gt;", "")
        policy = page.headers["content-security-policy"]
        assert "script-src 'self' 'nonce-" in policy, path
        assert "unsafe" not in policy, path
        documents(page.text)


def test_a_list_ends_where_it_ends(fan):
    for number in ("1", "2", "0", "-1", "999999", "1000000", "x", "١"):
        assert fan.get(f"/en/releases?page={number}").status_code == 404, number
    assert fan.get("/en/releases?sort=sideways").status_code == 404
    assert fan.get("/en/releases?colour=red").status_code == 400


def test_a_search_forgives_a_slip(fan):
    for wanted in ("night lin", "nihgt line", "NIGHT", "ada and rest"):
        assert "Night Line" in fan.get("/en/search", params={"q": wanted}).text, wanted
    for wanted in ("shirt", "shirrt", "SHÍRT", "Hemdd"):
        assert 'href="/en/merch/shirt"' in fan.get("/en/search", params={"q": wanted}).text, wanted
    assert "Nothing was found" in fan.get("/en/search", params={"q": "zzzzqqqq"}).text
    assert fan.get("/en/search", params={"q": "%_\\'\"" * 30}).status_code == 200


def test_whom_a_page_names_is_followed_by_its_button_without_scripts(client_of, fan, shop):
    artist = hrefs(fan.get("/en/artists").text, r"/en/artists/ada[^\"]+")[0]
    for path in (shop.path(shop.release, "Night Line"), artist):
        form = re.search(r'<form[^>]* action="(/en/follows)".*?</form>', fan.get(path).text, re.DOTALL)
        said = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
        asked = fan.post(form[1], data=said)
        assert asked.status_code == 200, "who says no address is asked for one"
        assert 'name="email"' in asked.text
        sent = fan.post(form[1], data=said | {"email": "follower@fans.test"})
        assert sent.headers["location"] == "/en/account/link-sent", path
        known = signed_in(client_of(f"{shop.tenant.slug}.localhost"), shop.tenant)
        assert "Ada &amp; the Rest" in known.get(known.post(form[1], data=said).headers["location"]).text


def test_an_artist_without_a_picture_is_shown_by_the_newest_cover(client_of):
    tenant = a_label(languages=("en",))
    an_open_shop(tenant)
    for year, number in (("2019", "1"), ("2024", "2")):
        cover = {"thumbnails": {"640": {"webp": f"01a22de1-997a-76b7-aeaa-00000000000{number}"}}}
        release = a_release(tenant, f"Of {year}", artists=["Ada"], release_date=year)
        with db.tenant_work(tenant) as session:
            session.get_one(Release, release).artwork = cover
    client = client_of(f"{tenant.slug}.localhost")
    for path in ("/en/artists", "/en"):
        people = client.get(path).text.partition('class="people"')[2].partition("</ul>")[0]
        assert 'src="/pictures/01a22de1-997a-76b7-aeaa-000000000002"' in people, path
        assert "face cover" in people


JAPANESE = [
    "阿杜",
    "宇多田ヒカル",
    "王菲",
    "坂本龍一",
    "山下達郎",
    "周杰伦",
    "中島みゆき",
    "椎名林檎",
    "東京事変",
    "李宗盛",
]
CHINESE = [
    "阿杜",
    "坂本龍一",
    "東京事変",
    "李宗盛",
    "山下達郎",
    "王菲",
    "宇多田ヒカル",
    "中島みゆき",
    "周杰伦",
    "椎名林檎",
]


def test_a_page_sorts_names_as_its_own_language_does_and_turns_where_it_should(client_of):
    tenant = a_label(languages=("ja", "zh-Hans"))
    an_open_shop(tenant)
    others = [f"Band {chr(letter)}" for letter in range(ord("A"), ord("A") + 20)]
    a_release(tenant, "Everybody", artists=[*others, *sorted(JAPANESE)], release_date="2024")
    client = client_of(f"{tenant.slug}.localhost")
    for language, names in (("ja", [*others, *JAPANESE]), ("zh-Hans", [*CHINESE, *others])):
        pages = [client.get(f"/{language}/artists{query}").text for query in ("", "?page=2")]
        shown = [[name for name in names if f">{name}<" in page] for page in pages]
        assert shown == [names[:24], names[24:]], language
        places = [pages[0].index(f">{name}<") for name in names[:24]]
        assert places == sorted(places), language


@pytest.mark.parametrize("wanted", ["ngiht line", "nihgtline", "Night Lnie", "ingth line", "niht line"])
def test_two_letters_that_were_swapped_are_forgiven(fan, wanted):
    assert "Night Line" in fan.get("/en/search", params={"q": wanted}).text


@pytest.mark.parametrize(("wanted", "place"), [("sihrt", "/en/merch/shirt"), ("Hmed", "/en/merch/shirt")])
def test_two_swapped_letters_find_things_too(fan, wanted, place):
    assert f'href="{place}"' in fan.get("/en/search", params={"q": wanted}).text


def test_a_search_asks_indexes_and_looks_at_no_whole_table(shop):
    here = music.Here("DE", "2026-11-30")
    with db.tenant_read(shop.tenant) as session:
        forgive(session)
        for way in ("seqscan", "indexscan", "indexonlyscan"):  # so few rows are else read one after the other
            session.execute(text(f"SET LOCAL enable_{way} = off"))
        said = music.found("bleuhour", here).compile(session.connection())
        plan = "\n".join(row[0] for row in session.connection().exec_driver_sql(f"EXPLAIN {said}", said.params))
    assert "ix_releases_folded" in plan
    assert "ix_recordings_folded" in plan
    assert "Seq Scan on releases" not in plan


def test_machines_find_every_page_and_nothing_private(fan, shop):
    robots = fan.get("/robots.txt").text
    assert "Disallow: /portal/" in robots
    assert "Sitemap: https://" in robots
    index = ET.fromstring(fan.get("/sitemap.xml").text)
    maps = [node.text for node in index.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert len(maps) == 1
    found = fan.get(maps[0].partition(".localhost")[2]).text
    assert f"{shop.path(shop.release, 'Night Line')}</loc>" in found
    assert found.count("<url>") == 4 * found.count('hreflang="de"') / 4
    assert "Tomorrow".lower() not in found.lower()
    assert fan.get("/sitemaps/2.xml").status_code == 404
    assert fan.get("/sitemaps/x.xml").status_code == 404
    feed = ET.fromstring(fan.get("/de/feed.xml").text)
    titles = [node.text for node in feed.iter("{http://www.w3.org/2005/Atom}title")]
    assert "Hallo" in titles
    assert any(title.startswith("Night Line") for title in titles)


def test_only_the_embedded_player_may_be_framed(fan, shop):
    name = slug("Night Line", shop.release)
    player = fan.get(f"/embed/releases/{name}?language=de")
    assert "frame-ancestors *" in player.headers["content-security-policy"]
    assert "set-cookie" not in player.headers
    assert player.headers.get("x-frame-options", "").upper() != "DENY"
    page = fan.get(f"/en/releases/{name}")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    told = fan.get("/oembed", params={"url": f"https://{shop.host}/en/releases/{name}"}).json()
    assert told["type"] == "rich"
    assert f"/embed/releases/{name}" in told["html"]
    assert fan.get("/oembed", params={"url": f"https://rival.localhost/en/releases/{name}"}).status_code == 404


def test_a_card_for_other_sites_is_drawn_in_the_brand(fan, shop):
    card = fan.get(f"/og/releases/{slug('Night Line', shop.release)}.png")
    assert card.status_code == 200
    assert card.content.startswith(b"\x89PNG")
    assert fan.get("/og/releases/night-line-00000000.png").status_code == 404


def test_there_is_nothing_to_hear_without_a_master(fan, shop):
    assert fan.get(f"{shop.path(shop.release, 'Night Line')}/sounds").json() == []


def test_the_label_speaks_the_readers_language_or_one_near_it(fan):
    assert "Hallo" in fan.get("/de/journal").text
    assert "Hello" in fan.get("/en/journal").text
    elsewhere = fan.get("/fr/journal").text
    assert "Hello" in elsewhere, "English stands in where there is any"
    assert "Hallo" not in elsewhere
