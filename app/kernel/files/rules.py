"""Names and types of files, made safe for a header."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST_NAME = 180
INLINE = frozenset(
    [
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/avif",
        "image/gif",
        "audio/mpeg",
        "audio/flac",
        "audio/mp4",
        "audio/ogg",
        "audio/wav",
        "video/mp4",
        "application/pdf",
        "text/plain",
    ]
)
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


def safe_name(text: str) -> str:
    """A file's own name without folders and control characters."""
    last = re.split(r"[/\\]", text)[-1]
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip(" .")
    return kept[:LONGEST_NAME] or "file"


def safe_media_type(text: str) -> str:
    """A media type that can stand in a header; unknown bytes where it cannot."""
    bare = text.partition(";")[0].strip().lower()
    return bare if _MEDIA_TYPE.fullmatch(bare) else "application/octet-stream"


def content_disposition(name: str, media_type: str, *, attachment: bool) -> str:
    """A Content-Disposition (RFC 6266) that no name can break; only harmless types are ever shown in place."""
    kind = "attachment" if attachment or media_type not in INLINE else "inline"
    plain = "".join(char if char.isascii() and char not in '"\\%' else "_" for char in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The one byte range asked for, as start and end (exclusive); None for the whole; `ValueError` if outside."""
    found = _RANGE.fullmatch(header or "")
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    if start >= end:
        raise ValueError("range not satisfiable")
    return start, end
