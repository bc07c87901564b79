"""Statements as sheets: how long one takes on one core, in a label's brand, with as many titles as a sheet shows."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from app.brand.rules.paper import sheet_pdf
from app.brand.service.drawing import brand_of
from app.brand.service.live import live_theme
from app.royalties.service.documents import MOST_TITLES, SHEET
from app.settings import Settings
from benchmarks.harness import Figure, Figures, absolute
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

SHEETS = 40
BAR_MS = 120


def run(_settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Draw some tens of different statements and tell what one takes."""
    label = open_label(OpenLabel(slug="bench", name="Bench", owner_email="o@bench.test", request_key="bench:sheets"))
    brand = brand_of(label, live_theme(label), language="en", logo="wordmark")
    taken = []
    for number in range(SHEETS + 1):
        started = perf_counter()
        raw = sheet_pdf(brand, "royalties.typ", _texts(number))
        taken.append(perf_counter() - started)
        assert raw.startswith(b"%PDF")
    tell(f"drew {SHEETS}, the first in {taken[0] * 1000:.0f} ms")
    return {"statement_pdf.sheet": _figure(taken[1:])}


def _figure(seconds: list[float]) -> Figure:
    return absolute(seconds, bar=BAR_MS, note=f"{SHEETS} statements of {MOST_TITLES} titles, one core")


def _texts(number: int) -> dict[str, object]:
    rows = [
        (f"Song {number}-{place}", f"Artist {place} · Album {place // 9}", f"{place * 977:,}", f"€{place * 3.17:,.2f}")
        for place in range(MOST_TITLES)
    ]
    steps = [(f"Step {place} of {number}", f"€{place * 11.5:,.2f}") for place in range(8)]
    return {
        **SHEET,
        "payee": f"Payee {number}",
        "period": "1 Jan 2026 – 30 Jun 2026",
        "contract_title": f"2026-{number:04}",
        "payable": f"€{number * 17.3:,.2f}",
        "steps": steps,
        "closing_amount": f"€{number * 17.3:,.2f}",
        "rows": rows,
        "terms": f"Version 1, terms {number:064x}.",
    }
