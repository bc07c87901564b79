"""Languages by code or by name, in any of our languages."""

from __future__ import annotations

from functools import cache

import polars as pl

from app.uploads.rules.dates import LANGUAGES

_TAG = r"(?i)^[a-z]{2,3}(?:[-_][a-z]{4})?(?:[-_](?:[a-z]{2}|\d{3}))?$"
_NONE = ("zxx", "instrumental", "nolinguisticcontent", "none")


def language_code(text: pl.Expr) -> pl.Expr:
    """The BCP 47 tag of what is written ("pt-BR", "PT_br", "Deutsch", "德语"); null where no language has that name."""
    named = text.str.to_lowercase().str.strip_chars()
    names = _names()
    by_name = named.replace_strict(list(names), list(names.values()), default=None, return_dtype=pl.String)
    tag = text.str.strip_chars().str.replace_all("_", "-", literal=True)
    main = tag.str.extract(r"^([A-Za-z]+)").str.to_lowercase()
    script = tag.str.extract(r"(?i)-([a-z]{4})(?:-|$)").str.to_titlecase()
    region = tag.str.extract(r"(?i)-([a-z]{2}|\d{3})$").str.to_uppercase()
    written = pl.concat_str(
        main, ("-" + script).fill_null(""), ("-" + region).fill_null("")
    )  # fmt: skip
    is_tag = text.str.strip_chars().str.contains(_TAG) & main.is_in(_codes())
    return pl.coalesce(by_name, pl.when(is_tag).then(written))


@cache
def _names() -> dict[str, str]:
    from babel import Locale

    found = dict.fromkeys(_NONE, "zxx")
    for ours in LANGUAGES:
        for code, name in Locale(ours).languages.items():
            if _is_code(str(code)) and len(name) > 2 - (not name.isascii()):
                found.setdefault(name.casefold(), str(code))
    return found


@cache
def _codes() -> list[str]:
    from babel import Locale

    return sorted({*filter(_is_code, map(str, Locale("en").languages)), "zxx"})


def _is_code(tag: str) -> bool:
    return tag.isalpha() and len(tag) in (2, 3)
