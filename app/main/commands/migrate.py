"""`boptone migrate`: the fleet."""

from __future__ import annotations

import sys

import click

from app.main import composition
from app.main.commands.output import answer, as_json


@click.command("migrate")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would run, trying each revision on one label.")
@click.option("--retry-quarantined", is_flag=True, help="Try labels again that failed before.")
@click.option("--workers", default=4, show_default=True, type=click.IntRange(1, 32))
@click.option("--most-failures", default=1.0, show_default=True, help="Stop above this percentage of labels.")
@click.option("--render", is_flag=True, help="Write down what a label at head is made of, for `boptone doctor`.")
@as_json
def command(dry: bool, retry_quarantined: bool, workers: int, most_failures: float, render: bool, json: bool) -> None:
    """Bring the shared tables and every label to head: first a canary, then the rest; safe to stop and run again."""
    with composition.connected("migrate"):
        if render:
            _render(json=json)
        elif dry:
            _dry_run(json=json)
        else:
            _migrate(workers, most_failures / 100, retry=retry_quarantined, json=json)


def _migrate(workers: int, most_failures: float, *, retry: bool, json: bool) -> None:
    from rich.progress import Progress

    from tenants.fleet.runner import Choices, migrate

    with Progress(disable=json or not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("Labels", total=None)
        report = migrate(
            composition.settings(),
            Choices(workers=workers, most_failures=most_failures, retry_failed=retry),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    sentence = (
        f"Head is {report.head}: {report.migrated} steps done, {report.waiting} wait; "
        f"{report.failed} labels failed, {report.quarantined} are in quarantine."
    )
    errors = "".join(f"\n  {label}: {problem}" for label, problem in report.errors.items())
    answer(report, sentence + errors, json=json)
    sys.exit(1 if report.failed or report.stopped or report.quarantined else 0)


def _dry_run(*, json: bool) -> None:
    from tenants.fleet.rehearsal import dry_run

    plan = dry_run(composition.settings())
    lines = [
        f"{step['cell']}: {step['revision']} ({step['phase']}) {step['summary']} {step['labels']} labels. "
        + (f"It would fail: {step['problem']}" if step["problem"] else "")
        for step in plan
    ]
    answer(plan, "\n".join(lines) or "Every label is at head.", json=json)


def _render(*, json: bool) -> None:
    from tenants.fleet.doctor import render_head

    fingerprint = render_head(composition.settings())
    answer(
        {"revision": fingerprint.revision, "digest": fingerprint.digest}, f"Rendered {fingerprint.revision}.", json=json
    )
