"""An audit pack, recomputed to the micro from its own rows: no database, no account, nothing of the label's needed.

A pack is a ZIP of `statement.json`, `earnings.csv`, `sources.csv`, `grounds.json` (what was counted before, whose rates
are followed), of a restatement `unchanged.csv` (lines that hold and count for its rates), the terms that were signed,
and `manifest.json` with the SHA-256 of each, signed with the label's Ed25519 key (RFC 8032).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.contracts.rules.fitting import Circumstances, clause_for, factor
from app.contracts.rules.terms import Terms, unpacked
from app.kernel.money import exact
from app.royalties.rules.climbing import Grounds, Row, differing, taken_as_stated
from app.royalties.rules.dividing import apportion, flat, micros_of
from app.royalties.rules.pricing import Sold, rate_key, royalty_of

FORMAT: Final = "royalty-audit/1"
MOST_BYTES: Final = 1 << 30


class Verdict(NamedTuple):
    """What a recomputation found: `problems`, a sentence each, and how much was recomputed."""

    problems: list[str]
    lines: int
    rows: int
    earned_micros: int
    key: str
    """The fingerprint of the key that signed it, for whoever knows which it should be."""

    taken: tuple[str, ...] = ()
    """What the pack states and does not prove, a sentence each."""

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return not self.problems


class _Pack(NamedTuple):
    statement: dict[str, Any]
    earnings: list[Row]
    sources: dict[str, list[Row]]
    terms: dict[str, Terms]
    grounds: Grounds | None
    unchanged: list[Row]
    """Of a restatement: lines of its period that hold and count for rates that grow."""


def verify(raw: bytes) -> Verdict:
    """Check a pack's signature and hashes, then work every line, share, sum and step out anew."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            files = {each.filename: archive.read(each) for each in archive.infolist() if each.file_size < MOST_BYTES}
        key, problems = _signature(files)
        if problems:
            return Verdict(problems, 0, 0, 0, key)
        pack = _read(files)
    except (zipfile.BadZipFile, KeyError, ValueError, UnicodeDecodeError) as problem:
        return Verdict([f"This is not an audit pack: {problem}"], 0, 0, 0, "")
    restates = bool(pack.statement.get("restates"))
    rated = differing(pack.grounds, pack.terms, pack.earnings, pack.unchanged, restates=restates)
    found = [*_earnings(pack), *rated, *_sums(pack)]
    rows = sum(map(len, pack.sources.values()))
    taken = tuple(taken_as_stated(pack.grounds, pack.terms, pack.earnings, restates=restates))
    return Verdict(found, len(pack.earnings), rows, pack.statement["earned_micros"], key, taken)


def _signature(files: Mapping[str, bytes]) -> tuple[str, list[str]]:
    manifest = json.loads(files["manifest.json"])
    public = b64decode(manifest["public_key"])
    fingerprint = hashlib.sha256(public).hexdigest()[:32]
    if manifest["format"] != FORMAT:
        return fingerprint, [f"The pack is of an unknown kind: {manifest['format']}"]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(b64decode(files["manifest.sig"]), files["manifest.json"])
    except InvalidSignature:
        return fingerprint, ["The signature does not fit: the pack was changed after it was made."]
    named = manifest["files"]
    changed = [name for name, told in named.items() if hashlib.sha256(files.get(name, b"")).hexdigest() != told]
    extra = sorted(files.keys() - named.keys() - {"manifest.json", "manifest.sig"})
    return fingerprint, [f"{name} is not the file that was signed." for name in [*changed, *extra]]


def _read(files: Mapping[str, bytes]) -> _Pack:
    sources: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(files["sources.csv"]):
        sources[row["number"]].append(row)
    terms = {
        name.removeprefix("terms/").removesuffix(".json"): unpacked(raw)
        for name, raw in files.items()
        if name.startswith("terms/")
    }
    grounds = Grounds.read(files["grounds.json"]) if "grounds.json" in files else None
    earnings, unchanged = (list(_rows(files.get(name, b""))) for name in ("earnings.csv", "unchanged.csv"))
    return _Pack(json.loads(files["statement.json"]), earnings, sources, terms, grounds, unchanged)


def _rows(raw: bytes) -> Iterator[Row]:
    return csv.DictReader(io.StringIO(raw.decode()))


def _earnings(pack: _Pack) -> Iterator[str]:
    """Every earning from its rows: clause, factor, base, rate, exchange rate."""
    for row in (*pack.earnings, *pack.unchanged):
        number, terms = row["number"], pack.terms[row["version"]]
        clause = next(each for each in terms.clauses if each.id == row["clause"])
        with exact():
            amount = Decimal(0)
            for source in pack.sources[number]:
                sale = _circumstances(source)
                if clause_for(terms.clauses, sale) != clause:
                    yield f"Line {number}: another clause is about row {source['row']} of {source['report']}."
                if factor(clause, sale) != Decimal(row["factor"]):
                    yield f"Line {number}: row {source['row']} of {source['report']} comes to another factor."
                rate, own = Decimal(row["rate"]), _sold(source)
                amount += royalty_of(clause, own, factor=Decimal(row["factor"]), rate=rate)
            yield from _exchanged(pack, row, terms)
            amount = amount * Decimal(row["fx"]) / int(row["whole"]) * int(row["sign"])
            if abs(amount - Decimal(row["amount"])) > Decimal("1e-20"):
                yield f"Line {number}: {row['amount']} is stated, {amount} is what its rows come to."


def _exchanged(pack: _Pack, row: Row, terms: Terms) -> Iterator[str]:
    """Whether a line's exchange rate is the run's of the day that is agreed; what is taken back had another run's."""
    if row["sign"] == "-1" or row["number"].startswith("u"):
        return
    days = {source.get("received", "") for source in pack.sources[row["number"]]}
    asked = map(date.fromisoformat, days) if terms.rate_day == "receipt" else [None]
    keys = [rate_key(row["currency"], terms.currency, on) for on in asked]
    if any(Decimal(pack.statement["rates"].get(key, {}).get("rate", "NaN")) != Decimal(row["fx"]) for key in keys):
        yield f"Line {row['number']}: {row['fx']} is not the exchange rate of {', '.join(sorted(keys))}."


def _circumstances(row: Row) -> Circumstances:
    return Circumstances(
        territory=row["territory"] or None,
        channel=row["channel"],
        configuration=row["configuration"] or None,
        price_band=row["price_band"] or None,
        commercial_model=row["commercial_model"] or None,
        source=row["source"],
        sold_on=date.fromisoformat(row["sold_from"]),
    )


def _sold(row: Row) -> Sold:
    prices = (Decimal(row[name]) if row[name] else None for name in ("gross", "unit_price", "retail_price"))
    return Sold(Decimal(row["quantity"]), Decimal(row["net"]), *prices)


def _sums(pack: _Pack) -> Iterator[str]:
    """Shares, the one rounding, and the steps from the opening balance to the closing one."""
    told = pack.statement
    with exact():
        parts: dict[str, Decimal] = defaultdict(Decimal)
        for row in pack.earnings:
            for payee, share in told["shares"][row["sheet"]].items():
                parts[payee] += Decimal(row["amount"]) * Decimal(share)
        total = micros_of(sum(parts.values(), Decimal(0)))
    named = sorted(parts)
    earned = dict(zip(named, apportion(total, [parts[each] for each in named]), strict=True))
    if earned.get(told["payee_id"], 0) != told["earned_micros"]:
        yield f"{told['earned_micros']} micros are stated as earned, {earned.get(told['payee_id'], 0)} were."
    own = {str(payee): share for payee, share in flat(pack.terms[told["version"]].shares).items()}
    if any(Decimal(share) != own.get(payee) for payee, share in told["shares"][""].items()):
        yield "The shares are not those of the contract."
    steps = sum(entry["amount_micros"] for entry in told["entries"])
    if told["opening_micros"] + told["earned_micros"] + steps != told["closing_micros"]:
        yield "The steps do not lead from the opening balance to the closing one."
    if told["payable_micros"] not in (0, told["closing_micros"]):
        yield "What is payable is not what is left."
