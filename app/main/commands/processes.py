"""The processes of the product."""

from __future__ import annotations

import click

from app.main import composition


@click.command("up")
def up() -> None:
    """Run everything on this machine: the services that no address is set for, then web, worker and scheduler."""
    from app.main.up import run

    run(composition.settings())


@click.command("web")
def web() -> None:
    """Serve the product's pages until SIGTERM."""
    from app.main.web import serve

    serve(composition.settings())


@click.command("worker")
def worker() -> None:
    """Do background work until SIGTERM."""
    from app.main.worker import run

    run(composition.settings())


@click.command("scheduler")
def scheduler() -> None:
    """Send what was asked for to the workers, and ask for what is scheduled, until SIGTERM."""
    from app.main.scheduler import run

    run(composition.settings())
