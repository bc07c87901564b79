"""Which letters the bytes of a text file stand for."""

from __future__ import annotations

import codecs
import re
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD: Final = 4_096
_CHUNK: Final = 1 << 20
_MOSTLY: Final = 0.9
_CENTRAL_EUROPEAN = re.compile(rb"[A-Za-z][\xb9\xb3\xbf\x9c\x9f]|[\xb9\xb3\xbf\x9c\x9f\xa3\x8c\xaf][a-z]")
_LONG_RUN = re.compile(rb"[\x80-\xff][\x40-\xff]{3,}")
_EAST_ASIAN: Final = ("cp932", "gb18030", "euc_kr")
_DAMAGE: Final = "damaged "
DAMAGED: Final = f"{_DAMAGE}utf-8"
"""UTF-8 with places that are none."""
LOST: Final = "\ufffd"
"""What stands in a text where a byte could not be read."""


def sniff(raw: bytes) -> str:
    """The encoding of `raw`, as Python names it: what a mark says, else what fits."""
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    head = raw[:_HEAD]
    odd, even = head[1::2].count(0), head[::2].count(0)
    if max(odd, even) > len(head) * 0.15 and (odd > 4 * even or even > 4 * odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    if is_utf8(raw):
        return "utf-8"
    return DAMAGED if _is_mostly_utf8(raw) else _legacy(raw)


def to_utf8(raw: bytes, encoding: str) -> bytes:
    """`raw` in UTF-8 without a mark; a byte that stands for nothing, and a zero, becomes U+FFFD."""
    if encoding == "utf-8" or (encoding == "utf-8-sig" and is_utf8(raw)):
        body = raw
    else:
        body = raw.decode(encoding.removeprefix(_DAMAGE), errors="replace").encode("utf-8", errors="replace")
    body = body.removeprefix(codecs.BOM_UTF8)
    return body.replace(b"\0", LOST.encode()) if b"\0" in body else body


def is_utf8(raw: bytes) -> bool:
    """Tell whether all of `raw` is UTF-8, without holding a second copy of it."""
    if raw.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(raw)
    try:
        for start in range(0, len(raw), _CHUNK):
            decoder.decode(view[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(raw: bytes) -> bool:
    """Whether `raw` is UTF-8 with a damaged place or two."""
    text = raw.decode("utf-8", errors="replace")
    lost = text.count(LOST)
    beyond_ascii = len(re.findall(r"[^\x00-\x7f]", text))
    return beyond_ascii - lost > _MOSTLY * beyond_ascii


def _legacy(raw: bytes) -> str:
    """The likeliest of the encodings from before Unicode; Windows-1252, which holds Latin-1, where nothing speaks."""
    sample = b"\n".join(line for line in raw[:_CHUNK].splitlines() if not line.isascii())
    if len(_LONG_RUN.findall(sample)) > len(re.findall(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])", sample)) / 4:
        from charset_normalizer import from_bytes

        best = from_bytes(sample[:65_536], cp_isolation=[*_EAST_ASIAN, "cp1251", "cp1256", "cp1252"]).best()
        return best.encoding if best is not None else "cp1252"
    if len(_CENTRAL_EUROPEAN.findall(sample)) * 5 > len(re.findall(rb"[\x80-\xff]+", sample)):
        return "cp1250"
    return "cp1252"
