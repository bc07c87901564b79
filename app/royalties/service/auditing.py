"""Audit packs: a statement with every row, rate, share and term it was worked out from, signed by the label."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.contracts.models import Contract, ContractVersion
from app.contracts.rules.terms import Terms
from app.contracts.service.drafting import in_force
from app.contracts.service.favouring import favoured
from app.kernel.crypto import label_key
from app.kernel.sheets.cells import harmless
from app.kernel.tenant import Tenant
from app.roster.models import Payee
from app.royalties.models import WHOLE, Earning, LineShare, RoyaltyPeriod, RoyaltyRun, Statement, StatementEntry
from app.royalties.rules.auditing import FORMAT
from app.royalties.service import growing, unchanged
from app.royalties.service.unchanged import Unchanged

EARNINGS: Final = (
    "number", "version", "clause", "sheet", "store", "channel", "sold_month", "currency", "quantity", "base", "factor",
    "rate", "fx", "whole", "sign", "amount", "release",
)  # fmt: skip
SOURCES: Final = (
    "number", "report", "sha256", "row", "quantity", "net", "gross", "unit_price", "retail_price", "source", "store",
    "territory", "channel", "commercial_model", "configuration", "price_band", "currency", "sold_from", "isrc", "upc",
    "title", "artist", "received",
)  # fmt: skip
MOMENT: Final = (1980, 1, 1, 0, 0, 0)
"""The same statement gives the same pack, byte by byte."""

_SOURCES = text("""
SELECT s.number, r.name, r.sha256, l.row, l.quantity, l.net, l.gross, l.unit_price, l.retail_price, c.source, c.store,
  c.territory, c.channel, c.commercial_model, c.configuration, c.price_band, c.currency, c.sold_from, a.isrc, a.upc,
  a.title, a.artist, coalesce(r.received_on, (r.created_at AT TIME ZONE :zone)::date)
FROM earnings e JOIN royalty_runs u ON u.id = e.run_id
  JOIN earning_sources s ON s.run = u.serial AND s.number = e.number
  JOIN sales_reports r ON r.serial = s.report
  JOIN sales_lines l ON l.report_id = r.id AND l.asset_id = s.asset_id AND l.context_id = s.context_id
  JOIN sales_assets a ON a.id = s.asset_id JOIN sales_contexts c ON c.id = s.context_id
WHERE e.run_id = :run AND e.contract_id = :contract ORDER BY s.number, r.serial, l.row
""")


def pack(session: Session, tenant: Tenant, statement: Statement) -> bytes:
    """A statement as an archive that anybody can recompute: `boptone audit verify FILE`."""
    query = select(Earning).where(Earning.run_id == statement.run_id, Earning.contract_id == statement.contract_id)
    earnings = session.scalars(query.order_by(Earning.number)).all()
    newest, run = settled_by(session, statement), session.get_one(RoyaltyRun, statement.run_id)
    kept = _unchanged(session, run, statement.contract_id)
    wanted = {each.version_id for each in (*earnings, *kept.lines.values())}
    versions = {newest.id: newest} | {row.id: row for row in _versions(session, wanted)}
    files = {
        "statement.json": _as_json(_told(session, statement, newest)),
        "grounds.json": _as_json(_grounds(session, run, statement.contract_id, versions, kept)),
        "earnings.csv": _as_csv(EARNINGS, map(_row, earnings)),
        "sources.csv": _as_csv(SOURCES, _sources(session, statement, kept)),
        **({"unchanged.csv": _as_csv(EARNINGS, _numbered(kept))} if kept.lines else {}),
        **{f"terms/{version.id}.json": version.terms.encode() for version in versions.values()},
    }
    key = signing_key(tenant)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    manifest = _as_json(
        {
            "format": FORMAT,
            "label": tenant.name,
            "public_key": b64encode(public).decode(),
            "files": {name: hashlib.sha256(raw).hexdigest() for name, raw in sorted(files.items())},
        }
    )
    files |= {"manifest.json": manifest, "manifest.sig": b64encode(key.sign(manifest))}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, MOMENT), raw, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def signing_key(tenant: Tenant) -> Ed25519PrivateKey:
    """The key by which a label signs what it tells payees."""
    return Ed25519PrivateKey.from_private_bytes(label_key(tenant, "audit packs"))


def _told(session: Session, statement: Statement, newest: ContractVersion) -> dict[str, Any]:
    run = session.get_one(RoyaltyRun, statement.run_id)
    period = session.get_one(RoyaltyPeriod, run.period_id)
    contract, payee = session.get_one(Contract, statement.contract_id), session.get_one(Payee, statement.payee_id)
    entries = session.scalars(
        select(StatementEntry).where(StatementEntry.statement_id == statement.id).order_by(StatementEntry.position)
    )
    return {
        "statement_id": str(statement.id),
        "contract": contract.number,
        "title": contract.title,
        "version": str(newest.id),
        "terms_hash": newest.terms_hash,
        "payee_id": str(payee.id),
        "payee": payee.name,
        "period": [period.starts_on.isoformat(), period.ends_on.isoformat()],
        "currency": statement.currency,
        "rates": run.rates,
        "run_digest": run.digest,
        "restates": run.restates_id is not None,
        "shares": _shares(session, statement),
        "entries": [
            {"kind": entry.kind, "amount_micros": entry.amount_micros, "facts": entry.facts} for entry in entries
        ],
        **{
            name: getattr(statement, name)
            for name in ("opening_micros", "earned_micros", "closing_micros", "payable_micros", "reserve_micros")
        },
    }


def _unchanged(session: Session, run: RoyaltyRun, contract: UUID) -> Unchanged:
    """What counts in a restatement and is not told in it; nothing of any other run."""
    if run.restates_id is None:
        return Unchanged({}, [], [])
    versions = session.scalars(select(ContractVersion).where(ContractVersion.contract_id == contract))
    clauses = [(row.id, clause) for row in versions if row.signed_at for clause in row.read().clauses]
    return unchanged.read(
        session, run, contract, {(key, clause.id): clause for key, clause in clauses if clause.escalation}
    )


def _sources(session: Session, statement: Statement, kept: Unchanged) -> Iterator[Sequence[object]]:
    """The rows behind every line, and behind what is not told and counts."""
    asked = {"contract": statement.contract_id, "zone": session.info["tenant"].time_zone}
    yield from session.execute(_SOURCES, asked | {"run": statement.run_id})
    names = {(row.run_id, row.number): name for name, row in kept.lines.items()}
    for run in sorted({row.run_id for row in kept.lines.values()}):
        for number, *told in session.execute(_SOURCES, asked | {"run": run}):
            if (run, number) in names:
                yield [names[run, number], *told]


def _numbered(kept: Unchanged) -> Iterator[list[object]]:
    for name, row in kept.lines.items():
        yield [name, *_row(row)[1:]]


def _grounds(
    session: Session, run: RoyaltyRun, key: UUID, versions: Mapping[UUID, ContractVersion], kept: Unchanged
) -> dict[str, Any]:
    """What rates rest on beside the sales of a statement: what was counted before, and whose rates are followed."""
    before = [
        {
            "clause": clause,
            "release": str(release or ""),
            "ended": sold.ended.isoformat(),
            "channel": sold.channel,
            "units": f"{sold.units:f}",
            "gross": f"{sold.gross:f}",
            "receipts": f"{sold.receipts:f}",
        }
        for (_, clause, release), sold in growing.earlier(session, run, [key])
    ]
    told: dict[str, Any] = {"before": before, **_known_at(session, run, key, versions)}
    if run.restates_id:
        then = session.get_one(RoyaltyRun, run.restates_id)
        told["restated"] = {"now": kept.now, "then": kept.then, **_known_at(session, then, key, versions)}
    return told


def _known_at(
    session: Session, run: RoyaltyRun, key: UUID, versions: Mapping[UUID, ContractVersion]
) -> dict[str, object]:
    """What a run knew of costs, and of the contracts that are followed."""
    costs = growing.costs_of(session, run, [key]).get(key, Decimal(0))
    followed = {str(row.id): _followed(session, run, row.read()) for row in versions.values()}
    return {"costs": f"{costs:f}", "followed": {name: best for name, best in followed.items() if best}}


def _followed(session: Session, run: RoyaltyRun, terms: Terms) -> dict[str, dict[str, str]]:
    """By clause, the best rate among the contracts that some terms follow, and the terms in which it stands."""
    if not terms.most_favoured:
        return {}
    on = session.get_one(RoyaltyPeriod, run.period_id).ends_on
    signed = select(ContractVersion).where(ContractVersion.signed_at <= run.created_at)
    order = (ContractVersion.effective_from, ContractVersion.number)
    now = {
        row.contract_id: row
        for row in session.scalars(signed.where(ContractVersion.effective_from <= on).order_by(*order))
    }
    known = {contract: row.read() for contract, row in now.items()}
    best: dict[str, dict[str, str]] = {}
    for each in terms.most_favoured:
        for clause in favoured(each, known).clauses if each in known else ():
            if clause.id not in best or clause.rate > Decimal(best[clause.id]["rate"]):
                best[clause.id] = {"rate": f"{clause.rate:f}", "terms_hash": now[each].terms_hash}
    return best


def settled_by(session: Session, statement: Statement) -> ContractVersion:
    """The version by which a statement was settled: the one in force at the end of its period."""
    run = session.get_one(RoyaltyRun, statement.run_id)
    return in_force(session, statement.contract_id, session.get_one(RoyaltyPeriod, run.period_id).ends_on)


def _versions(session: Session, wanted: Iterable[object]) -> Sequence[ContractVersion]:
    return session.scalars(select(ContractVersion).where(ContractVersion.id.in_(wanted))).all()


def _shares(session: Session, statement: Statement) -> dict[str, dict[str, str]]:
    query = select(LineShare).where(
        LineShare.run_id == statement.run_id, LineShare.contract_id == statement.contract_id
    )
    found: dict[str, dict[str, str]] = {}
    for row in session.scalars(query.order_by(LineShare.sheet_id, LineShare.payee_id)):
        sheet = "" if row.sheet_id == WHOLE else str(row.sheet_id)
        found.setdefault(sheet, {})[str(row.payee_id)] = f"{row.share:f}"
    return found


def _row(earning: Earning) -> list[object]:
    told = {"version": earning.version_id, "sheet": earning.sheet_id or "", "release": earning.release_id or ""}
    return [told[name] if name in told else getattr(earning, name) for name in EARNINGS]


def _as_csv(heads: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([harmless(value) if isinstance(value, str) else value for value in row] for row in rows)
    return out.getvalue().encode()


def _as_json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False).encode()
