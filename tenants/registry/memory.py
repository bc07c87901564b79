"""The whole registry in the memory of a process: requests find their label without asking the database."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import observe
from app.kernel.db import current, platform_read
from app.kernel.errors import Refusal
from app.kernel.tenant import Tenant
from app.settings import HOME_CELL
from tenants.registry.queries import Host, Route, live_hosts, tenants_in_memory

POLL_SECONDS = 1.0
UNKNOWN_HOST_SECONDS = 2.0
UNKNOWN_HOSTS_KEPT = 10_000

_VERSION = text("SELECT version FROM shared.registry_clock")
_CHANGES = text("SELECT version, tenant_id FROM shared.registry_changes WHERE version > :since ORDER BY version")

log = observe.log("registry")


class Registry:
    """Labels by host and id, as fresh as the last NOTIFY; a poll stands behind it."""

    def __init__(self) -> None:
        self._tenants: dict[str, Tenant] = {}
        self._hosts: dict[str, Host] = {}
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self._version = -1
        self._refreshing = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._bell: socket.socket | None = None

    def by_id(self, tenant_id: str) -> Tenant | None:
        """The label with this id, unless it is closed or unknown."""
        return self._tenants.get(tenant_id)

    def by_host(self, host: str) -> Route | None:
        """The label that owns this normalised host; an unknown one is looked up once and remembered for a moment."""
        found = self._hosts.get(host)
        if found is None and self._is_worth_asking(host):
            self._refresh_quietly()
            found = self._hosts.get(host)
            if found is None:
                self._remember_unknown(host)
        return self.remembered(host)

    def remembered(self, host: str) -> Route | None:
        """The label of this normalised host as far as memory knows, without asking the database."""
        found = self._hosts.get(host)
        tenant = self._tenants.get(found.tenant_id) if found else None
        return Route(tenant, found.surface, host) if found and tenant else None

    def all(self) -> list[Tenant]:
        """Every label in memory."""
        return list(self._tenants.values())

    def hosts_of(self, tenant_id: str) -> list[Host]:
        """The live hosts of a label, its primary one first."""
        mine = [host for host in self._hosts.values() if host.tenant_id == tenant_id]
        return sorted(mine, key=lambda host: (not host.is_primary, host.name))

    @property
    def version(self) -> int:
        """The registry version this memory holds; -1 before the first load."""
        return self._version

    def load(self) -> None:
        """Read the whole registry: two queries, whatever the number of labels."""
        with self._refreshing, platform_read() as session:
            version = session.execute(_VERSION).scalar_one()
            tenants, hosts = tenants_in_memory(session), live_hosts(session)
            self._tenants = {tenant.id: tenant for tenant in tenants}
            self._hosts = {host.name: host for host in hosts}
            self._version = version
            self._unknown.clear()

    def refresh(self) -> None:
        """Take over what was committed since the last look."""
        if self._version < 0:
            self.load()
            return
        asked_at = self._version
        with self._refreshing:
            if self._version != asked_at:
                return  # another thread looked while this one waited
            with platform_read() as session:
                changes = session.execute(_CHANGES, {"since": self._version}).all()
                if not changes:
                    return
                has_gap = changes[0].version != self._version + 1
                ids = {change.tenant_id for change in changes}
                if not has_gap:
                    self._take(ids, tenants_in_memory(session, list(ids)), live_hosts(session, list(ids)))
                    self._version = changes[-1].version
        if has_gap:  # older changes were pruned while this process slept
            self.load()

    def _take(self, ids: set[str], tenants: Iterable[Tenant], hosts: Iterable[Host]) -> None:
        """Swap whole dictionaries, so that no request ever meets a label half taken over."""
        kept_hosts = {name: host for name, host in self._hosts.items() if host.tenant_id not in ids}
        kept_tenants = {tenant_id: tenant for tenant_id, tenant in self._tenants.items() if tenant_id not in ids}
        self._tenants = kept_tenants | {tenant.id: tenant for tenant in tenants}
        self._hosts = kept_hosts | {host.name: host for host in hosts}
        self._unknown.clear()

    def start(self) -> None:
        """Load, or catch up, then follow the registry in a thread of its own until `stop`."""
        self._stopped.clear()
        self.refresh()
        self._bell, heard = socket.socketpair()
        self._thread = threading.Thread(target=self._follow, args=(heard,), name="registry", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the following thread."""
        self._stopped.set()
        if self._bell:
            self._bell.close()  # which wakes whoever sleeps at the other end
        if self._thread:
            self._thread.join(timeout=POLL_SECONDS + 1)

    def _follow(self, bell: socket.socket) -> None:
        with bell:
            while not self._stopped.is_set():
                try:
                    self._listen(bell)
                except (psycopg.Error, OSError):
                    self._stopped.wait(1.0)
                    self._refresh_quietly()

    def _listen(self, bell: socket.socket) -> None:
        """Sleep on the notification channel; every wake-up and every second without one, look."""
        url = current().settings.listening_urls[HOME_CELL]
        with (
            psycopg.connect(url, autocommit=True, application_name="boptone:registry") as connection,
            selectors.DefaultSelector() as heard,
        ):
            connection.execute("LISTEN registry")
            heard.register(connection, selectors.EVENT_READ)
            heard.register(bell, selectors.EVENT_READ)
            while not self._stopped.is_set():
                self._refresh_quietly()
                heard.select(POLL_SECONDS)
                for _ in connection.notifies(timeout=0):
                    pass

    def _refresh_quietly(self) -> None:
        """A registry that cannot be read leaves the last known one in force."""
        try:
            self.refresh()
        except (DBAPIError, Refusal) as problem:
            log.warning("registry.unreadable", reason=type(problem).__name__)

    def _is_worth_asking(self, host: str) -> bool:
        return self._unknown.get(host, 0.0) < time.monotonic()

    def _remember_unknown(self, host: str) -> None:
        self._unknown[host] = time.monotonic() + UNKNOWN_HOST_SECONDS
        while len(self._unknown) > UNKNOWN_HOSTS_KEPT:
            self._unknown.popitem(last=False)
