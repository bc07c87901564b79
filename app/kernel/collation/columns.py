"""What a column is sorted by, by the same tables, in the database."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from sqlalchemy import Integer, LargeBinary, Text, bindparam, case, func, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import UserDefinedType

from app.kernel.collation.keys import LENGTHENED, SIGN, SIGN_SPANS
from app.kernel.collation.reader import reads
from app.kernel.collation.weights import BEHIND, HAN, HANGUL, PLACES, PUNCTUATION, Weights, weights_of

TIE: Final = "\x01"
"""Behind what a text counts as stands how it is written, which decides between equals."""


def as_sorted(column: Any) -> ColumnElement[str]:
    """What a column is sorted by for the reader of this request, in letters that every database compares alike.

    Most names are words of plain letters and in order as they are: `translate` takes long where it is given much to
    look for. Of others each letter is looked up, without a question to a table.
    """
    is_plain, is_ascii = column.op("~")("^[A-Za-z0-9 ]*$"), func.octet_length(column) == func.char_length(column)
    small = func.lower(column)
    plain, signed = (func.translate(small, PUNCTUATION[:most], PLACES[:most]) for most in (1, None))
    looked_up = _looked_up(column).op("||")(literal(TIE, Text)).op("||")(small)
    counts = case((is_plain, plain), (is_ascii, signed), else_=looked_up)
    return func.encode(func.convert_to(counts, "UTF8"), "hex")


def _looked_up(column: Any) -> Any:
    written = func.normalize(column, literal_column("NFKC"))
    lengthened = written
    for vowel, line in LENGTHENED.items():
        lengthened = func.regexp_replace(lengthened, f"([{line}])ー", rf"\1{vowel}", "g")
    heard = case((func.strpos(written, "ー") > 0, lengthened), else_=written)
    spelled = func.translate(func.lower(heard), PUNCTUATION, PLACES)
    row = func.string_to_table(spelled, None).table_valued("letter", with_ordinality="place", name="spelled")
    row = row.render_derived()
    letter, code = row.c.letter, func.ascii(row.c.letter)
    is_sign = or_(*(code.between(*span) for span in SIGN_SPANS))
    counts = case(
        (code < 0x80, letter),
        (code.between(*HAN), _MARK.op("||")(func.chr(BEHIND + _byte(code, 0) * 256 + _byte(code, 1)))),
        (code.between(*HANGUL), _HANGUL_MARK.op("||")(func.chr(_HANGUL + code - HANGUL[0]))),
        else_=func.coalesce(_LETTERS.op("->>")(letter), case((is_sign, SIGN), else_=letter)),
    )
    return select(func.string_agg(counts, aggregate_order_by(literal("", Text), row.c.place))).scalar_subquery()


def _byte(code: Any, which: int) -> Any:
    return func.get_byte(_HAN, 2 * (code - HAN[0]) + which)


def _order() -> Weights:
    return weights_of(reads())


class _Written(UserDefinedType[str]):
    """JSON that is text already; it arrives as what it is, because a cast in a kept plan is done for every letter."""

    cache_ok, render_bind_cast = True, True

    def get_col_spec(self, **_: Any) -> str:
        """What PostgreSQL calls it."""
        return "JSONB"


@cache
def _as_json(language: str) -> str:
    return json.dumps(weights_of(language).letters, ensure_ascii=False, separators=(",", ":"))


_HAN: Final = bindparam("sorted_han", callable_=lambda: _order().han, type_=LargeBinary)
_LETTERS: Final = bindparam("sorted_letters", callable_=lambda: _as_json(reads()), type_=_Written())
_MARK: Final = bindparam("sorted_mark", callable_=lambda: _order().mark, type_=Text)
_HANGUL: Final = bindparam("sorted_hangul", callable_=lambda: _order().hangul, type_=Integer)
_HANGUL_MARK: Final = bindparam("sorted_hangul_mark", callable_=lambda: _order().hangul_mark, type_=Text)
"""What the reader's language brings with it, asked for when a statement runs."""
