"""What is told of an artist, language by language."""

from __future__ import annotations

import re

from app.kernel.sentences import sentence

MOST = 30
LONGEST = 10_000
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?")
"""A language, perhaps its script and country (BCP 47)."""

NO_LANGUAGE = sentence("Choose the language of every text, as “de” or “pt-BR”.")
TWICE = sentence("Two texts are in one language. Put them together.")
TOO_LONG = sentence("A biography has at most 10,000 characters, and there are at most 30.")


def biographies(languages: list[str], texts: list[str]) -> tuple[dict[str, str], str | None]:
    """Texts by language, and what is wrong with them; an empty text is none."""
    said = [(language.strip(), text.strip()) for language, text in zip(languages, texts, strict=False)]
    kept = [(language, text.replace("\r\n", "\n")) for language, text in said if text]
    if any(not LANGUAGE.fullmatch(language) for language, _ in kept):
        return {}, NO_LANGUAGE
    if len({language for language, _ in kept}) < len(kept):
        return {}, TWICE
    if len(kept) > MOST or any(len(text) > LONGEST for _, text in kept):
        return {}, TOO_LONG
    return dict(kept), None
