"""How much of everything is read; a label's own limits replace these."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.sheets.limits import MEGABYTE
from app.kernel.tenant import USUAL_LIMITS


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive of audio and artwork may be: sizes in bytes, once unpacked."""

    entries: int = USUAL_LIMITS.archive_files
    total_bytes: int = USUAL_LIMITS.archive_bytes
    entry_bytes: int = 8_000 * MEGABYTE
    entry_ratio: int = USUAL_LIMITS.unpack_ratio
    ratio_counts_from: int = 10 * MEGABYTE
    name_bytes: int = 1_024


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How a file may come; how many, and of which size, is the label's own limit."""

    parts: int = 10_000
