"""The shape of a sound as a few bars."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache

BARS = 96


@lru_cache(maxsize=4_096)
def bars(waveform: str | None, count: int = BARS) -> tuple[int, ...]:
    """Heights from 3 to 100 of a measured recording (pairs of signed bytes, lowest and highest); none without one."""
    try:
        raw = base64.b64decode(waveform or "", validate=True)
    except (binascii.Error, ValueError):
        return ()
    loud = [
        max(abs(byte - 256 if byte > 127 else byte) for byte in raw[at : at + 2]) for at in range(0, len(raw) - 1, 2)
    ]
    if not loud:
        return ()
    count = min(count, len(loud))
    parts = [
        loud[at * len(loud) // count : max((at + 1) * len(loud) // count, at * len(loud) // count + 1)]
        for at in range(count)
    ]
    levels = [sum(part) / len(part) for part in parts]
    top = max(levels) or 1
    return tuple(max(3, round(level / top * 100)) for level in levels)


@lru_cache(maxsize=4_096)
def path(heights: tuple[int, ...]) -> str:
    """The bars as the path of a drawing, three wide each and forty high."""
    return "".join(f"M{at * 3 + 1} {20 - high * 0.18:.0f}V{20 + high * 0.18:.0f}" for at, high in enumerate(heights))
