"""MP4 as iTunes has it: one track of AAC, what it is called, and its cover (QuickTime File Format, "Metadata")."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from app.kernel.media.facts import Tags
from app.kernel.media.inside.boxes import Track, box, full, movie_boxes

BRANDS: Final = box(b"ftyp", b"M4A ", struct.pack(">I", 0x200), b"M4A mp42isom")
DATA_HEAD: Final = 16
_TEXT, _JPEG, _NUMBERS = 1, 13, 0
_CHUNK: Final = 40
"""Packets that stand together, a second of sound."""


def data_head(length: int) -> bytes:
    """The head of the box with the sound, which may be longer than 4 GB."""
    return struct.pack(">I4sQ", 1, b"mdat", DATA_HEAD + length)


def movie(track: Track, sizes: Sequence[int], begins: int, tags: Tags, cover: bytes) -> bytes:
    """The index and the tags of packets that follow one another from byte `begins`."""
    last = track.priming + track.frames - (len(sizes) - 1) * track.frame
    durations = [(len(sizes) - 1, track.frame), (1, last)] if len(sizes) > 1 else [(1, last)]
    places = [0, *accumulate(sizes)]
    chunks = [begins + places[first] for first in range(0, len(sizes), _CHUNK)]
    whole, rest = divmod(len(sizes), _CHUNK)
    groups = [(1, _CHUNK, 1)] * bool(whole) + [(whole + 1, rest, 1)] * bool(rest)
    tables = (
        full(b"stts", _entries(">II", durations)),
        full(b"stsc", _entries(">III", groups)),
        full(b"stsz", struct.pack(f">II{len(sizes)}I", 0, len(sizes), *sizes)),
        full(b"co64", struct.pack(f">I{len(chunks)}Q", len(chunks), *chunks)),
    )
    return box(b"moov", *movie_boxes(track, tables), box(b"udta", _told(tags, cover)))


def _entries(form: str, rows: Sequence[tuple[int, ...]]) -> bytes:
    return struct.pack(">I", len(rows)) + b"".join(struct.pack(form, *row) for row in rows)


def _told(tags: Tags, cover: bytes) -> bytes:
    handler = full(b"hdlr", struct.pack(">I4s4s9x", 0, b"mdir", b"appl"))
    words = {
        b"\xa9nam": tags.title,
        b"\xa9ART": tags.artist,
        b"aART": tags.album_artist,
        b"\xa9alb": tags.album,
        b"\xa9day": tags.date,
        b"\xa9gen": tags.genre,
        b"cprt": tags.copyright,
    }
    items = [_item(name, _TEXT, word.encode()) for name, word in words.items() if word]
    if tags.track:
        items.append(_item(b"trkn", _NUMBERS, struct.pack(">HHHH", 0, tags.track, tags.tracks, 0)))
    if tags.disc:
        items.append(_item(b"disk", _NUMBERS, struct.pack(">HHH", 0, tags.disc, tags.discs)))
    if tags.isrc:
        mean, name = full(b"mean", b"com.apple.iTunes"), full(b"name", b"ISRC")
        items.append(box(b"----", mean, name, _data(_TEXT, tags.isrc.encode())))
    if cover:
        items.append(_item(b"covr", _JPEG, cover))
    return full(b"meta", handler, box(b"ilst", *items))


def _item(name: bytes, kind: int, value: bytes) -> bytes:
    return box(name, _data(kind, value))


def _data(kind: int, value: bytes) -> bytes:
    return box(b"data", struct.pack(">II", kind, 0), value)
