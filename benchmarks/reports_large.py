"""Whether bringing in a sales report stays linear up to ten million lines; asked for by name, for it takes its time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.settings import Settings
from benchmarks.harness import Figure, Figures
from benchmarks.reports import LINES, WARM, bare_copy, file_of, in_a_worker

LARGE: Final = 10_000_000
TIMES: Final = LARGE // LINES
ROUNDS: Final = 3


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Bring in a million lines before and after ten million, which a busy moment of the machine then tells of."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        files = {count: file_of(Path(folder) / f"{count}.csv", count) for count in (WARM, LINES, LARGE)}
        bare = bare_copy(settings, files[LARGE])
        millions = [in_a_worker(settings, files, LINES, f"million-{number}") for number in range(ROUNDS)]
        tell(f"a million lines: {min(millions).seconds:.2f} s; a bare COPY of ten million: {bare:.2f} s")
        large = in_a_worker(settings, files, LARGE, "large")
        millions.append(in_a_worker(settings, files, LINES, "after"))
    one = min(millions)
    return {
        "reports.ten_million_lines": Figure(
            value=round(large.seconds, 2),
            unit="s",
            reference=round(one.seconds, 3),
            ratio=round(large.seconds / one.seconds, 2),
            bar=TIMES * 1.15,
            note=f"a million; {large.seconds / bare:.2f} times a bare COPY of as many",
        ),
        "reports.memory_of_ten_million": Figure(
            value=large.peak, unit="MB", bar=500, note=f"the most a worker holds, {large.before} of it before"
        ),
    }
