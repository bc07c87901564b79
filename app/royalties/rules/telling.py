"""Assets and circumstances as they are kept: what senders write in many ways, written in one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from typing import Final
from uuid import UUID

import polars as pl

from app.kernel.money import is_currency
from app.royalties.rules.dates import Span, month_of, span
from app.royalties.rules.layouts import ASSET, CONTEXT, Field, Layout
from app.royalties.rules.places import territory
from app.royalties.rules.refusals import CurrencyUnreadable, DateUnreadable

NOTHING: Final = r"(?i)^(?:n/?a|none|null|nil|-+|\.|0+|unknown|#n/a)$"
_SCIENTIFIC: Final = re.compile(r"(\d)\.?(\d*)E\+?(\d{1,2})", re.IGNORECASE)
_LONGEST: Final = 1_000
_CURRENCY_NAMES: Final = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "EURO": "EUR", "EUROS": "EUR"}
_CODES: Final = frozenset(
    {"isrc", "upc", "catalog_number", "store_id", "territory", "adjustment", "price_band", "configuration"}
)
_CLOSED: Final = ("channel", "adjustment")
"""Fields whose words are all there are."""

_LOWERED: Final = ("commercial_model", "configuration", "price_band", "adjustment")


def assets(rows: pl.DataFrame, source: str) -> pl.DataFrame:
    """What distinct keys of assets mean, with a fingerprint each."""
    said = rows.select("asset", *(_told(name) for name in ASSET)).with_columns(source=pl.lit(source))
    isrc = pl.col("isrc").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    said = said.with_columns(isrc=pl.when(isrc.str.len_bytes() > 0).then(isrc), upc=_mapped(said["upc"], barcode))
    return said.with_columns(fingerprint=_prints(said, ("source", *ASSET)))


def contexts(rows: pl.DataFrame, layout: Layout, period: Span) -> pl.DataFrame:
    """What distinct keys of circumstances mean, with a fingerprint each; `period` counts where a row has no date."""
    said = rows.select(
        "row",
        "context",
        *(_told(name) for name in CONTEXT),
    )
    said = said.with_columns(_meant(said[name], name, layout) for name in CONTEXT if name in layout.fields)
    said = said.with_columns(
        *(pl.col(name).str.to_lowercase() for name in _LOWERED),
        _currencies(said),
        *_days(said, layout, period),
        _mapped(said["territory"], territory),
        pl.lit(layout.source).alias("source"),
        pl.col("store").fill_null(layout.name),
        pl.col("channel").fill_null("stream"),
    )
    return said.with_columns(fingerprint=_prints(said, ("source", *CONTEXT)))


@cache
def barcode(text: str) -> str | None:
    """A barcode's digits, brought back from what a spreadsheet made of them where none are lost."""
    bare = re.sub(r"[\s'\"’=\-]", "", text)
    if found := _SCIENTIFIC.fullmatch(bare):
        first, rest, power = found.groups()
        bare = (first + rest).ljust(int(power) + 1, "0") if len(rest) >= int(power) - 1 else bare
    bare = re.sub(r"\.0+$", "", bare)
    return bare or None


def meaning(text: str, field: Field, *, is_closed: bool) -> str | None:
    """What a text means by a field's words; without one of them, the field's usual value or the text itself."""
    for pattern, meant in field.words:
        if re.search(pattern, text, re.IGNORECASE):
            return meant
    return field.value if is_closed else text


def _meant(texts: pl.Series, name: str, layout: Layout) -> pl.Series:
    field = layout.fields[name]
    if not field.words:
        return texts
    return _mapped(texts, lambda text: meaning(text, field, is_closed=name in _CLOSED))


def _told(name: str) -> pl.Expr:
    """A text as it is kept: spaces once; of a code, nothing where it only says that there is none."""
    text = pl.col(name).str.replace_all(r"\s+", " ").str.strip_chars().str.slice(0, _LONGEST)
    if name in _CODES:
        text = text.str.strip_chars(" '\"=")
        return pl.when((text.str.len_bytes() > 0) & ~text.str.contains(NOTHING)).then(text).alias(name)
    return pl.when(text.str.len_bytes() > 0).then(text).alias(name)


def _mapped(texts: pl.Series, meaning: Callable[[str], str | None]) -> pl.Series:
    """Each text by what it means, which is found out once for each that is different."""
    said = texts.drop_nulls().unique().to_list()
    table = pl.DataFrame(
        {"said": said, "means": [meaning(text) for text in said]}, schema={"said": pl.String, "means": pl.String}
    )
    return texts.to_frame("said").join(table, on="said", how="left", maintain_order="left")["means"].alias(texts.name)


def _currencies(rows: pl.DataFrame) -> pl.Series:
    found = _mapped(rows["currency"], _currency)
    wrong = rows.filter(found.is_null())
    if wrong.height:
        raise CurrencyUnreadable(row=wrong["row"][0], value=wrong["currency"][0] or "")
    return found


def _currency(text: str) -> str | None:
    code = _CURRENCY_NAMES.get(text.upper(), text.upper())
    return code if is_currency(code) else None


def _days(rows: pl.DataFrame, layout: Layout, period: Span) -> tuple[pl.Series, pl.Series]:
    """First and last day of each row; both columns where there are two, else what the one says."""
    spans: dict[str, Span | None] = {
        text: span(text, layout.dates)
        for name in ("sold_from", "sold_until")
        for text in rows[name].drop_nulls().unique()
    }
    unread = [text for text, found in spans.items() if found is None]
    if unread:
        wrong = rows.filter(pl.col("sold_from").is_in(unread) | pl.col("sold_until").is_in(unread))
        said = wrong["sold_from"][0] if wrong["sold_from"][0] in unread else wrong["sold_until"][0]
        raise DateUnreadable(row=wrong["row"][0], value=said)
    pairs = list(_spans(rows, spans, layout, period))
    return pl.Series("sold_from", [pair[0] for pair in pairs], pl.Date), pl.Series(
        "sold_until", [pair[1] for pair in pairs], pl.Date
    )


def _spans(
    rows: pl.DataFrame, spans: dict[str, Span | None], layout: Layout, period: Span
) -> Iterator[tuple[date, date]]:
    for begins, ends in rows.select("sold_from", "sold_until").iter_rows():
        first = (spans[begins] if begins else None) or (spans[ends] if ends else None) or period
        last = (spans[ends] if ends else None) or first
        if layout.months and not ends and first[0] == last[1]:
            last = first = month_of(first[0].year, first[0].month)
        yield first[0], max(first[0], last[1])


def _prints(rows: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """A name for the values of each row that is the same wherever and whenever they are met."""
    text = rows.select(
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("\x1e") for name in names], separator="\x1f")
    ).to_series()
    return pl.Series(
        "fingerprint", [str(UUID(bytes=hashlib.sha256(each.encode()).digest()[:16])) for each in text], pl.String
    )
