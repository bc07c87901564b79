"""Marking English sentences that stand in code, so that they are found and translated."""

from __future__ import annotations


class Said(str):
    """A value in a sentence that is a sentence itself: whoever shows it translates it too."""


class AnyOf(tuple[Said, ...]):
    """Several of them, of which one is enough: shown as "a, b or c"."""

    def __str__(self) -> str:
        return " or ".join(self)


def sentence(text: str) -> str:
    """Mark a sentence (a gettext msgid) for translation and give it back; whoever shows it translates it."""
    return text
