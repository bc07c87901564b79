"""How much of everything is read; a label's own limits replace these."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class ManifestLimits:
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


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive of audio and artwork may be: sizes in bytes, once unpacked."""

    entries: int = 20_000
    total_bytes: int = 200_000 * MEGABYTE
    entry_bytes: int = 8_000 * MEGABYTE
    entry_ratio: int = 200
    ratio_counts_from: int = 10 * MEGABYTE
    name_bytes: int = 1_024


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How a file may come; how many, and of which size, is the label's own limit."""

    parts: int = 10_000
