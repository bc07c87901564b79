"""Preparing databases: roles belong to the whole server, and several databases of one may be prepared at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from app.kernel.db.database import raw_owner_connection
from tenants.provisioning.bootstrap import prepare_cells


def test_two_databases_of_one_server_are_prepared_at_once_again_and_again(services, settings, worker_id):
    other = f"beside_{worker_id}"
    services.create_database(other)
    try:
        chosen = [settings, services.settings(other)] * 6
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(prepare_cells, chosen))
        with raw_owner_connection(services.settings(other), "home") as connection:
            found = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'boptone\\_%'").fetchone()
        assert found == (3,)
    finally:
        services.drop_database(other)
