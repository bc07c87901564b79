"""A Litestar application with one handler and the same bytes for everybody: what a kept page is held against."""

from __future__ import annotations

import os
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces, Loops
from litestar import Litestar, Response, get


@get("/", sync_to_thread=False)
def same() -> Response[bytes]:
    """Answer."""
    return Response(BODY, media_type="text/html")


BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
app = Litestar([same], openapi_config=None, logging_config=None)

if __name__ == "__main__":
    Granian(
        "benchmarks.bare:app",
        port=int(os.environ["BENCH_PORT"]),
        interface=Interfaces.ASGI,
        workers=1,
        loop=Loops.asyncio,
        websockets=False,
        log_access=False,
        log_level="warning",  # type: ignore[arg-type]  # its enum's own value
    ).serve()
