"""The shop's pages, for fans and in the portal."""

from __future__ import annotations

handlers: list[object] = []
__all__ = ["handlers"]
