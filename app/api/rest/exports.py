"""Exports: lists of the label as files, made in the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from app.api.models import DataExport
from app.api.queries.lists import LISTS
from app.api.rest.conventions import Answer, Body, Call, Part, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Count, Id, Moment
from app.api.service import exporting
from app.api.service.callers import of_caller
from app.api.service.exporting import Narrowing
from app.identity.policies import Visitor
from app.kernel import files
from app.kernel.errors import Invalid
from app.kernel.sentences import sentence

SECTION = Section(
    "Exports",
    "Whole lists as files: JSON lines, CSV, or Parquet. They are made in the background and kept for seven days; each "
    "needs the rights with which its rows are read. In CSV, words that a spreadsheet would take for a formula begin "
    "with an apostrophe; the other two have every value as it is.",
)
Kind = Literal[
    "artists", "releases", "tracks", "recordings",
    "contracts", "sales_lines", "royalty_runs", "statements", "ledger_accounts", "postings", "payouts",
    "payout_run_lines", "orders", "products", "variants", "stock", "customers", "activity",
]  # fmt: skip
Format = Literal["jsonl", "csv", "parquet"]
State = Literal["waiting", "making", "ready", "failed"]
MOST_IDS = 1_000
NOT_HERE = sentence("This list cannot be narrowed by this.")


class ExportView(View):
    """A list as a file. `url` opens it on the label's host for ten minutes; read this again for another.

    There is none for a program that may see less than when it asked: ask for the list anew.
    """

    id: Id
    kind: Kind
    format: Format
    state: State
    rows: Count
    asked_at: Moment
    ready_at: Moment | None
    kept_until: Moment | None
    url: str | None


class NewExport(Body, frozen=True):
    """A list, and what it is narrowed to: rows since a moment, or of one report, run, payee and so on, or chosen."""

    kind: Kind
    format: Format = "jsonl"
    since: Moment | None = None
    report_id: Id | None = None
    run_id: Id | None = None
    period_id: Id | None = None
    payee_id: Id | None = None
    party_id: Id | None = None
    account_id: Id | None = None
    release_id: Id | None = None
    imprint_id: Id | None = None
    market_id: Id | None = None
    ids: Annotated[list[Id], Meta(min_length=1, max_length=MOST_IDS)] | None = None


def _urls(session: Session, visitor: Visitor, export_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(DataExport).where(DataExport.id.in_(export_ids), DataExport.file_id.is_not(None))
    tenant = visitor.actor.tenant
    assert tenant is not None  # noqa: S101 programs are a label's
    return {
        row.id: files.url(tenant, row.file_id, attachment=True)
        for row in session.scalars(query)
        if row.file_id is not None and exporting.may_open(visitor, row)
    }


def _all(_visitor: Visitor) -> ColumnElement[bool]:
    return true()


EXPORTS = Resource(
    name="exports",
    view=ExportView,
    model=DataExport,
    visible=_all,
    parts={"url": Part(_urls)},
    filters={
        "kind": by.choice(DataExport.kind, LISTS, "Exports of one list."),
        "state": by.choice(DataExport.state, ("waiting", "making", "ready", "failed"), "Exports in one state."),
    },
    usual_sort="-id",
    version=None,
)


@SECTION.post("/exports", scope="exports:write", takes=NewExport, resource=EXPORTS, status=202)
def add_export(call: Call, session: Session, body: NewExport) -> Answer:
    """Ask for an export. Its file is there when `state` is `ready`."""
    filters: dict[str, Narrowing] = {}
    for name in NewExport.__struct_fields__[2:]:
        value = getattr(body, name)
        if value is None:
            continue
        if not LISTS[body.kind].takes(name):
            raise Invalid(fields={name: NOT_HERE})
        filters[name] = value
    made = exporting.ask(session, call.caller, body.kind, body.format, filters, call.realm.language)
    return EXPORTS.one(call, session, made, status=202, at=f"/api/v1/exports/{made}")


@SECTION.listing("/exports", EXPORTS, scope="exports:write")
def list_exports(call: Call, session: Session) -> Answer:
    """List exports. Those of the same program, newest first."""
    return EXPORTS.page(call, session, of_caller(call.caller, DataExport), seen=True)


@SECTION.get("/exports/{export_id}", scope="exports:write", resource=EXPORTS)
def read_export(call: Call, session: Session) -> Answer:
    """Read an export. With a link to its file where it is ready."""
    return EXPORTS.one(call, session, exporting.export_to_read(session, call.caller, call.id("export_id")).id)


@SECTION.delete("/exports/{export_id}", scope="exports:write")
def remove_export(call: Call, session: Session) -> Answer:
    """Remove an export. One that is being made is made no further; a link to its file opens nothing any more."""
    exporting.remove(session, call.caller, call.id("export_id"))
    return Answer()
