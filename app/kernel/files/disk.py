"""Objects as files for a while, for readers and writers that need one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.kernel.files import store
from app.kernel.tenant import Tenant


@contextmanager
def on_disk(tenant: Tenant, sha256: str) -> Iterator[Path]:
    """The bytes of an object as a file."""
    with tempfile.NamedTemporaryFile(prefix="boptone-") as target:
        for chunk in store.read_object(tenant, sha256):
            target.write(chunk)
        target.flush()
        yield Path(target.name)


def put_file(tenant: Tenant, source: BinaryIO) -> tuple[str, int]:
    """Store what was written to a file, from its start, and give back its SHA-256 and size in bytes."""
    source.seek(0)
    return store.put_object(tenant, iter(lambda: source.read(store.CHUNK), b""), most_bytes=1 << 62)
