"""Which addresses may be asked: https on two ports, at a place that the whole world can reach."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

import idna

from app.kernel.errors import Invalid

PORTS: Final = (443, 8443)
LONGEST: Final = 2_000

_PLAIN = re.compile(r"[!-~]+")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
_SPECIAL_4 = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
)  # fmt: skip
"""IANA's special-purpose registry (RFC 6890), with multicast and what is reserved."""
_GLOBAL_6 = ip_network("2000::/3")
"""All that is given to networks of the world; mapped, translated and local forms lie outside it."""
_SPECIAL_6 = tuple(
    ip_network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)  # fmt: skip


class AddressRefused(Invalid):
    """An address that is not asked, for its form alone."""

    message = (
        "Give an address that starts with https:// and names a host that everybody can reach, on port 443 or 8443."
    )


@dataclass(frozen=True, slots=True)
class Destination:
    """An address taken apart: `host` in ASCII and lower case, `target` with its query; `is_local` if allowed."""

    is_tls: bool
    host: str
    port: int
    target: str
    is_local: bool

    @property
    def host_header(self) -> str:
        """The host as the request names it."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.is_tls else 80) else f"{name}:{self.port}"


def is_public(address: str) -> bool:
    """Tell whether the whole world means the same machine by an address; translated and mapped forms are not public."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _SPECIAL_4)
    assert isinstance(found, IPv6Address)  # noqa: S101
    return found.scope_id is None and found in _GLOBAL_6 and not any(found in network for network in _SPECIAL_6)


def check(url: str, local_hosts: Collection[str] = ()) -> Destination:
    """Take an address apart, or refuse it; nothing is looked up or connected.

    `local_hosts` are names that development and tests gave to this machine: for them http and any port will do.
    """
    parts = _parts(url)
    host = _host(parts.hostname or "")
    is_local = host is not None and host in local_hosts
    if host is None or parts.scheme not in (("https", "http") if is_local else ("https",)):
        raise AddressRefused
    try:
        port = parts.port if parts.port is not None else (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise AddressRefused from None
    if port not in PORTS and not is_local:
        raise AddressRefused
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(parts.scheme == "https", host, port, target, is_local)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise AddressRefused from None
    rest = url[len(parts.scheme) + 3 :].removeprefix(parts.netloc)
    is_plain = _PLAIN.fullmatch(rest or "/") is not None and "\\" not in url and "#" not in url
    # What the library would quietly take out (tabs, line ends, spaces around) is no part of an address.
    is_whole = url.lower().startswith(f"{parts.scheme}://{parts.netloc}".lower()) and len(url) <= LONGEST
    if not (is_plain and is_whole and parts.netloc) or "@" in parts.netloc or "%" in parts.netloc:
        raise AddressRefused
    return parts


def _host(name: str) -> str | None:
    """A host in its one spelling; None for what is none, and for numbers that only some programs read as addresses."""
    try:
        return str(ip_address(name))
    except ValueError:
        pass
    try:
        plain = name.lower() if name.isascii() else idna.encode(name.translate(_DOTS), uts46=True).decode()
    except idna.IDNAError:
        return None
    plain = plain.removesuffix(".")
    labels = plain.split(".")
    if len(plain) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or _NUMBER.fullmatch(labels[-1]):
        return None
    return plain
