"""`boptone bench`: what the product promises in figures."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import msgspec

from app.main.commands.output import answer, as_json

AREAS = (
    "session", "opening", "fleet", "pages", "roster", "audio", "streaming", "uploads", "batch_page", "ledger",
    "statements", "payouts", "reports", "statement_pdf", "checkout", "storefront", "phone", "tokens", "bulk", "api",
)  # fmt: skip
ASKED_FOR = ("reports_large",)
"""Not part of everything: minutes and gigabytes each."""


@click.command("bench")
@click.argument("area", required=False, type=click.Choice((*AREAS, *ASKED_FOR)))
@click.option("--keep/--no-keep", default=True, help="Keep the figures in benchmarks/results.")
@as_json
def command(area: str | None, keep: bool, json: bool) -> None:
    """Measure AREA, or everything, on a server of its own; exit code 1 where a bar is missed."""
    if find_spec("benchmarks") is None:
        raise click.ClickException("The benchmarks are not part of this installation: run them from a checkout.")
    figures: dict[str, Any] = {}
    for name in (area,) if area else AREAS:
        figures |= _measured(name)
    if keep:
        _keep(area or "all", figures)
    answer(figures, "\n".join(_line(name, figure) for name, figure in figures.items()), json=json)
    sys.exit(0 if all(figure.is_kept for figure in figures.values()) else 1)


def _measured(area: str) -> dict[str, Any]:
    from benchmarks.harness import ground

    with ground() as settings:
        figures: dict[str, Any] = import_module(f"benchmarks.{area}").run(
            settings, lambda sentence: click.echo(f"{area}: {sentence}", err=True)
        )
    return figures


def _keep(area: str, figures: dict[str, Any]) -> None:
    import benchmarks

    now = datetime.now(UTC)
    folder = Path(benchmarks.__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    document = msgspec.json.format(msgspec.json.encode(figures), indent=1)
    (folder / f"{now:%Y-%m-%d-%H%M}-{area}.json").write_bytes(document + b"\n")


def _line(name: str, figure: Any) -> str:
    measured = f"{figure.value:g} {figure.unit}" + (f", ratio {figure.ratio:g}" if figure.ratio is not None else "")
    bar = "" if figure.bar is None else f" (at most {figure.bar:g}: {'kept' if figure.is_kept else 'MISSED'})"
    return f"{name:36} {measured}{bar}"
