"""A fan takes another mail address: by a link to the new one, and the old one is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.fans.models import Fan
from app.fans.service import moving
from app.kernel import db, ids
from app.storefront.models import Owned
from app.storefront.service import library
from tests.factories.catalog import a_release
from tests.factories.fans import PASSWORD, a_fan, an_order, fan_named, signed_in
from tests.identity.post import link_in, mails_to

HOST, RIVAL = "fanhouse.localhost", "fanrival.localhost"
PAGE = {"accept": "text/html"}
ASK = "/en/account/settings/mail-address"


def fresh():
    return f"{ids.new_id().hex}@example.test"


def proved(client, label, fan):
    signed_in(client, label, fan)
    assert client.post("/en/account/proof", data={"password": PASSWORD}).status_code == 303
    return client


def asked(client, settings, label, email):
    answer = client.post(ASK, data={"email": f" {email.upper()}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/account/link-sent"), answer.text
    return link_in(mails_to(settings, label, email)[0], "/en/account/mail-address")


def test_the_new_address_confirms_the_old_one_is_told_and_all_that_was_bought_comes_along(client_of, settings, label):
    old, new, record = fresh(), fresh(), a_release(label, "Bought Before")
    fan, other = a_fan(label, old), client_of(HOST)
    an_order(label, email=old, release=record)
    _, gift = an_order(label, email="giver@example.test", release=record, gift=old)
    client = proved(client_of(HOST), label, fan)
    signed_in(other, label, fan)
    link = asked(client, settings, label, new)
    assert fan_named(label, new) is None
    assert new in client.get(link, headers=PAGE).text
    stranger = client_of(HOST)
    assert stranger.post(link).headers["location"] == "/en/account/settings"
    assert "Bought Before" in stranger.get("/en/account/library", headers=PAGE).text
    assert fan_named(label, old) is None
    assert fan_named(label, new).id == fan.id
    told = mails_to(settings, label, old)[0]
    assert "was changed" in told.subject
    assert new not in told.text
    for gone in (client, other):
        assert gone.get("/en/account/settings", headers=PAGE).status_code in (302, 303)
    with db.tenant_read(label) as session:
        assert session.scalar(select(Owned.gift_email).where(Owned.id == gift)) == new
        assert len(library.owned_by(session, label, session.get(Fan, fan.id))) == 1
        told = session.scalar(text("SELECT count(*) FROM activity WHERE activity::text LIKE :new"), {"new": f"%{new}%"})
    assert told == 0


def test_a_link_is_good_once_for_a_day_and_at_its_own_label(client_of, settings, label, rival, monkeypatch):
    fan, new = a_fan(label), fresh()
    client = proved(client_of(HOST), label, fan)
    link = asked(client, settings, label, new)
    later = asked(client, settings, label, fresh())
    for broken in (f"{link}x", link[:-2], "/en/account/mail-address/x"):
        assert client.post(broken).status_code in (404, 409, 410, 422), broken
    assert client_of(RIVAL).post(link).status_code != 303
    assert client.post(link).status_code == 303
    assert client.post(link).status_code != 303
    assert client.post(later).status_code != 303, "it was asked for by the old address"
    fan = fan_named(label, new)
    client = proved(client_of(HOST), label, fan)
    monkeypatch.setattr(moving, "LIFE", timedelta(seconds=-1))
    assert client.post(asked(client, settings, label, fresh())).status_code != 303
    assert fan_named(label, new) is not None


def test_an_address_that_another_fan_has_is_told_to_nobody_and_never_taken(client_of, settings, label):
    fan, other = a_fan(label), a_fan(label, fresh())
    client = proved(client_of(HOST), label, fan)
    answer = client.post(ASK, data={"email": other.email})
    assert answer.headers["location"] == "/en/account/link-sent"
    assert mails_to(settings, label, other.email) == []
    new = fresh()
    link = asked(client, settings, label, new)
    a_fan(label, new)
    refused = client.post(link)
    assert refused.status_code == 409
    assert "another account" in refused.text
    assert fan_named(label, fan.email).id == fan.id


def test_an_address_that_nobody_confirmed_is_free(client_of, settings, label):
    fan, new = a_fan(label), fresh()
    a_fan(label, new, confirmed=False)
    client = proved(client_of(HOST), label, fan)
    assert client.post(asked(client, settings, label, new)).status_code == 303
    assert fan_named(label, new).id == fan.id


@pytest.mark.parametrize("email", ["", "no address", "x" * 300 + "@example.test", "a@example.test\nb"])
def test_what_is_no_address_is_said_beside_the_field(client_of, label, email):
    client = proved(client_of(HOST), label, a_fan(label))
    assert client.post(ASK, data={"email": email}).status_code == 422


def test_nobody_asks_without_showing_lately_who_they_are(client_of, label):
    fan = a_fan(label)
    client = signed_in(client_of(HOST), label, fan)
    with db.tenant_work(label) as session:
        session.execute(text("UPDATE fan_sessions SET proved_at = now() - interval '1 hour'"))
    assert client.post(ASK, data={"email": fresh()}).status_code in (302, 303, 403)
    assert client_of(HOST).post(ASK, data={"email": fresh()}).status_code in (302, 303, 404)
    assert client.post(ASK, data={"email": fan.email}).status_code != 200
