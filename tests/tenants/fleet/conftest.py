"""A fleet of its own for every test: a database nobody else migrates, with as many labels as the test asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from app.kernel import ids
from app.kernel.db import owner_work
from app.main import composition
from app.settings import Settings
from migrations.compiled import LabelRevision, head_script, label_history
from tenants.provisioning.bootstrap import prepare_cells
from tenants.provisioning.skeleton import build_label
from tenants.provisioning.spares import build_spare
from tests.services import Services

YOUNG = "l0003"
"""An early head of the product's own: labels with six tables, their members' among them, instead of 180."""


@pytest.fixture
def fleet(services, worker_id) -> Iterator[Settings]:
    """Settings of a database with two open labels, this process connected to it."""
    yield from _of_its_own(services, f"fleet_{worker_id}")


def _of_its_own(services: Services, name: str, **made: str) -> Iterator[Settings]:
    services.drop_database(name)
    services.create_database(name, **made)
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


@pytest.fixture
def young_fleet(services, worker_id) -> Iterator[Settings]:
    """Settings of a database without labels, as many of which as a test wants are made at the revision `YOUNG`."""
    yield from _of_its_own(services, f"fleet_young_{worker_id}", template="template0")


@pytest.fixture
def young_labels(young_fleet) -> Callable[[int], list[str]]:
    """Make this many labels that lack nothing of the history up to `YOUNG`."""
    return lambda count: [_young_label() for _ in range(count)]


def _young_label() -> str:
    label = ids.new_tenant_id()
    with owner_work() as connection:
        build_label(connection, label, ddl=head_script(through=YOUNG))
        connection.execute(
            "INSERT INTO shared.tenants (id, cell, state, schema_revision) VALUES (%s, 'home', 'spare', %s)",
            [label, YOUNG],
        )
    return label


def then(*steps: str | tuple[str, ...], after: str | None = None) -> list[LabelRevision]:
    """The history up to a revision or to its head, followed by steps of the test's own; a tuple runs concurrently."""
    revisions = list(label_history())
    if after is not None:
        revisions = revisions[: [revision.id for revision in revisions].index(after) + 1]
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
