"""Statements: what a payee is told of a contract for a period, and where every number of it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Call, Expansion, Part, Resource, Section, UnsetType, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import PAGES, SEARCH, asked, page_by_key, page_by_number, page_by_place
from app.api.rest.conventions.schemas import Count, Day, Id
from app.api.rest.money_parts import Currency, Exact, Micros, exactly
from app.api.rest.payees import PAYEES, PayeeView
from app.api.rest.sales_reports import ROW_DIGITS, RowView, row_told
from app.contracts.models import Contract
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.kernel.ids import parse_uuid
from app.roster.models import Payee
from app.roster.queries.search import as_searched
from app.royalties.errors import LineUnknown
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, SalesReport, Statement, StatementEntry, StatementQuestion
from app.royalties.policies import may_see_statement, statement_to_read
from app.royalties.rules.refusals import RowUnknown
from app.royalties.service import lines
from app.royalties.service.lines import Line

SECTION = Section("Statements", "What payees are told. Every line opens: its formula, its clause, the rows behind it.")
NUMBER_DIGITS = 9


class EntryView(View):
    """One step from the opening to the closing balance, other than sales, with the numbers it was worked out from."""

    kind: str
    amount_micros: Micros
    recoupable_id: Id | None
    facts: dict[str, Any]


class StatementView(View):
    """What a payee is told of a contract for a period: where the balance stood, what came and went, what is due."""

    id: Id
    run_id: Id
    period_id: Id
    starts_on: Day
    ends_on: Day
    is_published: bool
    contract_id: Id
    payee_id: Id
    currency: Currency
    opening_micros: Micros
    earned_micros: Micros
    closing_micros: Micros
    payable_micros: Micros
    reserve_micros: Micros
    entries: list[EntryView]
    payee: PayeeView | UnsetType | None = UNSET


class LineView(View):
    """A line of a statement.

    `amount` is `base` × `factor` × `rate` × `fx`, exactly; `amount_micros` the payee's share of it, rounded so that all
    lines add up to what was earned.
    """

    number: Count
    clause: str
    title: str | None
    artist: str | None
    isrc: str | None
    release: str | None
    upc: str | None
    store: str
    channel: str
    sold_month: Day
    currency: Currency
    rows: Count
    quantity: Exact
    net: Exact
    base: Exact
    factor: Exact
    rate: Exact
    fx: Exact
    whole: Count
    amount: Exact
    share: Exact
    held: Exact
    is_held: bool
    amount_micros: Micros


class LinePage(View):
    """Lines of a statement, in the order of their numbers."""

    items: list[LineView]
    next: str | None


class SourceView(View):
    """A row of a sales report behind a line, as the store sent it."""

    report_id: Id
    report: str
    sha256: str
    row: Count
    quantity: Exact
    net: Exact
    gross: Exact | None
    unit_price: Exact | None
    retail_price: Exact | None
    store: str
    territory: str | None
    channel: str
    currency: Currency
    sold_from: Day
    sold_until: Day
    isrc: str | None
    upc: str | None
    title: str | None
    artist: str | None
    match: str | None


class SourcePage(View):
    """Rows of sales reports behind a line."""

    items: list[SourceView]
    next: str | None


class ProvenanceView(View):
    """What a line rests on besides sales: the contract's version, the clause that applied, and the run."""

    line: LineView
    contract_id: Id
    contract: str
    version_id: Id
    version: Count
    clause: dict[str, Any]
    exchange_rate: dict[str, Any] | None
    run_id: Id
    run_digest: str | None


def _around(query: Select[Any]) -> Select[Any]:
    query = query.join(RoyaltyRun, RoyaltyRun.id == Statement.run_id).join(Payee, Payee.id == Statement.payee_id)
    query = query.join(Contract, Contract.id == Statement.contract_id)
    return query.join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)


def _entries(session: Session, _visitor: Visitor, statement_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(StatementEntry).where(StatementEntry.statement_id.in_(statement_ids))
    found: dict[UUID, list[Any]] = {}
    for row in session.scalars(query.order_by(StatementEntry.statement_id, StatementEntry.position)):
        shown = {name: getattr(row, name) for name in ("kind", "amount_micros", "recoupable_id", "facts")}
        found.setdefault(row.statement_id, []).append(shown)
    return found


_OPEN = exists().where(StatementQuestion.statement_id == Statement.id, StatementQuestion.state == "open")
STATEMENTS = Resource(
    name="statements",
    view=StatementView,
    model=Statement,
    visible=may_see_statement,
    join=_around,
    columns={
        "period_id": RoyaltyRun.period_id,
        "starts_on": RoyaltyPeriod.starts_on,
        "ends_on": RoyaltyPeriod.ends_on,
        "is_published": RoyaltyRun.state == "published",
    },
    parts={"entries": Part(_entries, [])},
    expansions={"payee": Expansion(lambda: PAYEES, "payee_id")},
    filters={
        "q": by.named(
            as_searched(func.concat_ws(" ", Payee.name, Contract.number, Contract.title)),
            "Part of the payee's name, or of the contract's number or title, as people type it.",
        ),
        "run_id": by.ident(Statement.run_id, "Statements of this run."),
        "period_id": by.ident(RoyaltyRun.period_id, "Statements of this period."),
        "payee_id": by.ident(Statement.payee_id, "What this payee is told."),
        "contract_id": by.ident(Statement.contract_id, "Statements of this contract."),
        "is_published": by.flag(
            (RoyaltyRun.state == "published") & RoyaltyRun.is_trial.is_(False), "Whether payees were told."
        ),
        "has_open_questions": by.flag(_OPEN, "Whether somebody waits for an answer."),
    },
    sorts={
        "ends_on": RoyaltyPeriod.ends_on,
        "payee": as_sorted(Payee.name),
        "contract": Contract.number,
        "opening_micros": Statement.opening_micros,
        "earned_micros": Statement.earned_micros,
        "closing_micros": Statement.closing_micros,
        "payable_micros": Statement.payable_micros,
    },
    hidden=frozenset({"entries"}),
    version=None,
)


@SECTION.listing("/statements", STATEMENTS, scope="royalties:read")
def list_statements(call: Call, session: Session) -> Answer:
    """List statements. All of the label, or what payees behind artists were told whose money is seen."""
    return STATEMENTS.page(call, session)


@SECTION.get("/statements/{statement_id}", scope="royalties:read", resource=STATEMENTS)
def read_statement(call: Call, session: Session) -> Answer:
    """Read a statement."""
    return STATEMENTS.one(call, session, statement_to_read(session, call.visitor, call.id("statement_id")).id)


@SECTION.get("/statements/{statement_id}/lines", scope="royalties:read", gives=LinePage, query=PAGES)
def list_statement_lines(call: Call, session: Session) -> Answer:
    """List a statement's lines. Their amounts add up to `earned_micros`."""
    statement = statement_to_read(session, call.visitor, call.id("statement_id"))

    def fetch(after: int, limit: int) -> list[dict[str, Any]]:
        return [_line(each) for each in lines.lines(session, statement, after=after, limit=limit)]

    return page_by_number(call, {}, "number", fetch)


@SECTION.get("/statements/{statement_id}/largest-lines", scope="royalties:read", gives=LinePage, query=PAGES | SEARCH)
def search_statement_lines(call: Call, session: Session) -> Answer:
    """Search a statement's lines. The largest amounts first; by title, artist, code or store."""
    statement = statement_to_read(session, call.visitor, call.id("statement_id"))
    wanted = asked(call, PAGES | SEARCH).get("q", "")

    def fetch(skip: int, limit: int) -> list[dict[str, Any]]:
        return [_line(each) for each in lines.largest(session, statement, skip=skip, limit=limit, wanted=wanted)]

    return page_by_place(call, SEARCH, fetch)


_DECIMALS = ("quantity", "net", "base", "factor", "rate", "fx", "amount", "share", "held")


def _line(line: Line) -> dict[str, Any]:
    told = line._asdict() | {"is_held": line.is_held}
    told["rows"] = told.pop("lines")
    return told | {name: exactly(told[name]) for name in _DECIMALS}


def opened_line(call: Call, session: Session) -> tuple[Statement, Line]:
    """The line that an address names, of a statement that the client sees."""
    statement = statement_to_read(session, call.visitor, call.id("statement_id"))
    said = call.word("number")
    if not (said.isascii() and said.isdecimal() and len(said) <= NUMBER_DIGITS):
        raise LineUnknown
    found = lines.line(session, statement, int(said))
    if found is None:
        raise LineUnknown
    return statement, found


@SECTION.get("/statements/{statement_id}/lines/{number}", scope="royalties:read", gives=ProvenanceView)
def open_statement_line(call: Call, session: Session) -> Answer:
    """Open a statement's line. The formula, the clause that applied, the exchange rate and the run."""
    asked(call, {})
    statement, line = opened_line(call, session)
    known = lines.provenance(session, statement, line.number)
    told = {
        "line": _line(line),
        "contract_id": known.contract.id,
        "contract": known.contract.title,
        "version_id": known.version.id,
        "version": known.version.number,
        "clause": msgspec.to_builtins(known.clause),
        "exchange_rate": known.rate or None,
        "run_id": known.run.id,
        "run_digest": known.run.digest,
    }
    return Answer(told)


@SECTION.get("/statements/{statement_id}/lines/{number}/rows", scope="royalties:read", gives=SourcePage, query=PAGES)
def list_statement_line_rows(call: Call, session: Session) -> Answer:
    """List the rows behind a line. As stores sent them."""
    statement, line = opened_line(call, session)

    def fetch(after: list[Any] | None, limit: int) -> list[tuple[dict[str, Any], list[Any]]]:
        last = (str(after[0]), UUID(after[1]), int(after[2])) if after else None
        found = lines.sources_after(session, statement, line.number, last, limit=limit)
        return [(_source(each), [each.report, str(each.report_id), each.row]) for each in found]

    return page_by_key(call, {}, fetch)


def _source(row: lines.Source) -> dict[str, Any]:
    told = {name: value for name, value in row._asdict().items() if name in SourceView.__struct_fields__}
    return told | {name: exactly(told[name]) for name in ("quantity", "net", "gross", "unit_price", "retail_price")}


@SECTION.get("/statements/{statement_id}/lines/{number}/rows/{report_id}/{row}", scope="royalties:read", gives=RowView)
def read_statement_line_row(call: Call, session: Session) -> Answer:
    """Read a row behind a line. As it stands in the file that the store sent."""
    asked(call, {})
    statement, line = opened_line(call, session)
    said = call.word("row")
    if not (said.isascii() and said.isdecimal() and len(said) < ROW_DIGITS):
        raise RowUnknown
    found = lines.source(session, statement, line.number, parse_uuid(call.word("report_id")), int(said))
    if found is None:
        raise RowUnknown
    return Answer(row_told(session, call, session.get_one(SalesReport, found.report_id), said))
