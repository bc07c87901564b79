"""What a file is by its first bytes: nothing is opened here that could point elsewhere."""

from __future__ import annotations

from app.kernel.media.facts import Fault

HEAD = 4_096
TAIL = 65_557
"""The longest a ZIP's end record can be (APPNOTE §4.3.16)."""

_ID3 = 10
_LOSSY = {b"OggS": "ogg", b"ADIF": "aac", b"#!AMR": "amr", b"MPCK": "musepack", b"MP+": "musepack"}
_OTHER_AUDIO = {
    b"wvpk": "wavpack", b"MAC ": "ape", b"DSD ": "dsf", b"FRM8": "dff", b"TTA1": "tta", b".snd": "au",
    b"\x1aE\xdf\xa3": "matroska", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf",
}  # fmt: skip
_PLAYLISTS = (b"#extm3u", b"ffconcat", b"[playlist]", b"<asx", b"<smil", b"#ext-x-")
_OTHERS = (
    b"PK\x03\x04",
    b"%PDF-",
    b"<html",
    b"<!doctype html",
    b"<script",
    b"<?php",
    b"\x89PNG\r\n",
    b"7z\xbc\xaf",
    b"Rar!",
)
_FORMS = {b"AIFF": "aiff", b"AIFC": "aifc"}
_RIFFS = {b"RIFF": "wav", b"RF64": "rf64", b"BW64": "rf64"}
_BITRATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_LOW_BITRATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def container_of(head: bytes) -> tuple[Fault | None, str]:
    """Why a file that begins like this is not taken, None if it is, and the name of its container where it is known."""
    ours = _ours(head)
    if ours is not None:
        return None, ours
    if head.startswith(b"OggS") and b"\x7fFLAC" in head[:64]:
        return Fault.UNSUPPORTED, "ogg"
    for known, fault in ((_LOSSY, Fault.LOSSY), (_OTHER_AUDIO, Fault.UNSUPPORTED)):
        for magic, name in known.items():
            if head.startswith(magic):
                return fault, name
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PLAYLISTS):
        return Fault.PLAYLIST, ""
    mpeg = _mpeg(head)
    return (Fault.LOSSY, mpeg) if mpeg else (Fault.NOT_AUDIO, "")


def _ours(head: bytes) -> str | None:
    if head[:4] in _RIFFS and head[8:12] == b"WAVE":
        return _RIFFS[head[:4]]
    if head[:4] == b"FORM":
        return _FORMS.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "m4a"
    return {b"fLaC": "flac", b"caff": "caf"}.get(head[:4])


def _mpeg(head: bytes) -> str | None:
    """Whether it is MP3 or AAC as they stream: a header, and where that says it ends the next one."""
    if len(head) < 6 or head[0] != 0xFF:
        return None
    length = _adts_length(head) or _mp3_length(head)
    follows = head[length : length + 2]
    if not length or (len(follows) == 2 and (follows[0] != 0xFF or follows[1] & 0xFE != head[1] & 0xFE)):
        return None
    return "aac" if _adts_length(head) else "mp3"


def _adts_length(head: bytes) -> int:
    """ISO 13818-7 §6.2."""
    return (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5 if head[1] & 0xF6 == 0xF0 else 0


def _mp3_length(head: bytes) -> int:
    """ISO 11172-3 §2.4.2.3, and 13818-3 for the lower rates."""
    halvings = {3: 0, 2: 1, 0: 2}.get(head[1] >> 3 & 3)
    rate, bitrate = {0: 44_100, 1: 48_000, 2: 32_000}.get(head[2] >> 2 & 3), head[2] >> 4
    if halvings is None or rate is None or not 0 < bitrate < 15 or head[1] >> 1 & 3 != 1:
        return 0
    kilobits, samples = (_BITRATES[bitrate], 144_000) if halvings == 0 else (_LOW_BITRATES[bitrate], 72_000)
    return samples * kilobits // (rate >> halvings) + (head[2] >> 1 & 1)


def id3_length(head: bytes) -> int:
    """How long the ID3 tag is that a file begins with; 0 without one."""
    if head[:3] != b"ID3" or len(head) < _ID3:
        return 0
    return _ID3 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def is_also_something_else(head: bytes, tail: bytes) -> bool:
    """Whether a sound file would open as another kind of file too."""
    if b"%PDF-" in head[:1_024] or any(magic in head[:512].lower() for magic in (b"<html", b"<script", b"<?php")):
        return True
    end = tail.rfind(b"PK\x05\x06")
    return (
        end >= 0
        and len(tail) - end >= 22
        and end + 22 + int.from_bytes(tail[end + 20 : end + 22], "little") == len(tail)
    )


def begins_another_file(trailing: bytes) -> bool:
    """Whether what stands behind the audio is a file of its own."""
    return trailing.lstrip(b"\x00\r\n \t")[:16].lower().startswith(tuple(magic.lower() for magic in _OTHERS))
