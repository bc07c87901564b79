"""Writing postings: any number in three statements, each business fact once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.ledger import rules
from app.ledger.errors import AlreadyReversed, KeyUnusable, NotReversible, PostedDifferently, PostingUnknown
from app.ledger.models import Posting
from app.ledger.rules import REVERSAL, Account, Conversion, Entry
from app.ledger.service.freezing import require_sound

BETWEEN = "\x1f"
"""Stands between values sent as one text: the server takes it apart sooner than the driver writes an array."""

# No index is named in ON CONFLICT: of two who write the same row at once, one may meet the other in any of them first.
_ACCOUNTS = text("""
INSERT INTO ledger_accounts (id, kind, subject, currency)
SELECT given.* FROM unnest(
  string_to_array(:id, :between) ::uuid[], string_to_array(:kind, :between),
  string_to_array(:subject, :between, '') ::uuid[], string_to_array(:currency, :between)
) given (id, kind, subject, currency)
WHERE NOT EXISTS (SELECT FROM ledger_accounts known WHERE known.id = given.id)
ORDER BY given.id ON CONFLICT DO NOTHING
""")
_POSTINGS = text("""
INSERT INTO postings (id, key, debit_id, credit_id, currency, amount_micros, booked_on, reason, subject_type,
  subject_id, reverses_id, input_hash, posted_by, posted_at)
SELECT given.*, :posted_by, :posted_at FROM unnest(
  string_to_array(:id, :between) ::uuid[], string_to_array(:key, :between),
  string_to_array(:debit_id, :between) ::uuid[], string_to_array(:credit_id, :between) ::uuid[],
  string_to_array(:currency, :between), string_to_array(:amount_micros, :between) ::bigint[],
  string_to_array(:booked_on, :between) ::date[], string_to_array(:reason, :between),
  string_to_array(:subject_type, :between, ''), string_to_array(:subject_id, :between, '') ::uuid[],
  string_to_array(:reverses_id, :between, '') ::uuid[], string_to_array(:input_hash, :between) ::bytea[]
) given
WHERE NOT EXISTS (SELECT FROM ledger_freeze WHERE lifted_at IS NULL)
ON CONFLICT DO NOTHING
""")
_DIFFERENT = text("""
SELECT given.key FROM unnest(
  string_to_array(:id, :between) ::uuid[], string_to_array(:key, :between),
  string_to_array(:input_hash, :between) ::bytea[]
) given (id, key, input_hash) LEFT JOIN postings ON postings.id = given.id
WHERE postings.input_hash IS DISTINCT FROM given.input_hash LIMIT 1
""")


class Posted(NamedTuple):
    """How many postings are new, and how many stood there already with the same details."""

    new: int
    known: int


class _Row(NamedTuple):
    """A posting as text, in the order in which it is sent; the empty text stands for nothing."""

    id: str
    key: str
    debit_id: str
    credit_id: str
    currency: str
    amount_micros: str
    booked_on: str
    reason: str
    subject_type: str
    subject_id: str
    reverses_id: str = ""

    def input_hash(self) -> str:
        """What the same key must come with again."""
        return "\\x" + hashlib.sha256(BETWEEN.join(self).encode()).hexdigest()


def post(session: Session, actor: Actor, entries: Iterable[Entry]) -> Posted:
    """Write postings, all or none of them; a fact that was posted before is known, and altered it is a `Conflict`.

    To books that are frozen nothing is posted.

    Accounts come into being as they are named. What a balance may not fall below, the caller checks after posting: from
    then on, until its transaction ends, nobody else changes the accounts that it posted to.
    """
    accounts, rows = _rows_of(entries)
    if not rows:
        return Posted(0, 0)
    with session.begin_nested():
        _make_accounts(session, accounts)
        return _write(session, actor, rows)


def convert(session: Session, actor: Actor, conversions: Iterable[Conversion]) -> Posted:
    """Post money from one currency into another; each currency stays balanced, and a gain or loss has its account."""
    return post(session, actor, [entry for conversion in conversions for entry in rules.converted(conversion)])


def reverse(session: Session, actor: Actor, ids: Sequence[UUID], *, on: date, reason: str) -> Posted:
    """Take postings back, each by one with debit and credit changed over.

    Done again with the same day and reason it is known; a posting is never taken back in a second way, and what takes
    back is not itself taken back.
    """
    return post_and_reverse(session, actor, (), ids, on=on, reason=reason)


def post_and_reverse(
    session: Session, actor: Actor, entries: Iterable[Entry], ids: Sequence[UUID], *, on: date, reason: str
) -> Posted:
    """Post and take back at once: whoever does it one after the other may meet somebody who holds what they need."""
    accounts, rows = _rows_of(entries)
    rows += _reversals(session, ids, on=on, reason=reason)
    if not rows:
        return Posted(0, 0)
    try:
        with session.begin_nested():
            if accounts:
                _make_accounts(session, accounts)
            return _write(session, actor, rows)
    except PostedDifferently as refusal:
        key = str(refusal.values["key"])
        if not key.startswith(REVERSAL):
            raise
        raise AlreadyReversed(key=key.removeprefix(REVERSAL)) from None


def _rows_of(entries: Iterable[Entry]) -> tuple[dict[Account, str], list[_Row]]:
    """Entries as rows, with the ids of all accounts that they name."""
    accounts: dict[Account, str] = {}
    rows = []
    for entry in entries:
        rules.check_entry(entry)
        for account in (entry.debit, entry.credit):
            if account not in accounts:
                rules.check_currency(account)
                accounts[account] = account.id.hex
        rows.append(_row(entry, accounts))
    return accounts, rows


def _reversals(session: Session, ids: Sequence[UUID], *, on: date, reason: str) -> list[_Row]:
    if not rules.is_key(reason):
        raise KeyUnusable
    wanted = set(ids)
    found = session.scalars(select(Posting).where(Posting.id.in_(wanted)).order_by(Posting.key)).all()
    if len(found) < len(wanted):
        raise PostingUnknown
    if final := next((posting for posting in found if posting.reverses_id), None):
        raise NotReversible(key=final.key)
    return [_reversal(posting, on=on, reason=reason) for posting in found]


def _row(entry: Entry, accounts: dict[Account, str]) -> _Row:
    return _Row(
        rules.named_id(entry.key),
        entry.key,
        accounts[entry.debit],
        accounts[entry.credit],
        entry.debit.currency,
        str(entry.amount_micros),
        entry.on.isoformat(),
        entry.reason,
        entry.subject_type or "",
        entry.subject_id.hex if entry.subject_id else "",
    )


def _reversal(posting: Posting, *, on: date, reason: str) -> _Row:
    key = REVERSAL + posting.key
    return _Row(
        rules.named_id(key),
        key,
        posting.credit_id.hex,
        posting.debit_id.hex,
        posting.currency,
        str(posting.amount_micros),
        on.isoformat(),
        reason,
        posting.subject_type or "",
        posting.subject_id.hex if posting.subject_id else "",
        posting.id.hex,
    )


def _make_accounts(session: Session, accounts: dict[Account, str]) -> None:
    given = {
        "between": BETWEEN,
        "id": BETWEEN.join(accounts.values()),
        "kind": BETWEEN.join(account.kind for account in accounts),
        "subject": BETWEEN.join(account.subject.hex if account.subject else "" for account in accounts),
        "currency": BETWEEN.join(account.currency for account in accounts),
    }
    session.execute(_ACCOUNTS, given)


def _write(session: Session, actor: Actor, rows: list[_Row]) -> Posted:
    """Insert what is not there yet, in the order of the keys so that two writers of the same facts take turns."""
    rows.sort(key=lambda row: row.key)
    columns = dict(zip(_Row._fields, map(BETWEEN.join, zip(*rows, strict=True)), strict=True))
    columns |= {"between": BETWEEN, "input_hash": BETWEEN.join(row.input_hash() for row in rows)}
    written: int = session.execute(  # type: ignore[attr-defined]  # an insert's result counts
        _POSTINGS, columns | {"posted_by": actor.id, "posted_at": clock.now()}
    ).rowcount
    if written < len(rows):
        require_sound(session)  # nothing is written to frozen books, and asking again costs nothing where all was
    if written < len(rows) and (key := session.scalar(_DIFFERENT, columns)) is not None:
        raise PostedDifferently(key=key)
    return Posted(written, len(rows) - written)
