"""`boptone upload`: a catalogue from a table, as the portal does it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from app.main import composition
from app.main.commands.output import answer, as_json


@click.command("upload")
@click.argument("label")
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", "dry", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--fix", is_flag=True, help="Take every suggestion that is safe before applying.")
@as_json
def command(label: str, manifest: Path, folder: Path | None, dry: bool, fix: bool, json: bool) -> None:
    """Bring the releases and tracks of MANIFEST (CSV, TSV, XLSX) into LABEL, with the audio and artwork of FOLDER.

    What is refused names row and rule, or file and reason.
    """
    from rich.progress import Progress

    from app.kernel.db import platform_read
    from app.uploads.service import unattended
    from tenants.registry import queries

    with composition.connected("cli"):
        with platform_read() as session:
            tenant = queries.tenant_named(session, label)
        with Progress(disable=json or not sys.stderr.isatty(), transient=True) as bar:
            line = bar.add_task("Receiving", total=None)

            def show(stage: str, done: int, total: int) -> None:
                bar.update(line, description=stage, completed=done, total=total or None)

            told = unattended.bring_in(tenant, manifest, folder, dry=dry, fix=fix, progress=show)
        answer(told, _sentences(told), json=json)
    sys.exit(1 if told["refused"] and not told["created"] + told["updated"] + told["unchanged"] else 0)


def _sentences(told: dict[str, Any]) -> str:
    counts = ", ".join(f"{told[name]} {name}" for name in ("created", "updated", "unchanged", "warned", "refused"))
    lines = [f"{told['releases']} releases, {told['tracks']} tracks: {counts}."]
    lines += [
        f"  row {finding['row']}: {finding['rule']} {finding['field']} {finding['value'] or ''}: {finding['message']}"
        for finding in told["findings"]
    ]
    of_files = told.get("files", {"usable": 0, "refused": []})
    if of_files["usable"] or of_files["refused"]:
        lines.append(f"{of_files['usable']} files can be used, {len(of_files['refused'])} cannot.")
    lines += [f"  {file['file']}: {file['verdict']}: {file['message']}" for file in of_files["refused"]]
    return "\n".join(lines)
