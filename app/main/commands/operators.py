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
