"""Every test meets real services, a label, and a rival in the room."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings as hypothesis
from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import Receive, Scope, Send
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from xdist.scheduler import LoadScopeScheduling

from app.kernel.tenant import Tenant
from app.kernel.web.gate import Gate
from app.settings import Settings
from tenants.provisioning.bootstrap import prepare_cells
from tests.services import Services, place_of, shared_services
from tests.statements import statements_sent

_homes = count(1)

PATIENCE, NOT_YET = 10, 404

hypothesis.register_profile(
    "boptone", hypothesis(), deadline=None
)  # how long an example takes is the machine's, not the product's
hypothesis.load_profile("boptone")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Half a million objects are made by reading the product and its tests; nobody looks for garbage among them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


TOOK = "boptone/seconds"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What took longest in the last run comes first, so that nothing is left running alone at the end.

    Of what nobody has seen running yet, that is slow which says so.
    """
    took = _cache_of(config).get(TOOK, {})
    slow = {_scope_of(item.nodeid) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: -took.get(scope := _scope_of(item.nodeid), _UNKNOWN if scope in slow else 0.0))


_UNKNOWN = 60.0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """One worker goes through the browser's tests, which compute; the others meanwhile take faults, which wait, one by one.

    All else goes file by file, so that what a file starts for its tests is started once.
    """
    config.option.loadscopereorder = False
    config.pluginmanager.register(_Watch(_cache_of(config)), "watch")
    return _Scheduling(config, log)


def _scope_of(nodeid: str) -> str:
    if nodeid.startswith("tests/browser/"):
        return "browser"
    return nodeid if nodeid.startswith("tests/faults/") else nodeid.partition("::")[0]


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return _scope_of(nodeid)


class _Watch:
    """Looks at how long everything takes that goes to one worker at once, and notes it for the next run."""

    def __init__(self, cache: pytest.Cache) -> None:
        self._cache, self._took = cache, Counter[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A part of a test has ended."""
        self._took[_scope_of(report.nodeid)] += report.duration

    def pytest_sessionfinish(self) -> None:
        """All have ended."""
        self._cache.set(TOOK, self._cache.get(TOOK, {}) | {scope: round(took, 1) for scope, took in self._took.items()})


def _cache_of(config: pytest.Config) -> pytest.Cache:
    assert config.cache is not None
    return config.cache


TOUCHY = ("tests/tenants/", "tests/faults/", "tests/main/", "tests/kernel/jobs/", "tests/kernel/test_db.py")
"""Where tests change a label's schema itself, or what is known of labels."""


_at: list[Path | None] = [None]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Where what is known of labels is looked at, nothing else happens to them than what the test does."""
    from tests.factories import recycling
    from tests.identity import post

    if item.path != _at[0]:
        _at[0] = item.path
        post.file_begins()
    recycling.begin(may_take=not item.nodeid.startswith(TOUCHY))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """After a test's last word, its labels are free for the next ones."""
    from tests.factories import recycling

    try:
        return (yield)
    finally:
        recycling.ended(may_be_used=not item.nodeid.startswith(TOUCHY))


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Services]:
    """The run's own PostgreSQL and Valkey."""
    base = tmp_path_factory.getbasetemp()
    root = base if worker_id == "master" else base.parent
    with shared_services(place_of(root)) as running:
        yield running


@pytest.fixture(scope="session")
def database_name(services: Services, worker_id: str) -> Iterator[str]:
    """A database of this worker's own, with the two labels in it."""
    name = f"test_{worker_id}"
    services.create_database(name)
    prepare_cells(services.settings(name))  # a copy does not take over who may do what in the database as a whole
    yield name
    services.drop_database(name)


@pytest.fixture(scope="session")
def settings(services: Services, database_name: str) -> Settings:
    """Settings that point at this worker's database."""
    return services.settings(database_name)


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Argon2id as ever, with a test's patience: thousands of people sign in here."""
    from app.kernel import passwords

    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: quick)
        yield


class _Kept:
    """The databases that tests of one worker share, with connections that need not be opened for each of them."""

    databases: ClassVar[object] = None

    @classmethod
    def are_connected(cls) -> bool:
        from app.kernel import db

        try:
            return db.current() is cls.databases
        except db.NotConnected:
            return False


@pytest.fixture(autouse=True)
def _no_leftover_connection() -> Iterator[None]:
    """A test that connected the process to something else must not lend it to the next."""
    yield
    from app.kernel import db

    if not _Kept.are_connected():
        db.close()


@pytest.fixture
def connected(settings: Settings) -> Settings:
    """This process, connected to this worker's database."""
    from app.kernel import db, observe
    from app.main import composition

    observe.configure(settings, process="test")
    if not _Kept.are_connected():
        composition.load_slices()
        composition.connect(settings, "test")
        _Kept.databases = db.current()
    return settings


@pytest.fixture
def label(connected: Settings) -> Tenant:
    """The label of the test."""
    from tests.factories.labels import the_label

    return the_label("canary")


@pytest.fixture
def rival(connected: Settings) -> Tenant:
    """Another label that must never learn anything of the first."""
    from tests.factories.labels import the_label

    return the_label("rival")


@pytest.fixture(scope="session")
def pages() -> Litestar:
    """Every page of the product, put together once: what a test serves with them is its own."""
    from tests.whole import whole_product

    return whole_product()


@pytest.fixture(scope="session")
def registries() -> dict[str, Any]:
    """A registry for each database of this worker, which catches up where it would read everything anew."""
    return {}


@pytest.fixture
def product(connected: Settings, pages: Litestar, registries: dict[str, Any]) -> Iterator[Gate]:
    """The whole web product over this worker's database."""
    from app.main.web import create_app
    from tenants.registry.memory import Registry

    registry = registries.setdefault(connected.login_urls["home"], Registry())
    registry.start()
    yield create_app(connected, registry, pages)
    registry.stop()


@pytest.fixture
def client_address() -> str:
    """Where this test's browsers are: what another test did at the doors was counted for another address."""
    return f"2001:db8::{next(_homes):x}"


@pytest.fixture
def client_of(product: Gate, client_address: str) -> Iterator[Callable[[str], TestClient[Any]]]:
    """A browser that opened this host, with cookies of its own; each call is another browser."""

    async def arrived(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope["client"] = (client_address, 50_000)
        await product(scope, receive, send)

    with ExitStack() as stack:

        def client(host: str) -> TestClient[Any]:
            opened = TestClient(arrived, base_url=f"https://{host}", raise_server_exceptions=True)
            opened.headers["origin"] = f"https://{host}"
            opened.follow_redirects = False
            return stack.enter_context(opened)

        yield client


@pytest.fixture
def client_as(client_of: Callable[[str], TestClient[Any]]) -> Callable[..., TestClient[Any]]:
    """A browser in which a member of a label is signed in."""
    from tests.factories.members import PASSWORD, a_member

    def signed_in(tenant: Tenant, role: str = "owner") -> TestClient[Any]:
        member = a_member(tenant, role=role)
        client = client_of(f"{tenant.slug}.localhost")
        form = {"email": member.email, "password": PASSWORD}
        answer = client.post("/portal/sign-in", data=form)
        for _ in range(PATIENCE):
            if answer.status_code != NOT_YET:
                break
            time.sleep(1)  # a label that was opened this moment may not have reached the registry of a busy machine
            answer = client.post("/portal/sign-in", data=form)
        assert answer.status_code == 303, answer.text
        return client

    return signed_in


@pytest.fixture
def statements() -> Callable[..., Iterator[list[str]]]:
    """Counts what is asked of the database within a block."""
    return statements_sent
