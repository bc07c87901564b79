"""The journey of a payout over the card processor: the same pages and books, the stand-in's wire, its events back."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import msgspec
import pytest
from sqlalchemy import delete, func, select, update

from app.kernel import clock, db
from app.kernel.actor import Actor
from app.ledger.rules import Kind
from app.payouts.errors import InstantUsedUp
from app.payouts.models import Payout, RailEvent
from app.payouts.models.shared import InstantPromise
from app.payouts.service import hearing, methods, reconciling, requesting, sending
from app.payouts.service.quoting import Asked
from app.payouts.service.requesting import Wish
from app.roster.models import Payee
from tests.factories.labels import a_label
from tests.factories.payouts import a_person, due_now, four_numbers, held_by, owed, the_payout, way
from tests.payouts.stripe_stand_in import KEY, SECRET
from tests.payouts.test_payout_pages import confirmed

EUR = 1_000_000


@pytest.fixture
def connected(settings, stripe_server):
    """This process, connected as where payouts go over the processor."""
    from app.kernel import observe
    from app.main import composition

    keys = {"stripe_secret_key": KEY, "stripe_webhook_secret": SECRET, "stripe_api_base": stripe_server.base}
    chosen = msgspec.structs.replace(settings, **keys)
    observe.configure(chosen, process="test")
    composition.load_slices()
    composition.connect(chosen, "test")
    return chosen


@pytest.fixture
def label(connected):
    return a_label()


@pytest.fixture
def payee(label, tmp_path, stripe_server):
    """Somebody to be paid, and money to pay them with."""
    stripe_server.fund(500_000)
    return at_the_processor(label, tmp_path, stripe_server)


def asked(client_as, label, payee, **wish):
    """Ask as a person does, and hand over; gives the payout."""
    owner, address = client_as(label), f"/portal/payees/{payee.id}"
    form, _ = confirmed(owner, address, **wish)
    answer = owner.post(f"{address}/payouts", data=form)
    assert answer.status_code == 303, answer.text
    sending.send_due(label)
    return the_payout(label, newest(label))


def newest(label):
    with db.tenant_read(label) as session:
        return session.scalars(select(Payout.id).order_by(Payout.number.desc()).limit(1)).one()


def told(client_of, event, *, secret=SECRET, ago=0):
    """The processor's event on its way in; gives the status of the answer."""
    body, at = json.dumps(event).encode(), int(time.time()) - ago
    mac = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t={at},v1={mac}", "content-type": "application/json"}
    client = client_of("admin.localhost")
    del client.headers["origin"]
    return client.post("/hooks/stripe", content=body, headers=headers).status_code


def at_the_processor(label, folder, stripe_server):
    """Somebody to whom 1,000 euros are owed, with an account at the processor."""
    (payee,) = owed(label, folder)
    take_processor_account(label, payee, stripe_server)
    return payee


def take_processor_account(label, payee, stripe_server, currency="EUR"):
    """Give a payee an account at the processor that may be used at once."""
    with db.tenant_work(label) as session:
        held = session.get_one(Payee, payee.id)
        account = stripe_server.payee(tenant=label.id, currency=currency)
        method = methods.add_processor_account(session, label, Actor.system(label), held, account)
        method.usable_from = clock.now() - timedelta(minutes=1)


@pytest.mark.parametrize("speed", ["instant", "standard"])
def test_a_payout_goes_out_and_its_event_settles_it(client_as, client_of, label, payee, stripe_server, speed):
    payout = asked(client_as, label, payee, amount="100", speed=speed)
    assert (payout.state, payout.speed, payout.rail) == ("sent", speed, "stripe")
    event = stripe_server.turn(payout.reference, "paid")
    assert told(client_of, event) == 200
    assert told(client_of, event) == 200
    hearing.hear(label)
    assert the_payout(label, payout.id).state == "paid"
    sent = 89_100_000 if speed == "instant" else 90 * EUR
    assert held_by(label, Kind.BANK) == -sent
    assert four_numbers(label, payee) == (900 * EUR, 0, 0, 0)
    assert reconciling.reconcile(label) == 0


def test_an_answer_that_is_lost_is_found_and_nothing_is_paid_twice(client_as, label, payee, stripe_server):
    stripe_server.fail("drop", "POST /v1/payouts", committed=True)
    payout = asked(client_as, label, payee, amount="100")
    assert payout.state == "unknown"
    due_now(label)
    sending.ask_again(label)
    assert the_payout(label, payout.id).state == "sent"
    assert sum(len(each) for each in stripe_server.books.payouts.values()) == 1


def test_what_is_paid_and_then_fails_is_the_payees_again(client_as, client_of, label, payee, stripe_server):
    payout = asked(client_as, label, payee, amount="100")
    told(client_of, stripe_server.turn(payout.reference, "paid"))
    hearing.hear(label)
    told(client_of, stripe_server.turn(payout.reference, "failed", "account_closed"))
    hearing.hear(label)
    found = the_payout(label, payout.id)
    assert (found.state, found.problem) == ("returned", "account_closed")
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)


def test_what_is_forged_old_or_nobodys_changes_nothing(client_as, client_of, label, payee, stripe_server):
    payout = asked(client_as, label, payee, amount="100")
    event = stripe_server.turn(payout.reference, "paid")
    assert told(client_of, event, secret="whsec_somebody_elses") in (400, 422)
    assert told(client_of, event, ago=400) in (400, 422)
    live = event | {"id": "evt_of_the_other_world", "livemode": True}
    assert told(client_of, live) == 200
    hearing.hear(label)
    assert the_payout(label, payout.id).state == "sent", "nothing was believed"
    with db.tenant_read(label) as session:
        kept = session.scalars(select(RailEvent)).all()
        assert [(each.state, each.why) for each in kept] == [("quarantined", "livemode")]
        assert session.scalar(select(func.count()).select_from(Payout)) == 1


def test_labels_that_ask_at_once_share_what_is_left_of_the_processors_cap(label, payee, tmp_path, stripe_server):
    rival = a_label()
    others = at_the_processor(rival, tmp_path, stripe_server)
    stripe_server.books.instant_left["eur"] = 20_000
    with db.platform_work() as session:
        session.execute(delete(InstantPromise))  # of another test's processor
    ways = {each.id: way(each, rail="stripe") for each in (label, rival)}  # both ask what is left before either takes
    together = Barrier(2)

    def wish(tenant, whose, minor, key):
        asked = Wish(whose.id, Asked("EUR", minor, "instant"), key)
        with db.tenant_work(tenant) as session:
            return requesting.request(session, tenant, a_person(tenant), asked, ways[tenant.id])

    def at_once(tenant, whose):
        together.wait(20)
        try:
            return tenant, wish(tenant, whose, 15_000, "large")
        except InstantUsedUp:
            return None

    with ThreadPoolExecutor(2) as people:
        answers = list(people.map(at_once, (label, rival), (payee, others)))
    assert answers.count(None) == 1, "one takes what is left, the other hears that it is gone"
    ((winner, (payout,)),) = [each for each in answers if each]
    loser, whose = (rival, others) if winner.id == label.id else (label, payee)
    wish(loser, whose, 2_000, "small")
    sending.send_due(winner)
    assert the_payout(winner, payout.id).state == "sent"
    ways = {loser.id: way(loser, rail="stripe")}
    with pytest.raises(InstantUsedUp):
        wish(loser, whose, 3_000, "who asked before that was heard")
    with db.platform_work() as session:
        session.execute(update(InstantPromise).values(heard_at=InstantPromise.heard_at - timedelta(minutes=2)))
    assert wish(loser, whose, 3_000, "the processor counts by itself now")
