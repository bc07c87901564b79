"""Pages are kept until something happens at their label, and not a moment longer."""

from __future__ import annotations

import gzip
from collections import Counter

import pytest
from sqlalchemy import event, update

from app.catalog.models import Release
from app.kernel import activity, db
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.web.page_cache import Key, PageCache, pages
from tests.factories.shop import a_thing
from tests.kernel.jobs.work import eventually
from tests.storefront.browsing.conftest import a_shop, currency_of

NONCE, OTHER = "A" * 22, "B" * 22
KEY = Key("home", "label", 1, "https://a", "/de?", ())


@pytest.fixture
def asked(fan):
    """How often the database was asked since."""
    count = Counter()

    def note(_connection, _cursor, statement, *_):
        if "shared." not in statement:  # the registry follows changes by itself
            count["statements"] += 1
            count[statement] += 1

    engine = db.current().engine("home")
    event.listen(engine, "before_cursor_execute", note)
    assert eventually(lambda: pages.is_listening("home"))
    yield count
    event.remove(engine, "before_cursor_execute", note)


def a_cache(**options):
    cache = PageCache(**options)
    cache.hear("home")
    return cache


def keep(cache, body=b"<p>hello</p>", key=KEY, **options):
    return cache.keep(key, body, [], nonce=NONCE, **({"generation": cache.generation("label")} | options))


def test_a_kept_page_comes_back_with_another_nonce_plain_and_compressed():
    cache = a_cache()
    body = (b"<p nonce='" + NONCE.encode() + b"'>" + b"hello " * 900) * 3
    keep(cache, body)
    kept = cache.find(KEY)
    wanted = body.replace(NONCE.encode(), OTHER.encode())
    assert kept.body(OTHER.encode()) == wanted
    assert gzip.decompress(kept.zipped(OTHER.encode())) == wanted
    assert len(kept.zipped(OTHER.encode())) < len(wanted) / 20


def test_nothing_is_kept_past_news_of_its_label_or_while_nobody_listens():
    cache = a_cache()
    begun = cache.generation("label")
    cache.happened("another")
    keep(cache)
    assert cache.find(KEY) is not None
    cache.happened("label")
    assert cache.find(KEY) is None
    keep(cache, generation=begun)
    assert cache.find(KEY) is None, "it was made while a change was committed"
    keep(cache, seconds=-1)
    assert cache.find(KEY) is None
    keep(cache)
    cache.go_deaf("home")
    assert cache.find(KEY) is None
    keep(cache)
    assert cache.find(KEY) is None


def test_the_longest_unused_is_forgotten_first_and_the_whole_is_bounded():
    cache = a_cache(most_bytes=800_000)
    keys = [KEY._replace(path=f"/{number}") for number in range(300)]
    for key in keys:
        keep(cache, b"x" * 20_000, key)
        cache.used(keys[0])
    there = [key for key in keys if cache.find(key)]
    assert keys[0] in there
    assert keys[-1] in there
    assert 2 <= len(there) <= 10


def test_who_goes_through_a_million_pages_of_one_label_pushes_out_no_other_labels():
    cache = a_cache(most_bytes=800_000)
    other = KEY._replace(tenant_id="other")
    cache.keep(other, b"x" * 20_000, [], nonce=NONCE, generation=cache.generation("other"))
    for number in range(1_000):
        keep(cache, b"x" * 20_000, KEY._replace(path=f"/?page={number}"))
    assert cache.find(other) is not None
    assert cache.find(KEY._replace(path="/?page=999")) is not None
    assert cache.find(KEY._replace(path="/?page=0")) is None


def test_the_second_to_ask_costs_the_database_nothing(fan, shop, asked):
    path = shop.path(shop.release, "Night Line")
    first = fan.get(path)

    def asks_nobody() -> bool:
        fan.get(path)
        asked.clear()
        fan.get(path)
        return asked["statements"] == 0

    assert eventually(asks_nobody), asked
    second = fan.get(path)
    for name in ("content-type", "etag", "cache-control", "content-language", "x-content-type-options"):
        assert second.headers[name] == first.headers[name], name
    assert {part.strip() for part in second.headers["vary"].split(",")} == {
        "Accept-Encoding",
        "Accept-Language",
        "Cookie",
    }
    assert second.headers["content-security-policy"] != first.headers["content-security-policy"]
    nonce = second.headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
    assert f'nonce="{nonce}"' in second.text
    assert len(second.text) == len(first.text)


def test_a_release_that_nobody_keeps_is_made_with_few_questions(fan, shop, asked):
    path = shop.path(shop.release, "Night Line")

    def is_cheap() -> bool:
        fan.get(path)
        pages._pages.clear()
        asked.clear()
        return fan.get(path).status_code == 200 and 0 < asked["statements"] <= 5

    assert eventually(is_cheap), f"with the one that begins the transaction six: {asked}"


def test_who_has_the_page_is_told_so(fan, shop, asked):
    path = shop.path(shop.release, "Night Line")
    tag = fan.get(path).headers["etag"]
    assert eventually(lambda: fan.get(path, headers={"if-none-match": tag}).status_code == 304)
    again = fan.get(path, headers={"if-none-match": tag})
    assert again.content == b""
    assert "content-security-policy" not in again.headers
    assert fan.get(path, headers={"if-none-match": '"another"'}).status_code == 200


def test_a_change_is_seen_by_the_very_next_visitor_and_by_no_other_label(fan, client_of, asked):
    mine, other = a_shop(), a_shop()
    visitor = client_of(mine.host)
    visitor.headers["accept-language"] = "en-DE"
    stranger = client_of(other.host)
    for path in ("/en/releases", "/en/merch"):
        visitor.get(path), stranger.get(path)
    for change, path, words in (
        (lambda session: session.execute(update(Release).where(Release.id == mine.release).values(title="Day Line")), "/en/releases", "Day Line"),
    ):  # fmt: skip
        with tenant_work(mine.tenant) as session:
            change(session)
            activity.record(session, Actor.system(mine.tenant), "release.changed", subject_type="release")
            assert words not in visitor.get(path).text
        assert words in visitor.get(path).text
        assert words not in stranger.get(path).text
    a_thing(mine.tenant, kind="physical", title="Poster")
    assert "Poster" in visitor.get("/en/merch").text
    kept = pages.generation(other.tenant.id)[1]
    a_thing(mine.tenant, kind="physical", title="Mug")
    assert pages.generation(other.tenant.id)[1] == kept, "another label's pages stay"


def test_what_was_rolled_back_never_happened(fan, shop):
    before = pages.generation(shop.tenant.id)[1]
    with pytest.raises(ZeroDivisionError), tenant_work(shop.tenant) as session:
        activity.record(session, Actor.system(shop.tenant), "release.changed", subject_type="release")
        _ = 1 / 0
    assert pages.generation(shop.tenant.id)[1] == before


def test_each_choice_has_a_page_of_its_own(fan, shop):
    path = shop.path(shop.release, "Night Line")
    texts = set()
    for cookies in ({}, {"scheme": "dark"}, {"market": "us"}, {"country": "FR"}):
        fan.cookies.clear()
        for name, value in cookies.items():
            fan.cookies.set(name, value, domain=shop.host)
        for _ in range(2):
            page = fan.get(path).text
        texts.add(page[:60] + currency_of(page))
    assert len(texts) == 3


def test_who_looks_at_a_draft_or_was_just_told_something_is_shown_no_kept_page(fan, shop, asked):
    path = "/en/artists"
    fan.get(path)
    for cookie in ("theme-preview", "__Host-theme-preview", "flash"):
        asked.clear()
        fan.get(path, headers={"cookie": f"{cookie}=x"})
        assert asked["statements"] > 0, cookie
