"""Statements besides their numbers: what is asked about their lines, and papers and tables to take along."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, View
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Count, Id, Moment
from app.api.rest.statements import SECTION, opened_line
from app.brand.service.drawing import Sheet, draw_sheet
from app.kernel import activity
from app.kernel.db import tenant_work
from app.kernel.files.rules import content_disposition
from app.kernel.web.tables import table
from app.royalties.models import Statement, StatementQuestion
from app.royalties.policies import may_answer, statement_to_read
from app.royalties.queries import runs as queries
from app.royalties.service import asking, auditing, documents


class NoteView(View):
    """One thing said in the thread of a question."""

    body: str
    author: str
    is_answer: bool
    written_at: Moment


class QuestionView(View):
    """What is asked about a line; open until the label has said something last."""

    id: Id
    number: Count
    state: Literal["open", "answered"]
    asked_at: Moment
    notes: list[NoteView]


class QuestionsView(View):
    """What is asked about a statement's lines."""

    items: list[QuestionView]


class NewNote(Body, frozen=True):
    """A question about a line, or an answer to it."""

    body: Annotated[str, Meta(min_length=1, max_length=2_000, examples=["Why is the rate lower than in March?"])]


@SECTION.get("/statements/{statement_id}/questions", scope="royalties:read", gives=QuestionsView)
def list_statement_questions(call: Call, session: Session) -> Answer:
    """List what is asked about a statement. Line by line, with what was answered."""
    asked(call, {})
    statement = statement_to_read(session, call.visitor, call.id("statement_id"))
    found = queries.questions(session, statement)
    return Answer({"items": [_question(session, found[number]) for number in sorted(found)]})


def _question(session: Session, question: StatementQuestion) -> dict[str, Any]:
    notes = [
        {"body": note.body, "author": note.author_name, "is_answer": note.is_answer, "written_at": note.written_at}
        for note in queries.notes(session, question)
    ]
    kept = ("id", "number", "state", "asked_at")
    return {name: getattr(question, name) for name in kept} | {"notes": notes}


@SECTION.post(
    "/statements/{statement_id}/lines/{number}/notes", scope="royalties:read", takes=NewNote, gives=QuestionView
)
def write_statement_note(call: Call, session: Session, body: NewNote) -> Answer:
    """Ask about a line. Or answer for the label what somebody else asked, with the right to run royalties."""
    statement, line = opened_line(call, session)
    asking.write(session, call.actor, statement, line.number, body.body, may_answer=may_answer(call.visitor))
    return Answer(_question(session, queries.questions(session, statement)[line.number]), 201)


def _document(kind: str, media_type: str) -> Any:
    """Declare a statement in one form; each is written down as taken along."""

    def fetch(call: Call) -> Answer:
        asked(call, {})
        with tenant_work(call.tenant) as session:
            statement = statement_to_read(session, call.visitor, call.id("statement_id"))
            subject: dict[str, Any] = {"subject_type": "statement", "subject_id": statement.id}
            activity.record(session, call.actor, "statement.exported", **subject, after={"as": kind})
            name = documents.name_of(session, call.tenant, statement)
            made = _made(session, call, statement, kind, name)
        content = draw_sheet(call.tenant, made) if isinstance(made, Sheet) else made
        headers = {"content-disposition": content_disposition(f"{name}.{kind}", media_type, attachment=True)}
        return Answer(content, headers=headers, media_type=media_type)

    fetch.__name__ = f"fetch_statement_{kind}"
    fetch.__doc__ = f"Fetch a statement as {kind.upper()}. {ABOUT[kind]}"
    place = "/statements/{statement_id}/" + kind
    return SECTION.document(place, scope="royalties:read", media_type=media_type)(fetch)


def _made(session: Session, call: Call, statement: Statement, kind: str, name: str) -> Sheet | bytes:
    if kind in ("csv", "xlsx"):
        heads, rows = documents.rows(session, call.tenant, statement)
        return bytes(table(name, kind, heads, (_cells(kind, row) for row in rows)).content)
    if kind == "pdf":
        return documents.paper(session, call.tenant, statement)
    return auditing.pack(session, call.tenant, statement)


def _cells(kind: str, row: Sequence[Any]) -> list[Any]:
    """Spreadsheets count with numbers, text keeps every digit."""
    return [float(value) if kind == "xlsx" and isinstance(value, Decimal) else value for value in row]


ABOUT = {
    "pdf": "A sheet in the label's brand and the payee's language.",
    "csv": "Every line, with every digit.",
    "xlsx": "Every line, for spreadsheets.",
    "zip": "A pack that proves itself: statement, terms, rates, every line, and a signature.",
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCUMENTS = [
    _document("pdf", "application/pdf"),
    _document("csv", "text/csv"),
    _document("xlsx", XLSX),
    _document("zip", "application/zip"),
]
