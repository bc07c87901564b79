"""How loud a sound is: EBU R 128 as FFmpeg measures it, and the true peak by a polyphase filter."""

from __future__ import annotations

import av
import numpy as np
from av.audio.stream import AudioStream

from app.kernel.media.inside.arrays import CELL, Floats
from app.kernel.media.inside.decoding import Block

TAPS = 32
"""Of each interpolator, half of them on either side."""
_AT_ONCE = 32
"""Samples between which one row of a matrix interpolates."""
_CELLS = 512
"""Cells that are looked at together, so that what is computed stays in the cache."""
_SHAPE = 6.0
"""Of the Kaiser window."""
_BEYOND_THE_GATE = -70.0


class Loudness:
    """Integrated loudness and loudness range (EBU Tech 3341, 3342)."""

    def __init__(self, stream: AudioStream) -> None:
        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(template=stream)
        meter = self._graph.add("ebur128", "framelog=quiet:metadata=1")
        sink = self._graph.add("abuffersink")
        self._graph.link_nodes(source, meter, sink).configure()
        self._said: dict[str, str] = {}

    def add(self, block: Block) -> None:
        """Measure a block."""
        for frame in block.frames:
            self._graph.push(frame)
        self._listen()

    def _listen(self) -> None:
        while True:
            try:
                said = self._graph.pull().metadata
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            self._said = said or self._said  # a last part of less than 100 ms says nothing

    def result(self) -> tuple[float | None, float | None]:
        """LUFS and LU; None where nothing was above the absolute gate."""
        self._graph.push(None)
        self._listen()
        loudness = float(self._said.get("lavfi.r128.I", _BEYOND_THE_GATE))
        if loudness <= _BEYOND_THE_GATE:
            return None, None
        return round(loudness, 2), round(float(self._said.get("lavfi.r128.LRA", 0)), 2)


class TruePeak:
    """The peak between the samples (ITU-R BS.1770-5 Annex 2), looked for only where it can be."""

    def __init__(self, channels: int, rate: int) -> None:
        phases = _interpolators(oversampling(rate))
        self._reach = float(np.abs(phases).sum(axis=0).max())
        """No interpolated value is larger than this many times the samples around it."""
        self._filter = _as_matrix(phases)
        self._before: Floats = np.zeros((channels, TAPS - 1), np.float32)
        self.peak = 0.0

    def add(self, sound: Floats, levels: Floats) -> None:
        """Look through a block whose cells have these largest levels."""
        self.peak = max(self.peak, float(levels.max()))
        joined = np.concatenate([self._before, sound], axis=1)
        for channel, level in zip(joined, levels, strict=True):
            self._look(channel, level)
        self._before = joined[:, -(TAPS - 1) :]

    def _look(self, sound: Floats, level: Floats) -> None:
        level = level[: (len(sound) - (TAPS - 1)) // CELL]
        rows = CELL // _AT_ONCE
        windows = np.lib.stride_tricks.as_strided(
            sound,
            (len(level), rows, _AT_ONCE + TAPS - 1),
            (CELL * sound.itemsize, _AT_ONCE * sound.itemsize, sound.itemsize),
            writeable=False,
        )
        around = np.maximum(level, np.concatenate([[np.abs(sound[: TAPS - 1]).max()], level[:-1]]))
        for start in range(0, len(level), _CELLS):
            part = slice(start, start + _CELLS)
            hopeful = around[part] * self._reach > self.peak
            if hopeful.any():
                between = windows[part][hopeful].reshape(-1, _AT_ONCE + TAPS - 1) @ self._filter
                self.peak = max(self.peak, float(between.max()), -float(between.min()))


def oversampling(rate: int) -> int:
    """How often the peak is looked for in the time of one sample: 192,000 times a second or more."""
    return 4 if rate <= 48_000 else 2


def _interpolators(times: int) -> Floats:
    """Filters that give the values at equal steps between two samples: a windowed sinc each, taps by steps."""
    places = np.arange(TAPS)[:, None] - (TAPS / 2 - 1) - np.arange(1, times)[None] / times
    window = np.i0(_SHAPE * np.sqrt(np.clip(1 - (places / (TAPS / 2)) ** 2, 0, None))) / np.i0(_SHAPE)
    taps = np.sinc(places) * window
    return np.asarray(taps / taps.sum(axis=0), np.float32)


def _as_matrix(phases: Floats) -> Floats:
    """The filters as one matrix: a window of samples times this is everything between them."""
    matrix = np.zeros((_AT_ONCE + TAPS - 1, _AT_ONCE, phases.shape[1]), np.float32)
    for place in range(_AT_ONCE):
        matrix[place : place + TAPS, place] = phases
    return matrix.reshape(_AT_ONCE + TAPS - 1, -1)
