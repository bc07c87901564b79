"""How the two sides of the sandbox talk: a length, a mark, and MessagePack; between them pieces of files."""

from __future__ import annotations

import struct

HEAD = struct.Struct("<cI")
DONE, REFUSED, PIECE = b"+", b"-", b"~"
MOST = 256 << 20
"""No message is longer, whatever a broken child says."""

PLACE = struct.Struct("<BQ")
"""Which file a piece is of, and at which byte it begins."""


def framed(mark: bytes, body: bytes) -> bytes:
    """A message as it travels."""
    return HEAD.pack(mark, len(body)) + body
