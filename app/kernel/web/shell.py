"""What the frame of the portal and the console leads to: places and actions, each told by the slice that has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Surface = Literal["portal", "console"]
Group = Literal["main", "catalogue", "business", "fans", "automate", "settings"]
Section = Literal["you", "label", "people", "money", "shop", "developers", "data"]
"""What a page of the settings is about."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to go, in the navigation and the palette; `keys` are pressed one after the other.

    `name` and `hint` are sentences; who lacks `permission` is not shown the way, nor is to what is `whole` who sees a
    part of the label alone. A place of the settings stands on the page of settings, under the heading of its
    `section`, not in the navigation.
    """

    name: str
    href: str
    icon: str
    group: Group = "main"
    section: Section = "label"
    order: int = 50
    keys: str = ""
    hint: str = ""
    permission: str | None = None
    whole: bool = False
    surface: Surface = "portal"


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do from anywhere."""

    name: str
    href: str
    icon: str
    keys: str = ""
    permission: str | None = None
    surface: Surface = "portal"


_places: dict[tuple[str, str], Place] = {}
_actions: dict[tuple[str, str], Action] = {}


def add(*entries: Place | Action) -> None:
    """Tell the frame of places and actions; telling it again changes nothing."""
    for entry in entries:
        if isinstance(entry, Place):
            _places[entry.surface, entry.href] = entry
        else:
            _actions[entry.surface, entry.href] = entry


def places(surface: Surface, held: frozenset[str], *, sees_all: bool = True) -> list[Place]:
    """The places of a surface that somebody with these permissions may see, in the order of the navigation."""
    told = [place for place in _places.values() if place.surface == surface and (sees_all or not place.whole)]
    mine = [place for place in told if _open_to(place.permission, held)]
    return sorted(mine, key=lambda place: (place.order, place.href))


def actions(surface: Surface, held: frozenset[str]) -> list[Action]:
    """The actions of a surface that somebody with these permissions may do."""
    return [action for action in _actions.values() if action.surface == surface and _open_to(action.permission, held)]


def sentences(surface: Surface) -> list[str]:
    """What a surface's places and actions are called, and what is said about them."""
    told = [place for place in _places.values() if place.surface == surface]
    done = [action for action in _actions.values() if action.surface == surface]
    return [text for entry in told for text in (entry.name, entry.hint) if text] + [entry.name for entry in done]


def _open_to(permission: str | None, held: frozenset[str]) -> bool:
    return permission is None or permission in held
