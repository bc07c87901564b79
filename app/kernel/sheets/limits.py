"""How much of a table is read; a label's own limits replace these."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class TableLimits:
    """What a manifest may be: sizes in bytes, a cell in characters, the rest in numbers of things."""

    file_bytes: int = 256 * MEGABYTE
    rows: int = 250_000
    columns: int = 300
    cells: int = 8_000_000
    cell_characters: int = 50_000
    workbook_entries: int = 2_000
    workbook_bytes: int = 512 * MEGABYTE
    workbook_ratio: int = 200
    unreadable_rows: int = 1_000
