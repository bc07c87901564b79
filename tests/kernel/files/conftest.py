"""Both kinds of store: a folder of the test's own, and a bucket behind a real S3 door on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.main import composition
from app.settings import Settings
from tests.services import Services

_numbers = count(1)


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """The environment of processes that reach the S3 server of this run."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "a-test",
        "AWS_SECRET_ACCESS_KEY": "a-secret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }
    server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the folder store of this test keeps its objects."""
    return tmp_path / "objects"


@pytest.fixture
def in_folder(services: Services, database_name: str, folder: Path) -> dict[str, str]:
    """The environment of a process whose objects lie in that folder."""
    return services.environment(database_name, STORAGE_URL=f"file://{folder}")


@pytest.fixture
def in_bucket(
    services: Services, database_name: str, s3: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of a process whose objects lie in a new bucket."""
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    bucket = f"objects-{next(_numbers)}"
    boto3.client("s3", endpoint_url=s3["AWS_ENDPOINT_URL"]).create_bucket(Bucket=bucket)
    return services.environment(database_name, STORAGE_URL=f"s3://{bucket}") | s3


@pytest.fixture(params=["folder", "bucket"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """Each test of objects meets both stores."""
    chosen: dict[str, str] = request.getfixturevalue(f"in_{request.param}")
    return chosen


@pytest.fixture
def connected(services: Services, database_name: str, environment: dict[str, str]) -> Iterator[Settings]:
    """This process, connected to this worker's database and the test's own store."""
    settings = services.settings(database_name, STORAGE_URL=environment["STORAGE_URL"])
    with composition.connected("test", settings) as chosen:
        yield chosen
