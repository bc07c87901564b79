"""Bulk upload in a worker that forks."""

from __future__ import annotations

import subprocess
import sys

TRIED = """
import sys
from app.main import composition
composition.load_slices()
print(sorted({"polars", "av", "numpy"} & sys.modules.keys()))
"""


def test_nothing_that_has_threads_is_imported_before_a_worker_forks():
    """Threads do not survive a fork: a child would wait for them for ever, holding its batch."""
    said = subprocess.run([sys.executable, "-c", TRIED], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
