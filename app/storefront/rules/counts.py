"""Counts of stock as people paste them: a line for each SKU."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from app.kernel.sentences import sentence
from app.storefront.rules.portal_refusals import CountsUnusable

MOST_LINES: Final = 2_000
MOST_COUNT: Final = 1_000_000
REASON_SENTENCES: Final = {
    "counted": sentence("Counted"),
    "received": sentence("Came in"),
    "returned": sentence("Came back"),
    "damaged": sentence("Damaged"),
    "lost": sentence("Lost from stock"),
    "given": sentence("Given away"),
    "sold": sentence("Sold"),
    "refunded": sentence("Refunded"),
}
BY_HAND: Final = ("received", "returned", "damaged", "lost", "given", "counted")
"""What somebody says themselves; orders say the others."""
_HEADS: Final = frozenset({"sku", "article", "item", "artikel"})


def read_counts(text: str) -> dict[str, int]:
    """SKU and count of each line, split by comma, semicolon or tab; a first line of names is left out."""
    bare = text.lstrip("\ufeff").replace("\r\n", "\n").strip()
    if not bare:
        raise CountsUnusable(CountsUnusable.EMPTY)
    lines = bare.split("\n")
    if len(lines) > MOST_LINES:
        raise CountsUnusable(CountsUnusable.MANY, most=MOST_LINES)
    found: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        cells = _cells(line)
        if not any(cells) or (number == 1 and cells[0].lower() in _HEADS):
            continue
        sku, count = cells[0], cells[1] if len(cells) > 1 else ""
        if not sku or not re.fullmatch(r"\d{1,7}", count) or int(count) > MOST_COUNT:
            raise CountsUnusable(line=number, text=line[:60])
        if sku.lower() in found:
            raise CountsUnusable(CountsUnusable.TWICE, line=number, text=sku[:60])
        found[sku.lower()] = int(count)
    if not found:
        raise CountsUnusable(CountsUnusable.EMPTY)
    return found


def _cells(line: str) -> list[str]:
    between = next((char for char in "\t;," if char in line), ",")
    row = next(csv.reader(io.StringIO(line), delimiter=between), [])
    return [cell.strip().lstrip("'") for cell in row] or [""]
