"""What a label may be called."""

from __future__ import annotations

import re

from tenants.provisioning.errors import SlugMalformed, SlugReserved

_SLUG = re.compile(r"[a-z](?:-?[a-z0-9]){2,39}")
_LONGEST = 40

RESERVED = frozenset(
    """
    about abuse account accounts admin administrator api app apps artist artists assets auth autoconfig autodiscover
    billing blog boptone cdn cell cells console dashboard demo dev dns docs email files ftp graphql help home host hosts
    hostmaster imap info internal isatap label labels legal live localhost login logout mail media metrics mta-sts news
    noreply ns ns1 ns2 oauth operator ops pop pop3 portal postmaster preview privacy root sandbox security shop signin
    signup smtp ssl staging static status store support system team tenant tenants terms test usenet webmaster webmail
    wpad www xn
    """.split()
)


def check_slug(slug: str) -> str:
    """Give back a slug that is safe as a host label and in SQL-free contexts, or refuse it; it is never repaired."""
    if len(slug) > _LONGEST or not _SLUG.fullmatch(slug):
        raise SlugMalformed(fields={"slug": SlugMalformed.message})
    if slug in RESERVED:
        raise SlugReserved(slug=slug)
    return slug
