"""The sentinel is silent while the wall holds, and names what gives way."""

from __future__ import annotations

from random import Random

import pytest

from app.kernel.db.database import raw_owner_connection
from app.kernel.observe import metrics
from app.main import composition
from tenants import sentinel
from tenants.registry import queries
from tests.factories.labels import the_label
from tests.servers import serving


@pytest.fixture(scope="module")
def web(services, database_name):
    """A web process over this worker's database."""
    with serving(services, database_name) as (_, port):
        yield port


@pytest.fixture
def probed(services, database_name, web, connected):
    """This process connected as a worker beside that web process."""
    with composition.connected("test", services.settings(database_name, PORT=str(web))) as settings:
        yield settings


def two_labels():
    return [the_label("canary"), the_label("rival")]


def value(gauge):
    return gauge.collect()[0].samples[0].value


def test_a_wall_that_holds_gives_no_finding_and_both_ways_were_tried(probed):
    before = value(metrics.wall_probes)
    assert sentinel.probe(two_labels()) == []
    assert value(metrics.wall_probes) == before + 1
    assert value(metrics.wall_breaches) == 0
    label, rival = two_labels()
    path = sentinel.files.url(rival, sentinel.ids.new_id())
    assert sentinel._reason(rival, path) == "FileUnknown"
    assert sentinel._reason(label, path) == "SignatureRefused"


@pytest.mark.parametrize(
    ("widened", "narrowed", "named"),
    [
        ("GRANT SELECT ON {r}.members TO {l}", "REVOKE ALL ON {r}.members FROM {l}", "has rights on"),
        (
            "GRANT USAGE ON SCHEMA {r} TO {l}; GRANT SELECT ON {r}.activity TO {l}",
            "REVOKE ALL ON SCHEMA {r} FROM {l}; REVOKE ALL ON {r}.activity FROM {l}",
            "read",
        ),
        ("GRANT INSERT ON {r}.members TO PUBLIC", "REVOKE ALL ON {r}.members FROM PUBLIC", "has rights on"),
        (
            "GRANT DELETE ON {r}.members TO boptone_platform",
            "REVOKE ALL ON {r}.members FROM boptone_platform",
            "the platform's role has rights on",
        ),
        ("GRANT SELECT ON shared.tenants TO {l}", "REVOKE ALL ON shared.tenants FROM {l}", "shared.tenants"),
    ],
)
def test_a_right_too_many_is_found_and_named(probed, widened, narrowed, named):
    label, rival = two_labels()
    for dice in (Random(1), Random(2), Random(3), Random(4)):  # whichever of the two the dice call the rival
        with raw_owner_connection(probed, "home") as owner:
            owner.execute(widened.format(l=label.id, r=rival.id))
        try:
            breaches = sentinel.probe([label, rival], dice)
        finally:
            with raw_owner_connection(probed, "home") as owner:
                owner.execute(narrowed.format(l=label.id, r=rival.id))
        if breaches:
            break
    assert any(named in breach for breach in breaches), breaches
    assert value(metrics.wall_breaches) == len(breaches)
    assert sentinel.probe([label, rival]) == []


def test_a_link_that_another_host_understands_is_a_breach(probed, monkeypatch):
    monkeypatch.setattr(sentinel, "_reason", lambda _tenant, _path: "FileUnknown")
    assert any("was understood on the host of" in breach for breach in sentinel.probe(two_labels()))


def test_a_web_that_is_down_is_no_breach(services, database_name, connected):
    with composition.connected("test", services.settings(database_name, PORT="1")):
        assert sentinel.probe(two_labels()) == []


def test_the_scheduled_task_tries_labels_of_the_registry(probed):
    with composition.connected("test", probed):
        from app.kernel.db import platform_read
        from tenants.tasks import probe_walls

        before = value(metrics.wall_probes)
        with platform_read() as session:
            probe_walls(session)
            known = len(queries.tenants_in_memory(session))
        assert value(metrics.wall_probes) > before
        assert known >= 2
