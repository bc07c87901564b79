"""`boptone seed`: the three demo labels."""

from __future__ import annotations

import click

from app.main import composition
from app.main.commands.output import answer, as_json


@click.command("seed")
@click.option("--media", default="all", help="Labels that get covers and sounds: all, none, or slugs with commas.")
@as_json
def command(media: str, json: bool) -> None:
    """Make the three demo labels and their people; running it again changes nothing. Never in production."""
    from app.main.scenes import SCENES, SLUGS, seed

    with composition.connected("cli") as settings:
        seed(settings, with_media=SLUGS if media == "all" else media.split(","))
    answer([scene.slug for scene in SCENES], "The demo labels are there: bluehour, kite and noor.", json=json)
