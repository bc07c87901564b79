"""The books: accounts, what they hold, and every posting that made it so. Nothing is posted over the API."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta
from sqlalchemy import Select, case, func, select, true
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Call, Part, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import PAGES, asked
from app.api.rest.conventions.schemas import Count, Day, Id, Moment
from app.api.rest.money_parts import Currency, Micros
from app.identity.policies import Visitor
from app.kernel.web.pages import told
from app.kernel.web.paging import CursorUnusable, cursor, page_size, place
from app.ledger import queries
from app.ledger.models import LedgerAccount, LedgerBalance
from app.ledger.policies import account_to_read, require_books
from app.ledger.rules import Kind
from app.ledger.service.reading import by_value, trial_balance

SECTION = Section(
    "Ledger",
    "The label's books, read only: what is posted comes of runs, payouts, orders and holds, and is undone by them.",
)


class LedgerAccountView(View):
    """A bucket of money of one currency. Its balance is counted on the side on which accounts of its kind grow."""

    id: Id
    kind: Annotated[str, Meta(examples=["payable"])]
    subject: Id | None
    name: str | None
    currency: Currency
    balance_micros: Micros


class PostingView(View):
    """One movement as an account saw it: above zero where it grew the account's debit side."""

    id: Id
    key: str
    booked_on: Day
    reason: str
    other_account_id: Id
    other_kind: str
    amount_micros: Micros
    balance_micros: Micros
    currency: Currency
    reverses_id: Id | None
    posted_at: Moment


class PostingPage(View):
    """Postings of an account, the newest first."""

    items: list[PostingView]
    next: str | None


class TrialLine(View):
    """The accounts of one kind in one currency."""

    kind: str
    name: str
    accounts: Count
    debit_micros: Micros
    credit_micros: Micros


class TrialCurrency(View):
    """One currency: its debits equal its credits."""

    currency: Currency
    kinds: list[TrialLine]


class TrialBalanceView(View):
    """Every currency's accounts by kind."""

    currencies: list[TrialCurrency]


def _whole(visitor: Visitor) -> Any:
    require_books(visitor)
    return true()


def _with_balance(query: Select[Any]) -> Select[Any]:
    return query.join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)


def _names(session: Session, _visitor: Visitor, account_ids: Any) -> dict[UUID, str]:
    found = session.scalars(select(LedgerAccount).where(LedgerAccount.id.in_(account_ids)))
    return queries.names(session, list(found))


_CREDIT = [kind.value for kind in Kind if kind.side == "credit"]
_OWN_SIDE = case((LedgerAccount.kind.in_(_CREDIT), -LedgerBalance.posted_micros), else_=LedgerBalance.posted_micros)
ACCOUNTS = Resource(
    name="ledger_accounts",
    view=LedgerAccountView,
    model=LedgerAccount,
    visible=_whole,
    join=_with_balance,
    columns={"balance_micros": _OWN_SIDE},
    parts={"name": Part(_names)},
    filters={
        "kind": by.choice(LedgerAccount.kind, [kind.value for kind in Kind], "Accounts of this kind."),
        "currency": by.text(LedgerAccount.currency, "Accounts in this currency.", "EUR"),
        "subject": by.ident(LedgerAccount.subject, "Accounts of this subject."),
    },
    sorts={"size": func.abs(LedgerBalance.posted_micros)},
    version=None,
)


@SECTION.get("/ledger/trial-balance", scope="royalties:read", gives=TrialBalanceView)
def read_trial_balance(call: Call, session: Session) -> Answer:
    """Read the trial balance. Debits and credits of every kind of account, equal in the end."""
    asked(call, {})
    require_books(call.visitor)
    found = [
        {
            "currency": currency,
            "kinds": [
                {
                    "kind": line.kind.value,
                    "name": told(call.realm, line.kind.meaning),
                    "accounts": line.accounts,
                    "debit_micros": line.debit_micros,
                    "credit_micros": line.credit_micros,
                }
                for line in lines
            ],
        }
        for currency, lines in trial_balance(session).items()
    ]
    return Answer({"currencies": found})


@SECTION.listing("/ledger/accounts", ACCOUNTS, scope="royalties:read")
def list_ledger_accounts(call: Call, session: Session) -> Answer:
    """List ledger accounts. With what each holds."""
    return ACCOUNTS.page(call, session)


@SECTION.get("/ledger/accounts/{account_id}", scope="royalties:read", resource=ACCOUNTS)
def read_ledger_account(call: Call, session: Session) -> Answer:
    """Read a ledger account."""
    return ACCOUNTS.one(call, session, account_to_read(session, call.visitor, call.id("account_id")).id)


@SECTION.get("/ledger/accounts/{account_id}/postings", scope="royalties:read", gives=PostingPage, query=PAGES)
def list_ledger_postings(call: Call, session: Session) -> Answer:
    """List an account's postings. The newest first, each with the balance that it left."""
    account = account_to_read(session, call.visitor, call.id("account_id"))
    said, listing = asked(call, PAGES), f"ledger:{account.id}"
    limit = page_size(said.get("limit"))
    before = _place(place(call.tenant, listing, said["after"])) if "after" in said else None
    found = session.execute(queries.history(account.id, before=before).limit(limit + 1)).all()
    own_side = by_value(account).own_side
    shown = [_posting(*row, own_side=own_side) for row in found[:limit]]
    last = found[limit - 1][0] if len(found) > limit else None
    return Answer({"items": shown, "next": cursor(call.tenant, listing, [last.xid, last.seq]) if last else None})


def _posting(posting: Any, other: Any, micros: int, then: int, *, own_side: Any) -> dict[str, Any]:
    kept = ("id", "key", "booked_on", "reason", "currency", "reverses_id", "posted_at")
    return {name: getattr(posting, name) for name in kept} | {
        "other_account_id": other.id,
        "other_kind": other.kind,
        "amount_micros": micros,
        "balance_micros": own_side(then),
    }


def _place(marker: list[Any]) -> tuple[int, int]:
    if len(marker) != 2:
        raise CursorUnusable
    return int(marker[0]), int(marker[1])
