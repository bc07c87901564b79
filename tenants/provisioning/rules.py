"""What a label may be called."""

from __future__ import annotations

import re
from functools import cache
from zoneinfo import available_timezones

from app.kernel.errors import Invalid
from app.kernel.money import is_currency
from app.kernel.sentences import sentence
from tenants.provisioning.errors import SlugMalformed, SlugReserved
from tenants.provisioning.schemas import OpenLabel

_SLUG = re.compile(r"[a-z](?:-?[a-z0-9]){2,39}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_EMAIL = re.compile(r"[^@\s\x00-\x1f<>\"]+@[^@\s.]+(\.[^@\s.]+)+")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
NO_CURRENCY = sentence("This is not a currency code. Use three letters such as EUR.")
LONGEST_SLUG = 40
_LONGEST_NAME = 120
_LONGEST_EMAIL = 254

RESERVED = frozenset(
    [
        "about",
        "abuse",
        "account",
        "accounts",
        "admin",
        "administrator",
        "api",
        "app",
        "apps",
        "artist",
        "artists",
        "assets",
        "auth",
        "autoconfig",
        "autodiscover",
        "billing",
        "blog",
        "boptone",
        "cdn",
        "cell",
        "cells",
        "console",
        "dashboard",
        "demo",
        "dev",
        "dns",
        "docs",
        "email",
        "files",
        "ftp",
        "graphql",
        "help",
        "home",
        "host",
        "hosts",
        "hostmaster",
        "imap",
        "info",
        "internal",
        "isatap",
        "label",
        "labels",
        "legal",
        "live",
        "localhost",
        "login",
        "logout",
        "mail",
        "media",
        "metrics",
        "mta-sts",
        "news",
        "noreply",
        "ns",
        "ns1",
        "ns2",
        "oauth",
        "operator",
        "ops",
        "pop",
        "pop3",
        "portal",
        "postmaster",
        "preview",
        "privacy",
        "root",
        "sandbox",
        "security",
        "shop",
        "signin",
        "signup",
        "smtp",
        "ssl",
        "staging",
        "static",
        "status",
        "store",
        "support",
        "system",
        "team",
        "tenant",
        "tenants",
        "terms",
        "test",
        "usenet",
        "webmaster",
        "webmail",
        "wpad",
        "www",
        "xn",
    ]
)


@cache
def time_zones() -> frozenset[str]:
    """The names of zones that a label may have: a machine's own is none, and the database knows nothing of it."""
    return frozenset(available_timezones()) - {"localtime"}


def check_slug(slug: str) -> str:
    """Give back a slug that is safe as a host label and in SQL-free contexts, or refuse it; it is never repaired."""
    if len(slug) > LONGEST_SLUG or not _SLUG.fullmatch(slug):
        raise SlugMalformed(fields={"slug": SlugMalformed.message})
    if slug in RESERVED:
        raise SlugReserved(slug=slug)
    return slug


def check_wish(wish: OpenLabel) -> None:
    """Refuse a wish whose details cannot be used, naming every field at once."""
    fields = _wrong_details(name=wish.name, languages=wish.languages, time_zone=wish.time_zone)
    if not _EMAIL.fullmatch(wish.owner_email) or len(wish.owner_email) > _LONGEST_EMAIL:
        fields["owner_email"] = "This is not a mail address."
    if not _KEY.fullmatch(wish.request_key):
        fields["request_key"] = "A request key has 1 to 200 visible characters."
    if not is_currency(wish.currency):
        fields["currency"] = NO_CURRENCY
    if fields:
        raise Invalid(fields=fields)


def check_details(*, name: str, languages: tuple[str, ...], time_zone: str) -> None:
    """Refuse details of a label that cannot be used, naming every field at once."""
    if fields := _wrong_details(name=name, languages=languages, time_zone=time_zone):
        raise Invalid(fields=fields)


def _wrong_details(*, name: str, languages: tuple[str, ...], time_zone: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    if not 1 <= len(name.strip()) <= _LONGEST_NAME or _CONTROL.search(name):
        fields["name"] = "A label's name has 1 to 120 characters."
    if time_zone not in time_zones():
        fields["time_zone"] = "This time zone is unknown. Use a name such as Europe/Berlin."
    if not languages or not all(_LANGUAGE.fullmatch(language) for language in languages):
        fields["languages"] = "Name at least one language with a code such as en or pt-BR."
    return fields
