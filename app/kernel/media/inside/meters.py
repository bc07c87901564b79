"""Meters that sound runs through block by block."""

from __future__ import annotations

import hashlib

import numpy as np

from app.kernel.media.inside.arrays import CELL, Bools, Floats, Samples
from app.kernel.media.inside.decoding import Block

SILENCE = 10 ** (-60 / 20)
PAIRS = 1_800
_PAIR = 4 * CELL
_RUN = 4
_NO_SOUND = 1_000.0
"""Of full scale: 60 dB above it nobody has recorded anything."""
_SAME = 2.0**-15
"""Two channels that differ by less than a 16-bit step carry one sound."""


class Checksum:
    """MD5 over the samples, interleaved and little-endian in their own depth, as FLAC counts it (RFC 9639 §8.2)."""

    def __init__(self, codec: str, bits: int) -> None:
        self._is_stored_so = codec.startswith("pcm_") and codec.endswith("le")
        self._bits = bits
        self._md5 = hashlib.md5(usedforsecurity=False)

    def add(self, block: Block) -> None:
        """Count a block in."""
        if self._is_stored_so:
            for packet in block.packets:
                self._md5.update(memoryview(packet))
            return
        for samples in block.samples:
            self._md5.update(_packed(samples) if self._bits == 24 else np.ascontiguousarray(samples).data)

    def digest(self) -> bytes:
        """The checksum so far."""
        return self._md5.digest()


class Meter:
    """Peaks, silence, clipping, offset, used bits and the outline of a sound."""

    def __init__(self, *, channels: int, bits: int, is_float: bool) -> None:
        self._is_float = is_float
        self._full = 1.0 if is_float else 1 - 2.0 ** -(min(bits, 24) - 1)
        self._loud: list[Bools] = []
        self._low: list[Samples] = []
        self._high: list[Samples] = []
        self._hot: Bools = np.zeros((channels, _RUN), np.bool_)
        self._sums = np.zeros(channels)
        self._used = 0
        self.frames = 0
        self.clipped = 0
        self.peaks = np.zeros(channels, np.float32)
        self.is_dual_mono = channels == 2

    def add(self, block: Block) -> Floats:
        """Measure a block; gives the largest level in each of its cells, channels by cells."""
        sound = block.sound
        low, high = _cells(sound, np.minimum), _cells(sound, np.maximum)
        levels: Floats = np.maximum(-low, high)
        self.frames += sound.shape[1]
        self.peaks = np.maximum(self.peaks, levels.max(axis=1))
        self._loud.append(levels.max(axis=0) >= SILENCE)
        self._low.append(_outline(low.min(axis=0), np.minimum))
        self._high.append(_outline(high.max(axis=0), np.maximum))
        self._sums += sound.sum(axis=1)
        self._clip(sound, bool(levels.max() >= self._full))
        if not self._is_float:
            for samples in block.samples:
                self._used |= int(np.bitwise_or.reduce(samples, axis=None))
        if self.is_dual_mono:
            self.is_dual_mono = bool(np.abs(sound[0] - sound[1]).max() < _SAME)
        return levels

    def _clip(self, sound: Floats, is_hot: bool) -> None:
        """Count the places at which a run at full scale becomes four samples long, also across blocks."""
        if not is_hot and not self._hot.any():
            return
        hot = np.concatenate([self._hot, np.abs(sound) >= self._full], axis=1)
        self.clipped += int((hot[:, 4:] & hot[:, 3:-1] & hot[:, 2:-2] & hot[:, 1:-3] & ~hot[:, :-4]).sum())
        self._hot = hot[:, -_RUN:]

    @property
    def is_sound(self) -> bool:
        """Whether all levels are numbers that sound can have; floats can be anything."""
        return bool(np.isfinite(self.peaks).all() and self.peaks.max() < _NO_SOUND)

    @property
    def dc_offset(self) -> float:
        """The largest mean of any channel."""
        return float(np.abs(self._sums).max() / max(1, self.frames))

    def true_bits(self, bits: int) -> int:
        """How many of the bits are used by any sample; all of them in floats."""
        used, width = self._used, 16 if bits <= 16 else 32
        if self._is_float:
            return bits
        lowest = (used & -used).bit_length() - 1
        return max(0, width - lowest) if used else 0

    def silences(self, rate: int) -> tuple[int, int, int]:
        """Silence before, after, and at most in between, in milliseconds."""
        loud = np.flatnonzero(np.concatenate(self._loud))
        if not len(loud):
            return self.frames * 1_000 // rate, 0, 0
        gaps = np.diff(loud) - 1
        cells = (int(loud[0]), max(0, -(-self.frames // CELL) - 1 - int(loud[-1])), int(gaps.max(initial=0)))
        lead, tail, gap = (cell * CELL * 1_000 // rate for cell in cells)
        return lead, tail, gap

    def waveform(self) -> bytes:
        """At most 1,800 pairs of lowest and highest, as signed bytes."""
        low, high = np.concatenate(self._low), np.concatenate(self._high)
        starts = np.unique(np.arange(PAIRS) * len(low) // PAIRS)
        pairs = np.stack([np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)], axis=1)
        return bytes(np.clip(np.rint(pairs * 127), -127, 127).astype(np.int8).tobytes())


def _packed(samples: Samples) -> bytes:
    """Samples of 24 bits, kept in 32, in three bytes each."""
    words = np.ascontiguousarray(samples).view("<u4").ravel() >> 8
    quads = np.zeros(-(-len(words) // 4) * 4, np.uint32)
    quads[: len(words)] = words
    first, second, third, fourth = quads.reshape(-1, 4).T
    packed = np.empty((len(first), 3), "<u4")
    packed[:, 0] = first | second << 24
    packed[:, 1] = second >> 8 | third << 16
    packed[:, 2] = third >> 16 | fourth << 8
    return packed.tobytes()[: 3 * len(words)]


def _cells(sound: Floats, reach: np.ufunc) -> Floats:
    """The extreme of each cell; a last one that is not full counts too."""
    whole = sound.shape[1] // CELL * CELL
    cells: Floats = reach.reduce(sound[:, :whole].reshape(len(sound), -1, CELL), axis=2)
    if whole == sound.shape[1]:
        return cells
    return np.concatenate([cells, reach.reduce(sound[:, whole:], axis=1, keepdims=True)], axis=1)


def _outline(cells: Floats, reach: np.ufunc) -> Floats:
    outline: Floats = reach.reduceat(cells, np.arange(0, len(cells), _PAIR // CELL)).astype(np.float16)
    return outline
