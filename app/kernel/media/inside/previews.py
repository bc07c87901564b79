"""A copy to listen to: AAC, its index before its sound so that it starts at once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from app.kernel.media.facts import Fault, Limits
from app.kernel.media.inside import sniffing
from app.kernel.media.inside.decoding import DECODERS, Blocks, open_audio
from app.kernel.media.refusal import Unreadable

BITS_A_SECOND = 160_000
_RATES = {44_100: 44_100, 88_200: 44_100, 176_400: 44_100}
_RATE = 48_000
_FRAMES = 1_024
"""What AAC holds in one packet."""


def preview(path: Path, limits: Limits) -> bytes:
    """The sound of a file that `measure` had nothing against, as AAC in MP4."""
    with path.open("rb") as file:
        start = sniffing.id3_length(file.read(sniffing.HEAD))
        file.seek(start)
        fault, container = sniffing.container_of(file.read(sniffing.HEAD))
    if fault is not None:
        raise Unreadable(fault)
    try:
        return _encoded(path, container, limits)
    except (av.error.FFmpegError, IndexError):
        raise Unreadable(Fault.CORRUPT) from None


def _encoded(path: Path, container: str, limits: Limits) -> bytes:
    out = io.BytesIO()
    with open_audio(path, container) as source:
        stream = source.streams.audio[0]
        context = stream.codec_context
        if context.name not in DECODERS:
            raise Unreadable(Fault.LOSSY)
        blocks = Blocks(source, stream, limits.longest_ms * context.sample_rate // 1_000)
        rate, layout = _RATES.get(context.sample_rate, _RATE), "mono" if context.channels == 1 else "stereo"
        index = {"movflags": "faststart"}
        with av.open(out, "w", format="mp4", options=index, io_open=lambda *_: _Copy(out)) as target:
            track = target.add_stream("aac", rate=rate, layout=layout, options={"aac_coder": "fast"})
            track.bit_rate = BITS_A_SECOND
            for frame in _resampled(blocks, AudioResampler("fltp", layout, rate, frame_size=_FRAMES)):
                target.mux(track.encode(frame))
            target.mux(track.encode(None))
    if blocks.is_over or not blocks.frames:
        raise Unreadable(Fault.TOO_LONG if blocks.is_over else Fault.TOO_SHORT)
    return out.getvalue()


def _resampled(blocks: Blocks, resampler: AudioResampler) -> Iterator[AudioFrame]:
    for block in blocks:
        for frame in block.frames:
            frame.pts = None
            yield from resampler.resample(frame)
    yield from resampler.resample(None)


class _Copy(io.RawIOBase):
    """A second look at what is being written: the muxer reads it to move the sound behind its index."""

    def __init__(self, out: io.BytesIO) -> None:
        self._out, self._at = out, 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        with self._out.getbuffer() as whole:
            part = bytes(whole[self._at : len(whole) if size < 0 else self._at + size])
        self._at += len(part)
        return part

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next bytes are."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go somewhere else."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._out.getbuffer().nbytes}
        self._at = origin[whence] + offset
        return self._at
