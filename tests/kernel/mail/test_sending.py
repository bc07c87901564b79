"""Mail from the transaction that asks for it to a real server, however that server behaves."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select, text

from app.kernel import db, mail
from app.kernel.jobs import queries, run
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.jobs.relay import Relay
from app.kernel.mail import transport
from tenants.registry.queries import fresh_tenant

SECRET = "https://canary.localhost/portal/invitations/very-secret-token"
MESSAGE = mail.Mail(to="ada@example.com", subject="You are invited", text=f"Open {SECRET}\n", html=f"<p>{SECRET}</p>")


class Rows:
    """Labels as their rows say."""

    def tenant(self, tenant_id):
        return fresh_tenant(tenant_id)


def ask(tenant, message=MESSAGE, **how):
    with db.tenant_work(tenant) as session:
        mail.ask(session, tenant, message, **how)


def work():
    """Send what is due, as relay and worker do it."""
    sent = []
    Relay("home", lambda message, queue, task: sent.append(message), lease_seconds=30).run_once()
    return [run.run(message, Rows(), lease_seconds=30) for message in sent]


def work_again():
    """Let what waits for another try be due now."""
    with db.platform_work() as session:
        session.execute(text("UPDATE shared.outbox SET run_at = now() - interval '1 second'"))
    return work()


def only_row():
    with db.platform_read() as session:
        return session.scalars(select(OutboxRow)).one()


def test_a_mail_reaches_the_server_once(label, post):
    ask(label)
    assert post.taken == [], "nothing leaves before a worker sends it"
    assert work() == ["done"]
    assert work_again() == []
    (message,) = post.messages
    assert message["To"] == "ada@example.com"
    assert message["Subject"] == "You are invited"
    assert SECRET in message.get_body(("plain",)).get_content()
    assert SECRET in message.get_body(("html",)).get_content()
    assert message["Date"]
    assert post.taken[0].rcpt_tos == ["ada@example.com"]


def test_a_mail_of_a_transaction_that_failed_is_never_sent(label, post):
    with pytest.raises(ZeroDivisionError), db.tenant_work(label) as session:
        mail.ask(session, label, MESSAGE)
        raise ZeroDivisionError
    assert work() == []
    assert post.taken == []


def test_a_mail_with_a_key_is_sent_once_however_often_it_is_asked_for(label, post):
    for _ in range(3):
        ask(label, key="invitation:1")
    assert work() == ["done"]
    assert len(post.taken) == 1


def test_each_label_writes_in_its_own_name_alone(label, rival, post, connected):
    for tenant in (label, rival):
        ask(tenant)
    assert sorted(work()) == ["done", "done"]
    senders = sorted(str(message["From"]) for message in post.messages)
    assert senders == ["Canary Records <post@canary.localhost>", "Rival Records <post@rival.localhost>"]
    assert sorted(envelope.mail_from for envelope in post.taken) == ["post@canary.localhost", "post@rival.localhost"]
    for envelope in post.taken:
        mine, theirs = ("canary", "rival") if "canary" in envelope.mail_from else ("rival", "canary")
        headers = envelope.content.partition(b"\r\n\r\n")[0].lower()
        assert mine.encode() in headers
        assert theirs.encode() not in headers
    assert sorted(set(post.greetings)) == ["canary.localhost", "rival.localhost"]


def test_the_operators_name_stands_nowhere_in_a_labels_mail(label, post, connected):
    ask(label)
    work()
    seen = post.taken[0].content.decode().lower() + post.taken[0].mail_from + " ".join(post.greetings)
    for word in (connected.operator_name, "zweckverband", "boptone", "python", "x-mailer"):
        assert word.lower() not in seen, word


def test_the_outbox_and_the_tables_do_not_hold_what_a_mail_says(label, connected):
    ask(label)
    with db.owner_work() as owner:
        rows = [str(row) for row in owner.execute("SELECT to_jsonb(o)::text FROM shared.outbox o")]
    assert len(rows) == 1
    for word in ("secret-token", "ada@example", "invited"):
        assert word not in rows[0]


def test_a_server_that_says_later_is_asked_again_until_it_takes_the_mail(label, post):
    ask(label)
    for refusal in ("450 greylisted", "421 too busy", "452 full"):
        post.at_recipient = refusal
        assert work_again() == ["retried"]
    row = only_row()
    assert (row.parked_at, row.done_at, row.attempts) == (None, None, 0)
    assert row.problem == "MailDelayed: The mail server cannot take mail right now."
    post.at_recipient = "250 OK"
    assert work_again() == ["done"]
    assert len(post.taken) == 1


@pytest.mark.parametrize("where", ["at_recipient", "at_content"])
def test_a_mail_refused_for_good_is_parked_with_the_servers_words(label, post, where):
    setattr(post, where, "550 no such mailbox")
    ask(label)
    assert work() == ["parked"]
    assert only_row().problem == "The mail server refused this mail for good: 550 no such mailbox"
    assert work_again() == []
    setattr(post, where, "250 OK")
    with db.platform_work() as session:
        queries.retry(session, only_row().id)
    assert work() == ["done"]


def test_a_refused_mail_keeps_no_other_from_leaving(label, rival, post):
    post.at_content = "550 spam"
    ask(label)
    assert work() == ["parked"]
    post.at_content = "250 OK"
    ask(rival)
    assert work() == ["done"]


@pytest.mark.parametrize("where", ["at_recipient", "at_content"])
def test_a_connection_cut_in_the_middle_is_tried_again(label, post, where):
    setattr(post, where, "cut")
    ask(label)
    assert work() == ["retried"]
    setattr(post, where, "250 OK")
    assert work_again() == ["done"]
    assert len(post.taken) == 1


def test_a_second_delivery_carries_the_same_number(label, post, monkeypatch):
    """The server took it and was cut off before we heard so: nobody can know, but mailboxes see one mail."""
    ask(label)
    taken = type(post).handle_DATA

    async def take_and_cut(self, server, session, envelope):
        await taken(self, server, session, envelope)
        server.transport.abort()
        return "421 cut"

    monkeypatch.setattr(type(post), "handle_DATA", take_and_cut)
    assert work() == ["retried"]
    monkeypatch.setattr(type(post), "handle_DATA", taken)
    assert work_again() == ["done"]
    first, second = post.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@canary.localhost>")


@pytest.mark.parametrize("goodbye", ["421 no time", "cut", "hang"])
def test_a_mail_that_was_taken_is_done_however_the_server_says_goodbye(label, post, monkeypatch, goodbye):
    monkeypatch.setattr(transport, "TIMEOUT_SECONDS", 0.5)
    post.at_goodbye = goodbye
    ask(label)
    assert work() == ["done"]
    assert len(post.taken) == 1


@pytest.mark.parametrize("where", ["at_recipient", "at_content"])
def test_a_server_that_hangs_is_given_up_and_tried_again(label, post, monkeypatch, where):
    monkeypatch.setattr(transport, "TIMEOUT_SECONDS", 0.5)
    setattr(post, where, "hang")
    ask(label)
    started = time.monotonic()
    assert work() == ["retried"]
    assert time.monotonic() - started < 10
    setattr(post, where, "250 OK")
    assert work_again() == ["done"]


def test_the_time_limit_of_a_server_lies_within_that_of_the_task():
    from app.kernel.jobs.registry import tasks

    assert tasks["mail.send"].time_limit >= 3 * transport.TIMEOUT_SECONDS


class TestNobodyListens:
    @pytest.fixture
    def smtp_url(self):
        return "smtp://127.0.0.1:9"

    def test_a_server_that_is_away_is_tried_again(self, label):
        ask(label)
        assert work() == ["retried"]
        assert only_row().parked_at is None


class TestAServerThatWantsNoneOfUs:
    @pytest.fixture
    def smtp_url(self, post):
        return f"smtp://who:wrong@127.0.0.1:{post.port}"

    def test_a_sign_in_that_fails_loses_no_mail(self, label, post):
        """A wrong password is a setting of ours, to be put right, and no fault of the mail."""
        ask(label)
        assert work() == ["retried"]
        assert post.taken == []
