"""`boptone doctor`: health."""

from __future__ import annotations

import sys

import click

from app.main import composition
from app.main.commands.output import answer, as_json


@click.command("doctor")
@as_json
def command(json: bool) -> None:
    """Compare every label, role and schema with what it should be; exit code 1 where something differs."""
    from tenants.fleet.doctor import examine

    with composition.connected("doctor") as settings:
        findings = examine(settings)
    lines = [f"{found.cell}{f' {found.label}' if found.label else ''}: {found.problem}" for found in findings]
    answer(findings, "\n".join(lines) or "Everything is as it should be.", json=json)
    sys.exit(1 if findings else 0)
