"""Settings and addresses of a fan, everything given out, and everything erased."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.fans.errors import FanDetailsUnusable
from app.fans.models import Fan, FanAddress
from app.fans.rules.addresses import Address, checked
from app.fans.service import consents, erasing, exporting, following, keeping
from app.kernel import clock, db, ids
from app.storefront.models import Order, Payment, StoreEvent
from app.storefront.rules.fan_refusals import ErasureMustWait
from tests.factories.catalog import a_release
from tests.factories.fans import PASSWORD, a_fan, an_order, fan_named, signed_in
from tests.identity.post import link_in, mails_to, work
from tests.markup import CANARY, LIVES

HOST, RIVAL = "fanhouse.localhost", "fanrival.localhost"
PAGE = {"accept": "text/html"}
HOME = {"name": "Ada Lovelace", "street": "Zqstreet 7", "city": "Berlin", "postcode": "10115", "country": "DE"}


def test_details_are_kept_and_lead_to_the_chosen_language(client_of, label):
    fan = a_fan(label)
    client = signed_in(client_of(HOST), label, fan)
    answer = client.post("/en/account/settings", data={"name": "  Ada   L ", "tongue": "de", "country": "DE"})
    assert answer.headers["location"] == "/de/account/settings"
    kept = fan_named(label, fan.email)
    assert (kept.name, kept.language, kept.country) == ("Ada L", "de", "DE")
    page = client.post("/en/account/settings", data={"name": "x" * 300, "tongue": "de", "country": "QQ"}, headers=PAGE)
    assert page.status_code == 422
    for name in ("name", "country"):
        assert f'aria-describedby="{name}-problem"' in page.text
        assert f'id="{name}-problem"' in page.text


def test_a_password_takes_a_fresh_proof_and_ends_other_sessions(client_of, settings, label):
    fan = a_fan(label)
    client, other = (signed_in(client_of(HOST), label, fan) for _ in range(2))
    weak = client.post("/en/account/settings/password", data={"password": "short"}, headers=PAGE)
    assert weak.status_code == 422
    assert 'aria-describedby="password-problem"' in weak.text
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        stale = client.post("/en/account/settings/password", data={"password": "another quiet river"}, headers=PAGE)
        assert stale.headers["location"].startswith("/en/account/proof")
        assert client.post("/en/account/proof", data={"password": "wrong"}).status_code == 422
        proved = client.post("/en/account/proof", data={"password": PASSWORD, "next": "/en/account/settings"})
        assert proved.headers["location"] == "/en/account/settings"
        client.cookies.clear()
        client.cookies.set("__Host-fan", proved.cookies["__Host-fan"])
        changed = client.post("/en/account/settings/password", data={"password": "another quiet river"})
        assert changed.status_code == 303
    assert other.get("/en/account").status_code == 404
    before = client_of(HOST)
    before.cookies.set("__Host-fan", proved.cookies["__Host-fan"])
    assert before.get("/en/account").status_code == 404, "the session from before has another id now"
    form = {"email": fan.email, "password": "another quiet river", "way": "password"}
    assert client_of(HOST).post("/en/account/sign-in", data=form).status_code == 303
    assert "was changed" in mails_to(settings, label, fan.email)[0].subject


def test_addresses_are_sealed_and_their_fans_alone(client_of, label):
    fan = a_fan(label)
    client = signed_in(client_of(HOST), label, fan)
    assert client.post("/en/account/addresses/new", data=HOME | {"usual": "yes"}).status_code == 303
    page = client.get("/en/account/addresses", headers=PAGE)
    assert "Zqstreet 7" in page.text
    address_id = re.search(r"addresses/([0-9a-f-]{36})/remove", page.text)[1]
    with db.tenant_read(label) as session:
        stored = session.scalars(select(FanAddress.sealed).where(FanAddress.fan_id == fan.id)).one()
        assert b"Zqstreet" not in stored
    stranger = signed_in(client_of(HOST), label)
    path = f"/en/account/addresses/{address_id}"
    assert stranger.get(path).status_code == 404
    assert stranger.post(path, data=HOME).status_code == 404
    assert stranger.post(f"{path}/remove").status_code == 404
    changed = client.post(path, data=HOME | {"city": "Potsdam"})
    assert changed.status_code == 303
    assert "Potsdam" in client.get(path, headers=PAGE).text
    assert client.post(f"{path}/remove").status_code == 303
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": " "}, "name"), ({"street": ""}, "street"), ({"city": "x" * 201}, "city"), ({"country": "QQ"}, "country"),
     ({"country": "Germany"}, "country"), ({"postcode": ""}, "postcode")],
)  # fmt: skip
def test_what_an_address_lacks_is_said_beside_its_field(client_of, label, wrong, field):
    page = signed_in(client_of(HOST), label).post("/en/account/addresses/new", data=HOME | wrong, headers=PAGE)
    assert page.status_code == 422
    assert f'aria-describedby="{field}-problem"' in page.text
    with pytest.raises(FanDetailsUnusable):
        checked(Address(**HOME | wrong))


def test_some_countries_need_no_postcode():
    assert checked(Address(**HOME | {"country": "ae", "postcode": ""})).country == "AE"


def test_markup_in_every_field_is_text_and_nothing_else(client_of, label):
    fan = a_fan(label)
    client = signed_in(client_of(HOST), label, fan)
    written = CANARY[:190]
    client.post("/en/account/settings", data={"name": written, "tongue": "en", "country": ""})
    client.post("/en/account/addresses/new", data=dict.fromkeys(HOME, written) | {"country": "DE", "company": written})
    pages = ["", "/settings", "/addresses", "/addresses/new", "/library", "/orders", "/wishlist", "/following", "/data"]
    texts = [client.get(f"/en/account{path}", headers=PAGE) for path in pages]
    texts.append(
        client.post("/en/account/sign-in", data={"email": written, "way": "link", "next": written}, headers=PAGE)
    )
    texts.append(
        client_of(HOST).post(
            "/en/account/sign-in", data={"email": written, "password": written, "way": "password"}, headers=PAGE
        )
    )
    texts.append(client.post("/en/redeem", data={"code": written}, headers=PAGE))
    texts.append(client.get("/en/redeem", params={"code": written}, headers=PAGE))
    texts.append(client_of(HOST).post("/en/follows", data={"artist": "label", "email": written}, headers=PAGE))
    for page in texts:
        assert page.status_code in (200, 422), (page.request.url, page.status_code)
        assert f"<script>{LIVES}" not in page.text
        assert "<img src=x" not in page.text
        assert "zq49" not in page.text
    assert any(LIVES in page.text for page in texts)


def test_everything_is_given_out_to_its_fan_alone(client_of, settings, label, rival):
    fan = a_fan(label, name="Ada Export")
    release = a_release(label, "Wide Water")
    an_order(label, email=fan.email, release=release)
    with db.tenant_work(label) as session:
        keeping.save_address(session, label, fan, Address(**HOME), is_usual=True)
        following.follow(session, label, fan, None)
    client = signed_in(client_of(HOST), label, fan)
    assert client.post("/en/account/data").headers["location"] == "/en/account/data?asked=1"
    letter = mails_to(settings, label, fan.email)[0]
    assert link_in(letter, "/en/account") == "/en/account/data"
    page = client.get("/en/account/data", headers=PAGE)
    path = re.search(r'href="(/en/account/data/[0-9a-f-]{36})"', page.text)[1]
    answer = client.get(path)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    found = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert set(found) == {
        "fan.json", "addresses.json", "agreements.json", "follows.json", "sessions.json", "orders.json", "library.json",
        "memberships.json",
    }  # fmt: skip
    assert found["fan.json"]["email"] == fan.email
    assert found["addresses.json"][0]["street"] == "Zqstreet 7"
    assert found["orders.json"][0]["total_micros"] == 9_000_000
    assert found["library.json"]["owned"][0]["title"] == "Wide Water"
    assert signed_in(client_of(HOST), label).get(path).status_code == 404
    assert client_of(HOST).get(path).status_code == 404
    assert signed_in(client_of(RIVAL), rival).get(path).status_code == 404
    with clock.frozen_at(clock.now() + timedelta(days=8)), db.tenant_work(label) as session:
        exporting.forget_old(session, label, clock.now() - exporting.KEPT)
    assert client.get(path).status_code == 404


def tables_with(label, *canaries):
    """Every table of a label that holds one of these texts, in any column, bytes as text among them."""
    found = set()
    with db.tenant_read(label) as session:
        names = session.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        ).all()
        for name in names:
            for canary in canaries:
                spelled = (
                    f'SELECT EXISTS (SELECT 1 FROM "{name}" AS t WHERE t::text ILIKE :sought OR t::text ILIKE :hex)'
                )
                values = {"sought": f"%{canary}%", "hex": f"%{canary.encode().hex()}%"}
                if session.scalar(text(spelled), values):
                    found.add(f"{name}: {canary}")
    return found


def test_erasing_leaves_no_word_of_who_it_was_and_every_amount(client_of, settings, label):
    canaries = ("zqmail", "zqname", "zqstreet", "zqgift", "zqbrowser")
    fan = a_fan(label, "zqmail@example.test", name="Zqname Erased")
    release = a_release(label)
    order_id, _ = an_order(label, email=fan.email, release=release, customer="Zqname Erased", state="delivered")
    an_order(label, email="someone@example.test", release=release, gift=fan.email, state="paid")
    with db.tenant_work(label) as session:
        now, body = clock.now(), b'{"billing_details": {"email": "zqmail@example.test"}}'
        paid = {
            "gateway": "stripe",
            "reference": f"cs_{ids.new_id().hex}",
            "currency": "EUR",
            "amount_micros": 9_000_000,
        }
        session.add(Payment(id=ids.new_id(), order_id=order_id, state="paid", started_at=now, **paid))
        said = {"gateway": "stripe", "event_id": f"evt_{ids.new_id().hex}", "kind": "checkout.session.completed"}
        session.add(StoreEvent(id=ids.new_id(), reference=paid["reference"], payload=body, received_at=now, **said))
    client = client_of(HOST)
    client.headers["user-agent"] = "Zqbrowser/1.0"
    form = {"email": fan.email, "password": PASSWORD, "way": "password"}
    assert client.post("/en/account/sign-in", data=form).status_code == 303
    client.post("/en/account/settings", data={"name": "Zqname Again", "tongue": "en", "country": "DE"})
    client.post("/en/account/addresses/new", data=HOME)
    client.post("/en/follows", data={"artist": "label"})
    client.post("/en/account/settings/consents/newsletter")
    client.post("/en/account/data")
    link = link_in(
        next(one for one in mails_to(settings, label, fan.email) if "confirm" in one.subject),
        "/en/account/consents/newsletter",
    )
    client.post(link)
    assert tables_with(label, *canaries), "what is looked for is there to be found"
    assert client.post("/en/account/erasure", data={}, headers=PAGE).status_code == 422
    answer = client.post("/en/account/erasure", data={"meant": "yes"})
    assert answer.headers["location"] == "/en/account/erased"
    work()
    assert tables_with(label, *canaries) == set()
    with db.tenant_work(label) as session:
        erased = session.get(Fan, fan.id)
        assert erased.erased_at is not None
        order = session.get(Order, order_id)
        assert (order.total_micros, order.email, order.customer, order.sealed) == (9_000_000, None, "", None)
        assert exporting.newest(session, erased) is None
        erasing.erase(session, label, erased)  # a second time changes nothing
        assert consents.history(session, erased) == []
    assert client.get("/en/account").status_code == 404
    assert client_of(HOST).post("/en/account/sign-in", data=form).status_code == 422
    anew = a_fan(label, fan.email)
    assert anew.id != fan.id, "the address is free for whoever comes anew"
    assert "/orders/" not in signed_in(client_of(HOST), label, anew).get("/en/account/orders", headers=PAGE).text


def test_erasing_takes_a_fresh_proof(client_of, label):
    fan = a_fan(label)
    client = signed_in(client_of(HOST), label, fan)
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        answer = client.post("/en/account/erasure", data={"meant": "yes"}, headers=PAGE)
        assert answer.headers["location"].startswith("/en/account/proof")
        assert client.get("/en/account/erasure", headers=PAGE).headers["location"].startswith("/en/account/proof?next=")
    assert fan_named(label, fan.email) is not None


def test_what_is_still_to_be_sent_keeps_its_address_until_then(client_of, label):
    fan = a_fan(label)
    an_order(label, email=fan.email, kind="physical", state="paid")
    with pytest.raises(ErasureMustWait), db.tenant_work(label) as session:
        erasing.erase(session, label, fan)
    answer = signed_in(client_of(HOST), label, fan).post("/en/account/erasure", data={"meant": "yes"}, headers=PAGE)
    assert answer.status_code == 409
    assert "still open" in answer.text
    assert fan_named(label, fan.email) is not None
