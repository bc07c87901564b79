"""Sentences in the reader's language: gettext catalogues in `locales/`, read at first use."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations, c2py
from io import BytesIO
from pathlib import Path

from babel.core import Locale, UnknownLocaleError, negotiate_locale
from babel.lists import format_list
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from app.kernel.errors import Refusal
from app.kernel.sentences import AnyOf, Said

LOCALES = Path(__file__).parents[3] / "locales"
SOURCE = "en"
LANGUAGES = ("en", "de", "fr", "es", "pt-BR", "it", "nl", "pl", "ja", "ko", "zh-Hans", "ar")

_WISH = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:\s*;\s*q=([01](?:\.[0-9]{1,3})?))?")
_REGION = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?-([A-Za-z]{2})(?:[-;,\s]|$)")
_PLACE = re.compile(r"%\((\w+)\)s")
_LOOKED_AT, _EXAMPLES = 201, 3


def _file(language: str) -> Path:
    return LOCALES / language.replace("-", "_") / "LC_MESSAGES" / "boptone.po"


@cache
def _translations(language: str) -> NullTranslations:
    """A catalogue with its language's own plural forms; English speaks for itself."""
    if language == SOURCE or not _file(language).exists():
        return NullTranslations()
    with _file(language).open("rb") as source:
        catalogue = read_po(source, locale=language.replace("-", "_"))
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def say(msgid: str, language: str, **values: object) -> str:
    """A sentence in this language, its places filled; English where there is no translation."""
    text = _translations(language).gettext(msgid) if msgid else ""
    return text % values if values else text


def say_many(one: str, many: str, count: int, language: str, **values: object) -> str:
    """A sentence about `count` things, in the form that this language has for that number (place `n`)."""
    text = _translations(language).ngettext(one, many, count)
    return text % {"n": shown_number(count, language), **values}


def shown_number(count: int, language: str) -> str:
    """A whole number as this language writes it."""
    return format_decimal(count, locale=language.replace("-", "_"))


def plural_form(count: int, language: str) -> int:
    """Which of its language's forms a number takes, from 0."""
    return int(_plural_of(language)(count))


@cache
def plural_examples(language: str) -> tuple[tuple[int, ...], ...]:
    """For each form of this language, the first numbers that take it."""
    found: dict[int, list[int]] = {}
    for count in range(_LOOKED_AT):
        found.setdefault(plural_form(count, language), []).append(count)
    return tuple(tuple(found[form][:_EXAMPLES]) for form in sorted(found))


@cache
def _plural_of(language: str) -> Callable[[int], int]:
    return c2py(get_plural(language.replace("-", "_")).plural_expr)


def say_refusal(refusal: Refusal, language: str) -> str:
    """Why something was declined, in the reader's language."""
    return say(refusal.msgid, language, **said_values(refusal, language))


def said_values(refusal: Refusal, language: str) -> dict[str, object]:
    """What fills a refusal's sentence; values that are sentences themselves are in the reader's language."""
    return {name: _said(value, language) for name, value in refusal.values.items()}


def _said(value: object, language: str) -> object:
    if isinstance(value, AnyOf):
        words = [say(word, language) for word in value]
        return format_list(words, style="or", locale=language.replace("-", "_"))
    return say(value, language) if isinstance(value, Said) else value


@lru_cache(maxsize=4_096)
def choose(accept_language: str, offered: tuple[str, ...] = LANGUAGES) -> str:
    """The offered language that an Accept-Language header likes best; the first one offered if it likes none."""
    parts = [_WISH.fullmatch(part.strip()) for part in accept_language[:500].split(",")[:20]]
    wishes = [(-float(wish[2] or 1), wish[1].replace("-", "_")) for wish in parts if wish]
    preferred = [name for weight, name in sorted(wishes, key=lambda wish: wish[0]) if weight]
    names = {language.partition("-")[0]: language for language in reversed(offered)}
    names |= {language.replace("-", "_").lower(): language for language in offered}
    found = negotiate_locale(preferred, names)
    return names[found.lower()] if found else offered[0]


@lru_cache(maxsize=4_096)
def region(accept_language: str) -> str:
    """The country that a browser's first language speaks of ("de-AT": AT); empty where it speaks of none."""
    found = _REGION.match(accept_language[:100].strip())
    return found[1].upper() if found else ""


@lru_cache(maxsize=1_000)
def spelling(language: str, country: str) -> str:
    """The locale by which dates, numbers and money are written: a language as it is written in a country, if known."""
    with suppress(UnknownLocaleError):
        return str(Locale(language, territory=country or None)) if "-" not in language else language.replace("-", "_")
    return language.replace("-", "_")


@cache
def own_names() -> dict[str, str]:
    """Every language we speak under the name it calls itself."""
    return {language: Locale.parse(language, sep="-").display_name or language for language in LANGUAGES}


def direction(language: str) -> str:
    """Which way text runs: "rtl" or "ltr"."""
    return Locale.parse(language, sep="-").text_direction


def spoken_name(language: str) -> str:
    """What a language calls itself."""
    return str(Locale.parse(language, sep="-").display_name)


def problems(language: str, wanted: set[str | tuple[str, str]]) -> list[str]:
    """What is wrong with one catalogue against the msgids in use (a pair has a plural), a sentence each."""
    if not _file(language).exists():
        return [f"{language}: there is no catalogue"]
    with _file(language).open("rb") as source:
        catalogue = read_po(source, locale=language.replace("-", "_"))
    known = {message.id if isinstance(message.id, str) else tuple(message.id): message for message in catalogue}
    known.pop("", None)
    found = [f"{language}: “{name}” is not used any more" for name in sorted(set(known) - wanted, key=str)]
    for msgid in sorted(wanted, key=str):
        wrong = _wrong_with(known.get(msgid), catalogue.num_plurals)
        found += [f"{language}: “{msgid}” {problem}" for problem in wrong]
    return found


def _wrong_with(message: Message | None, plurals: int) -> list[str]:
    if message is None:
        return ["is not translated"]
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if not all(strings) or (len(ids) > 1 and len(strings) != plurals):
        return ["is not translated"]
    if message.fuzzy:
        return ["is fuzzy"]
    places = {place for msgid in ids for place in _PLACE.findall(msgid)}
    # A form for exactly one or two things may leave the number out.
    needed = places - {"n"} if len(ids) > 1 else places
    if any(not needed <= set(_PLACE.findall(text)) <= places for text in strings):
        return ["has other places than its translation"]
    return []
