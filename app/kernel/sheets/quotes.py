"""Quotation marks in a table of text: whether they follow the one rule that lets it be read in pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def are_regular(data: NDArray[np.uint8], quotes: NDArray[np.int64], delimiter: str) -> bool:
    """Whether every quotation mark, of those at `quotes`, opens a cell, closes one, or is doubled in one (RFC 4180)."""
    if quotes.size % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening > 0, data[np.maximum(opening - 1, 0)], ord("\n"))
    after = np.where(closing < data.size - 1, data[np.minimum(closing + 1, data.size - 1)], ord("\n"))
    doubled = np.zeros(opening.size, bool)
    doubled[1:] = opening[1:] == closing[:-1] + 1
    opens = np.isin(before, [ord(delimiter), ord("\n")]) | doubled
    closes = np.isin(after, [ord(delimiter), ord("\n"), ord("\r"), ord('"')])
    return bool(opens.all() and closes.all())
