"""`boptone tenants`: the life of a label, from opening to tombstone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from app.kernel.actor import Actor
from app.main import composition
from app.main.commands import tenants_archive
from app.main.commands.output import answer, as_json
from app.main.commands.tenants_domains import domains
from tenants.lifecycle import erasing, service
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label
from tenants.provisioning.spares import fill_spares
from tenants.registry import queries
from tenants.registry.models import TenantRow


@click.group(name="tenants", help="Open, list, change, move, export and close labels.")
def command() -> None:
    """Gather the commands of a label's life."""


def _operator() -> Actor:
    return Actor.system(None)


def _summary(row: TenantRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "slug": row.slug,
        "name": row.name,
        "state": row.state,
        "cell": row.cell,
        "revision": row.schema_revision,
        "quarantine": row.quarantine,
        "epoch": row.epoch,
        "opened_at": row.opened_at,
        "erase_after": row.erase_after,
    }


def _tell(name: str, sentence: str, *, json: bool) -> None:
    from app.kernel.db import platform_read

    with platform_read() as session:
        answer(_summary(queries.tenant_row(session, name)), sentence, json=json)


@command.command("open")
@click.argument("slug")
@click.option("--name", required=True, help="The label's name, as people read it.")
@click.option("--owner", required=True, help="The mail address of the label's first owner.")
@click.option("--key", default=None, help="A request key: the same key opens the label once. Default: the slug.")
@click.option("--cell", default="home", show_default=True)
@click.option("--time-zone", default="UTC", show_default=True)
@click.option("--currency", default="EUR", show_default=True)
@click.option("--language", "languages", multiple=True, default=("en",), help="Once per language, the first leads.")
@as_json
def open_(slug: str, name: str, owner: str, key: str | None, json: bool, **choices: Any) -> None:
    """Open a label called SLUG: live at once, from a schema that was kept ready."""
    languages = tuple(choices.pop("languages"))
    wish = OpenLabel(
        slug=slug, name=name, owner_email=owner, request_key=key or f"cli:{slug}", languages=languages, **choices
    )
    with composition.connected("cli"):
        tenant = open_label(wish)
        _tell(tenant.id, f"{name} is live under {slug}.{composition.settings().base_domain}.", json=json)


@command.command("list")
@as_json
def list_(json: bool) -> None:
    """List every label, tombstones included."""
    from app.kernel.db import platform_read

    with composition.connected("cli"), platform_read() as session:
        rows = [_summary(row) for row in queries.labels(session)]
    lines = [
        f"{row['slug'] or '-':24} {row['state']:10} {row['cell']:8} {row['revision']:6} {row['name']}" for row in rows
    ]
    answer(rows, "\n".join(lines) or "No label is open yet.", json=json)


@command.command("show")
@click.argument("label")
@as_json
def show(label: str, json: bool) -> None:
    """Show one LABEL (slug or id) with its hosts."""
    from app.kernel.db import platform_read

    with composition.connected("cli"), platform_read() as session:
        row = queries.tenant_row(session, label)
        hosts = queries.live_hosts(session, [row.id])
        known = _summary(row) | {"hosts": [host.name for host in hosts]}
    answer(known, "\n".join(f"{key:12} {value}" for key, value in known.items()), json=json)


@command.command("suspend")
@click.argument("label")
@click.option("--reason", required=True, help="What the label's people will read.")
@as_json
def suspend(label: str, reason: str, json: bool) -> None:
    """Make LABEL read-only; its store closes and its payouts go on."""
    with composition.connected("cli"):
        service.suspend(label, by=_operator(), reason=reason)
        _tell(label, f"{label} is suspended.", json=json)


@command.command("resume")
@click.argument("label")
@as_json
def resume(label: str, json: bool) -> None:
    """Give a suspended or closing LABEL back to its people."""
    with composition.connected("cli"):
        service.resume(label, by=_operator())
        _tell(label, f"{label} is active again.", json=json)


@command.command("rename")
@click.argument("label")
@click.option("--slug", default=None, help="The new short name; the old host rests before anyone may have it.")
@click.option("--name", default=None, help="The new name, as people read it.")
@as_json
def rename(label: str, slug: str | None, name: str | None, json: bool) -> None:
    """Give LABEL another short name or name; its data stays where it is."""
    with composition.connected("cli"):
        tenant = service.rename(label, by=_operator(), slug=slug, display_name=name)
        _tell(tenant.id, f"{label} is now {tenant.slug} ({tenant.name}).", json=json)


@command.command("close")
@click.argument("label")
@click.option("--grace-days", default=30, show_default=True, type=click.IntRange(0, 365))
@as_json
def close(label: str, grace_days: int, json: bool) -> None:
    """Begin closing LABEL: read-only and exportable until the grace has passed."""
    with composition.connected("cli"):
        service.close(label, by=_operator(), grace=timedelta(days=grace_days))
        _tell(label, f"{label} is closing; `boptone tenants erase {label}` ends it after the grace.", json=json)


@command.command("erase")
@click.argument("label")
@click.option("--confirm", required=True, help="The label's slug once more: this cannot be undone.")
@click.option("--even-in-grace", is_flag=True, help="Do not wait for the grace to pass.")
@as_json
def erase(label: str, confirm: str, even_in_grace: bool, json: bool) -> None:
    """Erase a closing LABEL for good; its id, name and hosts stay taken."""
    if confirm != label:
        raise click.BadParameter("type the label's name again to erase it", param_hint="--confirm")
    with composition.connected("cli"):
        erasing.erase(label, by=_operator(), even_in_grace=even_in_grace)
        _tell(label, f"{label} is erased. A tombstone stays.", json=json)


@command.command("spares")
@click.option(
    "--fill", type=click.IntRange(0, 200), default=None, help="How many to keep ready. Default: SPARE_LABELS."
)
@as_json
def spares(fill: int | None, json: bool) -> None:
    """Make schemas ready for labels to come."""
    with composition.connected("cli"):
        made = fill_spares(fill)
    answer({"made": made}, f"{made} spare schemas were made.", json=json)


for _command in (*tenants_archive.COMMANDS, domains):
    command.add_command(_command)
