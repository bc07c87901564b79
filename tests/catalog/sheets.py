"""Small sheets for rules to look at."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import polars as pl

from app.catalog.rules import validate, validate_parties
from app.catalog.rules.frames import PARTIES, RELEASES, TRACKS, Known

TODAY = date(2026, 6, 1)


class Case(NamedTuple):
    releases: pl.DataFrame
    tracks: pl.DataFrame
    known: Known = Known(today=TODAY)
    parties: pl.DataFrame | None = None

    def codes(self) -> set[str]:
        found = validate(self.releases, self.tracks, self.known)
        if self.parties is not None:
            found = validate_parties(self.parties)
        return set(found["rule"])


def frame(rows: list[dict[str, Any]], schema: Any) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(schema))


def sheet(*releases: dict[str, Any], tracks: list[dict[str, Any]] | None = None, **known: list[dict[str, Any]]) -> Case:
    numbered = [{"release": place, **release} for place, release in enumerate(releases or ({},), start=1)]
    rows = [{"release": 1, "row": row, "number": row, **track} for row, track in enumerate(tracks or [], start=1)]
    empty = Known(today=TODAY)
    catalogue = {name: pl.DataFrame(held, schema=getattr(empty, name).schema) for name, held in known.items()}
    return Case(frame(numbered, RELEASES), frame(rows, TRACKS), Known(today=TODAY, **catalogue))


def a_release(**said: Any) -> Case:
    return sheet(said)


def a_track(**said: Any) -> Case:
    return sheet({}, tracks=[said])


def two_tracks(one: dict[str, Any], other: dict[str, Any], **release: Any) -> Case:
    return sheet(release, tracks=[one, other])


def a_party(**said: Any) -> Case:
    return Case(*sheet()[:2], parties=frame([{"row": 1, **said}], PARTIES))
