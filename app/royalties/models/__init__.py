"""Sales reports as they were sent, runs over them, and the statements that come out."""

from __future__ import annotations

from app.royalties.models.runs import (
    WHOLE,
    Earning,
    EarningKey,
    EarningSource,
    LineShare,
    QuestionNote,
    RoyaltyPeriod,
    RoyaltyRun,
    RunLeftover,
    RunReport,
    Statement,
    StatementEntry,
    StatementQuestion,
)
from app.royalties.models.sales import (
    EXACT,
    MOMENT,
    ExchangeRate,
    ReportLayout,
    SalesAsset,
    SalesContext,
    SalesLine,
    SalesReport,
    SalesSum,
)

__all__ = [
    "EXACT",
    "MOMENT",
    "WHOLE",
    "Earning",
    "EarningKey",
    "EarningSource",
    "ExchangeRate",
    "LineShare",
    "QuestionNote",
    "ReportLayout",
    "RoyaltyPeriod",
    "RoyaltyRun",
    "RunLeftover",
    "RunReport",
    "SalesAsset",
    "SalesContext",
    "SalesLine",
    "SalesReport",
    "SalesSum",
    "Statement",
    "StatementEntry",
    "StatementQuestion",
]
