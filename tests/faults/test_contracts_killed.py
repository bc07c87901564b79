"""A worker that is killed in the middle of sealing a contract, or of making many: it is done after all, and once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.contracts.models import Contract, ContractBatch, ContractVersion
from app.contracts.service import bulk, holding
from app.kernel import db, files
from app.kernel.activity.models import Activity
from app.kernel.actor import Actor
from tests.contracts.room import Room
from tests.contracts.test_signing import ADA
from tests.factories.money import copies_in_force
from tests.faults.test_batches_killed import killed_once_then_done
from tests.kernel.jobs.work import process


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("place", ["contract.drawn", "contract.sealed"])
def test_a_contract_is_sealed_once_after_all(client_of, settings, connected, environment, place):
    room = Room(client_of, settings)
    room.send(ADA)
    assert room.sign().status_code == 200
    with process("scheduler", environment):
        killed_once_then_done(environment, place, lambda: room.version().signed_at is not None)
    with db.tenant_read(room.tenant) as session:
        told = dict(session.execute(select(Activity.action, func.count()).group_by(Activity.action)).all())
        assert (told["contract.sealed"], told["contract.activated"]) == (1, 1)
        assert session.scalars(select(ContractVersion)).one().sealed_id is not None


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_many_contracts_are_made_once_after_all(client_of, settings, connected, environment):
    room = Room(client_of, settings)
    actor = Actor.system(room.tenant)
    rows = "".join(f"Person {number},p{number}@people.test\n" for number in range(300))
    stored = files.store_stream(actor, [f"name,email\n{rows}".encode()], name="people.csv", media_type="text/csv")
    with db.tenant_work(room.tenant) as session:
        template = session.get_one(Contract, room.contract.id)
        key = bulk.open_batch(session, actor, template, name="people", file_id=stored.id).id
    room.work()
    with db.tenant_work(room.tenant) as session:
        bulk.approve(session, actor, session.get_one(ContractBatch, key))

    def state():
        with db.tenant_read(room.tenant) as session:
            return session.get_one(ContractBatch, key).state

    with process("scheduler", environment):
        killed_once_then_done(environment, "contract_batch.loaded", lambda: state() == "created")
    with db.tenant_read(room.tenant) as session:
        assert session.scalar(select(func.count()).select_from(Contract)) == 301


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_many_contracts_are_amended_once_after_all(client_of, settings, connected, environment):
    room = Room(client_of, settings)
    actor = Actor.system(room.tenant)
    with db.tenant_work(room.tenant) as session:
        holding.bring_into_force(session, actor, session.get_one(Contract, room.contract.id))
        numbers = copies_in_force(session, room.contract, 300)
    rows = [{"contract": number, "rate": "0.61"} for number in numbers]
    with db.tenant_work(room.tenant) as session:
        key = bulk.open_amendment(session, actor, name="rates", rows=rows).id
    room.work()
    with db.tenant_work(room.tenant) as session:
        bulk.approve(session, actor, session.get_one(ContractBatch, key))

    def state():
        with db.tenant_read(room.tenant) as session:
            return session.get_one(ContractBatch, key).state

    with process("scheduler", environment):
        killed_once_then_done(environment, "contract_batch.loaded", lambda: state() == "created")
    with db.tenant_read(room.tenant) as session:
        numbered = select(ContractVersion.number, func.count()).group_by(ContractVersion.number)
        assert dict(session.execute(numbered).all()) == {1: 301, 2: 300}
