"""Sentences in the reader's language: gettext catalogues in `locales/`, read at first use."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.core import Locale, negotiate_locale
from babel.messages.pofile import read_po

from app.kernel.errors import Refusal

LOCALES = Path(__file__).parents[3] / "locales"
SOURCE = "en"
LANGUAGES = ("en", "de", "es", "ar")

_WISH = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:\s*;\s*q=([01](?:\.[0-9]{1,3})?))?")
_PLACE = re.compile(r"%\((\w+)\)s")


@cache
def _catalogue(language: str) -> dict[str, str]:
    file = LOCALES / language / "LC_MESSAGES" / "boptone.po"
    if not file.exists():
        return {}
    with file.open("rb") as source:
        catalogue = read_po(source, locale=language)
    return {str(message.id): str(message.string) for message in catalogue if message.id and message.string}


def say(msgid: str, language: str, **values: object) -> str:
    """A sentence in this language, its places filled; English where there is no translation."""
    text = _catalogue(language).get(msgid, msgid) if language != SOURCE else msgid
    return text % values if values else text


def say_refusal(refusal: Refusal, language: str) -> str:
    """Why something was declined, in the reader's language."""
    return say(refusal.msgid, language, **refusal.values)


def choose(accept_language: str, offered: tuple[str, ...] = LANGUAGES) -> str:
    """The offered language that an Accept-Language header likes best; the first one offered if it likes none."""
    parts = [_WISH.fullmatch(part.strip()) for part in accept_language[:500].split(",")[:20]]
    wishes = [(-float(wish[2] or 1), wish[1].replace("-", "_")) for wish in parts if wish]
    preferred = [name for weight, name in sorted(wishes, key=lambda wish: wish[0]) if weight]
    names = {language.replace("-", "_").lower(): language for language in offered}
    found = negotiate_locale(preferred, names)
    return names[found.lower()] if found else offered[0]


def _wish(part: str) -> tuple[float, str]:
    """One entry of the header as its negated quality and a locale's name; nonsense is wanted least."""
    name, _, quality = part.strip().partition(";q=")
    try:
        return -float(quality or 1), name.replace("-", "_")
    except ValueError:
        return 0.0, name.replace("-", "_")


def direction(language: str) -> str:
    """Which way text runs: "rtl" or "ltr"."""
    return Locale.parse(language, sep="-").text_direction


def problems(language: str, wanted: set[str]) -> list[str]:
    """What is wrong with one catalogue against the msgids in use, a sentence each."""
    file = LOCALES / language / "LC_MESSAGES" / "boptone.po"
    if not file.exists():
        return [f"{language}: there is no catalogue"]
    with file.open("rb") as source:
        catalogue = read_po(source, locale=language)
    found = []
    known = {str(message.id): message for message in catalogue if message.id}
    for msgid in sorted(wanted):
        message = known.get(msgid)
        if message is None or not message.string:
            found.append(f"{language}: “{msgid}” is not translated")
        elif message.fuzzy:
            found.append(f"{language}: “{msgid}” is fuzzy")
        elif set(_PLACE.findall(msgid)) != set(_PLACE.findall(str(message.string))):
            found.append(f"{language}: “{msgid}” has other places than its translation")
    found += [f"{language}: “{msgid}” is not used any more" for msgid in sorted(set(known) - wanted)]
    return found
