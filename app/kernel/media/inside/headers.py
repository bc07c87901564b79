"""What a container's header promises, read chunk by chunk, against the bytes that are there."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from app.kernel.media.facts import Fault

MOST_CHUNKS = 20_000
_UNKNOWN = 0xFFFFFFFF
_EXTENSIBLE = 0xFFFE
_WAV_CODECS = {1: "pcm", 3: "float"}
_AIFF_CODECS = {
    b"NONE": "pcm", b"twos": "pcm", b"sowt": "pcm", b"in24": "pcm", b"in32": "pcm", b"fl32": "float", b"FL32": "float",
}  # fmt: skip
_CAF_EDITS = 4
"""Bytes that a CAF's data begins with before its sound."""
_CAF_CODECS = {b"lpcm": "pcm", b"alac": "alac"}


@dataclass(slots=True)
class Header:
    """What is declared; `fault` is the first thing wrong with it."""

    container: str
    start: int = 0
    """Where it begins, behind an ID3 tag."""
    codec: str = ""
    bits: int = 0
    rate: int = 0
    channels: int = 0
    frames: int | None = None
    md5: bytes = b""
    extensible: bool = False
    metadata_bytes: int = 0
    end: int = 0
    """Where the container ends by its own account."""
    fault: Fault | None = None

    def blame(self, fault: Fault) -> None:
        """Note a fault unless there is one already."""
        self.fault = self.fault or fault


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    at: int
    length: int
    file: BinaryIO

    def read(self, most: int) -> bytes:
        self.file.seek(self.at)
        return self.file.read(min(self.length, most))


def read_header(file: BinaryIO, container: str, size: int, start: int = 0) -> Header:
    """The header of a file that `sniffing` has named; a header that cannot be read is a fault, not an exception."""
    header = Header(container, start, metadata_bytes=start, end=size)
    try:
        _READERS[container](file, size, header)
    except (struct.error, IndexError, OverflowError, ZeroDivisionError):
        header.blame(Fault.TRUNCATED)
    return header


def _chunks(file: BinaryIO, *, start: int, end: int, head: str, pad: int) -> Iterator[_Chunk]:
    """The chunks of a file as they follow each other; the last may promise more than there is."""
    size, at = struct.calcsize(head), start
    for _ in range(MOST_CHUNKS):
        if at + size > end:
            return
        file.seek(at)
        name, length = struct.unpack(head, file.read(size))
        yield _Chunk(name, at + size, length, file)
        if length < 0:
            return
        at += size + length + (length & 1 if pad else 0)


def _riff(file: BinaryIO, size: int, header: Header) -> None:
    file.seek(4)
    (declared,) = struct.unpack("<I", file.read(4))
    long_data, data = None, None
    for chunk in _chunks(file, start=12, end=size, head="<4sI", pad=2):
        if header.container == "rf64" and chunk.name == b"ds64":
            declared, long_data = struct.unpack("<QQ", chunk.read(16))
        if data is not None and chunk.at - 8 >= 8 + declared:
            break
        if chunk.name == b"fmt ":
            _wave_format(chunk.read(40), header)
        elif chunk.name == b"data" and data is None:
            length = long_data if chunk.length == _UNKNOWN and long_data is not None else chunk.length
            data = _Chunk(chunk.name, chunk.at, length, file)
            if length != chunk.length:
                break
        elif data is None or chunk.at + chunk.length <= size:
            header.metadata_bytes += chunk.length
    header.end = 8 + declared + (declared & 1)
    _judge_data(header, data, size=size, declared=8 + declared)


def _judge_data(header: Header, data: _Chunk | None, *, size: int, declared: int) -> None:
    if data is None or not header.rate:
        header.blame(Fault.TRUNCATED)
        return
    frame = header.channels * ((header.bits + 7) // 8)
    header.frames = data.length // frame if frame else None
    if data.length in (0, _UNKNOWN) and size > data.at:
        header.blame(Fault.HEADER_LIES if data.length or declared <= 8 else Fault.TOO_SHORT)
    elif data.at + data.length > size:
        header.blame(Fault.TRUNCATED)
    elif declared < data.at + data.length or declared > size + 1:
        header.blame(Fault.HEADER_LIES)


def _wave_format(raw: bytes, header: Header) -> None:
    tag, header.channels, header.rate, _, _, header.bits = struct.unpack_from("<HHIIHH", raw)
    header.extensible = tag == _EXTENSIBLE
    if header.extensible:
        (tag,) = struct.unpack_from("<H", raw, 24)
    header.codec = _WAV_CODECS.get(tag, f"0x{tag:04x}")
    if tag not in _WAV_CODECS:
        header.blame(Fault.LOSSY)


def _aiff(file: BinaryIO, size: int, header: Header) -> None:
    file.seek(4)
    (declared,) = struct.unpack(">I", file.read(4))
    data = None
    for chunk in _chunks(file, start=12, end=min(size, 8 + declared), head=">4sI", pad=2):
        if chunk.name == b"COMM":
            _aiff_format(chunk.read(64), header)
        elif chunk.name == b"SSND":
            data = chunk
        else:
            header.metadata_bytes += chunk.length
    header.end = 8 + declared + (declared & 1)
    promised = header.frames
    if data is not None:
        data = _Chunk(data.name, data.at + 8, max(0, data.length - 8), file)
    _judge_data(header, data, size=size, declared=8 + declared)
    if promised != header.frames:
        header.frames = promised
        header.blame(Fault.HEADER_LIES)


def _aiff_format(raw: bytes, header: Header) -> None:
    header.channels, header.frames, header.bits, exponent, mantissa = struct.unpack_from(">HIHHQ", raw)
    shift = (exponent & 0x7FFF) - 16_383 - 63
    header.rate = mantissa >> -shift if -64 < shift <= 0 else 0
    kind = raw[18:22] if header.container == "aifc" else b"NONE"
    header.codec = _AIFF_CODECS.get(kind, kind.decode("latin-1").strip())
    if kind not in _AIFF_CODECS:
        header.blame(Fault.LOSSY)


def _flac(file: BinaryIO, size: int, header: Header) -> None:
    at, is_last = header.start + 4, False
    header.codec = "flac"
    while not is_last and at + 4 <= size:
        file.seek(at)
        (word,) = struct.unpack(">I", file.read(4))
        is_last, kind, length = bool(word >> 31), word >> 24 & 0x7F, word & 0xFFFFFF
        if kind == 0:
            _stream_info(file.read(34), header)
        else:
            header.metadata_bytes += length
        at += 4 + length
    if at > size or not header.rate:
        header.blame(Fault.TRUNCATED)


def _stream_info(raw: bytes, header: Header) -> None:
    """RFC 9639 §8.2."""
    (packed,) = struct.unpack_from(">Q", raw, 10)
    header.rate, header.channels = packed >> 44, (packed >> 41 & 7) + 1
    header.bits, header.frames = (packed >> 36 & 31) + 1, packed & (1 << 36) - 1 or None
    header.md5 = raw[18:34] if any(raw[18:34]) else b""


def _caf(file: BinaryIO, size: int, header: Header) -> None:
    sound, frame = 0, 0
    for chunk in _chunks(file, start=8, end=size, head=">4sq", pad=0):
        is_open = chunk.length < 0  # allowed of sound that was still being written: it goes on to the end
        header.end = size if is_open else chunk.at + chunk.length
        if chunk.name == b"desc":
            frame = _caf_format(chunk.read(32), header)
        elif chunk.name == b"data":
            sound = header.end - chunk.at - _CAF_EDITS
        elif chunk.name == b"pakt":
            (header.frames,) = struct.unpack(">8xq", chunk.read(16))
        elif chunk.name != b"free":
            header.metadata_bytes += max(0, chunk.length)
    if sound <= 0 or not header.codec or header.end > size:
        header.blame(Fault.TRUNCATED)
    elif header.codec != "alac":
        header.frames = sound // frame if frame else None


def _caf_format(raw: bytes, header: Header) -> int:
    rate, kind, flags, frame, _, header.channels, header.bits = struct.unpack(">d4sIIIII", raw)
    header.rate = int(rate) if 0 < rate < 1e9 else 0
    header.codec = _CAF_CODECS.get(kind, kind.decode("latin-1").strip())
    if header.codec == "pcm" and flags & 1:
        header.codec = "float"
    if kind not in _CAF_CODECS:
        header.blame(Fault.LOSSY)
    return int(frame)


def _mp4(file: BinaryIO, size: int, header: Header) -> None:
    """The boxes at the top (ISO 14496-12 §4.2); what is in them the demuxer says."""
    names: set[bytes] = set()
    at = 0
    while at + 8 <= size and len(names) < MOST_CHUNKS:
        file.seek(at)
        length, name = struct.unpack(">I4s", file.read(8))
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
        if not name.strip().isalnum():
            break
        names.add(name)
        if name in (b"moov", b"meta", b"uuid"):
            header.metadata_bytes += length
        at = size if length == 0 else at + max(8, length)
    header.end = at
    if at > size or not {b"moov", b"mdat"} <= names:
        header.blame(Fault.TRUNCATED)


_READERS: dict[str, Callable[[BinaryIO, int, Header], None]] = {
    "wav": _riff, "rf64": _riff, "aiff": _aiff, "aifc": _aiff, "flac": _flac, "caf": _caf, "m4a": _mp4,
}  # fmt: skip
