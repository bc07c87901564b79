"""What of ours a sold asset is: by code first, then by what was said before, then by likeness; all assets at once."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_UNMATCHED: Final = "a.recording_id IS NULL AND a.release_id IS NULL"

BY_ISRC: Final = f"""
UPDATE sales_assets a SET recording_id = r.id, match = 'isrc', matched_at = now()
FROM recordings r WHERE {_UNMATCHED} AND r.isrc = a.isrc
"""
BY_UPC: Final = f"""
UPDATE sales_assets a SET release_id = r.id, match = 'upc', matched_at = now()
FROM releases r
WHERE {_UNMATCHED} AND a.upc ~ '^[0-9]{{8,14}}$' AND lpad(r.upc, 14, '0') = lpad(a.upc, 14, '0')
"""


def match(session: Session) -> None:
    """Match every asset that is not matched yet."""
    for step in (BY_ISRC, BY_UPC):
        session.execute(text(step))
