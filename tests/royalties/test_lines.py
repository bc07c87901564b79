"""Lines add up, open down to their rows, and an audit pack proves it without the database."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.catalog.models import Recording
from app.contracts.models import Contract
from app.contracts.rules.accounts import account_of
from app.contracts.rules.terms import Base, Clause, Deduction, Reduction, When
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.ledger.rules import Account, Kind
from app.main.commands.audit import command
from app.roster.models import Payee
from app.royalties.models import Statement
from app.royalties.rules import auditing as rules
from app.royalties.service import auditing, lines
from tests.factories.ledger import balance
from tests.factories.money import MARCH, a_contract, a_payee, a_report, physical, run_of, sold, statement, terms

D = Decimal


@pytest.fixture
def told(tenant: Tenant, recordings: list[Recording], tmp_path: Path) -> Statement:
    """A statement of one of three payees, with sales that divide badly."""
    payees = [a_payee(tenant) for _ in range(3)]
    foreign = Reduction(kind="foreign", factor=D("0.75"), when=When(territories=("JP",)))
    streams = Clause(id="streams", rate=D("0.37"), when=When(channels=("stream",)), reductions=(foreign,))
    records = Clause(
        id="records",
        rate=D("0.11"),
        when=When(channels=("physical",)),
        base=Base(kind="ppd", either="max", other=Base(kind="net_receipt")),
        deductions=(Deduction(kind="packaging", rate=D("0.2")),),
        unit_places=4,
    )
    a_contract(tenant, terms(payees, streams, records))
    rows = [
        sold(recordings[number % 2], Net=f"0.0{number}33331", Quantity=number, Territory=("US", "JP", "DE")[number % 3])
        | {"Title": "=1+1"}
        for number in range(1, 60)
    ]
    rows += [physical(recordings[0], units, Net="7.77", **{"Unit price": "3.333"}) for units in (3, -1, 7)]
    a_report(tenant, tmp_path, rows)
    return statement(tenant, run_of(tenant, MARCH), payees[1])


def test_lines_add_up_to_what_was_earned_and_posted(tenant: Tenant, told: Statement) -> None:
    with tenant_work(tenant) as session:
        found = lines.lines(session, told)
        subject = account_of(told.contract_id, told.payee_id)
        owed = balance(session, Account(Kind.PAYABLE, subject, told.currency))
        others = session.scalars(select(Statement).where(Statement.run_id == told.run_id)).all()
    assert sum(line.amount_micros for line in found) == told.earned_micros == told.closing_micros == owed
    assert max(each.earned_micros for each in others) - min(each.earned_micros for each in others) <= 1


def test_territories_stores_and_months_add_up_to_what_was_earned(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    """One line of seven places whose thirds and sevenths divide badly: rounded each, their sum is another one."""
    payee = a_payee(tenant)
    a_contract(tenant, terms(payee, Clause(id="all", rate=D(1))))
    rows = [sold(recordings[0], Net="0.0000003", Territory=each) for each in ("US", "DE", "JP", "FR", "GB", "BR", "IN")]
    a_report(tenant, tmp_path, rows)
    told = statement(tenant, run_of(tenant, MARCH), payee)
    with tenant_work(tenant) as session:
        for by in ("territory", "store", "month"):
            assert sum(micros for _, micros in lines.sums(session, told, by)) == told.earned_micros == 2, by


def test_a_line_opens_down_to_the_rows_it_was_worked_out_from(tenant: Tenant, told: Statement) -> None:
    with tenant_work(tenant) as session:
        for line in lines.lines(session, told):
            rows = lines.sources(session, told, line.number)
            known = lines.provenance(session, told, line.number)
            assert len(rows) == line.lines
            assert sum(row.quantity for row in rows) == line.quantity
            assert sum(row.net for row in rows) == line.net
            assert known.clause.id == line.clause
            assert known.version.signed_at is not None


def test_the_ledgers_accounts_carry_the_names_of_payees_contracts_and_sources(
    tenant: Tenant, told: Statement, client_as: Callable[[Tenant], Any]
) -> None:
    with tenant_work(tenant) as session:
        payee, contract = session.get_one(Payee, told.payee_id), session.get_one(Contract, told.contract_id)
    listed = client_as(tenant).get("/portal/ledger/accounts?kind=payable&currency=USD").text
    assert f"{payee.name} · {contract.title}" in listed
    assert "plain" in client_as(tenant).get("/portal/ledger/accounts?kind=receivable&currency=USD").text


def test_an_audit_pack_agrees_with_itself_on_any_machine(tenant: Tenant, told: Statement, tmp_path: Path) -> None:
    with tenant_work(tenant) as session:
        raw = auditing.pack(session, tenant, told)
        assert auditing.pack(session, tenant, told) == raw
    file = tmp_path / "pack.zip"
    file.write_bytes(raw)
    done = CliRunner().invoke(command, ["verify", str(file), "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.output)
    assert answer["ok"]
    assert answer["rows"] == 62
    assert answer["earned_micros"] == told.earned_micros
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        sources = archive.read("sources.csv").decode()
    assert ",'=1+1," in sources
    assert ",=1+1," not in sources


@pytest.mark.parametrize("name", ["statement.json", "earnings.csv", "sources.csv", "manifest.json"])
def test_a_pack_that_was_changed_is_told_apart(tenant: Tenant, told: Statement, name: str) -> None:
    with tenant_work(tenant) as session:
        raw = auditing.pack(session, tenant, told)
    verdict = rules.verify(_changed(raw, name, lambda body: body.replace(b"1", b"2", 1)))
    assert not verdict.ok


def test_a_pack_signed_anew_over_wrong_numbers_does_not_agree(tenant: Tenant, told: Statement) -> None:
    """Whoever holds the key cannot make wrong sums right: they are recomputed from the rows."""
    with tenant_work(tenant) as session:
        raw = auditing.pack(session, tenant, told)
        key = auditing.signing_key(tenant)

    def raised(body: bytes) -> bytes:
        statement = json.loads(body)
        statement["earned_micros"] += 1
        statement["closing_micros"] += 1
        statement["payable_micros"] += 1
        return json.dumps(statement).encode()

    forged = _resigned(_changed(raw, "statement.json", raised), key)
    assert any("earned" in problem for problem in rules.verify(forged).problems)


def test_garbage_is_no_pack() -> None:
    assert not rules.verify(b"PK\x03\x04 garbage").ok
    assert not rules.verify(b"").ok


def _changed(raw: bytes, name: str, change: object) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for each in old.namelist():
            body = old.read(each)
            new.writestr(each, change(body) if each == name else body)  # type: ignore[operator]
    return out.getvalue()


def _resigned(raw: bytes, key: object) -> bytes:
    import hashlib
    from base64 import b64encode

    with zipfile.ZipFile(io.BytesIO(raw)) as old:
        files = {each: old.read(each) for each in old.namelist()}
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {name: hashlib.sha256(files[name]).hexdigest() for name in manifest["files"]}
    files["manifest.json"] = json.dumps(manifest).encode()
    files["manifest.sig"] = b64encode(key.sign(files["manifest.json"]))  # type: ignore[attr-defined]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, body in files.items():
            new.writestr(name, body)
    return out.getvalue()


def test_sales_of_a_day_that_no_contract_covers_wait_for_one(
    tenant: Tenant, recordings: list[Recording], tmp_path: Path
) -> None:
    from app.royalties.models import RunLeftover

    payee = a_payee(tenant)
    a_contract(tenant, terms(payee), starts_on=date(2026, 3, 15), ends_on=date(2026, 3, 20))
    a_report(tenant, tmp_path, [sold(recordings[0], Net="100")])
    run = run_of(tenant, MARCH)
    with tenant_work(tenant) as session:
        left = session.scalars(select(RunLeftover).where(RunLeftover.run_id == run.id)).all()
        suspense = balance(session, Account(Kind.SUSPENSE, None, "USD"))
    assert [each.why for each in left] == ["no_contract"]
    assert suspense == 100_000_000
