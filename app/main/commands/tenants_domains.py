"""`boptone tenants domains`: the hosts of a label, from the claim to the proof."""

from __future__ import annotations

from typing import Any

import click

from app.kernel.db import platform_read
from app.kernel.tenant import Tenant
from app.main import composition
from app.main.commands.output import answer, as_json
from tenants.hosts import service
from tenants.registry.models import HostRow
from tenants.registry.queries import tenant_named

SURFACES = click.Choice(["portal", "artist", "storefront"])


@click.group("domains", help="Show, claim, prove and remove the hosts of a label.")
def domains() -> None:
    """Gather the commands."""


def _tenant(name: str) -> Tenant:
    with platform_read() as session:
        return tenant_named(session, name)


def _summary(row: HostRow) -> dict[str, Any]:
    record = {"name": service.record_of(row.host), "type": "TXT", "value": row.proof} if row.proof else None
    return {
        "host": row.host,
        "state": row.state,
        "surface": row.surface,
        "primary": row.is_primary,
        "record": record,
        "checked_at": row.checked_at,
        "free_after": row.quarantined_until,
    }


@domains.command("list")
@click.argument("label")
@as_json
def list_(label: str, json: bool) -> None:
    """List the hosts that LABEL claims, owns or has let go."""
    with composition.connected("cli"):
        rows = [_summary(row) for row in service.hosts_of(_tenant(label))]
    lines = [
        f"{row['host']:40} {row['state']:12} {row['surface'] or 'all':10} {'primary' * row['primary']}" for row in rows
    ]
    answer(rows, "\n".join(lines), json=json)


@domains.command("claim")
@click.argument("label")
@click.argument("host")
@click.option("--surface", type=SURFACES, default=None, help="The only surface this host serves. Default: all.")
@as_json
def claim(label: str, host: str, surface: str | None, json: bool) -> None:
    """Claim HOST for LABEL and print the TXT record that proves it."""
    with composition.connected("cli"):
        row = service.claim(_tenant(label), host, surface=surface)
    record = f"{service.record_of(row.host)} TXT {row.proof}"
    answer(_summary(row), f"Publish this record, then run `boptone tenants domains prove`:\n{record}", json=json)


@domains.command("prove")
@click.argument("label")
@click.argument("host")
@as_json
def prove(label: str, host: str, json: bool) -> None:
    """Look for the TXT record of HOST, and put the host into service if it is there."""
    with composition.connected("cli"):
        row = service.prove(_tenant(label), host)
    answer(_summary(row), f"{row.host} is live.", json=json)


@domains.command("primary")
@click.argument("label")
@click.argument("host")
@as_json
def primary(label: str, host: str, json: bool) -> None:
    """Make the live HOST the one that LABEL's mails and links name."""
    with composition.connected("cli"):
        service.make_primary(_tenant(label), host)
    answer({"host": host, "primary": True}, f"{host} is the primary host of {label}.", json=json)


@domains.command("remove")
@click.argument("label")
@click.argument("host")
@as_json
def remove(label: str, host: str, json: bool) -> None:
    """Take HOST out of service; it rests before another label may have it."""
    with composition.connected("cli"):
        service.remove(_tenant(label), host)
    answer({"host": host, "state": "removed"}, f"{host} serves {label} no more.", json=json)
