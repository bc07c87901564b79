"""What a device is told of the app: its manifest, its worker, what of a page it may keep and for whom."""

from __future__ import annotations

import re

import pytest

from tests.artist.stage import APP, PLACES
from tests.brand.test_themes import published
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member


@pytest.fixture
def mine(connected):
    return a_label(name="Silver Pines", languages=("en", "ar"))


def test_the_manifest_is_the_labels_and_complete_and_open_to_all(client_of, mine):
    client = client_of(f"{mine.slug}.localhost")
    answer = client.get(f"{APP}/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    found = answer.json()
    assert (found["id"], found["start_url"], found["scope"], found["display"]) == (APP, APP, APP, "standalone")
    assert (found["name"], found["short_name"], found["lang"], found["dir"]) == ("Silver Pines",) * 2 + ("en", "ltr")
    icons = {(icon["sizes"], icon["purpose"]): icon for icon in found["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("192x192", "maskable"), ("512x512", "maskable")} <= set(icons)
    for icon in icons.values():
        drawn = client.get(icon["src"])
        assert (drawn.status_code, drawn.headers["content-type"]) == (200, icon["type"])
    assert {shortcut["url"] for shortcut in found["shortcuts"]} <= {
        f"{APP}/{place}" for place in ("releases", "money", "contracts", "me")
    }
    arabic = client.get(f"{APP}/manifest.webmanifest", headers={"accept-language": "ar"}).json()
    assert (arabic["lang"], arabic["dir"]) == ("ar", "rtl")
    published(mine, preset="voltage", identity={"legal_name": "Silver Pines Ltd"})
    assert client.get(f"{APP}/manifest.webmanifest").json()["name"] == "Silver Pines Ltd"
    assert client.get(f"{APP}/manifest.webmanifest").json()["theme_color"] != found["theme_color"]


def test_the_worker_may_serve_the_apps_first_page_and_changes_with_the_look(client_of, mine):
    client = client_of(f"{mine.slug}.localhost")
    answer = client.get(f"{APP}/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["service-worker-allowed"] == APP
    assert answer.headers["cache-control"] == "no-cache"
    assert "unsafe" not in answer.headers["content-security-policy"]
    published(mine, preset="voltage")
    assert client.get(f"{APP}/sw.js").text != answer.text


def test_the_page_for_no_connection_is_nobodys(client_as, client_of, mine):
    stranger, member = client_of(f"{mine.slug}.localhost"), client_as(mine, "artist")
    for client in (stranger, member):
        page = client.get(f"{APP}/offline")
        assert page.status_code == 200
        assert "x-seen-by" not in page.headers
        assert ".test" not in page.text


def test_pages_are_stored_by_nothing_between_and_three_of_them_by_the_device(client_as, mine):
    client = client_as(mine, "artist")
    kept = {}
    for place in (*PLACES, "?currency=EUR", "/releases?page=2"):
        answer = client.get(f"{APP}{place}")
        assert answer.headers["cache-control"] == "no-store", place
        assert re.fullmatch("[0-9A-Za-z_-]{32}", answer.headers["x-seen-by"]), place
        kept[place] = "x-keep" in answer.headers
    assert [place for place, is_kept in kept.items() if is_kept] == ["", "/releases", "/money"]


def test_whose_page_it_is_is_another_name_for_each_member_and_says_nothing_about_them(client_of, mine):
    names = set()
    for _ in range(2):
        member, client = a_member(mine, role="artist"), client_of(f"{mine.slug}.localhost")
        client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
        names |= {client.get(f"{APP}{place}").headers["x-seen-by"] for place in ("", "/releases", "/me")}
        assert str(member.id) not in names
    assert len(names) == 2


def test_whoever_leaves_takes_along_what_the_device_kept(client_as, mine):
    client = client_as(mine, "artist")
    answer = client.post("/portal/sign-out")
    assert answer.headers["clear-site-data"] == '"storage"'
    assert client.get(APP, headers={"accept": "text/html"}).headers["location"] == f"/portal/sign-in?next={APP}"


def test_scripts_workers_and_manifests_come_from_the_label_alone(client_as, mine):
    policy = client_as(mine, "artist").get(APP).headers["content-security-policy"]
    rules = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert rules["worker-src"] == rules["manifest-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in policy


def test_a_missing_page_of_the_app_leads_back_into_it(client_as, mine):
    page = client_as(mine, "artist").get(f"{APP}/statements/x", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert 'href="/artist"' in page.text
