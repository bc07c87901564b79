"""What pages of payouts take in."""

from __future__ import annotations

import msgspec


class Quoting(msgspec.Struct, forbid_unknown_fields=True):
    """A payout that somebody confirms; `key` was made with the page that shows the quote."""

    currency: str
    speed: str
    key: str
    amount: str = ""


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """An account as it is typed."""

    scheme: str
    holder: str
    number: str
    routing: str = ""
    kind: str = ""
    is_company: str = ""
    currency: str = ""


class AccountShares(msgspec.Struct, forbid_unknown_fields=True):
    """Parts of accounts in percent, in the order of the accounts."""

    method: list[str] | str
    share: list[str] | str


class NewSchedule(msgspec.Struct, forbid_unknown_fields=True):
    """How often a payee is paid."""

    rhythm: str
    weekday: str = "1"
    day: str = "1"
    on_holiday: str = "after"


class RunLines(msgspec.Struct, forbid_unknown_fields=True):
    """Lines of a run to take out or put back."""

    line: list[str] | str = []
    excluded: str = "1"


class SeenRun(msgspec.Struct, forbid_unknown_fields=True):
    """The hash of what an approver looked at."""

    batch_hash: str


class Promise(msgspec.Struct, forbid_unknown_fields=True):
    """What a label promises."""

    fee: str
    rail: str
    currency: list[str] | str = []
    minimum: list[str] | str = []
    match: str = ""


class Settled(msgspec.Struct, forbid_unknown_fields=True):
    """What came of a difference."""

    note: str


class NewFile(msgspec.Struct, forbid_unknown_fields=True):
    """A file for the label's bank."""

    form: str
    currency: str
