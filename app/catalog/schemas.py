"""What forms and scripts of the catalogue send."""

from __future__ import annotations

import msgspec

from app.kernel.web.strict import Strict


class NewRelease(msgspec.Struct, forbid_unknown_fields=True):
    """A new release; artists are names between commas, tracks are titles, one a line."""

    title: str
    artists: str
    imprint: str
    kind: str = "album"
    tracks: str = ""


class Restoration(msgspec.Struct, forbid_unknown_fields=True):
    """Which change is taken back, and which field of it; all of them where none is named."""

    activity: str
    field: str = ""


class NewValue(msgspec.Struct, forbid_unknown_fields=True):
    """One value as typed, and which version of it its editor saw."""

    value: str
    match: str = ""


class Fix(msgspec.Struct, forbid_unknown_fields=True):
    """Which finding is put right, by its rule and track, or all that are safe; and what its reader was shown."""

    match: str = ""
    rule: str = ""
    track: str = ""


class ChosenReleases(msgspec.Struct, forbid_unknown_fields=True):
    """The releases that were chosen, or all that a list shows under a query."""

    id: list[str] | str = []
    all: str = ""
    query: str = ""


class GridRow(Strict, frozen=True):
    """Changed cells of one recording as typed, and what their editor saw in them before."""

    id: str
    cells: dict[str, str]
    before: dict[str, str]


class GridChange(Strict, frozen=True):
    """Everything that was changed in the grid; it is done together or not at all."""

    rows: list[GridRow]
