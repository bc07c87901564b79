"""`boptone tenants export, import, backup, restore, clone, move`: a label in one file, or in another database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.kernel import clock
from app.kernel.db import platform_read
from app.kernel.tenant import Tenant
from app.main import composition
from app.main.commands.output import answer, as_json
from tenants.registry.queries import tenant_named


def _tenant(name: str) -> Tenant:
    with platform_read() as session:
        return tenant_named(session, name)


def _count(manifest: Any) -> dict[str, Any]:
    return {
        "tables": len(manifest.tables),
        "rows": sum(part.rows for part in manifest.tables),
        "files": len(manifest.files),
    }


@click.command("export")
@click.argument("label")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@as_json
def export(label: str, target: Path, json: bool) -> None:
    """Write everything of LABEL into one file TARGET, as it is this moment."""
    from tenants.archive import export_label

    with composition.connected("cli"):
        counts = _count(export_label(_tenant(label), target))
    sentence = f"{target} holds {counts['rows']} rows of {counts['tables']} tables and {counts['files']} files."
    answer({"archive": target, **counts}, sentence, json=json)


@click.command("import")
@click.argument("label")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def import_(label: str, source: Path, json: bool) -> None:
    """Fill the empty LABEL from the archive SOURCE."""
    from tenants.archive import import_archive

    with composition.connected("cli"):
        counts = _count(import_archive(_tenant(label), source))
    answer(counts, f"{label} now holds {counts['rows']} rows and {counts['files']} files.", json=json)


@click.command("backup")
@click.argument("label")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=None, help="Default: BOPTONE_DATA/backups"
)
@as_json
def backup(label: str, folder: Path | None, json: bool) -> None:
    """Export LABEL into the folder of backups under its name and the present time."""
    from tenants.archive import export_label

    with composition.connected("cli") as settings:
        tenant = _tenant(label)
        place = (folder or settings.data / "backups") / tenant.slug / f"{clock.now():%Y%m%dT%H%M%SZ}.tar"
        counts = _count(export_label(tenant, place))
    answer({"archive": place, **counts}, f"{label} is backed up in {place}.", json=json)


@click.command("restore")
@click.argument("label")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--confirm", required=True, help="The label's slug once more: its present rows are replaced.")
@as_json
def restore(label: str, source: Path, confirm: str, json: bool) -> None:
    """Bring LABEL back to the state of the archive SOURCE; what it replaces is kept for a week."""
    if confirm != label:
        raise click.BadParameter("type the label's name again to restore it", param_hint="--confirm")
    from tenants.archive import restore_label

    with composition.connected("cli"):
        manifest, kept = restore_label(_tenant(label), source)
    answer({**_count(manifest), "kept": kept}, f"{label} is as it was on {manifest.made_at}.", json=json)


@click.command("clone")
@click.argument("label")
@click.argument("slug")
@as_json
def clone(label: str, slug: str, json: bool) -> None:
    """Open a sandbox label called SLUG that starts as a copy of LABEL."""
    from tenants.archive import clone_to_sandbox, sandboxing

    with composition.connected("cli"):
        sandbox = clone_to_sandbox(_tenant(label), slug=slug)
        sandboxing.soften(sandbox)
    answer({"id": sandbox.id, "slug": sandbox.slug}, f"{slug} is a copy of {label}.", json=json)


@click.command("move")
@click.argument("label")
@click.argument("cell")
@as_json
def move(label: str, cell: str, json: bool) -> None:
    """Move LABEL to another CELL with a short pause of its writes; run it again if it was interrupted."""
    from tenants.cells.moving import move as move_label

    with composition.connected("cli"):
        operation = move_label(label, cell)
    answer({"operation": operation.id, "state": operation.state}, f"{label} lives in {cell} now.", json=json)


COMMANDS = (export, import_, backup, restore, clone, move)
