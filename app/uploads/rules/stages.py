"""The way of a batch, and which step may follow which."""

from __future__ import annotations

from typing import Final, Literal, get_args

Stage = Literal[
    "receiving", "mapping", "measuring", "checking", "ready", "applying", "done", "undoing", "undone", "stopped"
]
STAGES: Final = get_args(Stage)
"""Waiting for files; for a person to confirm the columns; for files to be measured; being checked; waiting for a yes;
being applied; applied."""

_NEXT: dict[Stage, tuple[Stage, ...]] = {
    "receiving": ("mapping", "stopped"),
    "mapping": ("measuring", "checking", "stopped"),
    "measuring": ("checking", "mapping", "stopped"),
    "checking": ("ready", "mapping", "stopped"),
    "ready": ("applying", "measuring", "checking", "mapping", "stopped"),
    "applying": ("done", "checking"),
    "done": ("undoing",),
    "undoing": ("undone", "done"),
    "undone": ("checking",),
    "stopped": ("mapping",),
}


def may_follow(stage: Stage, after: Stage) -> bool:
    """Tell whether a batch may go from `after` to `stage`."""
    return stage in _NEXT[after]
