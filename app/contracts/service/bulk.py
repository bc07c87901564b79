"""Many contracts at once, new ones or amendments: looked through, then made some at a time, then sent at a pace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.contracts.errors import BatchUnfit
from app.contracts.models import Contract, ContractBatch, ContractBatchItem, ContractScope, ContractVersion
from app.contracts.rules import amending as rules
from app.contracts.rules import sheets
from app.contracts.service import amending, reminding, sending
from app.contracts.service.drafting import latest
from app.contracts.service.loading import load
from app.kernel import activity, clock, failpoint, files, ids, jobs
from app.kernel.actor import Actor
from app.kernel.errors import Refusal
from app.kernel.files.store import read_object
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.roster.models import Artist
from app.roster.rules.addresses import address
from app.roster.rules.countries import COUNTRIES

MADE_AT_ONCE: Final = 250
SENT_AT_ONCE: Final = 20
PAUSE: Final = timedelta(seconds=20)
"""Between twenty contracts and the next: sixty a minute go out, and a mail server takes that of anybody."""

RUNNING: Final = ("checking", "creating", "sending")
ARTIST = sentence("The label has no artist with this key.")
TWICE = sentence("Another row is about the same artist at the same time.")
THERE = sentence("A contract in force is about the same artist at the same time.")
Span = tuple[date, date]


def open_batch(session: Session, actor: Actor, template: Contract, *, name: str, file_id: UUID) -> ContractBatch:
    """Take a sheet to be merged into a contract, and have it looked through."""
    batch = ContractBatch(
        id=ids.new_id(),
        name=name,
        template_id=template.id,
        file_id=file_id,
        state="checking",
        created_by=actor.id,
        created_at=clock.now(),
    )
    session.add(batch)
    session.flush()
    _tell(session, actor, "contract_batch.opened", batch, name=name)
    _ask(session, "contracts.check_batch", batch, 0)
    return batch


def open_amendment(
    session: Session, actor: Actor, *, name: str, file_id: UUID | None = None, rows: Sequence[dict[str, str]] = ()
) -> ContractBatch:
    """Have contracts in force amended: those that a sheet names, or rows that name a contract and what changes."""
    batch = ContractBatch(
        id=ids.new_id(),
        name=name,
        kind="amend",
        file_id=file_id,
        state="checking",
        created_by=actor.id,
        created_at=clock.now(),
    )
    session.add(batch)
    session.flush()
    session.add_all(
        ContractBatchItem(batch_id=batch.id, number=number, values=row, state="ready")
        for number, row in enumerate(rows, 1)
    )
    session.flush()
    _tell(session, actor, "contract_batch.opened", batch, name=name)
    _ask(session, "contracts.check_batch", batch, 0)
    return batch


def check(session: Session, tenant: Tenant, batch_id: UUID) -> None:
    """Find out what every row would make, and why it would not."""
    batch = session.get_one(ContractBatch, batch_id, with_for_update=True)
    if batch.state != "checking":
        return
    try:
        rows = _rows(session, tenant, batch)
    except Refusal as refusal:
        batch.state, batch.problem = "refused", refusal.msgid
        batch.places = {name: str(value) for name, value in refusal.values.items()}
        return
    session.execute(delete(ContractBatchItem).where(ContractBatchItem.batch_id == batch.id))
    session.add_all(
        amending.look_through(session, batch, rows) if batch.kind == "amend" else _looked_through(session, batch, rows)
    )
    batch.state = "ready"


def _rows(session: Session, tenant: Tenant, batch: ContractBatch) -> list[dict[str, str]]:
    """What the sheet of a batch says, or what was chosen in its place."""
    if batch.file_id is None:
        chosen = select(ContractBatchItem.values).where(ContractBatchItem.batch_id == batch.id)
        return list(session.scalars(chosen.order_by(ContractBatchItem.number)))
    stored = files.file_to_read(session, Actor.system(tenant), batch.file_id)
    raw = b"".join(read_object(tenant, stored.sha256))
    if batch.kind == "amend":
        return sheets.read(raw, needed=rules.NEEDED, basic=rules.BASIC, closed=rules.CLOSED)
    return sheets.read(raw)


def _looked_through(session: Session, batch: ContractBatch, rows: Sequence[dict[str, str]]) -> list[ContractBatchItem]:
    found = _problems(session, session.get_one(Contract, batch.template_id), rows)
    return [
        ContractBatchItem(
            batch_id=batch.id, number=number, values=row, state="refused" if wrong else "ready", problems=wrong
        )
        for number, (row, wrong) in enumerate(zip(rows, found, strict=True), 1)
    ]


def approve(session: Session, actor: Actor, batch: ContractBatch) -> None:
    """Have the contracts made of the rows that nothing is wrong with."""
    _go_on(batch, "ready", "creating")
    _tell(session, actor, "contract_batch.approved", batch)
    _ask(session, "contracts.create_batch", batch, 0)


def create(session: Session, tenant: Tenant, batch_id: UUID) -> None:
    """Make the next contracts, all of them with a handful of statements."""
    batch = session.get_one(ContractBatch, batch_id, with_for_update=True)
    items = _next(session, batch, "ready", MADE_AT_ONCE)
    if batch.state != "creating":
        return
    actor = Actor(kind="member", id=batch.created_by, tenant=tenant, name=batch.name)
    if batch.kind == "amend":
        amending.draft_further(session, actor, items)
    else:
        template = session.get_one(Contract, batch.template_id)
        load(session, actor, template, latest(session, template.id).read(), items)
    session.flush()
    failpoint.reach("contract_batch.loaded")
    if len(items) == MADE_AT_ONCE:
        _ask(session, "contracts.create_batch", batch, items[-1].number)
        return
    batch.state = "created"
    _tell(session, Actor.system(tenant), "contract_batch.created", batch, contracts=counts(session, batch)["created"])


def ask_send(session: Session, actor: Actor, batch: ContractBatch) -> None:
    """Have the contracts sent that were made."""
    _go_on(batch, "created", "sending")
    _tell(session, actor, "contract_batch.sending", batch)
    _ask(session, "contracts.send_batch", batch, 0)


def send(session: Session, tenant: Tenant, batch_id: UUID) -> None:
    """Send the next contracts to those they are with, and have the ones after sent a little later."""
    batch = session.get_one(ContractBatch, batch_id, with_for_update=True)
    if batch.state != "sending":
        return
    items = _next(session, batch, "created", SENT_AT_ONCE)
    actor = Actor(kind="member", id=batch.created_by, tenant=tenant, name=batch.name)
    for item in items:
        _send_one(session, tenant, actor, item)
    session.flush()
    if len(items) == SENT_AT_ONCE:
        _ask(session, "contracts.send_batch", batch, items[-1].number, later=PAUSE)
        return
    batch.state = "sent"
    _tell(session, Actor.system(tenant), "contract_batch.sent", batch, contracts=counts(session, batch)["sent"])


def remind(session: Session, tenant: Tenant, batch_id: UUID) -> None:
    """Remind everybody who has not signed a contract of a sheet."""
    query = (
        select(Contract, ContractVersion)
        .join(ContractVersion, ContractVersion.contract_id == Contract.id)
        .join(ContractBatchItem, ContractBatchItem.contract_id == Contract.id)
        .where(ContractBatchItem.batch_id == batch_id, ContractBatchItem.state == "sent")
        .where(ContractVersion.sent_at.is_not(None))
        .where(ContractVersion.closed_at.is_(None), ContractVersion.sealed_id.is_(None))
    )
    found = [(row[0], row[1]) for row in session.execute(query)]
    reminding.remind(session, tenant, Actor.system(tenant), found)


def counts(session: Session, batch: ContractBatch) -> Counter[str]:
    """How many rows of a sheet are in which state."""
    query = select(ContractBatchItem.state, func.count()).where(ContractBatchItem.batch_id == batch.id)
    return Counter(dict(session.execute(query.group_by(ContractBatchItem.state)).all()))


def state_of(session: Session, batch: ContractBatch) -> dict[str, Any]:
    """Where a batch stands, in few bytes, and how far it is."""
    counted = counts(session, batch)
    done = {"creating": counted["created"], "sending": counted["sent"] + counted["failed"]}.get(batch.state, 0)
    total = counted.total() - counted["refused"]
    # The page is drawn anew whenever the state is another.
    version = ("checking", "refused", "ready", "creating", "created", "sending", "sent").index(batch.state)
    return {"state": batch.state, "version": version, "done": done, "total": total, "step": None}


def _send_one(session: Session, tenant: Tenant, actor: Actor, item: ContractBatchItem) -> None:
    contract = session.get_one(Contract, item.contract_id)
    try:
        with session.begin_nested():
            sending.send(session, tenant, actor, contract, sending.usual(session, tenant, contract))
        item.state = "sent"
    except Refusal as refusal:
        item.state = "failed"
        item.problems = {"": refusal.msgid} | {f"%{name}": str(value) for name, value in refusal.values.items()}


def _problems(session: Session, template: Contract, rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    terms = latest(session, template.id).read()
    artists = _artists(session, rows)
    taken = _taken(session, artists.values()) if template.lane == "main" else {}
    planned: dict[tuple[UUID, str], list[Span]] = {}
    found = []
    for row in rows:
        wrong = sheets.problems_of(terms, row, usual_start=template.starts_on)
        if row.get("email") and address(row["email"]) is None:
            wrong["email"] = sheets.VALUE
        wrong |= {
            name: sheets.VALUE
            for name in ("country", "territory")
            if row.get(name) and row[name].upper() not in COUNTRIES
        }
        if row.get("artist") and row["artist"] not in artists:
            wrong["artist"] = ARTIST
        elif row.get("artist") and template.lane == "main" and not wrong:
            place, span = (artists[row["artist"]], row.get("territory", "").upper()), _span(template, row)
            if _meets(taken.get(place, ()), span):
                wrong["artist"] = THERE
            elif _meets(planned.setdefault(place, []), span):
                wrong["artist"] = TWICE
            planned.setdefault(place, []).append(span)
        found.append(wrong)
    return found


def _artists(session: Session, rows: Iterable[dict[str, str]]) -> dict[str, UUID]:
    keys = {row["artist"] for row in rows if row.get("artist")}
    return dict(session.execute(select(Artist.key, Artist.id).where(Artist.key.in_(keys))).all())


def _taken(session: Session, artists: Iterable[UUID]) -> dict[tuple[UUID, str], list[Span]]:
    """When contracts in force are about these artists, by artist and territory."""
    query = (
        select(ContractScope.subject_id, ContractScope.territory, Contract.starts_on, Contract.ends_on)
        .join(Contract, Contract.id == ContractScope.contract_id)
        .where(ContractScope.level == "artist", ContractScope.subject_id.in_(set(artists)))
        .where(Contract.state.in_(("active", "ended")), Contract.lane == "main")
    )
    found: dict[tuple[UUID, str], list[Span]] = {}
    for subject, territory, starts_on, ends_on in session.execute(query):
        found.setdefault((subject, territory), []).append((starts_on, ends_on or date.max))
    return found


def _span(template: Contract, row: dict[str, str]) -> Span:
    starts = date.fromisoformat(row["start"]) if row.get("start") else template.starts_on
    return starts, date.fromisoformat(row["end"]) if row.get("end") else template.ends_on or date.max


def _meets(spans: Iterable[Span], span: Span) -> bool:
    return any(starts <= span[1] and span[0] <= ends for starts, ends in spans)


def _next(session: Session, batch: ContractBatch, state: str, most: int) -> list[ContractBatchItem]:
    query = select(ContractBatchItem).where(ContractBatchItem.batch_id == batch.id, ContractBatchItem.state == state)
    return list(session.scalars(query.order_by(ContractBatchItem.number).limit(most)))


def _go_on(batch: ContractBatch, before: str, after: str) -> None:
    if batch.state != before:
        raise BatchUnfit
    batch.state = after


def _ask(session: Session, task: str, batch: ContractBatch, number: int, *, later: timedelta | None = None) -> None:
    run_at = clock.now() + later if later else None
    jobs.ask(session, task, {"batch": str(batch.id)}, key=f"{batch.id}:{number}", run_at=run_at)


def _tell(session: Session, actor: Actor, action: str, batch: ContractBatch, **after: Any) -> None:
    activity.record(session, actor, action, subject_type="contract_batch", subject_id=batch.id, after=after)
