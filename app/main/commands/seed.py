"""`boptone seed`: the three demo labels."""

from __future__ import annotations

import click

from app.main import composition
from app.main.commands.output import answer, as_json


@click.command("seed")
@as_json
def command(json: bool) -> None:
    """Make the three demo labels and their people; running it again changes nothing. Never in production."""
    from app.main.scenes import SCENES, seed

    with composition.connected("cli") as settings:
        seed(settings)
    answer([scene.slug for scene in SCENES], "The demo labels are there: bluehour, kite and noor.", json=json)
