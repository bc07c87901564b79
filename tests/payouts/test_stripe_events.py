"""Webhooks of the card processor: only what it signed, only now, and only as a hint what to read again."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import clock
from app.kernel.ids import new_tenant_id
from app.payouts.gateways.stripe import EventRefused, read_event
from tests.payouts.paying import an_order
from tests.payouts.stripe_stand_in import SECRET

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
SAID = {
    "id": "evt_1", "object": "event", "type": "payout.paid", "account": "acct_1x", "livemode": False, "created": AT - 60,
    "data": {"object": {"id": "po_1", "object": "payout", "status": "paid", "metadata": {"payout_id": "x"}}},
}  # fmt: skip
BODY = json.dumps(SAID).encode()


def v1(body=BODY, at=AT, secret=SECRET):
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def signed(body):
    return f"t={AT},v1={v1(body)}"


@pytest.mark.parametrize(
    "header",
    [
        f"t={AT},v1={v1()}", f"t={AT - 300},v1={v1(at=AT - 300)}", f"t={AT + 300},v1={v1(at=AT + 300)}",
        f"t={AT},v1={v1(secret='old')},v1={v1()}", f"t={AT},v1={v1()},v1={v1(secret='old')},v0={'0' * 64}",
        f"v1={v1()},t={AT}", f"t={AT}, v1={v1()}",
    ],
)  # fmt: skip
def test_what_the_processor_signed_is_read(header):
    event = read_event(BODY, header, SECRET, NOW)
    assert (event.id, event.type, event.object_id, event.account) == ("evt_1", "payout.paid", "po_1", "acct_1x")
    assert (event.livemode, event.created, event.metadata) == (
        False,
        NOW.replace(minute=59, hour=11),
        {"payout_id": "x"},
    )
    assert event.reference == "acct_1x/po_1"


@pytest.mark.parametrize(
    "header",
    [
        "", "t=,v1=", f"t={AT}", f"v1={v1()}", f"t={AT},v1={v1(secret='whsec_other')}", f"t={AT},v0={v1()}",
        f"t={AT},v1=", f"t={AT},v1={v1()[:-1]}", f"t={AT},v1={v1().upper()}", f"t={AT},v2={v1()}", f"v1,{AT}",
        f"t={AT - 301},v1={v1(at=AT - 301)}", f"t={AT + 301},v1={v1(at=AT + 301)}", f"t={AT - 300},v1={v1()}",
        f"t={AT},t={AT - 9999},v1={v1()}", f"t=-{AT},v1={v1()}", f"t={AT}.0,v1={v1()}", f"t=١٢,v1={v1()}",
        f"t={'9' * 400},v1={v1()}", f"t={AT},v1=é", f"t={AT}" + f",v1={'0' * 64}" * 11 + f",v1={v1()}", "a" * 5_000,
    ],
)  # fmt: skip
def test_every_other_signature_is_refused(header):
    with pytest.raises(EventRefused):
        read_event(BODY, header, SECRET, NOW)


def test_the_same_content_in_other_bytes_is_not_what_was_signed():
    for other in (json.dumps(SAID, indent=1).encode(), BODY + b" ", BODY.replace(b"po_1", b"po_2")):
        with pytest.raises(EventRefused):
            read_event(other, f"t={AT},v1={v1()}", SECRET, NOW)


def test_without_a_secret_nothing_is_believed():
    with pytest.raises(EventRefused):
        read_event(BODY, f"t={AT},v1={v1(secret='')}", "", NOW)


def test_the_librarys_own_signature_is_the_same():
    now = clock.now()
    header = stripe.WebhookSignature.generate_signature_header(BODY.decode(), SECRET, int(now.timestamp()))
    assert read_event(BODY, header, SECRET, now).id == "evt_1"
    ours = f"t={int(now.timestamp())},v1={v1(at=int(now.timestamp()))}"
    assert stripe.WebhookSignature.verify_header(BODY, ours, SECRET, 300)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"a":' * 50_000, b"x" * 300_000,
        *(json.dumps(SAID | change).encode() for change in (
            {"object": "v2.core.event"}, {"id": "1"}, {"id": "evt_" + "a" * 200}, {"type": "x"}, {"type": "payout.paid\n"},
            {"livemode": "false"}, {"livemode": None}, {"created": "1"}, {"created": 1e3}, {"created": 2**64},
            {"created": 10**15}, {"account": "acct_1/../x"}, {"account": 1}, {"data": {}}, {"data": {"object": []}},
            {"data": {"object": {"id": "po 1"}}}, {"data": {"object": {"id": "x" * 300}}},
            {"data": {"object": {"id": "po_1", "metadata": {"a": 1}}}},
        )),
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)  # fmt: skip
def test_a_signed_body_that_is_no_event_is_refused(body):
    with pytest.raises(EventRefused):
        read_event(body, signed(body), SECRET, NOW)


@pytest.mark.parametrize(
    ("change", "reference"),
    [
        ({"account": None}, "po_1"), ({"data": {"object": {"object": "balance"}}}, "acct_1x/"),
        ({"data": {"object": {"id": "po_1", "metadata": None}}}, "acct_1x/po_1"), ({"a_field": [1]}, "acct_1x/po_1"),
    ],
)  # fmt: skip
def test_what_a_kind_of_event_leaves_out_is_left_out(change, reference):
    body = json.dumps(SAID | change).encode()
    assert read_event(body, signed(body), SECRET, NOW).reference == reference


@given(st.binary(max_size=400), st.text(max_size=200))
def test_no_bytes_and_no_header_do_more_than_be_refused(body, header):
    for signature in (header, signed(body)):
        with pytest.raises(EventRefused):
            read_event(body, signature, SECRET, NOW)


@contextmanager
def _listening():
    """Somewhere webhooks go: takes what is signed, once, as the product does."""
    taken: dict[str, object] = {}
    refused: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                event = read_event(body, self.headers["Stripe-Signature"], SECRET, clock.now())
            except EventRefused:
                refused.append(body)
                self.send_response(400)
            else:
                taken.setdefault(event.id, event)
                self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", taken, refused
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_events_ten_times_out_of_order_and_forged_end_in_what_is_read_again(stripe_server, stripe_rail, payer):
    stripe_server.fund(10_000)
    order = an_order(stripe_server.payee())
    (report,) = stripe_rail.send(payer, [order])
    paid = stripe_server.turn(report.reference, "paid")
    failed = stripe_server.turn(report.reference, "failed", "account_closed")
    with _listening() as (url, taken, refused):
        stripe_server.webhook = url
        assert stripe_server.tell(failed, paid, times=10) == [200] * 20
        assert stripe_server.tell(paid, secret="whsec_forged_forged") == [400]
        assert stripe_server.tell(paid, at=stripe_server.books.now() - 86_400) == [400]
    assert list(taken) == [failed["id"], paid["id"]]
    assert len(refused) == 2
    for event in taken.values():
        seen = stripe_rail.read(payer, event.reference)
        assert (seen.state, seen.payout_id, seen.problem) == ("failed", order.payout_id, "account_closed")
    assert len(stripe_server.made("POST", "/v1/transfers/.*/reversals")) == 1
    assert stripe_server.books.balances[""]["eur"] == 10_000


def test_an_event_may_come_before_the_answer(stripe_server, stripe_rail, payer):
    stripe_server.fund(10_000)
    with _listening() as (url, taken, _):
        stripe_server.webhook, stripe_server.tells_before_answering = url, True
        order = an_order(stripe_server.payee())
        (report,) = stripe_rail.send(payer, [order])
    (event,) = taken.values()
    assert (event.reference, event.type) == (report.reference, "payout.created")
    assert event.metadata["payout_id"] == str(order.payout_id)


def test_an_event_of_another_labels_account_or_of_nobody_changes_nothing(stripe_server, stripe_rail, payer):
    stripe_server.fund(10_000)
    rival = replace(payer, id=new_tenant_id())
    (theirs,) = stripe_rail.send(rival, [an_order(stripe_server.payee())])
    stripe_server.turn(theirs.reference, "failed", "account_closed")
    for reference in (theirs.reference, "acct_1nobody/po_1", f"{stripe_server.payee()}/po_unknown"):
        seen = stripe_rail.read(payer, reference)
        assert (seen.state, seen.payout_id, seen.amount_minor) == ("unknown", None, None)
    assert not stripe_server.made("POST", "/v1/transfers/.*/reversals")
    assert not stripe_server.made("GET", "/v1/transfers/.*")


def test_an_event_of_the_other_mode_is_seen_to_be_so(stripe_rail):
    body = json.dumps(SAID | {"livemode": True}).encode()
    assert read_event(body, signed(body), SECRET, NOW).livemode != stripe_rail.is_live
