"""`boptone`: every command, loaded when it is asked for."""

from __future__ import annotations

import gc
import json
import os
import sys
from importlib import import_module

import click

COMMANDS = {
    "up": "processes:up",
    "web": "processes:web",
    "worker": "processes:worker",
    "scheduler": "processes:scheduler",
    "tenants": "tenants:command",
    "upload": "upload:command",
    "audit": "audit:command",
    "reports": "reports:command",
    "sanctions": "sanctions:command",
    "clients": "clients:command",
    "jobs": "jobs:command",
    "migrate": "migrate:command",
    "doctor": "doctor:command",
    "seed": "seed:command",
    "operators": "operators:command",
    "api-check": "api_check:command",
    "api-client": "api_client:client",
    "api-collection": "api_client:collection",
    "bench": "bench:command",
}
HELP = {
    "up": "Run everything on this machine.",
    "web": "Serve the product's pages.",
    "worker": "Do background work.",
    "scheduler": "Send what was asked for to the workers, and ask for what is scheduled.",
    "tenants": "Open, list, change, move, export and close labels.",
    "upload": "Bring a catalogue into a label from a table.",
    "audit": "Recompute what payees were told.",
    "reports": "Bring sales reports in.",
    "sanctions": "Screen payees against sanctions lists.",
    "clients": "Give programs access to a label.",
    "jobs": "See what waits and what is parked.",
    "migrate": "Bring the shared tables and every label to head.",
    "doctor": "Compare every label with what it should be and name the drift.",
    "seed": "Make the three demo labels.",
    "operators": "Let people into the operator's console.",
    "api-client": "Generate the typed Python client of the API.",
    "api-collection": "Write a collection of the API that Postman imports.",
    "api-check": "Call every operation of the API as a fresh program, in a label made for it.",
    "bench": "Measure, as ratios in one run.",
}


class _Lazy(click.Group):
    """A group that knows its commands' names without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"app.main.commands.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, HELP[name]) for name in COMMANDS])


@click.group(cls=_Lazy, help="The platform that record labels run as their own.")
def boptone() -> None:
    """Gather the commands."""


def main() -> None:
    """Run a command; what goes wrong is told in one sentence, never as a trace."""
    # Importing the product makes hundreds of thousands of objects that stay; looking through them for garbage again and
    # again took a fifth of every start.
    gc.set_threshold(50_000, 20, 20)
    from app.kernel.errors import Refusal
    from app.main.embedded.process import EmbeddedError
    from app.settings import SettingsError

    try:
        boptone.main(standalone_mode=False)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as problem:
        _fail("Usage", problem.format_message())
    except (SettingsError, EmbeddedError) as problem:
        _fail(type(problem).__name__, str(problem))
    except Refusal as refusal:
        fields = "".join(f"\n  {name}: {text}" for name, text in getattr(refusal, "fields", {}).items())
        _fail(refusal.reason, f"{refusal}{fields}")
    except Exception as problem:
        if os.environ.get("BOPTONE_DEBUG"):
            raise
        _fail(type(problem).__name__, _sentence(problem))


def _sentence(problem: Exception) -> str:
    from sqlalchemy.exc import DBAPIError

    if isinstance(problem, DBAPIError) or type(problem).__module__.startswith("psycopg"):
        if "No such file or directory" in str(problem) and "socket" in str(problem):
            return "The product does not run here. Start it, and give this command the same BOPTONE_DATA."
        first_line = str(getattr(problem, "orig", problem)).strip().partition("\n")[0]
        return f"The database refused: {first_line}"
    return f"This did not work: {problem}. Set BOPTONE_DEBUG=1 to see where."


def _fail(reason: str, message: str) -> None:
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": reason, "message": message}))
    else:
        click.echo(message, err=True)
    sys.exit(2)
