"""What programs send to pages of their own: read whole, up to a size."""

from __future__ import annotations

from typing import Any

from litestar import Request

from app.kernel.errors import Refusal


async def body_within(request: Request[Any, Any, Any], most_bytes: int, refusal: type[Refusal]) -> bytes:
    """The body of a request, refused as soon as it is larger than `most_bytes`, whatever its header said."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise refusal
    return body
