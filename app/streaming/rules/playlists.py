"""Playlists for players (RFC 8216), of renditions whose segments lie in one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from typing import Final

from app.streaming.rules.encodings import CODECS

MEDIA_TYPE: Final = "application/vnd.apple.mpegurl"
VERSION: Final = 7
"""§7: byte ranges need 4, an init section beside sound needs 6; 7 is the newest that the RFC has."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A rendition as a playlist needs it: rate in Hz, lengths in bytes, `frames` and `segment_frames` in samples."""

    name: str
    codec: str
    rate: int
    frames: int
    segment_frames: int
    init_length: int
    lengths: Sequence[int]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.frames / self.rate

    def durations(self) -> list[float]:
        """How long each segment lasts, in seconds."""
        usual = self.segment_frames / self.rate
        last = (self.frames - self.segment_frames * (len(self.lengths) - 1)) / self.rate
        return [*[usual] * (len(self.lengths) - 1), last]


def master(sounds: Sequence[Sound]) -> str:
    """Which renditions there are (§4.3.4), the smallest first, each with what its line must carry."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for sound in sorted(sounds, key=peak_rate):
        rates = f"BANDWIDTH={peak_rate(sound)},AVERAGE-BANDWIDTH={average_rate(sound)}"
        lines += [f'#EXT-X-STREAM-INF:{rates},CODECS="{CODECS[sound.codec]}"', f"{sound.name}.m3u8"]
    return _text(lines)


def media(sound: Sound, address: str) -> str:
    """The segments of a rendition (§4.3.3), all of them ranges of the file at `address`."""
    durations = sound.durations()
    head = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{max(1, ceil(max(durations)))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        f'#EXT-X-MAP:URI="{address}",BYTERANGE="{sound.init_length}@0"',
    ]
    return _text([*head, *_segments(sound, durations, address), "#EXT-X-ENDLIST"])


def _segments(sound: Sound, durations: Sequence[float], address: str) -> Iterator[str]:
    begins = accumulate(sound.lengths, initial=sound.init_length)
    for duration, length, begin in zip(durations, sound.lengths, begins, strict=False):
        yield from (f"#EXTINF:{duration:.6f},", f"#EXT-X-BYTERANGE:{length}@{begin}", address)


def peak_rate(sound: Sound) -> int:
    """The most bits a second of any segment; a last one under half of the usual length does not count (§4.3.4.2)."""
    durations = sound.durations()
    counted = [
        (length, duration)
        for length, duration in zip(sound.lengths, durations, strict=True)
        if duration >= durations[0] / 2
    ]
    return max(ceil(8 * length / duration) for length, duration in counted)


def average_rate(sound: Sound) -> int:
    """The bits a second of the whole."""
    return ceil(8 * sum(sound.lengths) / sound.seconds)


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
