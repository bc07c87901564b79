"""The tables of payouts."""

from __future__ import annotations

from app.payouts.models.around import (
    PayoutHold,
    PayoutMethod,
    PayoutPolicy,
    PayoutSchedule,
    RailCheck,
    RailDifference,
    RailEvent,
    SandboxTransfer,
)
from app.payouts.models.payouts import Payout, PayoutAttempt, PayoutRequest, PayoutRun, PayoutRunLine

__all__ = [
    "Payout",
    "PayoutAttempt",
    "PayoutHold",
    "PayoutMethod",
    "PayoutPolicy",
    "PayoutRequest",
    "PayoutRun",
    "PayoutRunLine",
    "PayoutSchedule",
    "RailCheck",
    "RailDifference",
    "RailEvent",
    "SandboxTransfer",
]
