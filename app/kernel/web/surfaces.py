"""Pages that stand in two places: in the portal, and in the artists' app with its own frame around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from litestar import Request

APP: Final = "/artist"
"""Where the artists' app begins."""


def on(method: Any, paths: Sequence[str], **options: Any) -> Callable[[Callable[..., Any]], list[Any]]:
    """The same page at several addresses: a handler for each, since one handler for all runs its function twice."""
    return lambda page: [method(path, sync_to_thread=True, **options)(page) for path in paths]


def is_app(request: Request[Any, Any, Any]) -> bool:
    """Whether a request is for a page of the artists' app."""
    path = request.url.path
    return path == APP or path.startswith(f"{APP}/")
