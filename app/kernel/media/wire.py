"""How the two sides of the sandbox talk: a length, a mark, and MessagePack."""

from __future__ import annotations

import struct

HEAD = struct.Struct("<cI")
DONE, REFUSED = b"+", b"-"
MOST = 256 << 20
"""No message is longer, whatever a broken child says."""


def framed(mark: bytes, body: bytes) -> bytes:
    """A message as it travels."""
    return HEAD.pack(mark, len(body)) + body
