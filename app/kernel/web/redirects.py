"""Where a person may be sent next: a path of this very host and nothing else."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
_LONGEST = 2_000


def whole_path(address: str) -> str:
    """The path of an address with what it asks for, as a list's filter; nothing of what is no address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def safe_path(text: str | None, default: str) -> str:
    """`text` if it is a plain path of this host, otherwise `default`."""
    if text is None or len(text) > _LONGEST or _PATH.fullmatch(text) is None:
        return default
    lowered = text.lower()
    if "%0" in lowered or "%5c" in lowered or lowered.startswith(("/%2f", "/%09")):
        return default
    return text
