"""Finding names as people type them: part of a name, without accents, with a slip of the finger."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, any_, case, func, literal, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.roster.models import Artist
from app.roster.policies import may_see_artist
from app.roster.rules import fold

_FORGIVING = text("SET LOCAL pg_trgm.word_similarity_threshold = 0.45")
"""How much of a word must be right; pg_trgm's own 0.6 forgives no slip in a short word."""
SHORTEST_SWAPPED, MOST_SWAPS = 4, 24

LIST = ARRAY(Text)
_MARKS = "[\u0300-\u036f\u3099\u309a]"
"""Accents, and what makes voiced syllables of others."""
_KATAKANA = "".join(map(chr, range(0x30A1, 0x30F7)))
_HIRAGANA = "".join(map(chr, range(0x3041, 0x3097)))


def forgive(session: Session) -> None:
    """Let this transaction's searches forgive slips."""
    session.execute(_FORGIVING)


def matches(folded: Any, wanted: str) -> ColumnElement[bool]:
    """Whether a folded text holds what is wanted, or something much like it."""
    key = fold(wanted)
    like = f"%{key}%"
    alike: ColumnElement[bool] = literal(key).op("OPERATOR(ext.<%)", is_comparison=True)(folded)
    return or_(folded.like(like), alike)


def called(name: Any, wanted: str) -> ColumnElement[bool]:
    """Whether a name holds what somebody types as they type it, or something much like it: of names kept unfolded."""
    held = func.strpos(as_searched(name), as_searched(literal(wanted, Text))) > 0
    return or_(held, matches(as_searched(name), wanted)) if fold(wanted) else held


def nearly(folded: Any, wanted: str) -> ColumnElement[bool]:
    """The same, and whether it holds what would be wanted if two neighbouring letters had been typed in turn.

    A pair that was swapped spoils four of the trigrams of a word, so that no threshold would tell it from another word.
    A word with letters swapped back is a guess already: of it and of whole words half must be the same.
    """
    turned = swaps(fold(wanted))
    if not turned:
        return matches(folded, wanted)
    return or_(matches(folded, wanted), folded.op("OPERATOR(ext.%>>)", is_comparison=True)(any_(literal(turned, LIST))))


def swaps(key: str) -> list[str]:
    """A folded text with two neighbouring letters of one of its longer words swapped, in every way that there is."""
    words = re.finditer(rf"\S{{{SHORTEST_SWAPPED},}}", key)
    places = [at for word in words for at in range(word.start(), word.end() - 1) if key[at] != key[at + 1]]
    return [f"{key[:at]}{key[at + 1]}{key[at]}{key[at + 2 :]}" for at in places[:MOST_SWAPS]]


def likeness(folded: Any, wanted: str) -> ColumnElement[float]:
    """How well a folded text fits what is wanted: an exact part before anything that is only alike."""
    found: ColumnElement[float] = func.ext.word_similarity(fold(wanted), folded)
    return found


def found_artists(visitor: Visitor, wanted: str) -> Select[UUID, str]:
    """The artists whose names fit best what somebody types."""
    query = select(Artist.id, Artist.name).where(may_see_artist(visitor), matches(Artist.folded, wanted))
    return query.order_by(likeness(Artist.folded, wanted).desc(), Artist.id)


def as_searched(column: Any) -> ColumnElement[str]:
    """A text as it is looked for in others: without accents, case and width, hiragana for katakana."""
    bare = func.regexp_replace(func.normalize(column, literal_column("NFKD")), _MARKS, "", "g")
    is_ascii = func.octet_length(column) == func.char_length(column)  # most names are, and have nothing to take apart
    plain: ColumnElement[str] = func.lower(case((is_ascii, column), else_=func.translate(bare, _KATAKANA, _HIRAGANA)))
    return plain
