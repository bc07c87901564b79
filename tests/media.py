"""Sound files and pictures for tests: small, made on the spot, in every format and with every fault."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

Sound = npt.NDArray[np.float64]
"""Fractions of full scale, frames by channels."""

CODECS = {16: "s16", 24: "s32", 32: "s32"}


def a_tone(
    seconds: float = 1.2, *, rate: int = 44_100, channels: int = 2, hertz: float = 997.0, level_dbfs: float = -12.0
) -> Sound:
    """A sine whose peaks are at this level, a little softer in each further channel."""
    wave = np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate) * 10 ** (level_dbfs / 20)
    return np.stack([wave * 0.97**channel for channel in range(channels)], axis=1)


def a_noise(seconds: float = 1.2, *, rate: int = 44_100, channels: int = 2, seed: int = 1, level: float = 0.1) -> Sound:
    """White noise, as good as music for whatever looks at spectra."""
    return np.random.default_rng(seed).standard_normal((round(seconds * rate), channels)) * level


def low_passed(sound: Sound, *, rate: int, hertz: float) -> Sound:
    """The sound without anything above a frequency, as an encoder cuts it."""
    lines = np.fft.rfft(sound, axis=0)
    lines[int(hertz * len(sound) / rate) :] = 0
    return np.fft.irfft(lines, len(sound), axis=0)


def as_integers(sound: Sound, bits: int) -> npt.NDArray[np.int32]:
    """Whole numbers of so many bits."""
    most = 2 ** (bits - 1)
    return np.clip(np.rint(sound * most), -most, most - 1).astype(np.int32)


def pcm(sound: Sound, bits: int, *, big: bool = False) -> bytes:
    """Samples as they stand in a file."""
    if bits == 8:
        return (as_integers(sound, 8) + 128).astype(np.uint8).tobytes()
    order = ">" if big else "<"
    raw = np.ascontiguousarray(as_integers(sound, bits), f"{order}i4").view(np.uint8).reshape(-1, 4)
    kept = raw[:, 4 - bits // 8 :] if big else raw[:, : bits // 8]
    return np.ascontiguousarray(kept).tobytes()


def md5_of(sound: Sound, bits: int) -> str:
    """What FLAC would note for this sound."""
    return hashlib.md5(pcm(sound, bits)).hexdigest()


def chunk(name: bytes, body: bytes, *, big: bool = False) -> bytes:
    """A chunk of RIFF or IFF with its pad byte."""
    return name + struct.pack(">I" if big else "<I", len(body)) + body + b"\0" * (len(body) & 1)


def wav(
    sound: Sound,
    *,
    rate: int = 44_100,
    bits: int = 24,
    floats: bool = False,
    extensible: bool = False,
    tag: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A WAV; `before` and `after` are chunks around its data."""
    channels = sound.shape[1]
    data = sound.astype("<f4").tobytes() if floats else pcm(sound, bits)
    kind = tag or (3 if floats else 1)
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", 0xFFFE if extensible else kind, channels, rate, rate * frame, frame, bits)
    if extensible:
        form += struct.pack("<HHI", 22, bits, (1 << channels) - 1) + struct.pack("<H", kind)
        form += bytes.fromhex("000000001000800000aa00389b71")
    body = b"WAVE" + chunk(b"fmt ", form) + before + chunk(b"data", data) + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


def rf64(sound: Sound, *, rate: int = 44_100, bits: int = 24) -> bytes:
    """A WAV whose lengths stand in 64 bits (EBU Tech 3306)."""
    plain = wav(sound, rate=rate, bits=bits)
    data = len(pcm(sound, bits))
    ds64 = chunk(b"ds64", struct.pack("<QQQI", len(plain) - 8 + 36, data, len(sound), 0))
    at = plain.index(b"data")
    return b"RF64\xff\xff\xff\xffWAVE" + ds64 + plain[12:at] + b"data\xff\xff\xff\xff" + plain[at + 8 :]


def aiff(sound: Sound, *, rate: int = 44_100, bits: int = 24, compression: bytes | None = None) -> bytes:
    """An AIFF, or an AIFC where a compression is named."""
    exponent = rate.bit_length() - 1
    comm = struct.pack(">HIHHQ", sound.shape[1], len(sound), bits, 16_383 + exponent, rate << 63 - exponent)
    if compression is not None:
        comm += compression + b"\x00\x00"
    data = struct.pack(">II", 0, 0) + pcm(sound, bits, big=compression != b"sowt")
    body = (
        (b"AIFF" if compression is None else b"AIFC") + chunk(b"COMM", comm, big=True) + chunk(b"SSND", data, big=True)
    )
    return b"FORM" + struct.pack(">I", len(body)) + body


def encoded(
    path: Path,
    sound: Sound,
    *,
    codec: str,
    form: str | None = None,
    rate: int = 44_100,
    bits: int = 16,
    tags: dict[str, str] | None = None,
    **options: Any,
) -> bytes:
    """The sound in any codec and container that FFmpeg writes."""
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[sound.shape[1]]
    planar = codec == "alac"
    with av.open(str(path), "w", format=form, options=options) as out:
        out.metadata.update(tags or {})
        stream = out.add_stream(codec, rate=rate, layout=layout)
        if codec in ("flac", "alac", "wavpack") or codec.startswith("pcm_"):
            kind = CODECS[bits]
            stream.format = kind + "p" * planar
            samples = as_integers(sound, bits) << (8 if bits == 24 else 0)
            array = samples.astype("<i2" if kind == "s16" else "<i4")
        else:
            kind, array = "flt", sound.astype("<f4")
        frame_size = 4_096
        resampler = av.AudioResampler(stream.format.name, layout, rate, frame_size=0)
        for start in range(0, len(array), frame_size):
            frame = av.AudioFrame.from_ndarray(
                array[start : start + frame_size].reshape(1, -1), format=kind, layout=layout
            )
            frame.sample_rate, frame.pts = rate, start
            for ready in resampler.resample(frame):
                out.mux(stream.encode(ready))
        for ready in resampler.resample(None):
            out.mux(stream.encode(ready))
        out.mux(stream.encode(None))
    return path.read_bytes()


def flac(path: Path, sound: Sound, **details: Any) -> bytes:
    """A FLAC."""
    return encoded(path, sound, codec="flac", form="flac", **details)


def alac(path: Path, sound: Sound, **details: Any) -> bytes:
    """ALAC in MP4."""
    return encoded(path, sound, codec="alac", form="ipod", **details)


CLEAN: dict[str, Callable[[Path, Sound], bytes]] = {
    "16.wav": lambda path, sound: wav(sound, bits=16),
    "24.wav": lambda path, sound: wav(sound, bits=24),
    "32.wav": lambda path, sound: wav(sound, bits=32),
    "float.wav": lambda path, sound: wav(sound, bits=32, floats=True),
    "extensible.wav": lambda path, sound: wav(sound, bits=24, extensible=True),
    "rf64.wav": lambda path, sound: rf64(sound),
    "16.aiff": lambda path, sound: aiff(sound, bits=16),
    "24.aif": lambda path, sound: aiff(sound, bits=24),
    "sowt.aifc": lambda path, sound: aiff(sound, bits=16, compression=b"sowt"),
    "16.flac": lambda path, sound: flac(path, sound, bits=16),
    "24.flac": lambda path, sound: flac(path, sound, bits=24),
    "16.m4a": lambda path, sound: alac(path, sound, bits=16),
    "24.m4a": lambda path, sound: alac(path, sound, bits=24),
    "alac.caf": lambda path, sound: encoded(path, sound, codec="alac", form="caf", bits=24),
    "pcm.caf": lambda path, sound: encoded(path, sound, codec="pcm_s24be", form="caf", bits=24),
}
"""Every format that is taken, by a file name."""


def a_cover(side: int = 400, *, mode: str = "RGB", seed: int = 3) -> Image.Image:
    """Shapes with hard edges."""
    dice = np.random.default_rng(seed)
    picture = np.full((side, side, 3), 30, np.uint8)
    for _ in range(40):
        x, y, wide, high = dice.integers(0, side, 4)
        picture[y : y + high // 3 + 5, x : x + wide // 3 + 5] = dice.integers(0, 256, 3)
    return Image.fromarray(picture).convert(mode)


def bomb(folder: Path, side: int) -> Path:
    """A PNG of some bytes that is as large as it says once it is unpacked."""

    def part(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1 << 20))
    path = folder / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", data) + part(b"IEND", b""))
    return path
