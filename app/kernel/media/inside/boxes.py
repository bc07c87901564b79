"""Boxes of MP4 (ISO 14496-12): an init section that says what follows, and fragments that hold it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED: Final = 0x55C4
"""The language "und" in five bits a letter."""

_TRACK: Final = 1
_OFFSET, _DURATIONS, _SIZES = 0x1, 0x100, 0x200
_DEFAULT_DURATION, _DEFAULT_FLAGS, _BASE_IS_MOOF = 0x8, 0x20, 0x20000
_INDEPENDENT: Final = 0x02000000
_LARGEST_RATE: Final = 0xFFFF


@dataclass(frozen=True)
class Track:
    """A track of sound: what a decoder must know, and how its frames become sound."""

    codec: str
    rate: int
    channels: int
    bits: int
    setup: bytes
    """AAC's AudioSpecificConfig (ISO 14496-3 §1.6.2.1) or FLAC's STREAMINFO."""
    frame: int
    """How many samples a packet holds; only the last may hold fewer."""
    bitrate: int
    priming: int
    """Samples before the sound, which a decoder needs and nobody is to hear."""
    frames: int


def box(name: bytes, *content: bytes) -> bytes:
    """A box with its length."""
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + name + body


def full(name: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with a version and flags."""
    return box(name, struct.pack(">I", version << 24 | flags), *content)


def init_section(track: Track) -> bytes:
    """What a player must read before any fragment; its length depends on nothing but the codec."""
    brands = box(b"ftyp", b"iso6", struct.pack(">I", 1), b"iso6cmfcmp41")
    none = struct.pack(">I", 0)
    empty = (full(b"stts", none), full(b"stsc", none), full(b"stsz", none, none), full(b"stco", none))
    more = full(b"mehd", struct.pack(">Q", track.frames), version=1)
    defaults = full(b"trex", struct.pack(">IIIII", _TRACK, 1, track.frame, 0, _INDEPENDENT))
    return brands + box(b"moov", *movie_boxes(track, empty, duration=0), box(b"mvex", more, defaults))


def movie_boxes(track: Track, tables: Sequence[bytes], *, duration: int | None = None) -> tuple[bytes, bytes]:
    """A movie's head and its track with these sample tables (§8.5); `duration` where it is not in them.

    The edit list (§8.6.6) cuts off the priming, and what pads the last packet.
    """
    long = track.frames if duration is None else duration
    movie = full(
        b"mvhd", struct.pack(">QQIQ", 0, 0, track.rate, long), _MOVIE, struct.pack(">I", _TRACK + 1), version=1
    )
    head = full(b"tkhd", struct.pack(">QQIIQ", 0, 0, _TRACK, 0, long), _TRACK_HEAD, version=1, flags=7)
    edit = full(b"elst", struct.pack(">IQqI", 1, track.frames, track.priming, 0x10000), version=1)
    inside = track.priming + track.frames if duration is None else duration
    media_head = full(b"mdhd", struct.pack(">QQIQHH", 0, 0, track.rate, inside, _UNDETERMINED, 0), version=1)
    described = full(b"stsd", struct.pack(">I", 1), sample_entry(track))
    media = box(b"mdia", media_head, _HANDLER, box(b"minf", _SOUND, _DATA, box(b"stbl", described, *tables)))
    return movie, box(b"trak", head, box(b"edts", edit), media)


_MOVIE: Final = struct.pack(">IHH8x", 0x10000, 0x100, 0) + _MATRIX + bytes(24)
_TRACK_HEAD: Final = struct.pack(">8xHHHH", 0, 0, 0x100, 0) + _MATRIX + bytes(8)
_HANDLER: Final = full(b"hdlr", struct.pack(">I4s12x", 0, b"soun"), b"sound\x00")
_SOUND: Final = full(b"smhd", bytes(4))
_DATA: Final = box(b"dinf", full(b"dref", struct.pack(">I", 1), full(b"url ", flags=1)))


def sample_entry(track: Track) -> bytes:
    """How the samples are coded: `mp4a` (ISO 14496-14 §5.6) or `fLaC` (Encapsulation of FLAC in ISOBMFF §3.3.1)."""
    rate = track.rate
    while rate > _LARGEST_RATE:
        rate //= 2
    bits = track.bits or 16
    sound = struct.pack(">6xH8xHHHHI", 1, track.channels, bits, 0, 0, rate << 16)
    if track.codec == "flac":
        block = struct.pack(">I", 0x80000000 | len(track.setup)) + track.setup
        return box(b"fLaC", sound, full(b"dfLa", block))
    return box(b"mp4a", sound, full(b"esds", _elementary(track)))


def _elementary(track: Track) -> bytes:
    """An ES_Descriptor (ISO 14496-1 §7.2.6.5) of AAC."""
    setup = _descriptor(5, track.setup)
    config = struct.pack(">BB3xII", 0x40, 0x15, track.bitrate, track.bitrate) + setup
    return _descriptor(3, struct.pack(">HB", 0, 0) + _descriptor(4, config) + _descriptor(6, b"\x02"))


def _descriptor(tag: int, body: bytes) -> bytes:
    return bytes((tag, len(body))) + body


def fragment(number: int, begins: int, packets: Sequence[bytes], *, frame: int, last: int | None = None) -> bytes:
    """A `moof` and its `mdat`: packets of `frame` samples, the first of which begins at sample `begins`.

    `last` is the length of the last one where that is shorter.
    """
    flags = _OFFSET | _SIZES | (0 if last is None else _DURATIONS)
    if last is None:
        entries = struct.pack(f">{len(packets)}I", *map(len, packets))
    else:
        durations = [frame] * (len(packets) - 1) + [last]
        entries = b"".join(map(struct.Struct(">II").pack, durations, map(len, packets)))
    head = full(b"mfhd", struct.pack(">I", number))
    defaults = full(
        b"tfhd",
        struct.pack(">III", _TRACK, frame, _INDEPENDENT),
        flags=_BASE_IS_MOOF | _DEFAULT_DURATION | _DEFAULT_FLAGS,
    )
    time = full(b"tfdt", struct.pack(">Q", begins), version=1)

    def moof(offset: int) -> bytes:
        run = full(b"trun", struct.pack(">II", len(packets), offset), entries, flags=flags)
        return box(b"moof", head, box(b"traf", defaults, time, run))

    return moof(len(moof(0)) + 8) + box(b"mdat", *packets)
