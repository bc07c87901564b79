"""Looks up TXT records with short time limits."""

from __future__ import annotations

from typing import Protocol

import dns.exception
import dns.resolver

from tenants.hosts.errors import DnsUnreachable

ANSWER_SECONDS = 5.0


class TxtLookup(Protocol):
    """Finds the TXT values of a name; none when the name has no such record."""

    def __call__(self, name: str) -> set[str]:
        """Give every TXT value of `name`; `DnsUnreachable` when nobody answers."""


def txt_records(name: str, resolver: dns.resolver.Resolver | None = None) -> set[str]:
    """Give every TXT value of `name` as the resolver of this machine (or the given one) sees it now."""
    resolver = resolver or dns.resolver.Resolver()
    resolver.lifetime = ANSWER_SECONDS
    resolver.cache = None
    try:
        answer = resolver.resolve(name, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return set()
    except dns.exception.DNSException:
        raise DnsUnreachable(host=name) from None
    return {b"".join(record.strings).decode("utf-8", "replace") for record in answer}
