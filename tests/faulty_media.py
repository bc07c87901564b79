"""Sound files that must not pass: a file name, what is wrong, and how it is made."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.kernel.media import Fault
from tests.media import Sound, a_noise, a_tone, aiff, alac, chunk, encoded, flac, wav

Maker = Callable[[Path], bytes]


def _cut(whole: bytes, share: float = 0.6) -> bytes:
    return whole[: int(len(whole) * share)]


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("run.exe", b"MZ" * 100)
    return out.getvalue()


def _patched(whole: bytes, at: int, new: bytes) -> bytes:
    return whole[:at] + new + whole[at + len(new) :]


def stream_info(whole: bytes, *, frames: int) -> bytes:
    """A FLAC that declares another number of frames."""
    (packed,) = struct.unpack_from(">Q", whole, 18)
    return _patched(whole, 18, struct.pack(">Q", packed >> 36 << 36 | frames))


def _broken_flac(path: Path) -> bytes:
    whole = flac(path, a_noise(), bits=16)
    return _patched(whole, len(whole) // 2, bytes(3_000))


def _wrong_md5(path: Path) -> bytes:
    return _patched(flac(path, a_tone(), bits=16), 26, b"\x01" * 16)


def _id3(length: int, rest: bytes) -> bytes:
    return b"ID3\x04\0\0" + bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0)) + rest


def _long_silence(path: Path) -> bytes:
    """A day of silence, which FLAC keeps in next to nothing: the header of a day, a second of frames."""
    return stream_info(flac(path, np.zeros((44_100, 2)), bits=16), frames=24 * 3_600 * 44_100)


def _pictures(path: Path) -> bytes:
    whole = flac(path, a_tone(), bits=16)
    picture = bytes((6,)) + (0xFFFFFF).to_bytes(3, "big") + bytes(0xFFFFFF)
    return whole[:42].replace(whole[4:5], b"\x00", 1) + picture * 2 + b"\x81\0\0\0" + whole[-9_000:]


def _with(level: float) -> Sound:
    sound = a_tone()
    sound[20_000] = level
    return sound


_TONE = a_tone()
_OTHER_RATE = a_tone(rate=22_050)

FAULTY: dict[str, tuple[Fault, Maker]] = {
    "empty.wav": (Fault.NOT_AUDIO, lambda path: b""),
    "text.wav": (Fault.NOT_AUDIO, lambda path: b"Dear label, here is my demo. " * 50),
    "picture.wav": (Fault.NOT_AUDIO, lambda path: b"\x89PNG\r\n\x1a\n" + bytes(500)),
    "program.flac": (Fault.NOT_AUDIO, lambda path: b"\x7fELF" + bytes(5_000)),
    "playlist.mp3": (Fault.PLAYLIST, lambda path: b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/secret.ts\n"),
    "playlist.wav": (Fault.PLAYLIST, lambda path: b"\xef\xbb\xbf\n#EXTM3U\nfile:///etc/passwd\n"),
    "concat.flac": (Fault.PLAYLIST, lambda path: b"ffconcat version 1.0\nfile /etc/passwd\n"),
    "mp3.mp3": (Fault.LOSSY, lambda path: encoded(path, _TONE, codec="libmp3lame", form="mp3")),
    "mp3_low_rate.mp3": (
        Fault.LOSSY,
        lambda path: encoded(path, _OTHER_RATE, codec="libmp3lame", form="mp3", rate=22_050),
    ),
    "mp3_without_tag.wav": (
        Fault.LOSSY,
        lambda path: encoded(path, _TONE, codec="libmp3lame", form="mp3", id3v2_version="0", write_xing="0"),
    ),
    "mp3_in_wav.wav": (Fault.LOSSY, lambda path: wav(_TONE, tag=0x55)),
    "adpcm.wav": (Fault.LOSSY, lambda path: wav(_TONE, tag=0x02)),
    "aac.m4a": (Fault.LOSSY, lambda path: encoded(path, _TONE, codec="aac", form="ipod")),
    "aac.aac": (Fault.LOSSY, lambda path: encoded(path, _TONE, codec="aac", form="adts")),
    "opus.ogg": (
        Fault.LOSSY,
        lambda path: encoded(path, a_tone(rate=48_000), codec="libopus", form="ogg", rate=48_000),
    ),
    "ulaw.aifc": (Fault.LOSSY, lambda path: aiff(_TONE, bits=16, compression=b"ulaw")),
    "wavpack.wv": (Fault.UNSUPPORTED, lambda path: b"wvpk" + bytes(400)),
    "flac.ogg": (Fault.UNSUPPORTED, lambda path: encoded(path, _TONE, codec="flac", form="ogg")),
    "flac_as.wav": (Fault.MISLABELLED, lambda path: flac(path, _TONE)),
    "wav_as.mp3": (Fault.MISLABELLED, lambda path: wav(_TONE)),
    "aiff_as.flac": (Fault.MISLABELLED, lambda path: aiff(_TONE)),
    "cut.wav": (Fault.TRUNCATED, lambda path: _cut(wav(_TONE))),
    "cut_in_header.wav": (Fault.TRUNCATED, lambda path: wav(_TONE)[:30]),
    "cut.aiff": (Fault.TRUNCATED, lambda path: _cut(aiff(_TONE))),
    "cut.flac": (Fault.TRUNCATED, lambda path: _cut(flac(path, a_noise()))),
    "cut_in_header.flac": (Fault.TRUNCATED, lambda path: flac(path, _TONE)[:20]),
    "cut.m4a": (Fault.TRUNCATED, lambda path: _cut(alac(path, a_noise()))),
    "cut.caf": (
        Fault.TRUNCATED,
        lambda path: _cut(encoded(path, _TONE, codec="pcm_s16be", form="caf")),
    ),
    "promises_4_gib.wav": (Fault.TRUNCATED, lambda path: _patched(wav(_TONE), 40, b"\xf0\xff\xff\xff")),
    "streamed.wav": (Fault.HEADER_LIES, lambda path: _patched(wav(_TONE), 40, b"\xff\xff\xff\xff")),
    "short_riff.wav": (Fault.HEADER_LIES, lambda path: _patched(wav(_TONE), 4, b"\x00\x01\x00\x00")),
    "fewer_frames.aiff": (Fault.HEADER_LIES, lambda path: _patched(aiff(_TONE), 22, b"\0\0\x10\0")),
    "fewer_frames.flac": (Fault.HEADER_LIES, lambda path: stream_info(flac(path, _TONE), frames=20_000)),
    "more_frames.flac": (Fault.TRUNCATED, lambda path: stream_info(flac(path, _TONE), frames=10_000_000)),
    "trailing.wav": (Fault.TRAILING, lambda path: wav(_TONE) + b"\x07" * 300),
    "trailing.aiff": (Fault.TRAILING, lambda path: aiff(_TONE) + b"\x07" * 300),
    "zip.wav": (Fault.POLYGLOT, lambda path: wav(_TONE) + _zip()),
    "zip.flac": (Fault.POLYGLOT, lambda path: flac(path, _TONE) + _zip()),
    "zip_in_chunk.wav": (Fault.POLYGLOT, lambda path: wav(_TONE, after=chunk(b"LIST", _zip()))),
    "pdf_in_head.wav": (Fault.POLYGLOT, lambda path: wav(_TONE, before=chunk(b"LIST", b"%PDF-1.7 " + bytes(200)))),
    "page_in_head.wav": (Fault.POLYGLOT, lambda path: wav(_TONE, before=chunk(b"JUNK", b"<script>alert(1)</script>"))),
    "damaged.flac": (Fault.CORRUPT, _broken_flac),
    "wrong_checksum.flac": (Fault.CORRUPT, _wrong_md5),
    "no_number.wav": (Fault.CORRUPT, lambda path: wav(_with(np.nan), bits=32, floats=True)),
    "infinite.wav": (Fault.CORRUPT, lambda path: wav(_with(-np.inf), bits=32, floats=True)),
    "far_too_loud.wav": (Fault.CORRUPT, lambda path: wav(_with(1e30), bits=32, floats=True)),
    "layout_of_nothing.wav": (Fault.CORRUPT, lambda path: _patched(wav(_TONE, extensible=True), 22, b"\0\0")),
    "id3_bomb.mp3": (Fault.METADATA, lambda path: _id3((1 << 28) - 1, b"\0" * 500)),
    "id3_bomb.wav": (Fault.METADATA, lambda path: wav(_TONE, before=chunk(b"id3 ", bytes(17 << 20)))),
    "picture_bomb.flac": (Fault.METADATA, lambda path: _pictures(path) + bytes(10)),
    "one_sample_a_second.wav": (Fault.BAD_RATE, lambda path: wav(_TONE, rate=1)),
    "22_khz.wav": (Fault.BAD_RATE, lambda path: wav(_OTHER_RATE, rate=22_050)),
    "384_khz.flac": (Fault.BAD_RATE, lambda path: flac(path, a_tone(rate=384_000), rate=384_000)),
    "8_bit.wav": (Fault.BAD_DEPTH, lambda path: wav(_TONE, bits=8)),
    "20_channels.wav": (Fault.BAD_CHANNELS, lambda path: wav(a_tone(channels=20))),
    "one_sample.wav": (Fault.TOO_SHORT, lambda path: wav(_TONE[:1])),
    "no_sample.wav": (Fault.TOO_SHORT, lambda path: wav(_TONE[:0])),
    "a_day_of_silence.flac": (Fault.TOO_LONG, _long_silence),
    "silence.wav": (Fault.SILENT, lambda path: wav(np.zeros((60_000, 2)))),
    "silence.flac": (Fault.SILENT, lambda path: flac(path, np.zeros((60_000, 2)))),
}
