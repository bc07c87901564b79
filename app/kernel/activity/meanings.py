"""What an action means to people: the sentence that tells it, who should hear of it, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.kernel.activity.models import Activity


@dataclass(frozen=True, slots=True)
class WayBack:
    """The ordinary form that takes an action back: where it is POSTed, and what it sends."""

    href: str
    fields: Mapping[str, str] = field(default_factory=dict)


Back = Callable[[Activity], WayBack]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One action in words; whoever has the permission `hears` finds it in their inbox, `back` takes it back.

    `hears_named`: it is news for one member alone, whose id is recorded as `for` in what is there after.
    """

    sentence: str
    hears: str | None = None
    hears_named: bool = False
    back: Back | None = None


_known: dict[str, Meaning] = {}


def tell(
    action: str, sentence: str, *, hears: str | None = None, hears_named: bool = False, back: Back | None = None
) -> None:
    """Register what an action means; `sentence` is a msgid, `hears` the permission of those it is news for.

    `back` says from what was recorded which form takes it back; that form's route asks for its own permission.
    """
    _known[action] = Meaning(sentence, hears, hears_named, back)


def meanings() -> dict[str, Meaning]:
    """Every action that has been told."""
    return dict(_known)


def undoable() -> list[str]:
    """The actions that can be taken back."""
    return sorted(action for action, meaning in _known.items() if meaning.back)


def news_for(permissions: frozenset[str]) -> list[str]:
    """The actions that are news for somebody with these permissions."""
    return sorted(action for action, meaning in _known.items() if meaning.hears in permissions)


def news_for_one() -> list[str]:
    """The actions that are news for the member they name, whatever their permissions."""
    return sorted(action for action, meaning in _known.items() if meaning.hears_named)
