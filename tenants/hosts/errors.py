"""Why a host cannot be used."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound, Unavailable


class HostMalformed(Invalid):
    """The text is not a host name that a label can own."""

    message = "“%(host)s” is not a host name that can be used. Write it like shop.example.com."


class HostReserved(Invalid):
    """The host lies under the platform's own domain."""

    message = "“%(host)s” belongs to the platform. Use a domain of your own."


class HostBelongs(Conflict):
    """The host comes with the label's short name and goes only with it."""

    message = "“%(host)s” comes with the label's short name. Rename the label to change it."


class HostTaken(Conflict):
    """Another label owns the host, or owned it until a short while ago."""

    message = "“%(host)s” is in use elsewhere. Remove it there first; it is free again some weeks later."


class HostShowsAll(Conflict):
    """Mails and links name the host, so that everything must be found at it."""

    message = "Mails and links name “%(host)s”, so it shows everything."


class TooManyHosts(Conflict):
    """The label has claimed as many hosts as it may."""

    message = "There are already %(most)s hosts. Remove one that is not needed any more."


class HostUnknown(NotFound):
    """The label has no such host."""

    message = "There is no host called “%(host)s” here."


class ProofMissing(Conflict):
    """The TXT record is not there yet, or says something else."""

    message = "No TXT record %(record)s with the value %(value)s was found yet. New records can take an hour to show."


class DnsUnreachable(Unavailable):
    """The name servers of the domain gave no answer."""

    message = "The name servers of “%(host)s” did not answer. Try again in a few minutes."
    retry_after = 120
