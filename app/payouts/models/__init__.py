"""The tables of payouts."""

from __future__ import annotations

from app.payouts.models.around import (
    PayoutFile,
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
    "PayoutFile",
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
