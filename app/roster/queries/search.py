"""Finding names as people type them: part of a name, without accents, with a slip of the finger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, literal_column, or_, select, text
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.roster.models import Artist
from app.roster.policies import may_see_artist
from app.roster.rules import fold

_FORGIVING = text("SET LOCAL pg_trgm.word_similarity_threshold = 0.45")
"""How much of a word must be right; pg_trgm's own 0.6 forgives no slip in a short word."""


def forgive(session: Session) -> None:
    """Let this transaction's searches forgive slips."""
    session.execute(_FORGIVING)


def matches(folded: Any, wanted: str) -> ColumnElement[bool]:
    """Whether a folded text holds what is wanted, or something much like it."""
    key = fold(wanted)
    like = f"%{key}%"
    alike: ColumnElement[bool] = literal(key).op("OPERATOR(ext.<%)", is_comparison=True)(folded)
    return or_(folded.like(like), alike)


def likeness(folded: Any, wanted: str) -> ColumnElement[float]:
    """How well a folded text fits what is wanted: an exact part before anything that is only alike."""
    found: ColumnElement[float] = func.ext.word_similarity(fold(wanted), folded)
    return found


def found_artists(visitor: Visitor, wanted: str) -> Select[UUID, str]:
    """The artists whose names fit best what somebody types."""
    query = select(Artist.id, Artist.name).where(may_see_artist(visitor), matches(Artist.folded, wanted))
    return query.order_by(likeness(Artist.folded, wanted).desc(), Artist.id)


def as_sorted(column: Any) -> ColumnElement[str]:
    """A text as lists order it, accents and case apart; PostgreSQL need not have been built with ICU for it."""
    bare = func.regexp_replace(func.normalize(column, literal_column("NFD")), "[\u0300-\u036f]", "", "g")
    is_ascii = func.octet_length(column) == func.char_length(column)  # most names are, and have nothing to take apart
    sorting: ColumnElement[str] = func.lower(case((is_ascii, column), else_=bare))
    return sorting
