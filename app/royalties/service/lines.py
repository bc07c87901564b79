"""A statement's lines to the micro, and the way from a line down to the rows that a store sent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.contracts.models import Contract, ContractVersion
from app.contracts.rules.terms import Clause, Terms
from app.royalties.models import Earning, EarningSource, RoyaltyRun, Statement
from app.royalties.rules.pricing import rate_key
from app.royalties.service import collecting

_WITH = """
WITH parts AS (
  SELECT e.*, s.share, coalesce(s.held, CASE WHEN s.is_held THEN s.share ELSE 0 END) AS held,
    e.amount * s.share AS exact
  FROM earnings e JOIN line_shares s ON s.run_id = e.run_id AND s.contract_id = e.contract_id
    AND s.payee_id = :payee AND s.sheet_id = coalesce(e.sheet_id, '00000000-0000-0000-0000-000000000000')
  WHERE e.run_id = :run AND e.contract_id = :contract
), floors AS (
  SELECT *, floor(exact * 1000000) AS floor, exact * 1000000 - floor(exact * 1000000) AS rest FROM parts
), lines AS (
  SELECT *, (floor + CASE WHEN row_number() OVER (ORDER BY rest DESC, number) <= :earned - sum(floor) OVER ()
    THEN 1 ELSE 0 END)::bigint AS amount_micros FROM floors
)
"""
_LINES = (
    _WITH
    + """
SELECT l.number, l.clause, l.store, l.channel, l.sold_month, l.currency, l.lines, l.quantity, l.net, l.base, l.factor,
  l.rate, l.fx, l.whole, l.amount, l.share, l.held, l.amount_micros, coalesce(r.title, p.title) AS title,
  coalesce(r.artist_line, p.artist_line) AS artist, r.isrc, p.title AS release, p.upc
FROM lines l LEFT JOIN recordings r ON r.id = l.recording_id LEFT JOIN releases p ON p.id = l.release_id
"""
)
_PAGE = text(_LINES + "WHERE l.number > :after ORDER BY l.number LIMIT :limit")
_ONE = text(_LINES + "WHERE l.number = :number")
_SAYS = (
    "position(lower(:wanted) IN lower(concat_ws(' ', r.title, p.title, r.artist_line, r.isrc, p.upc, l.store))) > 0 "
)
_LARGEST = text(_LINES + f"WHERE {_SAYS} ORDER BY abs(l.amount_micros) DESC, l.number LIMIT :limit OFFSET :skip")
_ROWS = """
JOIN royalty_runs u ON u.id = :run JOIN earning_sources s ON s.run = u.serial AND s.number = l.number
  JOIN sales_reports r ON r.serial = s.report
  JOIN sales_lines x ON x.report_id = r.id AND x.asset_id = s.asset_id AND x.context_id = s.context_id
  JOIN sales_contexts c ON c.id = s.context_id
"""
# A line's amount falls to the territories of its rows as their receipts do; without receipts in equal parts. What that
# leaves of whole micros goes to the largest remainders, so that territories add up to what was earned.
_PLACES = f"""
, places AS (
  SELECT l.number, l.amount_micros, c.territory, sum(x.net) AS net FROM lines l {_ROWS} GROUP BY 1, 2, 3
), weighed AS (
  SELECT *, sum(net) OVER (PARTITION BY number) AS whole, count(*) OVER (PARTITION BY number) AS parts FROM places
), summed AS (
  SELECT territory, sum(amount_micros * CASE WHEN whole <> 0 THEN net / whole ELSE 1.0 / parts END) AS exact
  FROM weighed GROUP BY 1
), ranked AS (
  SELECT territory, floor(exact) AS floor, row_number() OVER (ORDER BY exact - floor(exact) DESC, territory) AS place,
    round(sum(exact) OVER ()) - sum(floor(exact)) OVER () AS rest
  FROM summed
)
SELECT territory, (floor + CASE WHEN place <= rest THEN 1 ELSE 0 END)::bigint FROM ranked ORDER BY 2 DESC, 1
"""
_SUMS = {
    "store": text(_WITH + "SELECT store, sum(amount_micros)::bigint FROM lines GROUP BY 1 ORDER BY 2 DESC, 1"),
    "month": text(_WITH + "SELECT sold_month, sum(amount_micros)::bigint FROM lines GROUP BY 1 ORDER BY 1"),
    "territory": text(_WITH + _PLACES),
}
_TITLES = text(
    _WITH
    + """
SELECT coalesce(r.title, p.title), coalesce(r.artist_line, p.artist_line), CASE WHEN r.id IS NULL THEN NULL ELSE p.title
  END, t.quantity, t.amount_micros, t.lines
FROM (
  SELECT recording_id, release_id, sum(quantity) AS quantity, sum(amount_micros)::bigint AS amount_micros,
    count(*) AS lines FROM lines GROUP BY 1, 2
) t LEFT JOIN recordings r ON r.id = t.recording_id LEFT JOIN releases p ON p.id = t.release_id
ORDER BY abs(t.amount_micros) DESC, 1
"""
)

_ROWS_OF = """
SELECT r.id AS report_id, r.name AS report, r.sha256, l.row, l.quantity, l.net, l.gross, l.unit_price, l.retail_price,
  c.store, c.territory, c.channel, c.commercial_model, c.configuration, c.price_band, c.currency, c.sold_from,
  c.sold_until, a.isrc, a.upc, a.title, a.artist, a.match, a.score, c.source
FROM earning_sources s JOIN royalty_runs u ON u.serial = s.run JOIN sales_reports r ON r.serial = s.report
  JOIN sales_lines l ON l.report_id = r.id AND l.asset_id = s.asset_id AND l.context_id = s.context_id
  JOIN sales_assets a ON a.id = s.asset_id JOIN sales_contexts c ON c.id = s.context_id
WHERE u.id = :run AND s.number = :number
"""
_BEYOND = text(
    _ROWS_OF + "AND (r.name, r.id, l.row) > (:name, :report ::uuid, :row) ORDER BY r.name, r.id, l.row LIMIT :limit"
)
_SOURCES = text(_ROWS_OF + "ORDER BY r.name, r.id, l.row LIMIT :limit OFFSET :skip")
_SOURCE = text(_ROWS_OF + "AND r.id = :report AND l.row = :row")


class Line(NamedTuple):
    """One line of a statement: what was sold, by which clause it is paid, and every number of the formula.

    `amount_micros` = `amount` × `share`, rounded so that a statement's lines add up to what it says was earned;
    `amount` = `base` × `factor` × `rate` × `fx`, exactly, where no unit is rounded and no product divided.
    """

    number: int
    clause: str
    store: str
    channel: str
    sold_month: date
    currency: str
    lines: int
    quantity: Decimal
    net: Decimal
    base: Decimal
    factor: Decimal
    rate: Decimal
    fx: Decimal
    whole: int
    amount: Decimal
    share: Decimal
    held: Decimal
    """What of the share is contested or not confirmed yet."""

    amount_micros: int
    title: str | None
    artist: str | None
    isrc: str | None
    release: str | None
    upc: str | None

    @property
    def is_held(self) -> bool:
        """Whether something of it is not paid yet because a share is in doubt."""
        return self.held != 0

    @property
    def held_micros(self) -> int:
        """What of the amount is held."""
        return round(self.amount_micros * self.held / self.share) if self.share else 0


class Title(NamedTuple):
    """What one recording on one release, or one release as a whole, earned."""

    title: str | None
    artist: str | None
    release: str | None
    quantity: Decimal
    amount_micros: int
    lines: int


class Source(NamedTuple):
    """A row of a sales report behind a line, as the store sent it."""

    report_id: UUID
    report: str
    sha256: str
    row: int
    quantity: Decimal
    net: Decimal
    gross: Decimal | None
    unit_price: Decimal | None
    retail_price: Decimal | None
    store: str
    territory: str | None
    channel: str
    commercial_model: str | None
    configuration: str | None
    price_band: str | None
    currency: str
    sold_from: date
    sold_until: date
    isrc: str | None
    upc: str | None
    title: str | None
    artist: str | None
    match: str | None
    score: float | None
    source: str


class Provenance(NamedTuple):
    """What a line rests on besides sales: the contract, its version, the clause that applied, the terms' hash."""

    contract: Contract
    version: ContractVersion
    clause: Clause
    terms: Terms
    run: RoyaltyRun
    rate: dict[str, str]
    """The exchange rate with its day and source; empty where the run does not know it."""


def lines(session: Session, statement: Statement, *, after: int = 0, limit: int = 1_000_000) -> list[Line]:
    """A statement's lines in the order of their numbers; their amounts add up to `earned_micros`."""
    rows = session.execute(_PAGE, _asked(statement) | {"after": after, "limit": limit})
    return [Line(*row) for row in rows]


def largest(session: Session, statement: Statement, *, skip: int, limit: int, wanted: str = "") -> list[Line]:
    """A page of the statement's lines that name a text, the largest amounts first."""
    rows = session.execute(_LARGEST, _asked(statement) | {"skip": skip, "limit": limit, "wanted": wanted})
    return [Line(*row) for row in rows]


def sums(session: Session, statement: Statement, by: Literal["store", "territory", "month"]) -> list[tuple[Any, int]]:
    """What a statement earned, in micros, by store, by territory or by the month of the sale."""
    return [(row[0], row[1]) for row in session.execute(_SUMS[by], _asked(statement))]


def titles(session: Session, statement: Statement) -> list[Title]:
    """What a statement earned with each recording or release, the largest amounts first."""
    return [Title(*row) for row in session.execute(_TITLES, _asked(statement))]


def line(session: Session, statement: Statement, number: int) -> Line | None:
    """One line of a statement."""
    row = session.execute(_ONE, _asked(statement) | {"number": number}).one_or_none()
    return Line(*row) if row else None


def sources(session: Session, statement: Statement, number: int, *, skip: int = 0, limit: int = 100) -> list[Source]:
    """The rows of sales reports behind a line."""
    asked = {"run": statement.run_id, "number": number, "skip": skip, "limit": limit}
    return [Source(*row) for row in session.execute(_SOURCES, asked)]


def sources_after(
    session: Session, statement: Statement, number: int, last: tuple[str, UUID, int] | None, *, limit: int
) -> list[Source]:
    """The same after the last one seen: the name and id of its report, and its row."""
    if last is None:
        return sources(session, statement, number, limit=limit)
    asked = {"run": statement.run_id, "number": number, "limit": limit}
    asked |= dict(zip(("name", "report", "row"), last, strict=True))
    return [Source(*row) for row in session.execute(_BEYOND, asked)]


def source(session: Session, statement: Statement, number: int, report: UUID | None, row: int) -> Source | None:
    """A row of a sales report, if it is behind a line."""
    asked = {"run": statement.run_id, "number": number, "report": report, "row": row}
    found = session.execute(_SOURCE, asked).one_or_none()
    return Source(*found) if found else None


def provenance(session: Session, statement: Statement, number: int) -> Provenance:
    """The contract, version and clause by which a line was worked out."""
    earning = session.get_one(Earning, (statement.run_id, number))
    version = session.get_one(ContractVersion, earning.version_id)
    terms = version.read()
    clause = next(each for each in terms.clauses if each.id == earning.clause)
    contract, run = session.get_one(Contract, earning.contract_id), session.get_one(RoyaltyRun, earning.run_id)
    on = _received(session, run, number) if terms.rate_day == "receipt" else None
    rate = run.rates.get(rate_key(earning.currency, terms.currency, on), {})
    is_its_own = bool(rate) and Decimal(rate["rate"]) == earning.fx  # what is taken back had the rate of its own run
    return Provenance(contract, version, clause, terms, run, rate if is_its_own else {})


def _received(session: Session, run: RoyaltyRun, number: int) -> date | None:
    """When the money behind a line came: where that day's rate counts, no line is of two days."""
    behind = select(EarningSource.report).where(EarningSource.run == run.serial, EarningSource.number == number)
    days = collecting.received(session, session.scalars(behind.limit(1)).all())
    return next(iter(days.values()), None)


def _asked(statement: Statement) -> dict[str, object]:
    return {
        "run": statement.run_id,
        "contract": statement.contract_id,
        "payee": statement.payee_id,
        "earned": statement.earned_micros,
    }
