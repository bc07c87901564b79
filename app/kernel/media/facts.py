"""What is said of a sound file or a picture: facts, and at most one fault, named."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.kernel.sentences import sentence


class Fault(StrEnum):
    """Why a file cannot be used; the sentence is for people."""

    NOT_AUDIO = "not_audio"
    NOT_A_PICTURE = "not_a_picture"
    PLAYLIST = "playlist"
    POLYGLOT = "polyglot"
    LOSSY = "lossy"
    UNSUPPORTED = "unsupported"
    MISLABELLED = "mislabelled"
    TRUNCATED = "truncated"
    TRAILING = "trailing"
    HEADER_LIES = "header_lies"
    CORRUPT = "corrupt"
    METADATA = "metadata"
    BAD_RATE = "bad_rate"
    BAD_DEPTH = "bad_depth"
    BAD_CHANNELS = "bad_channels"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    SILENT = "silent"
    ANIMATED = "animated"
    TOO_SLOW = "too_slow"
    TOO_HEAVY = "too_heavy"
    CRASHED = "crashed"

    @property
    def sentence(self) -> str:
        """What a person is told, a msgid."""
        return SENTENCES[self]


SENTENCES: dict[Fault, str] = {
    Fault.NOT_AUDIO: sentence("This is not an audio file."),
    Fault.NOT_A_PICTURE: sentence("This is not a picture in JPEG, PNG, WebP, TIFF or AVIF."),
    Fault.PLAYLIST: sentence("This is a playlist that points to other files, not a recording."),
    Fault.POLYGLOT: sentence("This file is two kinds of file in one. Export the audio again."),
    Fault.LOSSY: sentence("This audio was compressed with loss. Send the lossless master instead."),
    Fault.UNSUPPORTED: sentence("This format is not accepted. Send WAV, AIFF, FLAC or ALAC."),
    Fault.MISLABELLED: sentence("The file name says another format than the file has. Rename it or export it again."),
    Fault.TRUNCATED: sentence("The file ends too early: part of the audio is missing. Upload it again."),
    Fault.TRAILING: sentence(
        "There is something after the end of the audio that does not belong there. Export it again."
    ),
    Fault.HEADER_LIES: sentence("The file declares another length than it has. Export it again."),
    Fault.CORRUPT: sentence("The audio is damaged: it does not match its own checksum or cannot be decoded."),
    Fault.METADATA: sentence("The tags and pictures inside the file are too large. Export it without them."),
    Fault.BAD_RATE: sentence("The sample rate must be between 44.1 and 192 kHz."),
    Fault.BAD_DEPTH: sentence("The bit depth must be 16, 24 or 32."),
    Fault.BAD_CHANNELS: sentence("The number of channels is not accepted."),
    Fault.TOO_SHORT: sentence("There is next to no audio in this file."),
    Fault.TOO_LONG: sentence("The recording is longer than allowed."),
    Fault.TOO_LARGE: sentence("The file is larger than allowed."),
    Fault.SILENT: sentence("There is nothing but silence in this file."),
    Fault.ANIMATED: sentence("Artwork must not be animated."),
    Fault.TOO_SLOW: sentence("Reading this file took longer than allowed."),
    Fault.TOO_HEAVY: sentence("Reading this file took more memory than allowed."),
    Fault.CRASHED: sentence("This file could not be read: it is damaged."),
}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one file may be and take."""

    file_bytes: int = 4 << 30
    shortest_ms: int = 1_000
    longest_ms: int = 4 * 3_600_000
    channels: int = 16
    metadata_bytes: int = 16 << 20
    seconds: float = 120
    """On the clock, after which the process is killed."""
    processor_seconds: int = 90
    memory_bytes: int = 2 << 30
    """Of address space, for everything that the process is."""
    output_bytes: int = 8 << 30
    """Of each file that is made."""
    picture_bytes: int = 64 << 20
    picture_pixels: int = 100_000_000


class AudioFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one sound file is. With a fault, what could not be found out stays at its default."""

    fault: Fault | None = None
    container: str = ""
    """wav, rf64, aiff, aifc, flac, m4a or caf, by content; of a lossy or unsupported file whatever it is."""
    codec: str = ""
    bits: int = 0
    rate: int = 0
    channels: int = 0
    layout: str = ""
    extensible: bool = False
    """Whether a WAV says its format as WAVE_FORMAT_EXTENSIBLE."""
    lossless: bool = False
    size: int = 0
    """Of the file, in bytes."""
    duration_ms: int = 0
    frames: int = 0
    promised_frames: int | None = None
    """As many as the header declares; None where it declares nothing."""
    trailing_bytes: int = 0
    intact: bool | None = None
    """Whether length and, in FLAC, checksum match what is there; None if it was not decoded to its end."""
    checksummed: bool = False
    """Whether the file brought a checksum of its audio that was compared (FLAC)."""
    md5: str = ""
    """Of the samples, interleaved, little-endian, in their own depth, as FLAC keeps it: the same in any container."""
    lead_ms: int = 0
    tail_ms: int = 0
    gap_ms: int = 0
    """The longest silence between sounds."""
    clipped: int = 0
    """Runs of four samples or more at full scale."""
    peak_dbfs: float | None = None
    true_peak_dbtp: float | None = None
    """ITU-R BS.1770-5 Annex 2."""
    loudness_lufs: float | None = None
    """EBU R 128, integrated; None where nothing passes the gate."""
    loudness_range_lu: float | None = None
    dc_offset: float = 0.0
    """The largest mean of any channel, of full scale."""
    dual_mono: bool = False
    silent_channels: tuple[int, ...] = ()
    true_bits: int = 0
    """How many bits are ever used."""
    bandwidth_hz: int = 0
    """Up to where there is sound."""
    upsampled: bool = False
    """Whether depth or rate is higher than what is in it."""
    lossy_source: bool = False
    """Whether the spectrum ends in the shelf that a lossy encoder leaves."""
    waveform: bytes = b""
    """Pairs of signed bytes, lowest and highest, from start to end."""
    isrc: str = ""
    title: str = ""
    artist: str = ""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """An encoding of a sound for players, of all of it or of an excerpt, which then fades in and out."""

    codec: str
    """aac or flac."""
    bitrate: int = 0
    """Kilobits a second; 0 where nothing is lost."""
    start_ms: int = 0
    length_ms: int = 0
    """0 is all of it."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: a fragmented MP4 whose segments follow the init section and one another without a gap."""

    rate: int
    channels: int
    bits: int
    """Of a sample; 0 where that means nothing."""
    frames: int
    """Sound, without what the encoder needs before and after it."""
    segment_frames: int
    """How much sound each segment holds; the last holds what is left."""
    init_length: int
    lengths: list[int]
    """Of the segments, in bytes."""


class Tags(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of itself to whoever plays it; what is empty is left out."""

    title: str
    artist: str
    album: str = ""
    album_artist: str = ""
    track: int = 0
    tracks: int = 0
    disc: int = 0
    discs: int = 0
    date: str = ""
    isrc: str = ""
    genre: str = ""
    copyright: str = ""


class ArtworkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one picture is, by its content."""

    fault: Fault | None = None
    format: str = ""
    """jpeg, png, webp, tiff or avif."""
    width: int = 0
    height: int = 0
    mode: str = ""
    """rgb, cmyk, grey, palette, lab, ycbcr."""
    alpha: bool = False
    profile: str = ""
    """What the embedded colour profile calls itself; empty without one."""
    bits: int = 8
    size: int = 0
    """Of the file, in bytes."""
    sha256: str = ""
    sharpness: float = 0.0
    """Variance of the Laplacian of the luminance at a thousand pixels; below about 10 it looks blurred."""
    entropy: float = 0.0
    """Bits a pixel of luminance; near 0 it is one plain colour."""
    perceptual_hash: str = ""
    """64 bits as hexadecimal (DCT); pictures that look alike differ in few of them."""


class Thumbnail(msgspec.Struct, frozen=True, kw_only=True):
    """A small copy of a picture for browsers, upright and in sRGB."""

    size: int
    """The longest side in pixels."""
    media_type: str
    data: bytes
