"""Layouts of sales reports as data: by which columns one is known, and which column is what."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

FOLDER: Final = Path(__file__).parents[1] / "layouts"

ASSET: Final = ("isrc", "upc", "catalog_number", "store_id", "title", "artist")
CONTEXT: Final = (
    "store", "channel", "commercial_model", "configuration", "price_band", "territory", "currency", "sold_from",
    "sold_until", "adjustment",
)  # fmt: skip
NUMBERS: Final = ("quantity", "net", "gross", "unit_price", "retail_price", "fees", "tax", "mechanical", "fx_rate")
REFERENCE: Final = "reference"
"""Tells rows apart that say the same otherwise; nothing of it is kept but a part of the row's fingerprint."""

FIELDS: Final = (*ASSET, *CONTEXT, *NUMBERS, REFERENCE)

DateOrder = Literal["ymd", "dmy", "mdy"]
Decimals = Literal["auto", "point", "comma"]


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a field's value is: in the first of some columns that says any, in the preamble, or always the same."""

    columns: tuple[str, ...] = ()
    meta: tuple[str, ...] = ()
    value: str | None = None
    words: tuple[tuple[str, str], ...] = ()
    """Pattern and what it means, the first that is found in the text."""

    part: str | None = None
    """Only what the group of this pattern finds in a cell counts."""

    is_magnitude: bool = False
    """A price of one, whatever sign the sender gives it."""

    if_same: tuple[str, ...] = ()
    """Only where these columns agree: a price in another currency than the line's is none."""


class Skip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Rows that are no sales: those in which a column says one of these words."""

    column: str
    matches: str
    reason: str


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How one sender's reports look."""

    key: str
    name: str
    source: str
    signature: tuple[str, ...] = ()
    """A header that has all of these is this layout's."""

    fields: dict[str, Field]
    dates: DateOrder = "ymd"
    decimals: Decimals = "auto"
    skip: tuple[Skip, ...] = ()
    personal: tuple[str, ...] = ()
    """Columns about buyers: read by nobody, shown to nobody."""

    stated: tuple[str, ...] = ()
    """Preamble entries that state the control total."""

    months: bool = False
    """A single day stands for the month that it is in."""

    @staticmethod
    def of(data: Mapping[str, Any]) -> Layout:
        """A layout from data as a file or a person's mapping has it; short forms are written out."""
        fields = {name: _field(said) for name, said in data.get("fields", {}).items()}
        return msgspec.convert({**data, "fields": fields}, Layout)


def _field(said: Any) -> Field:
    if isinstance(said, str):
        return Field(columns=(said,))
    if isinstance(said, list):
        return Field(columns=tuple(said))
    known = dict(said)
    for name in ("columns", "meta"):
        if isinstance(known.get(name), str):
            known[name] = (known[name],)
    return msgspec.convert(known, Field)


@cache
def built_in() -> tuple[Layout, ...]:
    """The layouts that come with the product, by their keys."""
    return tuple(Layout.of(tomllib.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("*.toml")))


def header_key(text: str) -> str:
    """How a column's name is compared: case, spaces and underscores do not count."""
    return re.sub(r"[\s_\ufeff\u00a0]+", " ", text).strip().strip("'\"").casefold()


def recognise(cells: Sequence[str], layouts: Iterable[Layout]) -> Layout | None:
    """The layout whose signature a row of column names has; of several, the one that knows most of its columns."""
    names = {header_key(cell) for cell in cells if cell}
    fitting = [
        layout for layout in layouts if layout.signature and all(header_key(name) in names for name in layout.signature)
    ]
    return max(fitting, key=lambda layout: (len(layout.signature), len(_known(layout) & names)), default=None)


def _known(layout: Layout) -> set[str]:
    return {header_key(column) for field in layout.fields.values() for column in field.columns}
