"""Questions about a line of a statement: asked by whoever sees it, answered by the label, kept where they belong."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.royalties.errors import QuestionEmpty, QuestionFull
from app.royalties.models import QuestionNote, Statement, StatementQuestion

LONGEST: Final = 2_000
MOST_NOTES: Final = 100


def is_anothers(question: StatementQuestion | None, actor: Actor) -> bool:
    """Whether somebody else asked."""
    return question is not None and question.asked_by != actor.id


def write(session: Session, actor: Actor, statement: Statement, number: int, body: str, *, may_answer: bool) -> bool:
    """Say something about a line, and tell whether it answers: what the label says to another's question does."""
    said = body.strip()
    if not 0 < len(said) <= LONGEST:
        raise QuestionEmpty(most=LONGEST)
    question = _question(session, actor, statement, number)
    position = 1 + (session.scalar(select(func.count()).where(QuestionNote.question_id == question.id)) or 0)
    if position > MOST_NOTES:
        raise QuestionFull
    is_answer = may_answer and is_anothers(question, actor)
    question.state = "answered" if is_answer else "open"
    note = QuestionNote(question_id=question.id, position=position, body=said, is_answer=is_answer)
    note.author_id, note.author_name, note.written_at = actor.id, actor.name, clock.now()
    session.add(note)
    session.flush()
    _tell(session, actor, question, is_answer=is_answer)
    return is_answer


def _question(session: Session, actor: Actor, statement: Statement, number: int) -> StatementQuestion:
    """The thread of a line, locked: two who write at once write one after the other."""
    values = {"id": ids.new_id(), "statement_id": statement.id, "number": number}
    row = insert(StatementQuestion).values(**values, asked_by=actor.id, asked_at=clock.now())
    session.execute(row.on_conflict_do_nothing(index_elements=["statement_id", "number"]))
    query = select(StatementQuestion).where(
        StatementQuestion.statement_id == statement.id, StatementQuestion.number == number
    )
    return session.scalars(query.with_for_update()).one()


def _tell(session: Session, actor: Actor, question: StatementQuestion, *, is_answer: bool) -> None:
    after = {"statement": str(question.statement_id), "line": question.number}
    if is_answer:
        after["for"] = str(question.asked_by)
    action = "statement.answered" if is_answer else "statement.asked"
    activity.record(session, actor, action, subject_type="statement", subject_id=question.statement_id, after=after)
