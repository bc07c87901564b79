"""Names made comparable: what is the same artist, the same label, however it was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

LONGEST_KEY = 60


def name_keys(names: pl.Expr) -> pl.Expr:
    """What two spellings of one name share: without case, width, composition of accents and doubled spaces.

    Accents stay: Björk and Bjork are two until somebody says otherwise.
    """
    return names.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()


def folds(texts: pl.Expr) -> pl.Expr:
    """Texts as search compares them: without case, accents and punctuation."""
    plain = texts.str.normalize("NFKD").str.replace_all(r"\p{M}+", "").str.to_lowercase()
    return plain.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def sort_names(names: pl.Expr) -> pl.Expr:
    """Names as lists order them: a leading article stands behind."""
    return names.str.replace(r"(?i)^(the|an?) (.+)$", "${2}, ${1}")


def slugs(names: pl.Expr) -> pl.Expr:
    """Short names for addresses and scopes, not yet told apart; empty for a name without letters and digits."""
    return folds(names).str.replace_all(" ", "-").str.slice(0, LONGEST_KEY).str.strip_chars("-")


def name_key(name: str) -> str:
    """One name as `name_keys` compares it."""
    return _one(name_keys, name)


def fold(text: str) -> str:
    """One text as search compares it."""
    return _one(folds, text)


def sort_name(name: str) -> str:
    """One name as lists order it."""
    return _one(sort_names, name)


def slug(name: str) -> str:
    """One name as `slugs` shortens it."""
    return _one(slugs, name)


def entries(text: str) -> dict[str, str] | None:
    """Lines of "key: value" as a map; None where a line is no such entry."""
    found: dict[str, str] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        key, colon, value = line.partition(":")
        if not (colon and key.strip() and value.strip()):
            return None
        found[key.strip()] = value.strip()
    return found


def _one(how: Callable[[pl.Expr], pl.Expr], text: str) -> str:
    import polars as pl  # it has threads, which a worker that forks must not have yet

    found: str = pl.select(how(pl.lit(text, pl.String))).item()
    return found
