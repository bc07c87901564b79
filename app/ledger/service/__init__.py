"""What is done with money: post, take back, convert, and read what accounts hold."""

from __future__ import annotations

from app.ledger.rules import Account, Conversion, Entry, Kind, posting_id
from app.ledger.service.deciding import alone_up_to
from app.ledger.service.freezing import require_sound
from app.ledger.service.posting import Posted, convert, post, post_and_reverse, reverse
from app.ledger.service.reading import TrialBalance, balances, currencies, trial_balance

__all__ = [
    "Account",
    "Conversion",
    "Entry",
    "Kind",
    "Posted",
    "TrialBalance",
    "alone_up_to",
    "balances",
    "convert",
    "currencies",
    "post",
    "post_and_reverse",
    "posting_id",
    "require_sound",
    "reverse",
    "trial_balance",
]
