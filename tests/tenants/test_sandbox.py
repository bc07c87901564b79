"""A copy of a label to try things in: nobody real is in it, nothing leaves it, and its time can be moved on."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select, text

from app.brand.service import live_theme
from app.fans.models import Fan
from app.identity.models import Member
from app.identity.pages.ways import TO_SANDBOX
from app.kernel import cache, clock, crypto, db, mail, trial
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.db.work import moment
from app.kernel.errors import Invalid
from app.kernel.jobs.outbox import OutboxRow
from app.payouts.errors import RailUnknown
from app.payouts.gateways import rails
from app.storefront.gateways import gateways
from app.storefront.models import Order
from app.storefront.rules.payment_refusals import GatewayUnknown
from app.storefront.service import reconciling
from tenants.archive import sandboxing
from tenants.archive.errors import NoSandbox, SandboxOfSandbox
from tenants.lifecycle import erasing
from tenants.lifecycle import service as lifecycle
from tenants.registry.models import TenantRow
from tenants.registry.queries import fresh_tenant
from tests.brand.test_themes import published
from tests.factories.api import api_of
from tests.factories.catalog import a_release
from tests.factories.fans import a_fan
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.factories.money import a_payee
from tests.factories.shop import a_shop, a_variant, an_order
from tests.factories.webhooks import a_hook
from tests.identity.post import forget_waiting, work

SANDBOX = "/portal/settings/sandbox"
_made = {}


@pytest.fixture
def pair(connected):
    """A label with people in it, and its sandbox; made once."""
    if not _made:
        label = a_label()
        a_shop(label)
        a_fan(label, email="real.person@fans.example")
        an_order(label, a_variant(label), email="real.buyer@fans.example", name="Real Buyer")
        a_payee(label)
        a_release(label, "Night Drive")
        a_hook(label, "https://hooks.example.com/")
        a_member(label, email="boss@label.example")
        sandboxing.make(label.id)
        _made["pair"] = label, sandboxing.standing(label).tenant
    label, sandbox = _made["pair"]
    return label, fresh_tenant(sandbox.id)


def test_a_sandbox_has_the_music_and_nobody_real(pair):
    label, sandbox = pair
    assert sandbox.is_sandbox
    assert not label.is_sandbox
    assert sandbox.slug == f"{label.slug}-sandbox"
    with db.tenant_read(sandbox) as session:
        assert session.scalar(text("SELECT count(*) FROM releases WHERE title = 'Night Drive'")) == 1
        assert all(each.endswith("@sandbox.invalid") for each in session.scalars(select(Fan.email)))
        assert {(each.customer.split()[0], each.sealed) for each in session.scalars(select(Order))} == {("Buyer", None)}
        for table in ("webhook_endpoints", "api_clients", "api_signing_keys", "fan_addresses", "printer_links"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
        assert session.scalar(select(Member.id).where(Member.email == "boss@label.example"))
    with db.tenant_read(label) as session:
        assert "real.person@fans.example" in set(session.scalars(select(Fan.email)))


def test_a_sandbox_has_its_labels_look_also_where_a_page_was_faster(connected):
    label = a_label()
    usual = live_theme(label)
    mine = published(label, preset="editorial")
    sandboxing.make(label.id)
    sandbox = sandboxing.standing(label).tenant
    assert live_theme(sandbox).sha == mine.sha256
    cache.of(sandbox).set("brand.live", usual, seconds=60)  # a page came before the copy did
    sandboxing.soften(sandbox)
    assert live_theme(sandbox).sha == mine.sha256


def test_made_again_after_a_crash_it_stays_one(pair):
    label, sandbox = pair
    sandboxing.make(label.id)
    assert sandboxing.standing(label).tenant.id == sandbox.id


def test_a_sandbox_has_none_of_its_own(pair):
    with pytest.raises(SandboxOfSandbox):
        sandboxing.ask(pair[1], by=Actor.system(pair[1]))


def test_no_mail_of_a_sandbox_is_sent(pair, settings, monkeypatch):
    from app.kernel.mail import transport

    sent = []
    monkeypatch.setattr(transport, "_send", lambda *_: sent.append(1))
    letter = mail.Mail(to="somebody@real.example", subject="Hello", text="Hello")
    for tenant in pair:
        transport.deliver(
            replace_settings(settings), tenant.id, mail.outgoing.compose(tenant, letter, number=f"n-{tenant.slug}"),
            is_kept=tenant.is_sandbox,
        )  # fmt: skip
    assert sent == [1]  # the label's own


def replace_settings(settings):
    import msgspec

    return msgspec.structs.replace(settings, smtp_url="smtp://127.0.0.1:9")


def test_no_real_money_moves_from_a_sandbox(pair, settings, monkeypatch):
    import msgspec

    label, sandbox = pair
    real = msgspec.structs.replace(settings, stripe_secret_key="sk_test_123", stripe_webhook_secret="whsec_12345678")
    monkeypatch.setattr(db.current(), "settings", real)
    with trial.within(sandbox):
        assert (rails.usual(), rails.reachable(), rails.open_here()[0]) == ("sandbox", ("sandbox",), "sandbox")
        assert gateways.usual().name == "sandbox"
        for refused, ask in (
            (RailUnknown, lambda: rails.named("stripe")),
            (RailUnknown, rails.processor),
            (GatewayUnknown, lambda: gateways.named("stripe")),
            (GatewayUnknown, gateways.processor),
        ):
            with pytest.raises(refused):
                ask()
        with trial.within(label):
            assert rails.usual() == "stripe"
    assert rails.usual() == "stripe"


def test_in_production_nobody_pays_or_is_paid_in_play(pair, settings, monkeypatch):
    import msgspec

    label, sandbox = pair
    monkeypatch.setattr(db.current(), "settings", msgspec.structs.replace(settings, boptone_env="production"))
    assert (rails.usual(), rails.reachable(), rails.open_here()) == ("bank_file", (), ("bank_file",))
    assert (gateways.reachable(), gateways.offered("EUR"), reconciling.reconcile(label)) == ((), (), 0)
    for refused, ask in (
        (RailUnknown, lambda: rails.named("sandbox")),
        (GatewayUnknown, lambda: gateways.named("sandbox")),
        (GatewayUnknown, gateways.usual),
    ):
        with pytest.raises(refused):
            ask()
    with trial.within(sandbox):
        assert (rails.usual(), gateways.usual().name) == ("sandbox", "sandbox")


def test_time_moves_on_in_the_sandbox_alone(pair):
    label, sandbox = pair
    moved = sandboxing.move_clock(sandbox, timedelta(days=30), actor=Actor.system(sandbox))
    with db.tenant_work(moved) as session:
        there, stored = clock.now(), moment(session)
    with db.tenant_work(label) as session:
        here = moment(session)
    assert timedelta(days=29) < there - clock.now() < timedelta(days=31 + moved.limits.clock_ahead_seconds // 86_400)
    assert there - here > timedelta(days=29)
    assert stored - here > timedelta(days=29)
    assert clock.ahead() == timedelta()


def test_what_schedules_would_have_done_is_asked_for_and_due_now(pair):
    _, sandbox = pair
    moved = sandboxing.move_clock(sandbox, timedelta(days=1), actor=Actor.system(sandbox))
    with db.tenant_read(moved) as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.label == moved.id, OutboxRow.done_at.is_(None))).all()
    assert {row.task for row in rows} >= {"activity.seal", "api.tidy", "usage.measure"}
    assert all(row.run_at < clock.now() + timedelta(minutes=5) for row in rows)


def test_work_for_later_waits_as_long_as_it_should(pair):
    from app.kernel import jobs

    moved = sandboxing.move_clock(pair[1], timedelta(days=1), actor=Actor.system(pair[1]))
    with db.tenant_work(moved) as session:
        jobs.ask(session, "api.tidy", {}, run_at=clock.now() + timedelta(hours=1), key="later")
    with db.tenant_read(moved) as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.label == moved.id, OutboxRow.key == "later")).one()
    assert timedelta(minutes=50) < row.run_at - clock.now() < timedelta(minutes=70)


@pytest.mark.parametrize("by", [timedelta(), timedelta(days=-1), timedelta(days=9_999)])
def test_time_moves_neither_back_nor_for_ever(pair, by):
    with pytest.raises(Invalid):
        sandboxing.move_clock(pair[1], by, actor=Actor.system(pair[1]))


def test_the_clock_of_everybody_is_not_moved(pair):
    with pytest.raises(NoSandbox):
        sandboxing.move_clock(pair[0], timedelta(days=1), actor=Actor.system(pair[0]))
    forged = replace(pair[0], limits=replace(pair[0].limits, clock_ahead_seconds=99_999))
    with db.tenant_read(forged):
        assert clock.ahead() == timedelta()


def once(ask, status=404):
    """The first answer that is not this one: a new label is known everywhere in a moment."""
    deadline = time.monotonic() + 20
    while (answer := ask()).status_code == status and time.monotonic() < deadline:
        time.sleep(0.1)
    return answer


def sent_in(client, inside, wish=""):
    """Go from the label into its sandbox, by the link and the button."""
    sent = client.get(TO_SANDBOX, params={"next": wish} if wish else {})
    assert sent.status_code == 303, sent.text
    there = urlsplit(sent.headers["location"])
    onto = f"?{there.query}" if there.query else ""
    shown = once(lambda: inside.get(f"{there.path}{onto}"))
    assert "Come in" in shown.text
    wanted = {"next": dict(parse_qsl(there.query)).get("next", "")}
    return there.path, inside.post(there.path, data=wanted)


def test_a_sandbox_is_made_from_the_portal_and_its_members_come_in(client_as, client_of, registries, settings):
    forget_waiting()
    label = a_label()
    boss = a_member(label, email=f"boss@{label.slug}.example")
    client = client_as(label)
    assert client.get(TO_SANDBOX).status_code == 404
    assert "Make a sandbox" in client.get(SANDBOX).text
    assert client.post(SANDBOX).status_code == 303
    assert "In the making" in client.get(SANDBOX).text
    assert "parked" not in work()
    sandbox = sandboxing.standing(label).tenant
    assert sandbox.slug in client.get(SANDBOX).text
    inside = client_of(f"{sandbox.slug}.localhost")
    door = once(lambda: inside.get("/portal/sign-in", params={"next": "/portal/catalog"}))
    assert f"{TO_SANDBOX}?next=%2Fportal%2Fcatalog" in door.text
    assert 'type="password"' not in door.text
    refused = inside.post("/portal/sign-in", data={"email": boss.email, "password": PASSWORD})
    assert refused.status_code == 403, refused.text
    path, answer = sent_in(client, inside, "/portal/settings?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal/settings?x=1")
    assert inside.post(path, data={"next": ""}).status_code in (404, 409, 410, 422)  # it is good once
    assert inside.post("/portal/re-authenticate", data={"proof": PASSWORD}).status_code in (403, 422)
    assert TO_SANDBOX in inside.get("/portal/re-authenticate").text
    page = inside.get(SANDBOX).text
    assert "The clock of this sandbox" in page
    assert inside.post(f"{SANDBOX}/clock", data={"days": "2"}).status_code == 422
    assert inside.post(f"{SANDBOX}/clock", data={"days": "7"}).status_code == 303
    assert once(lambda: inside.get(SANDBOX), 200).status_code == 404  # nobody came by for a week: sign in again
    assert client.post(f"{SANDBOX}/clock", data={"days": "7"}).status_code == 404


def states(label):
    with db.platform_read() as session:
        query = select(TenantRow).where(TenantRow.sandbox_of == label.id).order_by(TenantRow.created_at)
        return [(row.slug, row.state) for row in session.scalars(query)]


def test_a_sandbox_is_made_anew_and_removed_from_the_portal(client_as, registries, settings):
    label, other = a_label(), a_label()
    client, stranger = client_as(label), client_as(other)
    assert client.post(f"{SANDBOX}/removal").status_code == 404
    client.post(SANDBOX)
    assert client.post(f"{SANDBOX}/removal").status_code == 409  # it is being made
    work()
    first = f"{label.slug}-sandbox"
    assert stranger.post(f"{SANDBOX}/removal").status_code == 404
    assert states(label) == [(first, "active")]
    page = client.get(SANDBOX).text
    assert "Make it anew" in page
    assert "is erased for good" in page
    assert client.post(f"{SANDBOX}/renewal").status_code == 303
    assert states(label) == [(first, "closing")]  # nobody changes anything in it from now on
    waiting = client.get(SANDBOX).text
    assert "Being erased" in waiting
    assert "In the making" in waiting
    assert "parked" not in work()
    assert states(label) == [(first, "closed"), (f"{first}-2", "active")]
    assert f"{first}-2" in client.get(SANDBOX).text
    for _ in range(2):
        assert client.post(f"{SANDBOX}/removal").status_code == 303
    assert "parked" not in work()
    assert states(label) == [(first, "closed"), (f"{first}-2", "closed")]
    page = client.get(SANDBOX).text
    assert "Make a sandbox" in page
    assert "Being erased" not in page
    with db.tenant_read(label) as session:
        said = list(session.scalars(select(Activity.action).where(Activity.action == "label.sandbox_removed")))
    assert len(said) == 2


def test_only_who_may_take_the_label_along_removes_its_sandbox(client_as, pair):
    label, sandbox = pair
    for role in ("royalties", "read_only"):
        assert client_as(label, role).post(f"{SANDBOX}/removal").status_code == 403
        assert client_as(label, role).post(f"{SANDBOX}/renewal").status_code == 403
    assert fresh_tenant(sandbox.id).state == "active"


def test_what_erases_sandboxes_erases_nothing_else(connected):
    label = a_label()
    sandboxing.erase(label.id)
    sandboxing.erase("l_00000000000000000000000000")
    assert fresh_tenant(label.id).state == "active"


def test_a_label_that_is_erased_takes_its_sandbox_along(connected):
    label = a_label()
    sandboxing.make(label.id)
    lifecycle.close(label.id, by=Actor.system(None), grace=timedelta())
    erasing.erase(label.id, by=Actor.system(None), even_in_grace=True)
    assert states(label) == [(f"{label.slug}-sandbox", "closed")]


def test_a_long_name_leaves_room_for_its_sandboxes():
    label = replace(a_label(), slug="a" * 39 + "b")
    assert sandboxing.slug_of(label) == "a" * 32 + "-sandbox"
    assert len(sandboxing.slug_of(label, 12)) == 40


def test_programs_reach_a_sandbox_and_move_its_clock(client_of, product, pair):
    label, sandbox = pair
    with trial.within(sandbox):  # a token for now is one for the sandbox's now
        api = api_of(client_of, sandbox)
    before = api.get("/api/v1/clock").json()
    assert before["is_sandbox"] is True, before
    moved = api.post("/api/v1/clock/moves", json={"seconds": 60})
    assert moved.status_code == 201, moved.text
    assert moved.json()["ahead_seconds"] == before["ahead_seconds"] + 60
    own = api_of(client_of, label)
    assert own.get("/api/v1/clock").json()["ahead_seconds"] == 0
    assert own.post("/api/v1/clock/moves", json={"seconds": 60}).status_code == 404
    assert own.post("/api/v1/clock/moves", json={"seconds": -1}).status_code == 422


def test_links_end_in_the_sandboxs_own_time(pair):
    _, sandbox = pair
    with db.tenant_read(sandbox):
        token = crypto.sign("t", sandbox, ["x"], expires_in=timedelta(hours=1))
    moved = sandboxing.move_clock(sandbox, timedelta(hours=2), actor=Actor.system(sandbox))
    with db.tenant_read(moved), pytest.raises(crypto.SignatureRefused):
        crypto.verify("t", moved, token)
