"""A fleet of its own for every test: a database nobody else migrates, with as many labels as the test asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from app.main import composition
from app.settings import Settings
from migrations.compiled import LabelRevision, label_history
from tenants.provisioning.bootstrap import prepare_cells
from tenants.provisioning.spares import build_spare


@pytest.fixture
def fleet(services, worker_id) -> Iterator[Settings]:
    """Settings of a database with two open labels, this process connected to it."""
    name = f"fleet_{worker_id}"
    services.drop_database(name)
    services.create_database(name)
    settings = services.settings(name)
    prepare_cells(settings)
    with composition.connected("test", settings):
        yield settings
    services.drop_database(name)


@pytest.fixture
def two_cells(services, worker_id) -> Iterator[Settings]:
    """The same with a second, empty database as the cell `east`."""
    home, east = f"fleet_{worker_id}", f"fleet_east_{worker_id}"
    for name in (home, east):
        services.drop_database(name)
    services.create_database(home)
    services.create_database(east, template="template0")
    url = services.environment(home)["DATABASE_URL"].replace(home, east)
    settings = services.settings(home, CELL_URLS=json.dumps({"east": url}))
    prepare_cells(settings)
    with composition.connected("test", settings):
        yield settings
    for name in (home, east):
        services.drop_database(name)


@pytest.fixture
def spares(fleet) -> Callable[[int], list[str]]:
    """Make this many more schemas; a migration treats them like open labels."""
    return lambda count: [build_spare() for _ in range(count)]


def then(*steps: str | tuple[str, ...]) -> list[LabelRevision]:
    """The history, followed by steps of the test's own; a tuple runs concurrently."""
    revisions = list(label_history())
    for number, step in enumerate(steps, start=1):
        alone = step if isinstance(step, tuple) else ()
        revisions.append(
            LabelRevision(
                id=f"t{number:04}",
                previous=revisions[-1].id,
                phase="expand",
                summary=f"Step {number} of the test.",
                sql="" if alone else f"{step};\n",
                concurrently=alone,
            )
        )
    return revisions
