"""Where a shop's ways lead, which market a visitor is in, and which text they read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from app.kernel.sentences import sentence

PLACES: Final = {
    "home": ("", sentence("Home")),
    "releases": ("/releases", sentence("Music")),
    "artists": ("/artists", sentence("Artists")),
    "merch": ("/merch", sentence("Merch")),
    "journal": ("/journal", sentence("Journal")),
    "search": ("/search", sentence("Search")),
    "account": ("/account", sentence("Your account")),
    "basket": ("/basket", sentence("Basket")),
}
USUAL: Final = ("releases", "merch", "artists", "journal")

_COUNTRY = re.compile(r"[A-Z]{2}")


def said(texts: Mapping[str, str], language: str, others: Sequence[str]) -> tuple[str, str]:
    """A text of the label's and its language: the reader's, else a near one, else the label's first."""
    for wanted in (language, language.partition("-")[0], *others):
        if texts.get(wanted):
            return texts[wanted], wanted
    found = next(((text, key) for key, text in texts.items() if text), None)
    return found or ("", language)


def country(text: str | None) -> str | None:
    """A country's code as it is written, or none."""
    wanted = (text or "").upper()
    return wanted if _COUNTRY.fullmatch(wanted) else None


def is_elsewhere(target: str) -> bool:
    """Whether a menu leads to another site."""
    return urlsplit(target).scheme == "https"
