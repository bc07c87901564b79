"""`boptone audit`: statements recomputed from their own rows, on any machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.main.commands.output import answer, as_json


@click.group("audit")
def command() -> None:
    """Recompute what payees were told."""


@command.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def verify(file: Path, json: bool) -> None:
    """Recompute an audit pack to the micro; needs no database. Exit code 1 where something does not agree."""
    from app.royalties.rules import auditing

    verdict = auditing.verify(file.read_bytes())
    told = {
        "ok": verdict.ok,
        "problems": verdict.problems,
        "lines": verdict.lines,
        "rows": verdict.rows,
        "earned_micros": verdict.earned_micros,
        "key": verdict.key,
        "taken_as_stated": verdict.taken,
    }
    counted = f"{verdict.lines} lines from {verdict.rows} rows of sales agree. Signed with the key {verdict.key}."
    counted = "\n".join([counted, *(f"Taken as stated: {each}" for each in verdict.taken)])
    answer(told, counted if verdict.ok else "\n".join(verdict.problems), json=json)
    sys.exit(0 if verdict.ok else 1)
