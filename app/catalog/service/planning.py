"""What loading some releases would do to the catalogue: whole tables compared at once, nothing written."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields

import polars as pl
from sqlalchemy.orm import Session

from app.catalog import queries
from app.catalog.rules.merging import RECORDING_FIELDS, RELEASE_FIELDS, artist_lines, differences
from app.kernel import ids
from app.roster.rules import folds, name_keys

IDS_AT_ONCE = 10_000
PLACE = ["release_id", "disc", "number"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be created and changed, as whole frames; ids of what is new are drawn already.

    `releases` and `tracks` say which rows are new; `changes` has a row for every field that would get another value.
    """

    releases: pl.DataFrame
    tracks: pl.DataFrame
    imprints: pl.DataFrame
    artists: pl.DataFrame
    contributors: pl.DataFrame
    changes: pl.DataFrame

    @property
    def verdicts(self) -> pl.DataFrame:
        """What would become of each release: create, change or leave."""
        added = self.tracks.filter("track_is_new").select("release")
        touched = pl.concat([self.changes.select("release"), added])["release"].unique()
        changed = pl.col("release").is_in(touched.implode())
        verdict = pl.when("release_is_new").then(pl.lit("create")).when(changed).then(pl.lit("change"))
        return self.releases.select("release", "release_id", verdict=verdict.otherwise(pl.lit("leave")))

    def fingerprint(self) -> str:
        """A hash over everything that would happen: equal for equal plans, whatever ids were drawn.

        Rows are hashed where they lie; another release of polars hashes otherwise, and a batch is then shown anew.
        """
        known_release = pl.when(~pl.col("release_is_new")).then("release_id")
        known_recording = pl.when(pl.col("recording_is_known")).then("recording_id")
        told = [
            self.releases.with_columns(known_release.alias("known")).drop("release_id", "imprint_id"),
            self.tracks.with_columns(known_recording.alias("known")).drop("release_id", "track_id", "recording_id"),
            *(frame.filter("is_new").select("name_key") for frame in (self.imprints, self.artists, self.contributors)),
            self.changes,
        ]
        digest = hashlib.sha256()
        for frame in told:
            digest.update(repr(frame.schema).encode())
            digest.update(frame.hash_rows().to_numpy().tobytes())
        return digest.hexdigest()

    def packed(self) -> Iterator[bytes]:
        """The plan as bytes, a frame at a time."""
        for part in fields(self):
            packed = io.BytesIO()
            getattr(self, part.name).write_ipc(packed, compression="zstd")
            yield len(packed.getbuffer()).to_bytes(8)
            yield packed.getvalue()

    @classmethod
    def unpacked(cls, chunks: Iterable[bytes]) -> Plan:
        """The plan that was packed, ids that were drawn and all."""
        rest = memoryview(b"".join(chunks))
        frames = []
        while rest:
            end = 8 + int.from_bytes(rest[:8])
            frames.append(pl.read_ipc(io.BytesIO(rest[8:end])))
            rest = rest[end:]
        return cls(*frames)


def plan(session: Session, releases: pl.DataFrame, tracks: pl.DataFrame) -> Plan:
    """Compare releases and their tracks, as `rules.frames` declares them, with what the catalogue holds."""
    releases = releases.with_columns(artist_line=artist_lines(), label_key=name_keys(pl.col("label")))
    imprints = _named(releases["label"], lambda keys: queries.imprint_ids(session, keys))
    releases = releases.join(imprints.select(label_key="name_key", imprint_id="id"), on="label_key", how="left")
    held = queries.releases_like(session, releases["upc"], releases["catalog_number"])
    releases = _matched(releases, held)
    # Each name once, before the frames grow; what tracks inherit, their releases have said.
    acts = pl.concat(
        [
            frame[column].explode().unique(maintain_order=True)
            for frame in (releases, tracks)
            for column in ("artists", "featuring")
        ]
    )
    credited = tracks["contributors"].explode().struct.field("name").unique(maintain_order=True)
    tracks = _inheriting(tracks, releases)
    there = queries.tracks_of(session, releases.filter(~pl.col("release_is_new"))["release_id"])
    tracks = _placed(tracks, there, queries.recordings_by_isrc(session, tracks["isrc"]))
    return Plan(
        releases=releases,
        tracks=tracks,
        imprints=imprints,
        artists=_named(acts, lambda keys: queries.artist_ids(session, keys)),
        contributors=_named(credited, lambda keys: queries.contributor_ids(session, keys)),
        changes=_changes(releases, held, tracks, there),
    )


def _named(names: pl.Series, ids_of: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """Each name once, as it was written first, with the id it has or will have."""
    frame = pl.DataFrame({"name": names}).drop_nulls().unique(maintain_order=True)
    frame = frame.with_columns(name_key=name_keys(pl.col("name"))).unique("name_key", keep="first", maintain_order=True)
    frame = frame.join(ids_of(frame["name_key"]), on="name_key", how="left", maintain_order="left")
    return frame.with_columns(is_new=pl.col("id").is_null(), id=pl.col("id").fill_null(_drawn(frame)))


def _drawn(frame: pl.DataFrame) -> pl.Series:
    """A new id for each row; a few at a time, for as Python's they are larger than as the frame's."""
    parts = [pl.Series("drawn", ids.new_ids(part.height), pl.String) for part in frame.iter_slices(IDS_AT_ONCE)]
    return pl.concat([pl.Series("drawn", [], pl.String), *parts])


def _matched(releases: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The same release is the one of the same UPC, else of the same imprint, catalogue number and title.

    Pressings may share all three: the first of a manifest is the first of the catalogue, the second the second.
    """
    place = ["imprint_id", "catalog_number", "title_folded"]
    nth = pl.int_range(pl.len()).over(place).alias("nth")
    title = folds(pl.col("title")).alias("title_folded")
    by_upc = held.drop_nulls("upc14").unique("upc14").select("upc14", by_upc="id")
    by_place = (
        held.sort("id").with_columns(title).with_columns(nth).select(*place, "nth", by_place="id", place_upc="upc14")
    )
    releases = (
        releases.with_columns(title, upc14=pl.col("upc").str.zfill(14))
        .with_columns(nth)
        .join(by_upc, on="upc14", how="left", maintain_order="left")
        .join(by_place, on=[*place, "nth"], how="left", maintain_order="left")
    )
    other = pl.col("upc14").is_not_null() & pl.col("place_upc").is_not_null()  # two UPCs are two releases
    known = pl.coalesce("by_upc", pl.when(~other).then("by_place"))
    return releases.with_columns(
        release_is_new=known.is_null(), release_id=known.fill_null(_drawn(releases)), folded=_folded("catalog_number")
    ).drop("upc14", "place_upc", "by_upc", "by_place", "title_folded", "label_key", "nth")


def _folded(*more: str) -> pl.Expr:
    return folds(pl.concat_str("title", "version", "artist_line", *more, separator=" ", ignore_nulls=True))


def _inheriting(tracks: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """A track without artists of its own is by its release's."""
    tracks = tracks.join(
        releases.select("release", "release_id", "release_is_new", of_release="artists"),
        on="release",
        maintain_order="left",
    )
    named = pl.col("artists").list.len() > 0
    tracks = tracks.with_columns(artists=pl.when(named).then("artists").otherwise("of_release")).drop("of_release")
    return tracks.with_columns(artist_line=artist_lines()).with_columns(folded=_folded("isrc"))


def _placed(tracks: pl.DataFrame, there: pl.DataFrame, by_isrc: pl.DataFrame) -> pl.DataFrame:
    """A track is the one at its place; its recording is that one's, else the one of the same ISRC, else a new one."""
    at_place = there.select(*PLACE, "track_id", at_place="recording_id")
    tracks = tracks.join(at_place, on=PLACE, how="left", maintain_order="left")
    tracks = tracks.join(by_isrc, on="isrc", how="left", maintain_order="left")
    known = pl.coalesce("at_place", "known_id")
    tracks = tracks.with_columns(
        track_is_new=pl.col("track_id").is_null(),
        track_id=pl.col("track_id").fill_null(_drawn(tracks)),
        recording_is_known=known.is_not_null(),
        drawn=_drawn(tracks),
    )
    of_code = pl.when(pl.col("isrc").is_not_null()).then(pl.col("drawn").first().over("isrc")).otherwise("drawn")
    return tracks.with_columns(
        recording_id=known.fill_null(of_code), recording_is_new=known.is_null() & (of_code == pl.col("drawn"))
    ).drop("drawn", "at_place", "known_id")


def _changes(releases: pl.DataFrame, held: pl.DataFrame, tracks: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    said = releases.filter(~pl.col("release_is_new")).with_columns(id="release_id", row=pl.lit(None, pl.UInt32))
    heard = tracks.filter(~pl.col("track_is_new")).with_columns(id="recording_id").unique("id", maintain_order=True)
    recordings = there.drop("track_id", "release_id", "disc", "number").rename({"recording_id": "id"}).unique("id")
    return pl.concat(
        [
            differences(said, held, RELEASE_FIELDS, kind="release"),
            differences(heard, recordings, RECORDING_FIELDS, kind="recording"),
        ]
    ).sort("kind", "release", "row", "field", "id")
