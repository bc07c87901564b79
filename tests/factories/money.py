"""Contracts, sales and runs for tests, through the services that people use."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Track
from app.contracts.models import EVERYTHING, Contract, ContractVersion
from app.contracts.rules.accounts import account_of
from app.contracts.rules.terms import Base, Clause, Share, Terms
from app.contracts.schemas import NewContract, NewCost, Scope
from app.contracts.service import drafting, holding, recouping
from app.kernel import ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.rules import Account, Entry, Kind
from app.ledger.service import auditing as books
from app.roster.models import Party, Payee
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, Statement
from app.royalties.service import examining, importing, running
from tests.factories.catalog import a_release
from tests.factories.ledger import balance

_numbers = count(1)
STARTS = date(2020, 1, 1)
WHOLE = 1_000_000


def a_payee(tenant: Tenant, name: str | None = None, *, currency: str = "USD") -> Payee:
    """Somebody who is paid, with the legal person behind."""
    name = name or f"Payee {next(_numbers)}"
    with tenant_work(tenant) as session:
        party = Party(id=ids.new_id(), kind="person", legal_name=name)
        session.add(party)
        session.flush()
        payee = Payee(id=ids.new_id(), party_id=party.id, name=name, currency=currency)
        session.add(payee)
        session.flush()
    return payee


def terms(payees: Sequence[Payee] | Payee, *clauses: Clause, currency: str = "USD", **details: Any) -> Terms:
    """Terms for one payee, or for several in equal parts; monthly, so that every period accounts for them."""
    named = [payees] if isinstance(payees, Payee) else list(payees)
    shares = tuple(Share(payee=payee.id, share_ppm=WHOLE // len(named)) for payee in named)
    clauses = clauses or (Clause(id="all", rate=Decimal("0.5")),)
    return Terms(currency=currency, clauses=clauses, **{"shares": shares, "cadence": "monthly", **details})


def per_unit(amount: str) -> Base:
    """An amount per unit as the base of a clause."""
    return Base(kind="per_unit", amount=Decimal(amount))


def a_contract(
    tenant: Tenant,
    deal: Terms,
    *,
    scopes: Iterable[Scope] = (Scope("label", EVERYTHING),),
    costs: Iterable[NewCost] = (),
    is_signed: bool = True,
    **details: Any,
) -> Contract:
    """A contract, signed and in force unless told otherwise, with its advances and costs approved."""
    actor = Actor.system(tenant)
    with tenant_work(tenant) as session:
        payee = session.get_one(Payee, deal.shares[0].payee)
        defaults = {
            "title": f"Deal {next(_numbers)}", "kind": "royalty", "party_id": payee.party_id, "starts_on": STARTS,
        }  # fmt: skip
        new = NewContract(**{**defaults, **details, "terms": deal, "scopes": tuple(scopes)})
        contract = drafting.draft(session, actor, new)
        if is_signed:
            holding.bring_into_force(session, actor, contract)
        for cost in costs:
            recouping.decide(session, actor, recouping.propose(session, actor, contract, cost), approved=True)
    return contract


def copies_in_force(session: Session, contract: Contract, how_many: int) -> list[str]:
    """So many contracts of 2019 in force with the terms of one, about nothing; their numbers."""

    def values(row: Any) -> dict[str, Any]:
        return {column.key: getattr(row, column.key) for column in type(row).__mapper__.columns}

    version = values(drafting.latest(session, contract.id))
    held = values(session.get_one(Contract, contract.id))
    keys = [(ids.new_id(), f"2019-{number:04}") for number in range(1, how_many + 1)]
    session.execute(insert(Contract), [held | {"id": key, "number": number} for key, number in keys])
    session.execute(insert(ContractVersion), [version | {"id": ids.new_id(), "contract_id": key} for key, _ in keys])
    return [number for _, number in keys]


def a_cost(amount: str, kind: str = "advance", *, on: date = STARTS, **details: Any) -> NewCost:
    """An advance or cost."""
    return NewCost(kind=kind, name=kind.title(), amount=Decimal(amount), incurred_on=on, **details)


COLUMNS = (
    "Store", "ISRC", "UPC", "Title", "Artist", "Channel", "Territory", "Currency", "Quantity", "Net", "Sold from",
    "Sold until", "Gross", "Unit price", "Retail price", "Configuration", "Price band", "Commercial model",
)  # fmt: skip


def a_report(
    tenant: Tenant,
    folder: Path,
    rows: Iterable[dict[str, Any]],
    *,
    month: date = date(2026, 3, 1),
    received_on: date | None = None,
) -> UUID:
    """A sales report in a file of plain columns, imported as a person would."""
    path = folder / f"report-{next(_numbers)}.csv"
    last = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    usual = {
        "Store": "Spotify", "Channel": "stream", "Territory": "US", "Currency": "USD", "Quantity": "1",
        "Sold from": month, "Sold until": date.fromordinal(last.toordinal() - 1),
    }  # fmt: skip
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({**usual, **row} for row in rows)
    actor = Actor.system(tenant)
    with tenant_work(tenant) as session:
        report = importing.import_report(session, tenant, actor, path, received_on=received_on)
        assert report.state == "imported", (report.state, report.problem, report.facts)
    return report.id


def a_period(tenant: Tenant, starts_on: date, ends_on: date) -> RoyaltyPeriod:
    """A period."""
    with tenant_work(tenant) as session:
        return running.open_period(session, Actor.system(tenant), starts_on=starts_on, ends_on=ends_on)


def a_run(tenant: Tenant, period: RoyaltyPeriod, **kind: bool) -> RoyaltyRun:
    """A run of a period, calculated."""
    with tenant_work(tenant) as session:
        held = session.get_one(RoyaltyPeriod, period.id)
        run = running.start_run(session, Actor.system(tenant), held, **kind)
    with tenant_work(tenant) as session:
        running.calculate(session, tenant, run.id)
    with tenant_work(tenant) as session:
        run = session.get_one(RoyaltyRun, run.id)
        assert run.state == "checking", run.problem
    return run


def publish(tenant: Tenant, run: RoyaltyRun) -> None:
    """Sign off, approve and publish a run."""
    actor = Actor.system(tenant)
    with tenant_work(tenant) as session:
        held = session.get_one(RoyaltyRun, run.id)
        for anomaly in list(held.anomalies):
            running.sign_off(session, actor, held, anomaly["id"])
        running.approve(session, actor, held)
        running.publish(session, actor, held)
    with tenant_work(tenant) as session:
        running.tell_payees(session, tenant, run.id)


def statement(tenant: Tenant, run: RoyaltyRun, payee: Payee, contract: Contract | None = None) -> Statement:
    """What a payee is told in a run."""
    query = select(Statement).where(Statement.run_id == run.id, Statement.payee_id == payee.id)
    if contract:
        query = query.where(Statement.contract_id == contract.id)
    with tenant_work(tenant) as session:
        return session.scalars(query).one()


def pay_out(tenant: Tenant, contract: Contract, payee: Payee, micros: int, *, on: date) -> None:
    """Money leaves for a payee."""
    payable = Account(Kind.PAYABLE, account_of(contract.id, payee.id), payee.currency)
    entry = Entry(
        f"paid:{next(_numbers)}:{ids.new_id()}",
        payable,
        Account(Kind.CLEARING, None, payee.currency),
        micros,
        on,
        "payout",
    )
    with tenant_work(tenant) as session:
        ledger.post(session, Actor.system(tenant), [entry])


def amount(micros: int) -> Decimal:
    """Micros as an amount."""
    return Decimal(micros).scaleb(-6)


MARCH = (date(2026, 3, 1), date(2026, 3, 31))
APRIL = (date(2026, 4, 1), date(2026, 4, 30))
MAY = (date(2026, 5, 1), date(2026, 5, 31))


def tracks_of(tenant: Tenant, how_many: int) -> list[Recording]:
    """The recordings of a new release, in order, each with an ISRC."""
    release = a_release(tenant, tracks=how_many)
    with tenant_work(tenant) as session:
        query = select(Recording).join(Track, Track.recording_id == Recording.id).where(Track.release_id == release)
        rows = list(session.scalars(query.order_by(Track.number)))
        for row in rows:
            row.isrc = f"QZABC26{next(_numbers):05}"
        session.flush()
    return rows


def sold(recording: Recording, **row: Any) -> dict[str, Any]:
    """A row of a report that sold a recording."""
    return {"ISRC": recording.isrc, "Title": recording.title, "Artist": recording.artist_line, "Net": "0", **row}


def physical(recording: Recording, units: int, **row: Any) -> dict[str, Any]:
    """A row that sold so many records."""
    return sold(recording, **{"Channel": "physical", "Quantity": units, **row})


def run_of(tenant: Tenant, span: tuple[date, date]) -> RoyaltyRun:
    """A period opened, calculated and published."""
    run = a_run(tenant, a_period(tenant, *span))
    publish(tenant, run)
    return run


def owed(tenant: Tenant, deal: Contract, payee: Payee, kind: Kind = Kind.PAYABLE) -> Decimal:
    """What the books owe a payee under a contract; they have to be right otherwise, too."""
    with tenant_work(tenant) as session:
        assert books.problems(session) == []
        assert examining.problems(session) == []
        return amount(balance(session, Account(kind, account_of(deal.id, payee.id), "USD")))
