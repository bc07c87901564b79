"""The label's accounts: what stands where, and every posting that made it so."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from app.identity.pages import visitor_of
from app.kernel import activity
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.money import from_micros
from app.kernel.sentences import sentence
from app.kernel.web import shell, tables
from app.kernel.web.pages import page
from app.kernel.web.paging import cursor, place
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.shell import Place
from app.ledger import queries
from app.ledger.errors import AccountUnknown
from app.ledger.policies import account_to_read, require_books
from app.ledger.rules import Kind
from app.ledger.service.reading import TrialBalance, by_value, trial_balance

LEDGER = "/portal/ledger"
ACCOUNTS = f"{LEDGER}/accounts"
ACCOUNT = f"{ACCOUNTS}/{{account_id:str}}"
SHOWN, EXPORTED = 50, 100_000
MATTERS = (Kind.RECEIVABLE, Kind.PAYABLE, Kind.RESERVE, Kind.SUSPENSE)
"""What somebody looks for first: what comes in, what is owed, and what waits."""
SEE: dict[str, Any] = {"permission": "royalties.view"}
BALANCES = ("account_id", "kind", "subject_id", "name", "currency", "balance")
POSTINGS = (
    "posting_id", "key", "date", "reason", "other_account_id", "other_kind", "other_subject_id", "debit", "credit",
    "balance", "currency", "reverses_id", "posted_at",
)  # fmt: skip

shell.add(
    Place(
        sentence("Accounts"),
        LEDGER,
        "scale",
        group="business",
        order=40,
        keys="g z",
        permission="royalties.view",
        whole=True,
    )
)


def grown(line: TrialBalance) -> int:
    """What stands on the side on which accounts of a kind grow."""
    return line.debit_micros if line.kind.side == "debit" else line.credit_micros


@get(LEDGER, sync_to_thread=True, opt=SEE)
def books(request: Request[Any, Any, Any]) -> Response[str]:
    """Show each currency's accounts by kind, with debits and credits that are equal in the end."""
    require_books(visitor_of(request))
    with tenant_read(tenant_of(request)) as session:
        currencies = trial_balance(session)
    matter = {
        currency: [(line.kind, micros) for line in lines if line.kind in MATTERS and (micros := grown(line))]
        for currency, lines in currencies.items()
    }
    return page("ledger/books.html", realm_of(request), here=LEDGER, currencies=currencies, matter=matter)


@get(ACCOUNTS, sync_to_thread=True, opt=SEE)
def list_accounts(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the accounts of one kind in one currency, the largest balances first."""
    require_books(visitor_of(request))
    tenant, asked = tenant_of(request), request.query_params
    kind, currency = _kind(asked.get("kind", "")), asked.get("currency", "")[:3]
    listing = f"ledger:{kind}:{currency}"
    before = _place(place(tenant, listing, asked["after"])) if "after" in asked else None
    with tenant_read(tenant) as session:
        found = session.execute(queries.accounts(kind, currency, before=before).limit(SHOWN + 1)).all()
        names = queries.names(session, [row for row, _ in found])
    if not found:
        raise AccountUnknown
    rows = [(row, by_value(row).own_side(micros)) for row, micros in found[:SHOWN]]
    last = [abs(rows[-1][1]), str(rows[-1][0].id)]
    following = cursor(tenant, listing, last) if len(found) > SHOWN else None
    return page(
        "ledger/accounts.html",
        realm_of(request),
        here=LEDGER,
        kind=kind,
        currency=currency,
        rows=rows,
        names=names,
        following=following,
    )


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise AccountUnknown from None


def _place(marker: list[Any]) -> tuple[int, UUID]:
    micros, account_id = marker
    return micros, UUID(account_id)


@get(ACCOUNT, sync_to_thread=True, opt=SEE)
def account_page(request: Request[Any, Any, Any], account_id: FromPath[str]) -> Response[str]:
    """Show an account's postings, newest first, each with the balance that it left."""
    visitor, tenant, asked = visitor_of(request), tenant_of(request), request.query_params
    listing = f"ledger:{account_id}"
    before = tuple(place(tenant, listing, asked["after"])) if "after" in asked else None
    with tenant_read(tenant) as session:
        row = account_to_read(session, visitor, parse_uuid(account_id))
        found = session.execute(queries.history(row.id, before=before).limit(SHOWN + 1)).all()
        names = queries.names(session, [row, *(other for _, other, _, _ in found)])
    shown = found[:SHOWN]
    last = shown[-1][0] if len(found) > SHOWN else None
    return page(
        "ledger/account.html",
        realm_of(request),
        here=LEDGER,
        account=row,
        value=by_value(row),
        kinds={kind.value: kind for kind in Kind},
        rows=shown,
        names=names,
        following=cursor(tenant, listing, [last.xid, last.seq]) if last else None,
    )


@get(f"{LEDGER}/export", sync_to_thread=True, opt=SEE)
def export_balances(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give every account with its balance as a table, counted on the side on which it grows."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_books(visitor)
    with tenant_work(tenant) as session:
        found = session.execute(queries.balances()).all()
        names = queries.names(session, [row for row, _ in found])
        activity.record(session, visitor.actor, "ledger.exported", after={"accounts": len(found)})
    rows = [
        (row.id, row.kind, row.subject, names.get(row.id), row.currency, _exactly(by_value(row).own_side(micros)))
        for row, micros in found
    ]
    return tables.table(f"{tenant.slug}-accounts", _format(request), BALANCES, rows)


@get(f"{ACCOUNT}/export", sync_to_thread=True, opt=SEE)
def export_postings(request: Request[Any, Any, Any], account_id: FromPath[str]) -> Response[bytes]:
    """Give an account's postings as a table, the newest first."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        row = account_to_read(session, visitor, parse_uuid(account_id))
        found = session.execute(queries.history(row.id).limit(EXPORTED)).all()
        after = {"account": str(row.id), "postings": len(found)}
        activity.record(session, visitor.actor, "ledger.exported", after=after)
    own_side = by_value(row).own_side
    rows = [_told(posting, other, micros, own_side(then)) for posting, other, micros, then in found]
    return tables.table(f"{tenant.slug}-{row.kind}-{row.currency}", _format(request), POSTINGS, rows)


def _told(posting: Any, other: Any, micros: int, balance: int) -> Sequence[Any]:
    debit, credit = (micros, None) if micros > 0 else (None, -micros)
    return (
        posting.id, posting.key, posting.booked_on, posting.reason, other.id, other.kind, other.subject,
        _exactly(debit), _exactly(credit), _exactly(balance), posting.currency, posting.reverses_id, posting.posted_at,
    )  # fmt: skip


def _exactly(micros: int | None) -> Decimal | None:
    """An amount to the micro."""
    return None if micros is None else from_micros(micros)


def _format(request: Request[Any, Any, Any]) -> str:
    return request.query_params.get("as", "csv")


handlers = [books, list_accounts, account_page, export_balances, export_postings]
