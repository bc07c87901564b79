"""Up to where a sound reaches, and what that says about where it came from."""

from __future__ import annotations

import numpy as np

from app.kernel.media.inside.arrays import Doubles, Floats

WINDOW = 8_192
_WINDOWS_A_BLOCK = 2
_FLOOR = 1e-20
_AUDIBLE_DB = -120.0
_SHELF_HZ = (14_500, 19_700)
_SHELF_DROP_DB = 35.0
_ULTRASOUND_HZ = 24_500
_ULTRASOUND_DROP_DB = 45.0


class Spectrum:
    """The mean power at each frequency, from samples of the whole length."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._shape = np.hanning(WINDOW).astype(np.float32)
        self._power: Doubles = np.zeros(WINDOW // 2 + 1)
        self._count = 0

    def add(self, sound: Floats) -> None:
        """Take a block in; one that is shorter than a window says nothing."""
        room = sound.shape[1] - WINDOW
        if room < 0:
            return
        for start in np.unique(np.linspace(0, room, _WINDOWS_A_BLOCK, dtype=int)):
            lines = np.fft.rfft(sound[:, start : start + WINDOW] * self._shape)
            self._power += (np.abs(lines) ** 2).max(axis=0)
            self._count += 1

    def _db(self) -> Doubles:
        full_scale = (WINDOW / 4) ** 2
        db: Doubles = 10 * np.log10(self._power / max(1, self._count) / full_scale + _FLOOR)
        return db

    def _between(self, db: Doubles, low: float, high: float) -> float:
        step = self._rate / WINDOW
        part = db[int(low / step) : max(int(low / step) + 1, int(high / step))]
        return float(part.mean()) if len(part) else 10 * np.log10(_FLOOR)

    def bandwidth_hz(self) -> int:
        """The highest frequency with sound."""
        heard = np.flatnonzero(self._db() > _AUDIBLE_DB)
        return int(heard[-1] * self._rate / WINDOW) if len(heard) else 0

    def is_lossy_source(self) -> bool:
        """Whether broad sound stops at once below 20 kHz, as encoders cut it; what rolls off gently is not blamed."""
        db = self._db()
        return any(self._is_shelf(db, edge) for edge in range(*_SHELF_HZ, 250) if edge + 1_500 < self._rate / 2)

    def _is_shelf(self, db: Doubles, edge: int) -> bool:
        below, above = self._between(db, edge - 1_200, edge - 200), self._between(db, edge + 250, edge + 1_250)
        further_down = self._between(db, edge - 6_000, edge - 1_200)
        return below - above >= _SHELF_DROP_DB and below > -95 and further_down - below < 25

    def is_empty_on_top(self) -> bool:
        """Whether a high rate carries nothing beyond what 44.1 or 48 kHz hold, though there is sound up to there."""
        if self._rate < 80_000:
            return False
        db = self._db()
        top = self._between(db, _ULTRASOUND_HZ, min(self._rate / 2 - 1_000, 40_000))
        return self._between(db, 15_000, 19_500) - top >= _ULTRASOUND_DROP_DB
