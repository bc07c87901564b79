"""What an action means to people: the sentence that tells it, and who should hear of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """One action in words; whoever has the permission `hears` finds it in their inbox."""

    sentence: str
    hears: str | None = None


_known: dict[str, Meaning] = {}


def tell(action: str, sentence: str, *, hears: str | None = None) -> None:
    """Register what an action means; `sentence` is a msgid, `hears` the permission of those it is news for."""
    _known[action] = Meaning(sentence, hears)


def meanings() -> dict[str, Meaning]:
    """Every action that has been told."""
    return dict(_known)


def news_for(permissions: frozenset[str]) -> list[str]:
    """The actions that are news for somebody with these permissions."""
    return sorted(action for action, meaning in _known.items() if meaning.hears in permissions)
