"""What a host name is, once port, case, trailing dot and script are out of the way."""

from __future__ import annotations

import re
from ipaddress import ip_address

import idna

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_PORT = re.compile(r":[0-9]{1,5}$")
_LONGEST = 253
_DOTS = ("\u3002", "\uff0e", "\uff61")


def normalise_host(text: str) -> str | None:
    """Give the canonical ASCII form of a Host header or a typed host name; None for whatever is not one."""
    if not text or len(text) > 4 * _LONGEST or any(dot in text for dot in _DOTS):
        return None
    bare = _PORT.sub("", text).removesuffix(".")
    ascii_name = _to_ascii(bare)
    if ascii_name is None or len(ascii_name) > _LONGEST:
        return None
    return ascii_name if all(_LABEL.fullmatch(part) for part in ascii_name.split(".")) else None


def is_ownable(host: str) -> bool:
    """Tell whether a normalised host can be anyone's own: a real domain, not an address or a bare word."""
    try:
        ip_address(host)
    except ValueError:
        top = host.rpartition(".")[2]
        return "." in host and not top.isdigit() and top not in {"localhost", "local", "internal", "arpa", "onion"}
    return False


def _to_ascii(name: str) -> str | None:
    lowered = name.lower()
    if lowered.isascii():
        return lowered if _punycode_is_sound(lowered) else None
    try:
        return idna.encode(name, uts46=True, std3_rules=True).decode()
    except idna.IDNAError:
        return None


def _punycode_is_sound(name: str) -> bool:
    """An xn-- label must be what its own decoding encodes to; otherwise two spellings would name one host."""
    try:
        return all(
            not part.startswith("xn--") or idna.encode(idna.decode(part)).decode() == part for part in name.split(".")
        )
    except idna.IDNAError:
        return False
