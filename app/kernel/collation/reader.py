"""For whom a list is sorted: the reader whose request is answered here."""

from __future__ import annotations

from contextvars import ContextVar

_language: ContextVar[str] = ContextVar("reader", default="en")


def read_in(language: str) -> None:
    """From here on, what this request lists is sorted for a reader of this language."""
    _language.set(language)


def reads() -> str:
    """The reader's language; English where nobody reads, as in a task."""
    return _language.get()
