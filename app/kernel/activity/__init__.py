"""Something that happened at a label, kept: audit log, feed, webhook source and workflow trigger in one table."""

from __future__ import annotations

from app.kernel.activity.feed import Moment, has_happened, moment
from app.kernel.activity.models import Activity, ActivitySeal
from app.kernel.activity.record import has, record, record_many
from app.kernel.activity.seal import seal, verify
from app.kernel.chain import Head, Verdict

__all__ = [
    "Activity",
    "ActivitySeal",
    "Head",
    "Moment",
    "Verdict",
    "has",
    "has_happened",
    "moment",
    "record",
    "record_many",
    "seal",
    "verify",
]
