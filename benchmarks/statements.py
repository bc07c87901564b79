"""A statement run over a million matched lines, against one plain aggregate of the same lines by payee."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.contracts.rules.terms import Clause, Share, Terms, digest, packed
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.db.database import owner_session
from app.kernel.tenant import Tenant
from app.royalties.models import RoyaltyRun
from app.royalties.service import calculating, checking, growing, running, settling
from app.settings import HOME_CELL, Settings
from benchmarks.harness import Figure, Figures
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

LINES, CONTRACTS, PAYEES, RECORDINGS, CONTEXTS = 1_000_000, 2_000, 3, 20_000, 40
BAR = 12
ROUNDS = 3
MONTH = (date(2026, 3, 1), date(2026, 3, 31))

_CATALOGUE = (
    "INSERT INTO artists (id, key, name, name_key, folded, sort_name) SELECT md5('a' || n)::uuid, 'a' || n,"
    " 'Artist ' || n, 'artist ' || n, 'artist ' || n, 'artist ' || n FROM generate_series(1, :contracts) n",
    "INSERT INTO recordings (id, isrc, title, artist_line, folded) SELECT md5('r' || n)::uuid,"
    " 'QZBEN26' || lpad(n::text, 5, '0'), 'Song ' || n, 'Artist', 'song ' || n FROM generate_series(1, :recordings) n",
    "INSERT INTO recording_artists (recording_id, position, artist_id, role, credited_as) SELECT md5('r' || n)::uuid,"
    " 1, md5('a' || (n % :contracts + 1))::uuid, 'main', 'Artist' FROM generate_series(1, :recordings) n",
    "INSERT INTO parties (id, kind, legal_name) SELECT md5('p' || n)::uuid, 'person', 'Payee ' || n"
    " FROM generate_series(1, :payees) n",
    "INSERT INTO payees (id, party_id, name, currency) SELECT md5('y' || n)::uuid, md5('p' || n)::uuid, 'Payee ' || n,"
    " 'USD' FROM generate_series(1, :payees) n",
    "INSERT INTO contracts (id, number, title, kind, state, party_id, starts_on, created_at) SELECT"
    " md5('c' || n)::uuid, 'B-' || n, 'Deal ' || n, 'royalty', 'active', md5('p' || n)::uuid, '2020-01-01', now()"
    " FROM generate_series(1, :contracts) n",
    "INSERT INTO contract_scopes (contract_id, level, subject_id) SELECT md5('c' || n)::uuid, 'artist',"
    " md5('a' || n)::uuid FROM generate_series(1, :contracts) n",
)
_SALES = (
    "INSERT INTO files (id, sha256, size, name, media_type, created_at) SELECT md5('f')::uuid, repeat('0', 64), 1, 'f',"
    " 'text/csv', now()",
    "INSERT INTO sales_reports (id, name, file_id, sha256, source, state, period_start, period_end, rows, totals,"
    " created_at) VALUES (md5('s')::uuid, 'bench', md5('f')::uuid, 'x', 'bench', 'imported', :starts, :ends, :lines,"
    " '{}', now())",
    "INSERT INTO sales_assets (fingerprint, source, isrc, recording_id, match, first_seen) SELECT md5('r' || n)::uuid,"
    " 'bench', 'x', md5('r' || n)::uuid, 'isrc', now() FROM generate_series(1, :recordings) n",
    "INSERT INTO sales_contexts (fingerprint, source, store, channel, territory, currency, sold_from, sold_until)"
    " SELECT md5('k' || n)::uuid, 'bench', 'Store ' || n % 5, 'stream', chr(65 + n % 8) || 'A', 'USD', :starts, :ends"
    " FROM generate_series(1, :contexts) n",
    "INSERT INTO sales_lines (report_id, row, asset_id, context_id, fingerprint, quantity, net) SELECT md5('s')::uuid,"
    " n, 1 + n % :recordings, 1 + (n / :recordings) % :contexts, n, 1 + n % 90, (n % 9973) * 0.0001234567"
    " FROM generate_series(1, :lines) n",
)
_PLAIN = "SELECT payee, sum(net * share) FROM shared.bare_lines JOIN shared.bare_shares USING (contract) GROUP BY payee"


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Calculate a month of a million lines, three payees each, and tell how many seconds which part takes."""
    label = open_label(OpenLabel(slug="bench", name="Bench", owner_email="o@bench.test", request_key="bench:royalties"))
    _fill(label)
    tell("filled")
    plain = min(_plain(settings, label) for _ in range(ROUNDS))
    taken = [_calculated(label) for _ in range(ROUNDS)]
    best = min(taken, key=lambda parts: sum(parts.values()))
    seconds = sum(best.values())
    said = ", ".join(f"{name} {part:.1f} s" for name, part in best.items())
    return {
        "statements.run": Figure(
            value=round(seconds, 2),
            unit="s",
            reference=round(plain, 3),
            ratio=round(seconds / plain, 2),
            bar=BAR,
            note=f"{LINES:,} lines, {CONTRACTS:,} contracts, {PAYEES} payees a line; {said}",
        )
    }


def _fill(label: Tenant) -> None:
    values: dict[str, Any] = {
        "contracts": CONTRACTS, "recordings": RECORDINGS, "payees": CONTRACTS * PAYEES, "contexts": CONTEXTS,
        "lines": LINES, "starts": MONTH[0], "ends": MONTH[1],
    }  # fmt: skip
    with tenant_work(label) as session:
        session.execute(text("SET LOCAL statement_timeout = '10min'"))
        for statement in (*_CATALOGUE, *_SALES):
            names = {name: value for name, value in values.items() if f":{name}" in statement}
            session.execute(text(statement), names)
        session.execute(
            text(
                "INSERT INTO contract_versions (id, contract_id, number, terms, terms_hash, effective_from, signed_at,"
                " created_at) SELECT md5('v' || n)::uuid, md5('c' || n)::uuid, 1, terms, hash, '2020-01-01', now(),"
                " now()"
                " FROM unnest(:numbers ::int[], :terms ::text[], :hashes ::text[]) t(n, terms, hash)"
            ),
            _versions(),
        )


def _versions() -> dict[str, Any]:
    made = [_terms(number) for number in range(1, CONTRACTS + 1)]
    return {
        "numbers": list(range(1, CONTRACTS + 1)),
        "terms": [packed(each).decode() for each in made],
        "hashes": [digest(each) for each in made],
    }


def _terms(number: int) -> Terms:
    from hashlib import md5

    payees = [
        UUID(md5(f"y{(number - 1) * PAYEES + place + 1}".encode(), usedforsecurity=False).hexdigest())
        for place in range(PAYEES)
    ]
    shares = tuple(
        Share(payee=payee, share_ppm=part) for payee, part in zip(payees, (500_000, 300_000, 200_000), strict=True)
    )
    rate = Decimal(number % 40 + 10) / 100
    return Terms(currency="USD", clauses=(Clause(id="all", rate=rate),), shares=shares, cadence="monthly")


def _plain(settings: Settings, label: Tenant) -> float:
    """One aggregate of lines that already know their contract, by payee."""
    with owner_session(settings, HOME_CELL) as owner:
        owner.execute("DROP TABLE IF EXISTS shared.bare_lines, shared.bare_shares")
        owner.execute(
            f"CREATE TABLE shared.bare_lines AS SELECT 1 + l.asset_id % {CONTRACTS} AS contract, l.* "
            f'FROM "{label.id}".sales_lines l'.encode()
        )
        owner.execute(
            f"CREATE TABLE shared.bare_shares AS SELECT c AS contract, c * {PAYEES} + p AS payee, 0.3 AS share "
            f"FROM generate_series(1, {CONTRACTS}) c, generate_series(1, {PAYEES}) p".encode()
        )
        owner.execute("ANALYZE shared.bare_lines, shared.bare_shares")
        started = perf_counter()
        owner.execute(_PLAIN).fetchall()
        return perf_counter() - started


def _calculated(label: Tenant) -> dict[str, float]:
    """One run from nothing to checked, in seconds a part; it is thrown away after."""
    actor = Actor.system(label)
    with tenant_work(label) as session:
        period = session.scalar(text("SELECT id FROM royalty_periods"))
        held = running.open_period(session, actor, starts_on=MONTH[0], ends_on=MONTH[1]) if period is None else None
        run = RoyaltyRun(
            id=UUID(int=1), period_id=held.id if held else period, number=1, state="calculating", is_trial=True
        )
        run.created_at = MONTH[0]  # type: ignore[assignment]
        session.add(run)
        session.flush()
        parts: dict[str, float] = {}
        started = perf_counter()
        known = calculating.calculate(session, run)
        parts["earnings"] = perf_counter() - started
        growing.escalate(session, run, known)
        settling.settle_run(session, run, known, {})
        parts["statements"] = perf_counter() - started - parts["earnings"]
        checking.check(session, run)
        run.digest = running.digest(session, run.id)
        parts["check"] = perf_counter() - started - sum(parts.values())
    with tenant_work(label) as session:
        session.execute(text("SET LOCAL statement_timeout = '10min'"))
        calculating.forget(session, session.get_one(RoyaltyRun, UUID(int=1)))
        session.execute(text("DELETE FROM royalty_runs"))
    return parts
