"""The command line as a person and a machine use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.factories.labels import a_label
from tests.kernel.jobs.nursery import nursery


@pytest.fixture
def boptone(services, database_name):
    """Run a command in a process of its own, started from nothing if that is asked for, and give what it answered."""
    environment = os.environ | services.environment(database_name)

    def run(*words: str, from_nothing: bool = False) -> subprocess.CompletedProcess[str]:
        if not from_nothing:
            return nursery().boptone(*words, environment=environment)
        command = [sys.executable, "-m", "app.main", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_host_is_claimed_listed_and_removed(boptone, connected):
    slug = a_label().slug
    host = f"shop.{slug}.example"
    claimed = json.loads(boptone("tenants", "domains", "claim", slug, host, "--surface", "storefront", "--json").stdout)
    assert (claimed["host"], claimed["state"], claimed["surface"]) == (host, "pending", "storefront")
    assert claimed["record"]["name"] == f"_domain-proof.{host}"
    assert claimed["record"]["value"] in boptone("tenants", "domains", "claim", slug, host).stdout
    listed = json.loads(boptone("tenants", "domains", "list", slug, "--json").stdout)
    assert {row["host"]: row["state"] for row in listed} == {f"{slug}.localhost": "live", host: "pending"}
    assert boptone("tenants", "domains", "remove", slug, host, from_nothing=True).returncode == 0
    assert len(json.loads(boptone("tenants", "domains", "list", slug, "--json").stdout)) == 1


def test_a_host_that_cannot_be_is_refused_with_a_sentence(boptone, connected):
    slug = a_label().slug
    refused = boptone("tenants", "domains", "claim", slug, "10.0.0.1", "--json")
    assert (refused.returncode, json.loads(refused.stdout)["error"]) == (2, "HostMalformed")
    unknown = boptone("tenants", "domains", "primary", slug, "nobody.example", from_nothing=True)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "nobody.example" in unknown.stderr
    assert "Traceback" not in unknown.stderr


def test_a_program_is_let_in_from_the_command_line(boptone, connected):
    slug = a_label().slug
    made = json.loads(
        boptone("clients", "create", slug, "--name", "Bridge", "--scope", "catalog:read", "--json").stdout
    )
    assert made.keys() == {"client_id", "client_secret", "scope", "issuer"}
    assert made["scope"] == "catalog:read"
    refused = boptone("clients", "create", slug, "--name", "Bridge", "--scope", "everything", "--json")
    assert (refused.returncode, json.loads(refused.stdout)["error"]) == (2, "Usage")
    assert "catalog:read" in refused.stdout
