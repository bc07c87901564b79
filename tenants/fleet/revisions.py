"""Which revisions of a label's tables this code can serve."""

from __future__ import annotations

from functools import cache

from migrations.compiled import label_history
from migrations.label import SERVES_FROM


@cache
def served_revisions() -> frozenset[str]:
    """From the oldest revision that is still served to head."""
    known = [revision.id for revision in label_history()]
    return frozenset(known[known.index(SERVES_FROM) :])


def is_served(revision: str) -> bool:
    """Tell whether a label at this revision may be served by this code."""
    return revision in served_revisions()
