"""Pages that change by themselves: server-sent events fed from a label's activity."""

from __future__ import annotations

from app.kernel.live.hub import Hub
from app.kernel.live.stream import TooManyStreams, opened
from app.kernel.live.watch import watched

__all__ = ["Hub", "TooManyStreams", "opened", "watched"]
