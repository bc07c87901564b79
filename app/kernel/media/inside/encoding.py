"""Files for whoever keeps them: the sound in a common format, with what it is called and its cover."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, cast

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from app.kernel.media.facts import Fault, Limits, Tags
from app.kernel.media.inside import boxes, itunes
from app.kernel.media.inside.decoding import Blocks
from app.kernel.media.inside.rendering import AAC_FRAME, depth_of, family_of, opened
from app.kernel.media.refusal import Unreadable

Emit = Callable[[int, bytes], None]
"""Hands bytes out of the sandbox, with their place."""

AAC_BITS: Final = 256_000
MP3_BITS: Final = 320_000
_BUFFER: Final = 1 << 18
_MOST_CHANNELS: Final = {"flac": 8, "wav": 16}


def encode(path: Path, form: str, tags: Tags, cover: bytes, emit: Emit) -> bool:
    """Encode a file that `measure` had nothing against as one of the formats that people keep."""
    try:
        with opened(path) as source:
            stream = source.streams.audio[0]
            blocks = Blocks(source, stream, Limits().longest_ms * stream.codec_context.sample_rate // 1_000)
            kind = form.partition("_")[0]
            if kind == "aac":
                _write_aac(blocks, stream.codec_context, tags, cover, emit)
            else:
                _write(blocks, stream.codec_context, kind, tags, cover, emit)
    except (av.error.FFmpegError, IndexError):
        raise Unreadable(Fault.CORRUPT) from None
    if blocks.is_over or not blocks.frames:
        raise Unreadable(Fault.TOO_LONG if blocks.is_over else Fault.TOO_SHORT)
    return True


def _layout(context: AudioCodecContext, kind: str) -> str:
    if context.channels <= _MOST_CHANNELS.get(kind, 0) and context.layout.name:
        return context.layout.name
    return "mono" if context.channels == 1 else "stereo"


def _resampled(blocks: Blocks, resampler: AudioResampler) -> Iterator[AudioFrame]:
    for block in blocks:
        for frame in block.frames:
            frame.pts = None
            yield from resampler.resample(frame)
    yield from (frame for frame in resampler.resample(None) if frame is not None)


def _write(blocks: Blocks, context: AudioCodecContext, kind: str, tags: Tags, cover: bytes, emit: Emit) -> None:
    """MP3, FLAC and WAV, as FFmpeg writes them."""
    depth, layout = depth_of(context), _layout(context, kind)
    rate = family_of(context.sample_rate) if kind == "mp3" else context.sample_rate
    codec, sample = {
        "mp3": ("libmp3lame", "fltp"),
        "flac": ("flac", {16: "s16", 24: "s32"}[depth]),
        "wav": ({16: "pcm_s16le", 24: "pcm_s24le"}[depth], {16: "s16", 24: "s32"}[depth]),
    }[kind]
    options = {"mp3": {"id3v2_version": "3"}, "wav": {"rf64": "auto"}}.get(kind, {})
    out = cast("Any", _Out(emit))
    with av.open(out, "w", format=kind, options=options, buffer_size=_BUFFER) as target:
        target.metadata.update(_words(tags, isrc="TSRC" if kind == "mp3" else "isrc"))
        track: AudioStream = target.add_stream(codec, rate=rate, layout=layout)  # type: ignore[assignment]
        track.format = sample
        if kind == "mp3":
            track.bit_rate, track.options = MP3_BITS, {"compression_level": "2"}
        picture = _picture(target, cover) if cover and kind != "wav" else None
        if picture is not None:
            target.start_encoding()
            target.mux(picture)
        for frame in _resampled(blocks, AudioResampler(sample, layout, rate)):
            frame.pts = None
            target.mux(track.encode(frame))
        target.mux(track.encode(None))


def _words(tags: Tags, *, isrc: str) -> dict[str, str]:
    """Tags under FFmpeg's names; what is empty is left out."""
    said = {
        "title": tags.title,
        "artist": tags.artist,
        "album": tags.album,
        "album_artist": tags.album_artist,
        "track": _of(tags.track, tags.tracks),
        "disc": _of(tags.disc, tags.discs),
        "date": tags.date,
        "genre": tags.genre,
        "copyright": tags.copyright,
        isrc: tags.isrc,
    }
    return {name: value for name, value in said.items() if value}


def _of(number: int, count: int) -> str:
    return f"{number}/{count}" if number and count else str(number or "")


def _picture(target: OutputContainer, cover: bytes) -> Packet[VideoStream]:
    with av.open(io.BytesIO(cover), format="jpeg_pipe") as source:
        size = source.streams.video[0].codec_context
        width, height = size.width, size.height
    stream: VideoStream = target.add_stream("mjpeg")
    stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
    stream.disposition = Disposition.attached_pic
    stream.metadata.update({"comment": "Cover (front)"})
    packet: Packet[VideoStream] = cast("Any", Packet(cover))
    packet.stream, packet.pts, packet.dts = stream, 0, 0
    return packet


def _write_aac(blocks: Blocks, context: AudioCodecContext, tags: Tags, cover: bytes, emit: Emit) -> None:
    """AAC in MP4 as iTunes has it: its edit list says to a sample where the sound begins and ends."""
    rate, layout = family_of(context.sample_rate), _layout(context, "aac")
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate, layout, "fltp"
    encoder.time_base, encoder.bit_rate = Fraction(1, rate), AAC_BITS
    sound = _Counted(_resampled(blocks, AudioResampler("fltp", layout, rate)))
    begins = at = len(itunes.BRANDS) + itunes.DATA_HEAD
    sizes: list[int] = []
    priming = 0
    for packet in _packets(encoder, sound):
        priming = priming if sizes else max(0, -(packet.pts or 0))
        emit(at, bytes(packet))
        sizes.append(packet.size)
        at += packet.size
    while len(sizes) > 1 and (len(sizes) - 1) * AAC_FRAME >= priming + sound.samples:
        at -= sizes.pop()  # padding only
    track = boxes.Track(
        codec="aac",
        rate=rate,
        channels=1 if layout == "mono" else 2,
        bits=0,
        setup=bytes(encoder.extradata or b""),
        frame=AAC_FRAME,
        bitrate=AAC_BITS,
        priming=priming,
        frames=sound.samples,
    )
    emit(0, itunes.BRANDS + itunes.data_head(at - begins))
    emit(at, itunes.movie(track, sizes, begins, tags, cover))


def _packets(encoder: AudioCodecContext, frames: Iterable[AudioFrame]) -> Iterator[Packet[AudioStream]]:
    at = 0
    for frame in frames:
        frame.pts, frame.time_base, at = at, Fraction(1, encoder.sample_rate), at + frame.samples
        yield from encoder.encode(frame)
    yield from encoder.encode(None)


class _Counted:
    """Frames that are counted as they pass."""

    def __init__(self, frames: Iterable[AudioFrame]) -> None:
        self._frames, self.samples = frames, 0

    def __iter__(self) -> Iterator[AudioFrame]:
        for frame in self._frames:
            self.samples += frame.samples
            yield frame


class _Out:
    """A file that is written outside: what FFmpeg writes goes out with its place."""

    def __init__(self, emit: Emit) -> None:
        self._emit, self._at, self._end = emit, 0, 0

    def write(self, data: bytes) -> int:
        """Hand bytes out."""
        self._emit(self._at, bytes(data))
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere else."""
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence] + offset
        return self._at

    def tell(self) -> int:
        """Where the next bytes go."""
        return self._at

    def seekable(self) -> bool:
        """It is."""
        return True

    def writable(self) -> bool:
        """It is."""
        return True
