"""Decoding with FFmpeg: one demuxer, a list of decoders, no protocol but files, and blocks large enough for arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags2
from av.container import InputContainer
from av.packet import Packet

from app.kernel.media.inside.arrays import CELL, Floats, Samples

DEMUXERS = {
    "wav": "wav", "rf64": "wav", "aiff": "aiff", "aifc": "aiff", "flac": "flac", "caf": "caf", "m4a": "mov",
}  # fmt: skip
_PCM = [f"pcm_{kind}{end}" for kind in ("s16", "s24", "s32", "f32") for end in ("le", "be")]
_PACKET = 1 << 18
"""Bytes that the demuxer of WAV takes at once."""
DECODERS = frozenset([*_PCM, "flac", "alac"])
LOSSLESS_ELSEWHERE = frozenset(["wavpack", "ape", "tta", "truehd", "mlp"])
BLOCK = 1 << 16
"""Frames of one block at least: 0.7 s at 96 kHz, so that it stays in the processor's cache."""


@dataclass(slots=True)
class Block:
    """A stretch of sound in three shapes: as it was stored, as it was decoded, and as fractions of full scale."""

    packets: list[Packet[AudioStream]]
    frames: list[AudioFrame]
    samples: list[Samples]
    """Of each frame, frames by channels."""
    sound: Floats
    """Channels by frames, whole cells of them except in the last block; so it may end before the frames do."""


def open_audio(path: Path, container: str) -> InputContainer:
    """Open a file as the container that it is known to be, never as what FFmpeg would guess."""
    options = {"protocol_whitelist": "file", "codec_whitelist": ",".join(sorted(DECODERS))}
    if DEMUXERS[container] == "wav":
        options["max_size"] = str(_PACKET)
    return av.open(f"file:{path}", format=DEMUXERS[container], options=options, metadata_errors="replace")


class Blocks:
    """The decoded sound of a stream, and how often decoding failed on the way."""

    def __init__(self, source: InputContainer, stream: AudioStream, most_frames: int) -> None:
        self._source, self._stream, self._most = source, stream, most_frames
        # A CAF's remainder would be cut from ALAC's last packet, which is as short as its sound already.
        stream.codec_context.flags2 |= Flags2.skip_manual
        self._rest: Floats = np.zeros((1, 0), np.float32)
        self.frames = 0
        self.errors = 0
        self.is_over = False
        """Whether there was more than allowed."""
        self.ends_at = 0
        """The place at which the last frame says it ends."""

    def __iter__(self) -> Iterator[Block]:
        packets: list[Packet[AudioStream]] = []
        frames: list[AudioFrame] = []
        for packet in self._source.demux(self._stream):
            packets.append(packet)
            frames += self._decoded(packet)
            if self.is_over:
                return
            if sum(frame.samples for frame in frames) >= BLOCK:
                yield self._block(packets, frames)
                packets, frames = [], []
        if frames or self._rest.shape[1]:
            yield self._block(packets, frames, is_last=True)

    def _block(self, packets: list[Packet[AudioStream]], frames: list[AudioFrame], *, is_last: bool = False) -> Block:
        samples = [samples_of(frame) for frame in frames]
        sound = _fractions(samples, self._rest)
        whole = sound.shape[1] if is_last else sound.shape[1] // CELL * CELL
        self._rest = sound[:, whole:].copy()
        return Block(packets, frames, samples, sound[:, :whole])

    def _decoded(self, packet: Packet[AudioStream]) -> Iterator[AudioFrame]:
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            self.errors += 1
            return
        for frame in frames:
            if frame.samples:
                self.errors += frame.is_corrupt
                self.frames += frame.samples
                self.ends_at = self._end(frame)
                self.is_over = self.frames > self._most
                yield frame

    def _end(self, frame: AudioFrame) -> int:
        if frame.pts is None or frame.time_base is None:
            return self.frames
        return round(frame.pts * frame.time_base * frame.sample_rate) + frame.samples


def samples_of(frame: AudioFrame) -> Samples:
    """A frame's samples, frames by channels, without a copy."""
    kind = np.dtype({"s16": "<i2", "s32": "<i4", "flt": "<f4"}[frame.format.name.removesuffix("p")])
    if frame.format.is_planar:
        planes = [np.frombuffer(memoryview(plane), kind, frame.samples) for plane in frame.planes]
        return np.stack(planes, axis=1)
    channels = frame.layout.nb_channels
    samples: Samples = np.frombuffer(memoryview(frame.planes[0]), kind, frame.samples * channels)
    return samples.reshape(-1, channels)


def _fractions(samples: list[Samples], rest: Floats) -> Floats:
    """What was left of the block before and these samples, channels by frames, as fractions of full scale."""
    at = rest.shape[1]
    channels = samples[0].shape[1] if samples else len(rest)
    sound = np.empty((channels, at + sum(map(len, samples))), np.float32)
    sound[:, :at] = rest
    for part in samples:
        full_scale = np.float32(1 if part.dtype == np.float32 else 2.0 ** -(8 * part.dtype.itemsize - 1))
        np.multiply(part.T, full_scale, out=sound[:, at : at + len(part)], casting="unsafe")
        at += len(part)
    return sound
