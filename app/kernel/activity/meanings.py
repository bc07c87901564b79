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

    `hears_named`: it is news for one member alone, whose id is recorded as `for` in what is there after. What `asks`
    waits for somebody to do something; what is `routine` happens all day long and is told in the log alone.
    """

    sentence: str
    hears: str | None = None
    hears_named: bool = False
    back: Back | None = None
    asks: bool = False
    routine: bool = False


_known: dict[str, Meaning] = {}


def tell(
    action: str,
    sentence: str,
    *,
    hears: str | None = None,
    hears_named: bool = False,
    back: Back | None = None,
    asks: bool = False,
    routine: bool = False,
) -> None:
    """Register what an action means; `sentence` is a msgid, `hears` the permission of those it is news for.

    `back` says from what was recorded which form takes it back; that form's route asks for its own permission.
    """
    _known[action] = Meaning(sentence, hears, hears_named, back, asks, routine)


def meanings() -> dict[str, Meaning]:
    """Every action that has been told."""
    return dict(_known)


def undoable() -> list[str]:
    """The actions that can be taken back."""
    return sorted(action for action, meaning in _known.items() if meaning.back)


def asking() -> list[str]:
    """The actions after which somebody has to do something."""
    return sorted(action for action, meaning in _known.items() if meaning.asks)


def routine() -> list[str]:
    """The actions that happen all day long."""
    return sorted(action for action, meaning in _known.items() if meaning.routine)


def news_for(permissions: frozenset[str]) -> list[str]:
    """The actions that are news for somebody with these permissions."""
    return sorted(action for action, meaning in _known.items() if meaning.hears in permissions)


def news_for_one() -> list[str]:
    """The actions that are news for the member they name, whatever their permissions."""
    return sorted(action for action, meaning in _known.items() if meaning.hears_named)
