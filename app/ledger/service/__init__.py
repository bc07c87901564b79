"""What is done with money: post, take back, convert, and read what accounts hold."""

from __future__ import annotations

from app.ledger.rules import Account, Conversion, Entry, Kind, posting_id
from app.ledger.service.posting import Posted, convert, post, post_and_reverse, reverse
from app.ledger.service.reading import TrialBalance, balance, balances, trial_balance

__all__ = [
    "Account",
    "Conversion",
    "Entry",
    "Kind",
    "Posted",
    "TrialBalance",
    "balance",
    "balances",
    "convert",
    "post",
    "post_and_reverse",
    "posting_id",
    "reverse",
    "trial_balance",
]
