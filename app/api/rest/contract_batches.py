"""Many contracts at once: of one contract and a sheet, or amendments; looked through, made, sent, reminded of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Part, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import Query, asked
from app.api.rest.conventions.schemas import Count, Id, Moment, Name
from app.api.rest.links import file_at_hand
from app.contracts.errors import AmendmentEmpty, BatchUnknown, SheetUnusable
from app.contracts.models import Contract, ContractBatch, ContractBatchItem
from app.contracts.policies import batch_to_change, contract_to_edit, require_bulk
from app.contracts.queries import amendable, lists
from app.contracts.rules import amending as rules
from app.contracts.rules.sheets import MOST_ROWS, columns_of
from app.contracts.rules.states import BATCH_STATES, ITEM_STATES, STATES
from app.contracts.rules.vocabulary import KIND_SENTENCES
from app.contracts.service import archiving, bulk, drafting
from app.identity.policies import Visitor, require_somewhere
from app.kernel import clock, jobs
from app.kernel.db import tenant_read
from app.kernel.files.rules import content_disposition
from app.kernel.ids import parse_uuid
from app.kernel.web.pages import told
from app.kernel.web.tables import table
from app.lists.rules import ANY_TEXT, Asked, Listing

SECTION = Section(
    "Many contracts",
    "Contracts of one that serves as a template and a sheet, and amendments of contracts in force. First every row is "
    "looked through in the background and tells what it would make or why it would not; nothing is made before that "
    "is approved, nothing sent before that is asked for.",
)
State = Literal["checking", "refused", "ready", "creating", "created", "sending", "sent"]
ItemState = Literal["ready", "refused", "created", "sent", "failed"]
Column = Annotated[str, Meta(min_length=1, max_length=200, examples=["rate"])]
Value = Annotated[str, Meta(max_length=amendable.LONGEST, examples=["18%"])]
ZIP, PACKED = "application/zip", 200


class BatchCounts(View):
    """How many rows stand where."""

    ready: Count
    refused: Count
    created: Count
    sent: Count
    failed: Count


class ContractBatchView(View):
    """Many contracts at once. `draft` makes new ones of a template, `amend` further versions of those in force."""

    id: Id
    name: Annotated[str, Meta(examples=["people.csv"])]
    kind: Literal["draft", "amend"]
    state: State
    problem: str | None
    template_id: Id | None
    counts: BatchCounts
    created_at: Moment


class AmendedField(View):
    """What a field was, and what it becomes."""

    was: str
    becomes: str


class ContractBatchItemView(View):
    """A row: what it says, what is wrong with it by column (without one: with the whole), and what became of it."""

    number: Count
    state: ItemState
    values: dict[str, str]
    problems: dict[str, str]
    changes: dict[str, AmendedField]
    contract_id: Id | None


class SheetColumns(View):
    """The columns that a sheet may have. `name` and `email` are needed; what is left out is as in the template."""

    columns: list[str]


class NewContractBatch(Body, frozen=True):
    """A contract as a template, and a sheet that was uploaded: CSV or a workbook, a row for each contract."""

    template_id: Id
    file_id: Id


class AmendmentRow(Body, frozen=True):
    """A contract in force by its number, and what is to be otherwise, by columns of the amendments' sheet."""

    contract: Annotated[str, Meta(min_length=1, max_length=40, examples=["2026-0001"])]
    values: Annotated[dict[Column, Value], Meta(min_length=1, max_length=50, examples=[{"rate": "18%"}])]


class NewAmendment(Body, frozen=True):
    """Amendments: rows as they are, or a sheet that was uploaded; one of both."""

    name: Name = "Amendment"
    rows: Annotated[list[AmendmentRow], Meta(min_length=1, max_length=MOST_ROWS)] | None = None
    file_id: Id | None = None


def _bulk(visitor: Visitor) -> ColumnElement[bool]:
    require_bulk(visitor)
    return true()


def _counts(session: Session, _visitor: Visitor, batch_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    item = ContractBatchItem
    query = select(item.batch_id, item.state, func.count()).where(item.batch_id.in_(batch_ids))
    found = {key: dict.fromkeys(ITEM_STATES, 0) for key in batch_ids}
    for key, state, many in session.execute(query.group_by(item.batch_id, item.state)):
        found[key][state] = many
    return found


BATCHES = Resource(
    name="contract_batches",
    view=ContractBatchView,
    model=ContractBatch,
    visible=_bulk,
    parts={"counts": Part(_counts, dict.fromkeys(ITEM_STATES, 0))},
    filters={
        "state": by.choice(ContractBatch.state, BATCH_STATES, "Batches that stand here."),
        "kind": by.choice(ContractBatch.kind, ("draft", "amend"), "Batches of one kind."),
    },
    usual_sort="-id",
    version=None,
)
ITEMS = Resource(
    name="contract_batch_items",
    view=ContractBatchItemView,
    model=ContractBatchItem,
    key="number",
    visible=_bulk,
    filters={"state": by.choice(ContractBatchItem.state, ITEM_STATES, "Rows that stand here.")},
    version=None,
)


def _shown(call: Call, session: Session, answer: Answer) -> Answer:
    """Batches with why they were refused in the reader's language."""
    rows = [row for row in answer.body.get("items", [answer.body]) if row.get("problem")]
    query = select(ContractBatch.id, ContractBatch.places).where(ContractBatch.id.in_([row["id"] for row in rows]))
    places = {row.id: row.places for row in session.execute(query)} if rows else {}
    for row in rows:
        row["problem"] = told(call.realm, row["problem"], **places[row["id"]])
    return answer


def _one(call: Call, session: Session, batch: ContractBatch, **more: Any) -> Answer:
    session.flush()
    return _shown(call, session, BATCHES.one(call, session, batch.id, **more))


@SECTION.get("/contracts/{contract_id}/sheet-columns", scope="contracts:write", gives=SheetColumns)
def read_contract_sheet_columns(call: Call, session: Session) -> Answer:
    """Read which columns a sheet may have. Every value of the contract's terms is one."""
    asked(call, {})
    require_bulk(call.visitor)
    contract = contract_to_edit(session, call.visitor, call.id("contract_id"))
    return Answer({"columns": columns_of(drafting.latest(session, contract.id).read())})


@SECTION.listing("/contract-batches", BATCHES, scope="contracts:write")
def list_contract_batches(call: Call, session: Session) -> Answer:
    """List batches of contracts. The newest first."""
    return _shown(call, session, BATCHES.page(call, session))


@SECTION.post("/contract-batches", scope="contracts:write", takes=NewContractBatch, resource=BATCHES)
def open_contract_batch(call: Call, session: Session, body: NewContractBatch) -> Answer:
    """Have contracts looked through. Those of a template and a sheet: nothing is made yet."""
    require_bulk(call.visitor)
    template = contract_to_edit(session, call.visitor, body.template_id)
    stored = file_at_hand(call, session, body.file_id)
    batch = bulk.open_batch(session, call.actor, template, name=stored.name, file_id=stored.id)
    return _one(call, session, batch, status=201, at=f"/api/v1/contract-batches/{batch.id}")


@SECTION.post("/contract-amendments", scope="contracts:write", takes=NewAmendment, resource=BATCHES)
def open_contract_amendments(call: Call, session: Session, body: NewAmendment) -> Answer:
    """Have amendments looked through. A batch like those of new contracts: nothing is drafted yet."""
    require_bulk(call.visitor)
    if (body.rows is None) == (body.file_id is None):
        raise AmendmentEmpty
    if body.file_id is not None:
        stored = file_at_hand(call, session, body.file_id)
        batch = bulk.open_amendment(session, call.actor, name=stored.name, file_id=stored.id)
    else:
        rows = _amended(session, body.rows or [])
        batch = bulk.open_amendment(session, call.actor, name=body.name, rows=rows)
    return _one(call, session, batch, status=201, at=f"/api/v1/contract-batches/{batch.id}")


def _amended(session: Session, rows: Sequence[AmendmentRow]) -> list[dict[str, str]]:
    """Rows as a sheet has them; refused where a column is none of any contract that they name."""
    query = select(Contract.id).where(Contract.number.in_({row.contract for row in rows}), Contract.state == "active")
    offered = set(rules.columns_of(lists.newest_terms(session, list(session.scalars(query))).values()))
    odd = {name for row in rows for name in row.values if not rules.is_known(name, offered) and name != "advance_part"}
    if odd:
        raise SheetUnusable(columns=", ".join(sorted(odd)))
    return [
        {"contract": row.contract, **{name: " ".join(each.split()) for name, each in row.values.items()}}
        for row in rows
    ]


_FILTER: Query = {
    "q": {
        "type": "string",
        "maxLength": 100,
        "description": "Part of a title, number or party.",
        "examples": ["night"],
    },
    "kind": {"type": "string", "enum": sorted(KIND_SENTENCES), "description": "Contracts of one kind."},
    "party": {"type": "string", "format": "uuid", "maxLength": 36, "description": "Contracts with this party."},
}
_LISTING = Listing("api_amendments", "/contract-amendments", parts=dict.fromkeys(_FILTER, ANY_TEXT), sorts=("number",))


@SECTION.document("/contract-amendments/sheet", scope="contracts:write", media_type="text/csv", query=_FILTER)
def fetch_amendments_sheet(call: Call) -> Answer:
    """Fetch contracts in force as a sheet. With their values: change them, and send it back as an amendment."""
    said = asked(call, _FILTER)
    require_bulk(call.visitor)
    today = clock.now().astimezone(ZoneInfo(call.tenant.time_zone)).date()
    with tenant_read(call.tenant) as session:
        chosen = amendable.chosen(session, call.visitor, Asked(_LISTING, "number", said), today)
        heads, rows = amendable.sheet(session, chosen)
    made = table(f"{call.tenant.slug}-amendments", "csv", heads, rows)
    return Answer(bytes(made.content), headers=dict(made.headers), media_type="text/csv")


@SECTION.get("/contract-batches/{batch_id}", scope="contracts:write", resource=BATCHES)
def read_contract_batch(call: Call, session: Session) -> Answer:
    """Read a batch of contracts."""
    return _one(call, session, batch_to_change(session, call.visitor, call.id("batch_id")))


@SECTION.listing("/contract-batches/{batch_id}/items", ITEMS, scope="contracts:write")
def list_contract_batch_items(call: Call, session: Session) -> Answer:
    """List a batch's rows. What each would make, why it would not, and what became of it."""
    batch = batch_to_change(session, call.visitor, call.id("batch_id"))
    answer = ITEMS.page(call, session, ContractBatchItem.batch_id == batch.id)
    for row in answer.body["items"]:
        if "problems" in row:
            row["problems"] = _problems(call, row["problems"])
        if "changes" in row:
            row["changes"] = {name: {"was": was, "becomes": now} for name, (was, now) in row["changes"].items()}
    return answer


def _problems(call: Call, said: Mapping[str, str]) -> dict[str, str]:
    places = {name.removeprefix("%"): value for name, value in said.items() if name.startswith("%")}
    return {name: told(call.realm, text, **places) for name, text in said.items() if not name.startswith("%")}


def _locked(call: Call, session: Session) -> ContractBatch:
    return batch_to_change(session, call.visitor, call.id("batch_id"), lock=True)


@SECTION.put("/contract-batches/{batch_id}/approval", scope="contracts:write", resource=BATCHES)
def approve_contract_batch(call: Call, session: Session) -> Answer:
    """Have a batch's contracts made. Of the rows that nothing is wrong with, in the background."""
    batch = _locked(call, session)
    bulk.approve(session, call.actor, batch)
    return _one(call, session, batch)


@SECTION.put("/contract-batches/{batch_id}/sending", scope="contracts:write", resource=BATCHES)
def send_contract_batch(call: Call, session: Session) -> Answer:
    """Have a batch's contracts sent. To those they are with, some at a time; each is signed as ever."""
    batch = _locked(call, session)
    bulk.ask_send(session, call.actor, batch)
    return _one(call, session, batch)


@SECTION.post("/contract-batches/{batch_id}/reminders", scope="contracts:write", resource=BATCHES, status=202)
def remind_contract_batch(call: Call, session: Session) -> Answer:
    """Have everybody reminded who has not signed. Whoever was neither asked nor reminded in the last three days."""
    batch = batch_to_change(session, call.visitor, call.id("batch_id"))
    jobs.ask(session, "contracts.remind_batch", {"batch": str(batch.id)})
    return _one(call, session, batch, status=202)


_PAPERS: Query = {
    "state": {"type": "string", "enum": list(STATES), "description": "Papers of contracts in one state."},
    "batch_id": {"type": "string", "format": "uuid", "maxLength": 36, "description": "Papers of this batch."},
    "after_number": {"type": "string", "maxLength": 40, "description": "Of contracts after this number, the last of "
                     "the archive before.", "examples": ["2026-0200"]},
}  # fmt: skip


@SECTION.document("/contract-papers", scope="contracts:read", media_type=ZIP, query=_PAPERS)
def fetch_contract_papers(call: Call) -> Answer:
    """Fetch papers of contracts as an archive. At most 200, by number, with an index that says what each is."""
    said = asked(call, _PAPERS)
    require_somewhere(call.visitor, "contracts.view")
    batch_id = parse_uuid(said["batch_id"]) if "batch_id" in said else None
    if "batch_id" in said and batch_id is None:
        raise BatchUnknown
    only, after = [Contract.state == said["state"]] if "state" in said else [], said.get("after_number", "")
    with tenant_read(call.tenant) as session:
        rows = archiving.papers(session, call.visitor, only=only, batch_id=batch_id, after=after, limit=PACKED)
    with archiving.packed(call.tenant, rows, partial(told, call.realm)) as spool:
        content = spool.read()
    headers = {"content-disposition": content_disposition("contracts.zip", ZIP, attachment=True)}
    return Answer(content, headers=headers, media_type=ZIP)
