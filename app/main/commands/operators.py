"""`boptone operators`: who may use the operator's console."""

from __future__ import annotations

import click

from app.main import composition
from app.main.commands.output import answer, as_json


@click.group("operators", help="Let people into the operator's console.")
def command() -> None:
    """Gather the commands."""


@command.command("add")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@as_json
def add(email: str, password: str, json: bool) -> None:
    """Make EMAIL an operator, or give an operator a new password."""
    from admin.service import add_operator
    from app.kernel.db import platform_work

    with composition.connected("cli"), platform_work() as session:
        add_operator(session, email=email, password=password)
    answer({"email": email}, f"{email} may sign in to the console.", json=json)


@command.command("reset-factor")
@click.argument("email")
@as_json
def reset_factor(email: str, json: bool) -> None:
    """Take the app, passkeys and recovery codes of EMAIL away; the password stays, every session ends."""
    from admin.service import team
    from app.kernel.db import platform_work

    with composition.connected("cli"), platform_work() as session:
        team.reset_factors(session, team.operator_named(session, email), by=None)
    answer({"email": email}, f"{email} signs in with the password alone and adds a new second factor.", json=json)


@command.command("disable")
@click.argument("email")
@as_json
def disable(email: str, json: bool) -> None:
    """Let EMAIL in no more; every session ends at once. The last operator stays."""
    from admin.service import team
    from app.kernel.db import platform_work

    with composition.connected("cli"), platform_work() as session:
        team.disable(session, team.operator_named(session, email), by=None)
    answer({"email": email}, f"{email} is let in no more.", json=json)


@command.command("enable")
@click.argument("email")
@as_json
def enable(email: str, json: bool) -> None:
    """Let EMAIL in again."""
    from admin.service import team
    from app.kernel.db import platform_work

    with composition.connected("cli"), platform_work() as session:
        team.enable(session, team.operator_named(session, email), by=None)
    answer({"email": email}, f"{email} may sign in to the console again.", json=json)
