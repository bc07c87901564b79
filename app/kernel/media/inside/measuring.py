"""Everything that is measured of one sound file, decoded once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import InputContainer

from app.kernel.media.facts import AudioFacts, Fault, Limits
from app.kernel.media.inside import sniffing
from app.kernel.media.inside.decoding import DECODERS, LOSSLESS_ELSEWHERE, Blocks, open_audio
from app.kernel.media.inside.headers import Header, read_header
from app.kernel.media.inside.loudness import Loudness, TruePeak
from app.kernel.media.inside.meters import SILENCE, Checksum, Meter
from app.kernel.media.inside.spectrum import Spectrum

RATES = range(44_100, 192_001)
DEPTHS = (16, 24, 32)
_NAMES = {
    "wav": ("wav", "wave", "bwf"), "rf64": ("wav", "wave", "rf64", "bwf"),
    "aiff": ("aif", "aiff"), "aifc": ("aif", "aiff", "aifc"),
    "flac": ("flac",), "m4a": ("m4a", "mp4", "alac"), "caf": ("caf",),
}  # fmt: skip
_KNOWN_NAMES = frozenset(["mp3", "aac", "ogg", "opus", "wma"]).union(*_NAMES.values())
_TRUE_DEPTH_GAP = 8
_PADDING = 1
_CAF_PADDING = 4_095
"""Frames by which ALAC's last packet may be longer than the sound that a CAF declares."""
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="measure")
"""Loudness and checksum, which leave the interpreter alone while they work."""


def measure(path: Path, name: str, limits: Limits) -> AudioFacts:
    """What is to be said of a file that calls itself `name`; every way in which it can be bad is a fault."""
    said: dict[str, Any] = {"size": path.stat().st_size}
    fault = _look(path, limits, said)
    if fault is None:
        fault = _mislabelled(name, said["container"])
    return AudioFacts(fault=fault, **said)


def _mislabelled(name: str, container: str) -> Fault | None:
    ending = name.rpartition(".")[2].lower()
    return Fault.MISLABELLED if ending in _KNOWN_NAMES and ending not in _NAMES[container] else None


def _look(path: Path, limits: Limits, said: dict[str, Any]) -> Fault | None:
    if said["size"] > limits.file_bytes:
        return Fault.TOO_LARGE
    header = _read(path, said, limits)
    if isinstance(header, Fault):
        return header
    said |= {
        "container": header.container, "codec": header.codec, "bits": header.bits, "rate": header.rate,
        "channels": header.channels, "promised_frames": header.frames, "extensible": header.extensible,
        "trailing_bytes": max(0, said["size"] - header.end - _PADDING),
    }  # fmt: skip
    if header.metadata_bytes > limits.metadata_bytes:
        return Fault.METADATA
    fault = header.fault or _judge(said, limits)
    if fault is not None:
        return fault
    return _decode(path, header, said, limits)


def _read(path: Path, said: dict[str, Any], limits: Limits) -> Header | Fault:
    with path.open("rb") as file:
        head = file.read(sniffing.HEAD)
        start = sniffing.id3_length(head)
        if start > min(limits.metadata_bytes, said["size"]):
            return Fault.METADATA
        if start:
            file.seek(start)
            head = file.read(sniffing.HEAD)
        found, said["container"] = sniffing.container_of(head)
        if start and said["container"] != "flac":
            said["container"], found = said["container"] or "mp3", Fault.LOSSY
        return found or _header(file, head, start, said)


def _header(file: BinaryIO, head: bytes, start: int, said: dict[str, Any]) -> Header | Fault:
    size = said["size"]
    header = read_header(file, said["container"], size, start)
    file.seek(min(header.end, size))
    trailing = file.read(64)
    file.seek(max(0, size - sniffing.TAIL))
    if sniffing.begins_another_file(trailing) or sniffing.is_also_something_else(head, file.read()):
        return Fault.POLYGLOT
    return header


def _judge(said: dict[str, Any], limits: Limits) -> Fault | None:
    """What can be said before a sample is decoded; what the header leaves open passes."""
    if said["rate"] and said["rate"] not in RATES:
        return Fault.BAD_RATE
    if said["bits"] and said["bits"] not in DEPTHS:
        return Fault.BAD_DEPTH
    if said["channels"] > limits.channels:
        return Fault.BAD_CHANNELS
    if said["promised_frames"] and said["promised_frames"] * 1_000 > limits.longest_ms * (said["rate"] or RATES.stop):
        return Fault.TOO_LONG
    return Fault.TRAILING if said["trailing_bytes"] else None


def _decode(path: Path, header: Header, said: dict[str, Any], limits: Limits) -> Fault | None:
    try:
        with open_audio(path, header.container) as source:
            fault = _stream(source, said, limits)
            return fault or _run(source, header, said, limits)
    except av.error.FFmpegError:
        return Fault.CORRUPT


def _stream(source: InputContainer, said: dict[str, Any], limits: Limits) -> Fault | None:
    """Take in what the demuxer knows."""
    streams = [stream for stream in source.streams if isinstance(stream, AudioStream)]
    if len(streams) != 1 or any(stream.type == "video" and not _is_cover(stream) for stream in source.streams):
        return Fault.UNSUPPORTED if source.streams else Fault.TRUNCATED
    context = streams[0].codec_context
    fault = _codec(context, said)
    if fault is not None:
        return fault
    said["rate"], said["channels"] = context.sample_rate, context.channels
    said["layout"] = context.layout.name
    said["bits"] = said["bits"] or _bits(context.name, context.format.name, streams[0])
    if said["promised_frames"] is None and streams[0].duration and streams[0].time_base:
        said["promised_frames"] = round(streams[0].duration * streams[0].time_base * context.sample_rate)
    said |= {key: _tag(source, key) for key in ("isrc", "title", "artist")}
    said["lossless"] = True
    return _judge(said, limits)


def _codec(context: AudioCodecContext | None, said: dict[str, Any]) -> Fault | None:
    """Whether it is a codec of ours, and the demuxer found everything that decoding needs."""
    if context is None:
        return Fault.UNSUPPORTED
    said["codec"] = said["codec"] or context.name
    if context.name not in DECODERS:
        if context.name in LOSSLESS_ELSEWHERE:
            return Fault.UNSUPPORTED
        return Fault.BAD_DEPTH if context.name.startswith("pcm_") else Fault.LOSSY
    needed = (context.format, context.layout, context.sample_rate, context.channels)
    return None if all(part is not None and part != 0 for part in needed) else Fault.CORRUPT


def _bits(codec: str, form: str, stream: AudioStream) -> int:
    coded = getattr(stream.codec_context, "bits_per_coded_sample", 0) or 0
    if codec == "alac" and coded in DEPTHS:
        return int(coded)
    return 16 if form.startswith("s16") else 24


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def _tag(source: InputContainer, name: str) -> str:
    wanted = {"isrc": ("isrc", "tsrc")}.get(name, (name,))
    for key, value in source.metadata.items():
        if key.lower() in wanted:
            return str(value)[:500].replace("\x00", "").strip()
    return ""


def _run(source: InputContainer, header: Header, said: dict[str, Any], limits: Limits) -> Fault | None:
    stream = source.streams.audio[0]
    blocks = Blocks(source, stream, limits.longest_ms * said["rate"] // 1_000)
    is_float = header.codec == "float"
    meter = Meter(channels=said["channels"], bits=said["bits"], is_float=is_float)
    checksum, loudness = Checksum(stream.codec_context.name, 0 if is_float else said["bits"]), Loudness(stream)
    peak, spectrum = TruePeak(said["channels"], said["rate"]), Spectrum(said["rate"])
    for block in blocks:
        beside = [_THREADS.submit(loudness.add, block), _THREADS.submit(checksum.add, block)]
        peak.add(block.sound, meter.add(block))
        spectrum.add(block.sound)
        for task in beside:
            task.result()
    said["frames"] = blocks.frames
    said["duration_ms"] = blocks.frames * 1_000 // said["rate"]
    if blocks.is_over:
        return Fault.TOO_LONG
    if blocks.frames and not meter.is_sound:
        return Fault.CORRUPT
    if blocks.frames:
        _sum_up(said, meter, loudness, peak, spectrum)
    said["md5"] = checksum.digest().hex()
    fault = _whole(blocks, header, said)
    said["checksummed"] = bool(header.md5)
    said["intact"] = fault is None
    return fault or _worth(said, limits)


def _sum_up(said: dict[str, Any], meter: Meter, loudness: Loudness, peak: TruePeak, spectrum: Spectrum) -> None:
    said["lead_ms"], said["tail_ms"], said["gap_ms"] = meter.silences(said["rate"])
    said["clipped"], said["dc_offset"], said["waveform"] = meter.clipped, round(meter.dc_offset, 7), meter.waveform()
    said["peak_dbfs"], said["true_peak_dbtp"] = _db(float(meter.peaks.max())), _db(peak.peak)
    said["loudness_lufs"], said["loudness_range_lu"] = loudness.result()
    quiet = tuple(int(place) for place in np.flatnonzero(meter.peaks < SILENCE))
    said["silent_channels"] = quiet if len(quiet) < said["channels"] else ()
    said["dual_mono"] = meter.is_dual_mono and float(meter.peaks.max()) >= SILENCE
    said["true_bits"] = meter.true_bits(said["bits"])
    said["bandwidth_hz"] = spectrum.bandwidth_hz()
    is_padded = 0 < said["true_bits"] <= said["bits"] - _TRUE_DEPTH_GAP
    said["upsampled"] = is_padded or spectrum.is_empty_on_top()
    said["lossy_source"] = spectrum.is_lossy_source()


def _db(level: float) -> float | None:
    return round(20 * float(np.log10(level)), 2) if level > 0 else None


def _whole(blocks: Blocks, header: Header, said: dict[str, Any]) -> Fault | None:
    """Whether what was decoded is what was promised."""
    promised = said["promised_frames"]
    is_short = promised is not None and blocks.frames < promised
    if is_short and blocks.ends_at < promised:
        return Fault.TRUNCATED
    if is_short or blocks.errors:
        return Fault.CORRUPT
    padding = _CAF_PADDING if header.container == "caf" else 0
    if promised is not None and blocks.frames > promised + padding:
        return Fault.HEADER_LIES
    return Fault.CORRUPT if header.md5 and header.md5.hex() != said["md5"] else None


def _worth(said: dict[str, Any], limits: Limits) -> Fault | None:
    if said["duration_ms"] < limits.shortest_ms:
        return Fault.TOO_SHORT
    return Fault.SILENT if said["peak_dbfs"] is None or said["peak_dbfs"] < 20 * np.log10(SILENCE) else None
