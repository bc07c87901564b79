"""Encodings for players: decoded once, encoded side by side, cut into segments that all begin at the same moments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from queue import Queue
from typing import Final, cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from app.kernel.media.facts import Fault, Limits, Rendered, Wanted
from app.kernel.media.inside import boxes, sniffing
from app.kernel.media.inside.decoding import DECODERS, Blocks, open_audio
from app.kernel.media.refusal import Unreadable

Emit = Callable[[int, int, bytes], None]
"""Hands bytes out of the sandbox: of which file, at which place."""

AAC_FRAME: Final = 1_024
FLAC_FRAME: Final = 4_096
SEGMENTS: Final = {44_100: 256 * AAC_FRAME, 48_000: 280 * AAC_FRAME}
"""Samples of a segment at the rate that AAC has: 5.94 s and 5.97 s, whole packets of either codec at any multiple.

So a player changes from one encoding to another at a seam.
"""

FADE_SECONDS: Final = 0.5
_KEPT_RATES: Final = (44_100, 88_200, 176_400, 48_000, 96_000, 192_000)
_WAITING: Final = 4
_STEREO: Final = 2
_AT_ONCE: Final = 1 << 16

Frames = list[AudioFrame]


def render(path: Path, wanted: Sequence[Wanted], limits: Limits, emit: Emit) -> list[Rendered]:
    """Encode a file that `measure` had nothing against; each of `wanted` becomes the file of its place."""
    try:
        with opened(path) as source:
            stream = source.streams.audio[0]
            blocks = Blocks(source, stream, limits.longest_ms * stream.codec_context.sample_rate // 1_000)
            made = _encoded(blocks, stream.codec_context, wanted, emit)
    except (av.error.FFmpegError, IndexError):
        raise Unreadable(Fault.CORRUPT) from None
    if blocks.is_over or not blocks.frames:
        raise Unreadable(Fault.TOO_LONG if blocks.is_over else Fault.TOO_SHORT)
    return made


@contextmanager
def opened(path: Path) -> Iterator[av.container.InputContainer]:
    """A sound file of a kind that we take, with a stream that we decode."""
    with path.open("rb") as file:
        start = sniffing.id3_length(file.read(sniffing.HEAD))
        file.seek(start)
        fault, container = sniffing.container_of(file.read(sniffing.HEAD))
    if fault is not None:
        raise Unreadable(fault)
    with open_audio(path, container) as source:
        if source.streams.audio[0].codec_context.name not in DECODERS:
            raise Unreadable(Fault.LOSSY)
        yield source


def _encoded(blocks: Blocks, context: AudioCodecContext, wanted: Sequence[Wanted], emit: Emit) -> list[Rendered]:
    taps: dict[tuple[str, int, int], _Tap] = {}
    with ThreadPoolExecutor(len(wanted), thread_name_prefix="encode") as threads, ExitStack() as ending:
        ending.callback(_end, taps.values())  # whatever happens, no encoder waits for more
        places = []
        for place, one in enumerate(wanted):
            tap = taps.setdefault((one.codec, one.start_ms, one.length_ms), _Tap(context, one))
            places.append(tap.feed(threads, _Segments(tap.encoder(one), tap, one, partial(emit, place))))
        for block in blocks:
            for tap in taps.values():
                tap.push(block.frames)
        for tap in taps.values():
            tap.flush()
    return [place.result() for place in places]


def _end(taps: Iterable[_Tap]) -> None:
    for tap in taps:
        tap.end()


def family_of(rate: int) -> int:
    """44.1 or 48 kHz, whichever a rate is made of."""
    return 44_100 if rate % 44_100 == 0 else 48_000


def kept_rate(rate: int) -> int:
    """The rate at which nothing is lost; an odd one that no player takes becomes 48 kHz."""
    return rate if rate in _KEPT_RATES else 48_000


def depth_of(context: AudioCodecContext) -> int:
    """The bits of a sample that a copy without loss has: 16, or 24 of whatever is deeper."""
    return 16 if context.format.name.startswith("s16") else 24


class _Tap:
    """What several encoders are fed with: the decoded sound, or an excerpt, at the rate and in the form of a codec."""

    def __init__(self, context: AudioCodecContext, one: Wanted) -> None:
        self.layout = "mono" if context.channels == 1 else "stereo"
        family = family_of(context.sample_rate)
        self.bits = depth_of(context) if one.codec == "flac" else 0
        self.rate = kept_rate(context.sample_rate) if one.codec == "flac" else family
        self.form = "fltp" if one.codec == "aac" else {16: "s16", 24: "s32"}[self.bits]
        self.segment = SEGMENTS[family] * (self.rate // family)
        self._resampler = AudioResampler(self.form, self.layout, self.rate)
        self._excerpt = _Excerpt(one, context.sample_rate) if one.length_ms else None
        self._queues: list[Queue[Frames | None]] = []
        self._at = 0

    def encoder(self, one: Wanted) -> AudioCodecContext:
        """An encoder of what comes from here."""
        encoder = cast("AudioCodecContext", av.CodecContext.create(one.codec, "w"))
        encoder.sample_rate, encoder.layout, encoder.format = self.rate, self.layout, self.form
        encoder.time_base = Fraction(1, self.rate)
        if one.codec == "flac":
            encoder.options = {"frame_size": str(FLAC_FRAME)}
        else:
            encoder.bit_rate = one.bitrate * 1_000
        return encoder

    def feed(self, threads: ThreadPoolExecutor, segments: _Segments) -> Future[Rendered]:
        """Have a thread encode what comes."""
        queue: Queue[Frames | None] = Queue(_WAITING)
        self._queues.append(queue)
        return threads.submit(_fed, queue, segments)

    def push(self, frames: Frames) -> None:
        """Hand decoded sound on."""
        for frame in frames:
            frame.pts = None
        if self._excerpt is not None:
            frames = [cut for frame in frames for cut in self._excerpt.of(frame)]
        self._hand_on([ready for frame in frames for ready in self._resampler.resample(frame)])

    def flush(self) -> None:
        """Hand on what the resampler still holds."""
        self._hand_on(self._resampler.resample(None))

    def _hand_on(self, frames: Frames) -> None:
        ready = [self._placed(frame) for frame in frames if frame is not None]
        for queue in self._queues if ready else ():
            queue.put(ready)

    def _placed(self, frame: AudioFrame) -> AudioFrame:
        """A frame that says where it is: from that an encoder tells how much it puts before the sound."""
        frame.pts, frame.time_base = self._at, Fraction(1, self.rate)
        self._at += frame.samples
        return frame

    def end(self) -> None:
        """Tell the encoders that this is all."""
        for queue in self._queues:
            queue.put(None)


def _fed(queue: Queue[Frames | None], segments: _Segments) -> Rendered:
    try:
        for frames in iter(queue.get, None):
            for frame in frames:
                segments.add(frame)
    except BaseException:
        while queue.get() is not None:  # whoever feeds must not wait for one that gave up
            pass
        raise
    return segments.end()


class _Excerpt:
    """A part of the sound that fades in and out."""

    def __init__(self, one: Wanted, rate: int) -> None:
        self._start, self._frames = one.start_ms * rate // 1_000, one.length_ms * rate // 1_000
        self._fade = min(int(FADE_SECONDS * rate), self._frames // 2)
        self._at = 0

    def of(self, frame: AudioFrame) -> Frames:
        """What of a frame belongs to it."""
        begins, self._at = self._at - self._start, self._at + frame.samples
        first, last = max(0, -begins), min(frame.samples, self._frames - begins)
        if first >= last:
            return []
        planar, channels = frame.format.is_planar, frame.layout.nb_channels
        sound = frame.to_ndarray() if planar else frame.to_ndarray().reshape(-1, channels).T
        at = np.arange(begins + first, begins + last)
        gain = np.clip(np.minimum(at, self._frames - 1 - at) / self._fade, 0, 1)
        faded = (sound[:, first:last] * gain).astype(sound.dtype)
        whole = faded if planar else np.ascontiguousarray(faded.T).reshape(1, -1)
        cut = AudioFrame.from_ndarray(np.ascontiguousarray(whole), format=frame.format.name, layout=frame.layout.name)
        cut.sample_rate = frame.sample_rate
        return [cut]


class _Segments:
    """Packets as they come from an encoder, put into segments that begin where all others do."""

    def __init__(self, encoder: AudioCodecContext, tap: _Tap, one: Wanted, emit: Callable[[int, bytes], None]) -> None:
        self._encoder, self._tap, self._one, self._emit = encoder, tap, one, emit
        self._frame = AAC_FRAME if one.codec == "aac" else FLAC_FRAME
        self._held: list[bytes] = []
        self._frames, self._packets, self._priming = 0, 0, 0
        self._lengths: list[int] = []
        self._at = 0

    def add(self, frame: AudioFrame) -> None:
        """Encode sound."""
        self._frames += frame.samples
        self._take(self._encoder.encode(frame))

    def _take(self, packets: Sequence[av.Packet]) -> None:  # type: ignore[type-arg]
        for packet in packets:
            if not self._packets:
                self._begin(packet)
            if self._begins() - self._priming >= self._tap.segment * (len(self._lengths) + 1):
                self._cut(None)
            self._held.append(bytes(packet))
            self._packets += 1

    def _begin(self, packet: av.Packet) -> None:  # type: ignore[type-arg]
        """The first packet says how much comes before the sound; the init section is written when all is known."""
        self._priming = max(0, -(packet.pts or 0))
        self._at = self._init_length = len(boxes.init_section(self._track()))

    def _begins(self) -> int:
        """Where the next packet begins, priming included."""
        return self._packets * self._frame

    def _cut(self, last: int | None) -> None:
        first = self._begins() - len(self._held) * self._frame
        part = boxes.fragment(len(self._lengths) + 1, first, self._held, frame=self._frame, last=last)
        self._emit(self._at, part)
        self._at += len(part)
        self._lengths.append(len(part))
        self._held = []

    def end(self) -> Rendered:
        """Encode what the encoder still holds, and say what came of it."""
        if not self._frames:
            raise Unreadable(Fault.TOO_SHORT)
        self._take(self._encoder.encode(None))
        ends = self._priming + self._frames
        while len(self._held) > 1 and self._begins() - self._frame >= ends:
            self._held.pop()  # padding only
            self._packets -= 1
        self._cut(ends - (self._begins() - self._frame))
        self._emit(0, boxes.init_section(self._track()))
        return Rendered(
            rate=self._tap.rate,
            channels=1 if self._tap.layout == "mono" else _STEREO,
            bits=self._tap.bits,
            frames=self._frames,
            segment_frames=self._tap.segment,
            init_length=self._init_length,
            lengths=self._lengths,
        )

    def _track(self) -> boxes.Track:
        return boxes.Track(
            codec=self._one.codec,
            rate=self._tap.rate,
            channels=1 if self._tap.layout == "mono" else _STEREO,
            bits=self._tap.bits,
            setup=bytes(self._encoder.extradata or b""),
            frame=self._frame,
            bitrate=self._one.bitrate * 1_000,
            priming=self._priming,
            frames=self._frames,
        )
