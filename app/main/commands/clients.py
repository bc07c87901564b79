"""`boptone clients`: programs that a label lets in."""

from __future__ import annotations

import click

from app.main import composition
from app.main.commands.output import answer, as_json


@click.group("clients")
def command() -> None:
    """Give programs access to a label."""


def _offered() -> str:
    from app.api.rules.scopes import SCOPES, without_people

    return ", ".join(each for each in SCOPES if each in without_people(SCOPES))


class _Create(click.Command):
    """The command, whose help names the scopes that there are."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Scopes"):
            formatter.write_text(_offered())


@command.command("create", cls=_Create, short_help="Make a program that acts by itself at a label.")
@click.argument("label")
@click.option("--name", required=True, help="What people at the label know the program as.")
@click.option("--scope", required=True, help='What it may do, as in "catalog:read royalties:read".')
@as_json
def create(label: str, name: str, scope: str, json: bool) -> None:
    """Make a program that acts by itself at LABEL; its secret is printed this once and kept nowhere."""
    from app.api.rules.scopes import SCOPES, split, without_people
    from app.api.service import clients
    from app.api.service.clients import Wish
    from app.api.service.places import issuer_of
    from app.kernel.actor import Actor
    from app.kernel.db import platform_read, tenant_work
    from tenants.registry import queries

    nothing = sorted(split(scope) - without_people(SCOPES))
    if nothing:
        raise click.UsageError(f"No program has {', '.join(nothing)} by itself. Choose from these: {_offered()}")
    with composition.connected("cli"):
        with platform_read() as session:
            tenant = queries.tenant_named(session, label)
        wish = Wish(name=name, scopes=clients.scopes_from(scope))
        with tenant_work(tenant) as session:
            made = clients.make_as(session, tenant, Actor.system(tenant), wish, made_by=None)
            scopes = " ".join(made.client.scopes)
        told = {
            "client_id": str(made.client.id),
            "client_secret": made.secret,
            "scope": scopes,
            "issuer": issuer_of(tenant),
        }
    answer(told, f"client_id {told['client_id']}\nclient_secret {made.secret}\nscope {scopes}", json=json)
