"""Where a shop's ways lead, which market a visitor is in, and which text they read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from app.kernel.sentences import sentence
from app.kernel.web.languages import SOURCE

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
    """A text of the label's and its language, the nearest to the reader's that there is.

    The reader's; one with the same base ("pt" for "pt-BR"); English; the label's own as it lists them; any.
    """
    for wanted in (language, *_near(texts, language), *_near(texts, SOURCE), *others, *texts):
        if texts.get(wanted):
            return texts[wanted], wanted
    return "", language


def named(name: str, names: Mapping[str, str], language: str) -> str:
    """What a thing with a name of its own and some in other languages is called for a reader, in the same order."""
    near = (language, *_near(names, language), *_near(names, SOURCE))
    return next((names[wanted] for wanted in near if names.get(wanted)), name)


def _near(texts: Mapping[str, str], language: str) -> list[str]:
    base = language.partition("-")[0]
    return [base, *(key for key in texts if key.partition("-")[0] == base)]


def country(text: str | None) -> str | None:
    """A country's code as it is written, or none."""
    wanted = (text or "").upper()
    return wanted if _COUNTRY.fullmatch(wanted) else None


def is_elsewhere(target: str) -> bool:
    """Whether a menu leads to another site."""
    return urlsplit(target).scheme == "https"
