"""Which part of a recording is heard by whoever has not bought it."""

from __future__ import annotations

import base64
import binascii
from itertools import accumulate
from typing import Any, Final

SHORTEST_MS: Final = 30_000
LONGEST_MS: Final = 90_000
USUAL_MS: Final = 30_000
_ONE_THIRD: Final = 3


def peaks(audio: dict[str, Any] | None) -> list[tuple[int, int]]:
    """Lowest and highest of each stretch of a recording, -127 to 127, from what was measured of it; empty without."""
    try:
        raw = base64.b64decode((audio or {}).get("waveform") or "", validate=True)
    except (binascii.Error, TypeError, ValueError):
        return []
    signed = [byte - 256 if byte > 127 else byte for byte in raw]
    return list(zip(signed[::2], signed[1::2], strict=False))


def usual(duration_ms: int, waveform: list[tuple[int, int]], length_ms: int = USUAL_MS) -> tuple[int, int]:
    """Start and length in milliseconds of the excerpt that nobody chose: the loudest stretch, at most half of it all.

    Without a waveform it begins at a third.
    """
    length = min(length_ms, duration_ms // 2)
    if not waveform or not duration_ms:
        return _fitting(duration_ms // _ONE_THIRD, length, duration_ms)
    width = max(1, round(len(waveform) * length / duration_ms))
    sums = [0, *accumulate(max(low * low, high * high) for low, high in waveform)]
    loudness = [sums[at + width] - sums[at] for at in range(len(waveform) - width + 1)]
    loudest = loudness.index(max(loudness, default=0)) if loudness else 0
    return _fitting(loudest * duration_ms // len(waveform), length, duration_ms)


def chosen(start_ms: int, length_ms: int, duration_ms: int) -> tuple[int, int]:
    """What somebody chose, moved and cut to what there is since."""
    return _fitting(start_ms, min(length_ms, duration_ms), duration_ms)


def is_usable(start_ms: int, length_ms: int, duration_ms: int) -> bool:
    """Whether an excerpt can be chosen of a recording."""
    return SHORTEST_MS <= length_ms <= LONGEST_MS and 0 <= start_ms <= duration_ms - length_ms


def _fitting(start_ms: int, length_ms: int, duration_ms: int) -> tuple[int, int]:
    return max(0, min(start_ms, duration_ms - length_ms)), length_ms
