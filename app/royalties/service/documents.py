"""A statement outside the portal: in the payee's language and currency, in the label's brand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from app.brand.service.drawing import Sheet
from app.kernel import clock
from app.kernel.money import from_micros
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer, say_own, words_of
from app.royalties.models import Statement
from app.royalties.queries import runs as queries
from app.royalties.rules.limits import Days, days_of
from app.royalties.service import lines
from app.royalties.service.auditing import settled_by
from app.royalties.service.telling import BETWEEN, Teller

MOST_TITLES: Final = 40
"""Rows of the sheet; everything else stands in one more, and each line of it in the table."""

COLUMNS: Final = {
    "number": sentence("Line"),
    "title": sentence("Title"),
    "artist": sentence("Artist"),
    "isrc": sentence("ISRC"),
    "upc": sentence("Barcode"),
    "store": sentence("Store"),
    "channel": sentence("Channel"),
    "sold_month": sentence("Month"),
    "quantity": sentence("Quantity"),
    "net": sentence("Net receipts"),
    "currency": sentence("Currency of the sales"),
    "base": sentence("Base"),
    "factor": sentence("Deductions and reductions"),
    "rate": sentence("Rate"),
    "fx": sentence("Exchange rate"),
    "share": sentence("Share"),
    "amount": sentence("Amount"),
}
SHEET: Final = {
    "title": sentence("Royalty statement"),
    "payable_label": sentence("Payable"),
    "steps_title": sentence("From the opening to the closing balance"),
    "opening": sentence("Opening balance"),
    "earned": sentence("Earned"),
    "closing": sentence("Closing balance"),
    "titles_title": sentence("Earned with"),
    "quantity": sentence("Quantity"),
    "amount": sentence("Amount"),
    "terms": sentence("Worked out by version %(version)s of the contract, terms %(digest)s."),
    "contract": sentence("Contract"),
}
MORE: Final = sentence("%(count)s more, each line of them in the table that comes with this statement")
offer(*COLUMNS.values(), *SHEET.values(), MORE)


def teller_for(tenant: Tenant, language: str) -> Teller:
    """Who tells a payee in their language, in the label's own words where it has some."""
    return Teller(language, partial(_said, words_of(tenant, language), language))


def _said(own: Any, language: str, msgid: str, **places: object) -> str:
    return say_own(own, msgid, language, **places)


def name_of(session: Session, tenant: Tenant, statement: Statement) -> str:
    """What the file of a statement is called, without its ending."""
    _, period, contract, _ = queries.around(session, statement)
    return f"{tenant.slug}-{period.ends_on:%Y-%m}-{contract.number}"


def rows(session: Session, tenant: Tenant, statement: Statement) -> tuple[list[str], Iterator[list[Any]]]:
    """A statement's lines as a table: the heads of its columns, and every line with all digits."""
    _, _, contract, _ = queries.around(session, statement)
    teller = teller_for(tenant, contract.language)
    heads = [teller.say(text) for text in COLUMNS.values()]
    return heads, (_row(line, teller) for line in lines.lines(session, statement))


def _row(line: lines.Line, teller: Teller) -> list[Any]:
    told = {"channel": teller.channel(line.channel), "amount": from_micros(line.amount_micros)}
    return [told[name] if name in told else getattr(line, name) for name in COLUMNS]


def data(session: Session, _tenant: Tenant, statement: Statement) -> bytes:
    """A statement as JSON; amounts are decimals as text."""
    run, period, contract, payee = queries.around(session, statement)
    steps = [
        {"kind": entry.kind, "amount": _text(entry.amount_micros), "facts": entry.facts}
        for entry in queries.entries(session, statement)
    ]
    document = {
        "statement": statement.id,
        "period": [period.starts_on, period.ends_on],
        "payee": payee.name,
        "contract": {"number": contract.number, "title": contract.title},
        "terms_hash": settled_by(session, statement).terms_hash,
        "currency": statement.currency,
        "exchange_rates": run.rates,
        **{
            name: _text(getattr(statement, f"{name}_micros"))
            for name in ("opening", "earned", "closing", "payable", "reserve")
        },
        "steps": steps,
        "lines": [
            {
                **line._asdict(),
                "is_held": line.is_held,
                "amount_exact": line.amount,
                "amount": _text(line.amount_micros),
            }
            for line in lines.lines(session, statement)
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _text(micros: int) -> str:
    return f"{from_micros(micros):f}"


def paper(session: Session, tenant: Tenant, statement: Statement) -> Sheet:
    """A statement as a sheet that can be printed: its steps, what it earned with what, and the terms behind it."""
    language = queries.around(session, statement)[2].language
    return Sheet("royalties.typ", sheet(session, statement, teller_for(tenant, language)), language)


def limits(session: Session, statement: Statement) -> Days:
    """Until when a statement is due and may be objected to, by the terms that it was settled by."""
    run, period, *_ = queries.around(session, statement)
    zone = session.info["tenant"].time_zone
    told_on = clock.day_in(zone, run.published_at) if run.published_at else None
    return days_of(settled_by(session, statement).read(), period.ends_on, told_on)


def sheet(session: Session, statement: Statement, teller: Teller) -> dict[str, Any]:
    """What stands on the sheet of a statement, as texts."""
    _, period, contract, payee = queries.around(session, statement)
    currency, version = statement.currency, settled_by(session, statement)
    entries = queries.entries(session, statement)
    earlier = queries.periods_of(session, [each.facts["of"] for each in entries if "of" in each.facts])
    words = {name: teller.say(text) for name, text in SHEET.items() if name != "terms"}
    steps = [
        (words["opening"], statement.opening_micros),
        (words["earned"], statement.earned_micros),
        *((teller.entry(each, currency, earlier), each.amount_micros) for each in entries),
    ]
    return {
        **words,
        "payee": payee.name,
        "period": BETWEEN.join(filter(None, (teller.span(period), teller.limits(limits(session, statement))))),
        "contract_title": f"{contract.number} · {contract.title}",
        "payable": teller.money(statement.payable_micros, currency),
        "steps": [(said, teller.money(micros, currency)) for said, micros in steps],
        "closing_amount": teller.money(statement.closing_micros, currency),
        "rows": _titles(session, statement, teller),
        "terms": teller.say(SHEET["terms"], version=version.number, digest=version.terms_hash),
    }


def _titles(session: Session, statement: Statement, teller: Teller) -> list[tuple[str, str, str, str]]:
    """The titles of a sheet: name, what is said below it, quantity, amount; the smallest of many together."""
    found = lines.titles(session, statement)
    shown, rest = found[:MOST_TITLES], found[MOST_TITLES:]
    money = partial(teller.money, currency=statement.currency)
    listed = [
        (
            each.title or "–",
            " · ".join(filter(None, (each.artist, each.release))),
            teller.number(each.quantity),
            money(each.amount_micros),
        )
        for each in shown
    ]
    if rest:
        quantity = sum((each.quantity for each in rest), Decimal(0))
        micros = sum(each.amount_micros for each in rest)
        listed.append((teller.say(MORE, count=len(rest)), "", teller.number(quantity), money(micros)))
    return listed
