"""Ten thousand payouts: looked at, approved, handed to the sandbox's bank, arrived; and a payee's page on its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from litestar.testing import TestClient
from sqlalchemy import func, insert, select

from app.contracts.models import EVERYTHING
from app.contracts.rules.accounts import account_of
from app.contracts.rules.terms import Clause, Share, Terms
from app.contracts.schemas import NewContract, Scope
from app.contracts.service import drafting
from app.identity.service import add_member
from app.kernel import clock, crypto, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.rules import Account, Entry, Kind
from app.main.web import assemble, create_app
from app.payouts.gateways import rails, sandbox
from app.payouts.gateways.rail import Destination
from app.payouts.models import Payout, PayoutMethod, PayoutRun
from app.payouts.service import hearing, runs, sending
from app.payouts.service.methods import CONTEXT
from app.payouts.service.quoting import Ways
from app.roster.models import Party, Payee
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, Statement
from app.settings import Settings
from benchmarks.harness import Figure, Figures, percentile, timed
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label
from tenants.registry.memory import Registry

PAYEES = 10_000
OWED_MICROS = 250_000_000
PREVIEW_SECONDS, SENT_PER_SECOND, P95_MS = 2, 200, 50
ROUNDS, WARM = 60, 10
OWNER, PASSWORD = "owner@bench.test", "bench-demo-2026"


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Pay everybody once."""
    label = open_label(OpenLabel(slug="bench", name="Bench", owner_email=OWNER, request_key="bench:payouts"))
    payees = _filled(label)
    figures = _paid(label, tell)
    figures |= _page(settings, label, payees[0], tell)
    return figures


def _paid(label: Tenant, tell: Callable[[str], None]) -> Figures:
    maker, checker = (Actor(kind="member", id=ids.new_id(), tenant=label, name=name) for name in ("Ada", "Bo"))
    ways = Ways("sandbox", {"EUR": rails.named("sandbox").limits(label, "EUR")})
    opened: list[UUID] = []

    def preview() -> None:
        with tenant_work(label) as session:
            opened.append(runs.open_run(session, label, maker, ways).id)

    def approve() -> None:
        with tenant_work(label) as session:
            held = session.get_one(PayoutRun, opened[0])
            runs.submit(session, maker, held)
            runs.approve(session, label, checker, held, seen_hash=held.batch_hash or "")

    took = {"preview": timed(preview), "approve": timed(approve), "send": timed(lambda: sending.send_due(label))}
    took["arrive"] = timed(lambda: _arrived(label))
    with tenant_read(label) as session:
        paid = session.scalar(select(func.count()).select_from(Payout).where(Payout.state == "paid"))
    if paid != PAYEES:
        raise RuntimeError(f"{paid} of {PAYEES} payouts arrived")
    for name, seconds in took.items():
        tell(f"{name}: {seconds:.2f} s")
    rate = PAYEES / took["send"]
    each = "ms a payout, so that a worker sends %.0f in a second" % rate  # noqa: UP031
    return {
        "payouts.preview": Figure(
            value=round(took["preview"], 2), unit="s", bar=PREVIEW_SECONDS, note=f"{PAYEES} payees, line by line"
        ),
        "payouts.approve": Figure(value=round(took["approve"], 2), unit="s", note="hash, set aside, payouts written"),
        "payouts.send": Figure(
            value=round(1_000 * took["send"] / PAYEES, 3), unit="ms", bar=1_000 / SENT_PER_SECOND, note=each
        ),
        "payouts.arrive": Figure(value=round(took["arrive"], 2), unit="s", note="events heard, asked about, posted"),
    }


def _arrived(label: Tenant) -> None:
    moved = True
    while moved:
        with tenant_work(label) as session:
            found = sandbox.move(session, all_of_them=True)
            hearing.hear_of(session, found)
            moved = bool(found)
        hearing.hear(label)


def _page(settings: Settings, label: Tenant, payee: UUID, tell: Callable[[str], None]) -> Figures:
    registry = Registry()
    registry.start()
    product: Any = create_app(settings, registry, assemble())
    figures: Figures = {}
    with TestClient(product, base_url=f"https://{label.slug}.localhost") as client:
        client.headers["origin"] = f"https://{label.slug}.localhost"
        client.post("/portal/sign-in", data={"email": OWNER, "password": PASSWORD})
        for name, path in (("page", f"/portal/payees/{payee}"), ("list", "/portal/payouts")):
            taken = [timed(lambda asked=path: _asked(client, asked)) for _ in range(ROUNDS)][WARM:]  # type: ignore[misc]
            p95 = round(percentile(taken, 0.95) * 1_000, 1)
            note = f"among {PAYEES} payees and payouts, p95 of {len(taken)}, through the whole gate and compressed"
            figures[f"payouts.{name}"] = Figure(value=p95, unit="ms", bar=P95_MS, note=note)
            tell(f"{name}: {p95:g} ms")
    registry.stop()
    return figures


def _asked(client: TestClient[Any], path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(answer.text)


def _filled(label: Tenant) -> list[UUID]:
    """Ten thousand payees whom one published period owes the same, each with an account."""
    actor, now = Actor.system(label), clock.now()
    keys = [UUID(each) for each in ids.new_ids(PAYEES)]
    with tenant_work(label) as session:
        add_member(session, actor, email=OWNER, name="Owner", role="owner", language="en", password=PASSWORD)
        parties = [{"id": key, "kind": "person", "legal_name": f"Person {n}"} for n, key in enumerate(keys)]
        session.execute(insert(Party), parties)
        named = [{"id": key, "party_id": key, "name": f"Payee {n}", "currency": "EUR"} for n, key in enumerate(keys)]
        session.execute(insert(Payee), named)
        contract = _contract(label, keys[0])
        made = drafting.draft(session, actor, contract)
        period = RoyaltyPeriod(id=ids.new_id(), starts_on=date(2026, 1, 1), ends_on=date(2026, 6, 30), closed_at=now)
        session.add(period)
        session.flush()
        run = RoyaltyRun(id=ids.new_id(), period_id=period.id, number=1, state="published", created_at=now)
        session.add(run)
        session.flush()
        session.execute(insert(Statement), [_statement(run.id, made.id, key) for key in keys])
        session.execute(insert(PayoutMethod), [_method(label, key, place) for place, key in enumerate(keys)])
        expense = Account(Kind.ROYALTY_EXPENSE, None, "EUR")
        owed = [Account(Kind.PAYABLE, account_of(made.id, key), "EUR") for key in keys]
        entries = [
            Entry(f"bench:{n}", expense, account, OWED_MICROS, period.ends_on, "royalties")
            for n, account in enumerate(owed)
        ]
        ledger.post(session, actor, entries)
    return keys


def _contract(label: Tenant, party: UUID) -> NewContract:
    share = Share(payee=party, share_ppm=1_000_000)
    terms = Terms(currency="EUR", clauses=(Clause(id="all", rate=Decimal("0.5")),), shares=(share,))
    scopes = (Scope("label", EVERYTHING),)
    return NewContract(
        title=label.name, kind="royalty", party_id=party, terms=terms, starts_on=date(2020, 1, 1), scopes=scopes
    )


def _statement(run: UUID, contract: UUID, payee: UUID) -> dict[str, Any]:
    zero = dict.fromkeys(("opening_micros", "reserve_micros"), 0)
    owed = dict.fromkeys(("earned_micros", "closing_micros", "payable_micros"), OWED_MICROS)
    return (
        {"id": ids.new_id(), "run_id": run, "contract_id": contract, "payee_id": payee, "currency": "EUR"} | zero | owed
    )


def _method(label: Tenant, payee: UUID, place: int) -> dict[str, Any]:
    now = clock.now()
    to = Destination("iban", f"Payee {place}", f"DE003704004400{place:06}77", "", "DE", "DE")
    return {
        "id": ids.new_id(),
        "payee_id": payee,
        "scheme": "iban",
        "currency": "EUR",
        "country": "DE",
        "masked": "DE•• •••• 0000",
        "sealed": crypto.seal(label, msgspec.json.encode(to), CONTEXT),
        "fingerprint": str(place),
        "share_ppm": 1_000_000,
        "added_at": now - timedelta(days=30),
        "usable_from": now - timedelta(days=27),
    }
