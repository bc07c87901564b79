"""What changed between two versions, input by input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from themes.engine.inputs import Inputs, plain


class Change(NamedTuple):
    """One input that differs: its name ("shape.radius"), the old value and the new, None where there is none."""

    field: str
    old: Any
    new: Any


def changes(before: Inputs, after: Inputs) -> list[Change]:
    """Every input that differs, by name."""
    old, new = dict(_leaves("", plain(before))), dict(_leaves("", plain(after)))
    return [
        Change(name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _leaves(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping):
            yield from _leaves(name, value)
        else:
            yield name, value
