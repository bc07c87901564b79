"""`boptone sanctions`: lists that payees are screened against, as the portal takes them in."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.main import composition
from app.main.commands.output import answer, as_json


@click.group("sanctions")
def command() -> None:
    """Screen payees against sanctions lists."""


@command.command("load")
@click.argument("label")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="What the list is called; it takes the place of one of the same name.")
@as_json
def load(label: str, path: Path, name: str, json: bool) -> None:
    """Bring the list PATH (CSV with the column "name") into LABEL and screen its payees.

    Exit code 1 where a case was opened.
    """
    from app.kernel.actor import Actor
    from app.kernel.db import platform_read, tenant_work
    from app.tax.service import screening
    from tenants.registry import queries

    with composition.connected("cli"):
        with platform_read() as session:
            tenant = queries.tenant_named(session, label)
        actor = Actor.system(tenant)
        with tenant_work(tenant) as session:
            names = screening.receive(session, actor, path.read_bytes(), name=name).names
        with tenant_work(tenant) as session:
            opened = screening.screen_due(session, actor)
    told = {"list": name, "names": names, "cases": opened}
    answer(told, f"{name}: {names} names, {opened} new cases", json=json)
    sys.exit(1 if opened else 0)
