"""What fans own, were given, redeem, ordered and wish for."""

from __future__ import annotations

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from app.fans.models import Fan
from app.kernel import clock, db, ids
from app.kernel.errors import Refusal
from app.storefront.models import DownloadCode, Order, Owned, Product, Wish
from app.storefront.rules.codes import LENGTH, LETTERS, typed
from app.storefront.rules.fan_refusals import DownloadCodeRefused
from app.storefront.service import library
from app.streaming.models import Package
from tests.factories.catalog import a_release
from tests.factories.fans import a_fan, an_order, signed_in
from tests.factories.shop import a_thing

HOST, RIVAL = "fanhouse.localhost", "fanrival.localhost"
PAGE = {"accept": "text/html"}


def new_code():
    return typed("".join(secrets.choice(LETTERS) for _ in range(LENGTH)))


def a_code(label, release):
    variant = a_thing(label, release_id=release)
    code = new_code()
    with db.tenant_work(label) as session:
        product = session.scalars(select(Product).where(Product.release_id == release)).first()
        session.add(DownloadCode(id=ids.new_id(), product_id=product.id, batch="cards", code=code, made_at=clock.now()))
    assert variant
    return code


def titles(client):
    return client.get("/en/account/library", headers=PAGE).text


def test_what_was_bought_as_a_guest_is_there_once_the_address_is_confirmed(client_of, label):
    release = a_release(label, "Guest Record")
    order_id, owned = an_order(label, email="guest@example.test", release=release)
    pending = a_fan(label, "guest@example.test", confirmed=False)
    with db.tenant_read(label) as session:
        assert library.owned_by(session, label, pending) == []
    with db.tenant_work(label) as session:
        fan = session.get(Fan, pending.id)
        fan.confirmed_at = clock.now()
    client = signed_in(client_of(HOST), label, fan)
    assert "Guest Record" in titles(client)
    assert client.get(f"/en/account/orders/{order_id}", headers=PAGE).status_code == 200
    item = client.get(f"/en/account/library/{owned}", headers=PAGE)
    assert item.status_code == 200
    for name in ("MP3 320", "AAC 256", "FLAC", "WAV 24"):
        assert name in item.text


def test_another_fans_and_a_rivals_things_are_not_there(client_of, label, rival):
    release = a_release(label, "Not Yours")
    order_id, owned = an_order(label, email="owner-of-it@example.test", release=release)
    paths = (
        f"library/{owned}", f"library/{owned}/downloads/flac", f"orders/{order_id}", "library/x", "orders/x",
        f"library/{order_id}",
    )  # fmt: skip
    for client in (signed_in(client_of(HOST), label), signed_in(client_of(RIVAL), rival)):
        for path in paths:
            assert client.get(f"/en/account/{path}").status_code == 404
        assert client.post(f"/en/account/library/{owned}/downloads", data={"format": "flac"}).status_code == 404
        assert client.post(f"/en/account/gifts/{owned}").status_code == 404
        assert "Not Yours" not in titles(client)


def test_an_order_of_a_signed_in_fan_is_not_anothers_who_has_the_address_now(client_of, label):
    release, first = a_release(label, "Mine Alone"), a_fan(label)
    an_order(label, email="changed@example.test", fan=first, release=release)
    other = a_fan(label, "changed@example.test")
    assert "Mine Alone" not in titles(signed_in(client_of(HOST), label, other))
    assert "Mine Alone" in titles(signed_in(client_of(HOST), label, first))


def test_a_gift_is_taken_by_whom_it_was_meant_for_and_once(client_of, label):
    release = a_release(label, "Present")
    giver, meant = a_fan(label), a_fan(label)
    order_id, owned = an_order(label, email=giver.email, fan=giver, release=release, gift=meant.email)
    assert "Present" not in titles(signed_in(client_of(HOST), label, giver)), "a gift is not the giver's"
    client = signed_in(client_of(HOST), label, meant)
    assert f"/en/account/gifts/{owned}" in titles(client)
    assert signed_in(client_of(HOST), label, giver).post(f"/en/account/gifts/{owned}").status_code == 404
    assert client.post(f"/en/account/gifts/{owned}").headers["location"] == f"/en/account/library/{owned}"
    assert client.post(f"/en/account/gifts/{owned}").status_code == 404
    assert f"/en/account/gifts/{owned}" not in titles(client)
    with db.tenant_read(label) as session:
        assert library.of_order(session, session.get(Order, order_id)) == []


def test_what_was_taken_back_is_gone(client_of, label):
    fan = a_fan(label)
    _, owned = an_order(label, email=fan.email, release=a_release(label, "Refunded Record"))
    client = signed_in(client_of(HOST), label, fan)
    with db.tenant_work(label) as session:
        session.get(Owned, owned).revoked_at = clock.now()
    assert client.get(f"/en/account/library/{owned}").status_code == 404
    assert "Refunded Record" not in titles(client)


def test_the_link_of_a_guests_order_opens_what_was_in_it(label):
    release = a_release(label)
    order_id, owned = an_order(label, email="link@example.test", release=release)
    with db.tenant_read(label) as session:
        assert [item.id for item in library.of_order(session, session.get(Order, order_id))] == [owned]


def test_the_same_music_bought_twice_is_there_once(label):
    fan, release = a_fan(label), a_release(label)
    for _ in range(2):
        an_order(label, email=fan.email, fan=fan, release=release)
    with db.tenant_read(label) as session:
        assert len(library.owned_by(session, label, fan)) == 1


def test_what_is_not_out_is_shown_and_neither_heard_nor_kept(client_of, label):
    fan = a_fan(label)
    _, owned = an_order(label, email=fan.email, release=a_release(label, "Tomorrow"))
    with db.tenant_work(label) as session:
        session.get(Owned, owned).opens_at = clock.now().replace(year=2099)
    client = signed_in(client_of(HOST), label, fan)
    page = client.get(f"/en/account/library/{owned}", headers=PAGE)
    assert "2099" in page.text
    assert "downloads" not in page.text
    assert client.post(f"/en/account/library/{owned}/downloads", data={"format": "flac"}).status_code == 409


def test_a_download_is_prepared_and_then_a_link(client_of, label, monkeypatch):
    fan = a_fan(label)
    release = a_release(label)
    _, owned = an_order(label, email=fan.email, release=release)
    client = signed_in(client_of(HOST), label, fan)
    path = f"/en/account/library/{owned}/downloads"
    assert client.post(path, data={"format": "exe"}).status_code == 404
    refused = client.post(path, data={"format": "flac"}, headers=PAGE)
    assert refused.status_code == 409, "without masters there is nothing to keep"
    assert f'href="/en/account/library/{owned}"' in refused.text, "the page leads back"
    assert "Prepare the download" in client.get(f"{path}/flac", headers=PAGE).text
    with db.tenant_work(label) as session:
        package = Package(
            id=ids.new_id(), release_id=release, format="flac", fingerprint="x", state="asked", asked_at=clock.now()
        )
        session.add(package)
    waiting = client.get(f"{path}/flac", headers=PAGE)
    assert '<meta http-equiv="refresh"' in waiting.text
    from app.kernel.actor import Actor
    from app.kernel.files import note_object

    with db.tenant_work(label) as session:
        stored = note_object(
            session, Actor.system(label), sha256="0" * 64, size=5_000_000, name="a.zip", media_type="application/zip",
            is_derived=True,
        )  # fmt: skip
        held = session.get(Package, package.id)
        held.state, held.file_id, held.size = "made", stored.id, 5_000_000
    ready = client.get(f"{path}/flac", headers=PAGE)
    assert 'href="/files/' in ready.text
    assert "http-equiv" not in ready.text


def test_a_code_is_read_however_it_is_typed():
    code = new_code()
    for said in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} "):
        assert typed(said) == code
    assert [typed(text) for text in ("", "x", "a" * 100, "🂡" * 12, "%" * 12, "O0I1" * 3)] == [""] * 6


def test_a_code_is_redeemed_once_and_its_fan_may_come_again(client_of, label, rival):
    code = a_code(label, a_release(label, "On the Card"))
    guest = client_of(HOST)
    door = guest.get(f"/en/redeem?code={code}", headers=PAGE)
    assert door.headers["location"] == f"/en/account/sign-in?next=%2Fen%2Fredeem%3Fcode%3D{code}"
    elsewhere = signed_in(client_of(RIVAL), rival)
    assert elsewhere.post("/en/redeem", data={"code": code}).status_code == 422
    client = signed_in(client_of(HOST), label)
    answer = client.post("/en/redeem", data={"code": code.replace("-", "").lower()})
    assert answer.status_code == 303
    assert client.post("/en/redeem", data={"code": code}).headers["location"] == answer.headers["location"]
    other = signed_in(client_of(HOST), label).post("/en/redeem", data={"code": code}, headers=PAGE)
    assert other.status_code == 422
    assert 'aria-describedby="code-problem"' in other.text
    assert "On the Card" in titles(client)


def test_a_code_opens_music_when_it_comes_out_and_not_before(client_of, label):
    day = (clock.now() + timedelta(days=40)).date()
    client = signed_in(client_of(HOST), label)
    code = a_code(label, a_release(label, "Not Yet", release_date=day.isoformat()))
    taken = client.post("/en/redeem", data={"code": code}).headers["location"]
    assert "Out on" in client.get(taken, headers=PAGE).text
    assert client.post(f"{taken}/downloads", data={"format": "flac"}).status_code == 409
    with db.tenant_read(label) as session:
        owned = session.get_one(Owned, UUID(taken.rpartition("/")[2]))
        assert owned.opens_at.astimezone(ZoneInfo(label.time_zone)).isoformat()[:16] == f"{day}T00:00"


def test_two_hundred_fans_with_one_code_make_one_owner(label):
    code, fans = a_code(label, a_release(label)), [a_fan(label) for _ in range(8)]

    def redeem(fan):
        try:
            with db.tenant_work(label) as session:
                return library.redeem(session, label, fan, code).id
        except DownloadCodeRefused:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [owned for owned in pool.map(redeem, fans * 25) if owned]
    assert len(set(won)) == 1
    with db.tenant_read(label) as session:
        owners = select(func.count()).select_from(Owned).join(DownloadCode, DownloadCode.id == Owned.code_id)
        assert session.scalar(owners.where(DownloadCode.code == code)) == 1


def test_guessing_codes_is_slowed_down(client_of, label):
    client = signed_in(client_of(HOST), label)
    answers = [client.post("/en/redeem", data={"code": new_code()}) for _ in range(8)]
    assert [answer.status_code for answer in answers[:5]] == [422] * 5
    assert answers[-1].status_code == 429


def test_a_wish_is_kept_once_and_ended(client_of, label, rival):
    a_thing(label, title="A Shirt", kind="physical")
    with db.tenant_read(label) as session:
        product = session.scalars(select(Product).where(Product.title == "A Shirt")).first()
    guest = client_of(HOST)
    shown = guest.get(f"/en/merch/{product.slug}", headers=PAGE)
    assert f'action="/en/wishes/{product.id}"' in shown.text
    referer = {"referer": f"https://{HOST}/en/merch/{product.slug}", **PAGE}
    led = guest.post(f"/en/wishes/{product.id}", data={}, headers=referer)
    assert led.headers["location"] == f"/en/account/sign-in?next=%2Fen%2Fmerch%2F{product.slug}"
    fan = a_fan(label)
    client = signed_in(client_of(HOST), label, fan)
    back = f"/en/merch/{product.slug}"
    for _ in range(2):
        assert client.post(f"/en/wishes/{product.id}", data={"next": back}).headers["location"] == back
    wished = client.get("/en/account/wishlist", headers=PAGE).text
    assert "A Shirt" in wished
    assert re.search(r"[€$][0-9]+[.][0-9]{2}", wished), "what it costs here"
    with db.tenant_read(label) as session:
        assert session.scalar(select(func.count()).select_from(Wish).where(Wish.fan_id == fan.id)) == 1
    assert signed_in(client_of(RIVAL), rival).post(f"/en/wishes/{product.id}", data={}).status_code == 404
    assert (
        client.post(f"/en/wishes/{product.id}/end", data={"next": "https://evil.example"}).headers["location"]
        == "/en/account/wishlist"
    )
    assert "A Shirt" not in client.get("/en/account/wishlist", headers=PAGE).text


@pytest.mark.parametrize("language", ["ar", "de", "ja"])
def test_the_account_is_read_in_its_languages(client_of, label, language):
    client = signed_in(client_of(HOST), label)
    for path in (
        "",
        "/library",
        "/orders",
        "/wishlist",
        "/following",
        "/addresses",
        "/addresses/new",
        "/settings",
        "/data",
    ):
        page = client.get(f"/{language}/account{path}", headers=PAGE)
        assert page.status_code == 200
        assert f'lang="{language}"' in page.text
    assert client.get("/xx/account").status_code == 404
    assert issubclass(DownloadCodeRefused, Refusal)
