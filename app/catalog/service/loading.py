"""Loading a plan into the catalogue: a COPY a table, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import func, select, text
from sqlalchemy.orm import DeclarativeBase, Session

from app.catalog.models import (
    Credit,
    Recording,
    RecordingArtist,
    RecordingWork,
    Release,
    ReleaseArtist,
    Track,
    Work,
    WorkWriter,
)
from app.catalog.rules.merging import RECORDING_FIELDS, RELEASE_FIELDS
from app.catalog.rules.roles import WRITER_ROLES
from app.catalog.service import attaching
from app.catalog.service.changing import change_fields, mark_loaded, tell_changes
from app.catalog.service.planning import Plan
from app.kernel import activity, ids
from app.kernel.actor import Actor
from app.kernel.db import copy_rows, table_of
from app.roster.models import Artist, Contributor, Imprint
from app.roster.rules import folds, name_keys, slugs, sort_names

PATIENCE = "SET LOCAL statement_timeout = '10min'"
"""A load waits for another one, and its statements take what they take: the task it runs in has a limit of its own."""

LOADING = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' catalog loading', 0))"
ROWS_AT_ONCE = 20_000
"""So many rows are text at one time: memory does not grow with a load."""

NOTE_CODES = (
    "INSERT INTO issued_codes (kind, code, subject_id) "
    "SELECT :kind, * FROM unnest(string_to_array(:code, ','), string_to_array(:subject_id, ',') ::uuid[]) "
    "ON CONFLICT DO NOTHING"
)


def take_turn(session: Session) -> None:
    """Wait until no other load of this label runs, so that two never create the same artist."""
    session.execute(text(PATIENCE))
    session.execute(text(LOADING))


def load(session: Session, actor: Actor, plan: Plan, *, batch_id: UUID | None) -> None:
    """Do what a plan says, in the caller's transaction; the caller took its turn before it planned."""
    origin = pl.lit(str(batch_id) if batch_id else None, pl.String).alias("batch_id")
    _load_names(session, plan, origin)
    fresh = plan.releases.filter("release_is_new")
    columns = {**_of(RELEASE_FIELDS), **_same("imprint_id", *attaching.ARTWORK), "id": "release_id"}
    _copy(session, Release, fresh, columns, origin)
    _load_release_artists(session, plan, fresh)
    _load_recordings(session, plan, origin)
    columns = {"id": "track_id", "release_id": "release_id", "recording_id": "recording_id"} | _same(
        "disc", "number", "position"
    )
    _copy(session, Track, plan.tracks.filter("track_is_new"), columns, origin)
    _note_codes(session, plan)
    change_fields(session, plan.changes, value="after")
    _rename_acts(session, plan)
    _tell(session, actor, plan, batch_id)
    mark_loaded(session, plan.changes, plan.tracks.filter("track_is_new", ~pl.col("release_is_new"))["release_id"])


def _load_names(session: Session, plan: Plan, origin: pl.Expr) -> None:
    _copy(session, Imprint, _keyed(session, Imprint, plan.imprints), _same("id", "key", "name", "name_key"), origin)
    name = pl.col("name")
    artists = _keyed(session, Artist, plan.artists).with_columns(folded=folds(name), sort_name=sort_names(name))
    _copy(session, Artist, artists, _same("id", "key", "name", "name_key", "folded", "sort_name"), origin)
    contributors = plan.contributors.filter("is_new")
    _copy(session, Contributor, contributors, _same("id", "name", "name_key"), origin)


def _keyed(session: Session, model: type[Imprint | Artist], names: pl.DataFrame) -> pl.DataFrame:
    """New names with short keys that nothing else has."""
    fresh = names.filter("is_new").with_columns(slug=slugs(pl.col("name")))
    wanted = fresh["slug"].unique().to_list()
    taken = list(session.scalars(select(model.key).where(model.key == func.any(wanted)))) if wanted else []
    slug = pl.col("slug")
    clashes = slug.is_in(taken) | slug.is_duplicated() | (slug == "")
    told_apart = pl.concat_str(
        pl.when(slug == "").then(pl.lit("n")).otherwise(slug), pl.lit("-"), pl.col("id").str.tail(8)
    )
    return fresh.with_columns(key=pl.when(clashes).then(told_apart).otherwise(slug))


def _load_release_artists(session: Session, plan: Plan, releases: pl.DataFrame) -> None:
    rows = _acts(releases, "release_id", plan.artists)
    _copy(session, ReleaseArtist, rows, _same("release_id", "position", "artist_id", "role", "credited_as"))


def _load_recordings(session: Session, plan: Plan, origin: pl.Expr) -> None:
    for tracks in plan.tracks.iter_slices(ROWS_AT_ONCE):
        _load_some(session, plan, tracks.filter("recording_is_new"), origin)


def _load_some(session: Session, plan: Plan, fresh: pl.DataFrame, origin: pl.Expr) -> None:
    columns = {**_of(RECORDING_FIELDS), **attaching.OF_RECORDING, "id": "recording_id"}
    _copy(session, Recording, fresh, columns, origin)
    acts = _acts(fresh, "recording_id", plan.artists)
    _copy(session, RecordingArtist, acts, _same("recording_id", "position", "artist_id", "role", "credited_as"))
    credited = _credits(fresh, plan.contributors)
    _copy(session, Credit, credited, _same("recording_id", "position", "contributor_id", "role"))
    _load_works(session, fresh, credited, origin)


def _load_works(session: Session, fresh: pl.DataFrame, credited: pl.DataFrame, origin: pl.Expr) -> None:
    """A recording whose writers or work number are known plays a work; one number is one work."""
    writers = credited.filter(pl.col("role").is_in(WRITER_ROLES))
    written = pl.col("recording_id").is_in(writers["recording_id"].unique().implode())
    works = fresh.filter(written | pl.col("iswc").is_not_null()).select("recording_id", "title", "iswc", "language")
    known = _works_by_iswc(session, works["iswc"])
    works = works.with_columns(drawn=pl.Series(ids.new_ids(works.height), dtype=pl.String)).join(
        known, on="iswc", how="left", maintain_order="left"
    )
    by_code = pl.when(pl.col("iswc").is_not_null()).then(pl.col("drawn").first().over("iswc")).otherwise("drawn")
    works = works.with_columns(work_id=pl.col("known_id").fill_null(by_code))
    new = works.filter(pl.col("known_id").is_null()).unique("work_id", keep="first", maintain_order=True)
    _copy(session, Work, new, {"id": "work_id"} | _same("title", "iswc", "language"), origin)
    _copy(session, RecordingWork, works, _same("recording_id", "work_id"))
    signed = writers.join(new.select("recording_id", "work_id"), on="recording_id").unique(
        ["work_id", "contributor_id", "role"], maintain_order=True
    )
    _copy(session, WorkWriter, signed, _same("work_id", "contributor_id", "role"))


def _works_by_iswc(session: Session, iswcs: pl.Series) -> pl.DataFrame:
    wanted = iswcs.drop_nulls().unique().to_list()
    rows = session.execute(select(Work.iswc, Work.id).where(Work.iswc == func.any(wanted))).all() if wanted else []
    return pl.DataFrame(
        {"iswc": [row[0] for row in rows], "known_id": [str(row[1]) for row in rows]},
        schema={"iswc": pl.String, "known_id": pl.String},
    )


def _acts(frame: pl.DataFrame, owner: str, artists: pl.DataFrame) -> pl.DataFrame:
    """One row an act of a release or recording, main ones first, each act once."""
    named = pl.concat(
        frame.select(owner, pl.lit(role).alias("role"), credited_as=column).explode("credited_as")
        for column, role in (("artists", "main"), ("featuring", "featured"))
    ).drop_nulls("credited_as")
    named = named.with_columns(name_key=name_keys(pl.col("credited_as")))
    named = named.unique([owner, "name_key"], keep="first", maintain_order=True)
    named = named.join(artists.select("name_key", artist_id="id"), on="name_key", maintain_order="left")
    return named.with_columns(position=pl.int_range(1, pl.len() + 1).over(owner))


def _credits(frame: pl.DataFrame, contributors: pl.DataFrame) -> pl.DataFrame:
    named = frame.select("recording_id", "contributors").explode("contributors").unnest("contributors")
    named = named.drop_nulls("name").with_columns(name_key=name_keys(pl.col("name")))
    named = named.unique(["recording_id", "name_key", "role"], keep="first", maintain_order=True)
    named = named.join(contributors.select("name_key", contributor_id="id"), on="name_key", maintain_order="left")
    named = named.unique(["recording_id", "contributor_id", "role"], keep="first", maintain_order=True)
    return named.with_columns(position=pl.int_range(1, pl.len() + 1).over("recording_id"))


def _note_codes(session: Session, plan: Plan) -> None:
    """Codes that came from outside are taken: they are never issued again."""
    isrcs = plan.tracks.filter("recording_is_new").select(code="isrc", subject_id="recording_id")
    upcs = plan.releases.filter("release_is_new").select(code=pl.col("upc").str.zfill(14), subject_id="release_id")
    for kind, frame in (("isrc", isrcs), ("upc", upcs)):
        for rows in frame.drop_nulls("code").iter_slices(ROWS_AT_ONCE):
            # Long texts that the server takes apart: the driver would write an array cell by cell.
            codes = rows.select(pl.all().str.join(",")).row(0, named=True)
            session.execute(text(NOTE_CODES), {"kind": kind, **codes})


def _rename_acts(session: Session, plan: Plan) -> None:
    """Where the artists of a release or recording changed, who they are is written anew."""
    for kind, model, owner, frame in (
        ("release", ReleaseArtist, "release_id", plan.releases),
        ("recording", RecordingArtist, "recording_id", plan.tracks),
    ):
        changed = plan.changes.filter((pl.col("kind") == kind) & (pl.col("field") == "artist_line"))["id"]
        if changed.len():
            table = table_of(model)
            session.execute(table.delete().where(table.c[owner] == func.any(changed.to_list())))
            rows = _acts(frame.filter(pl.col(owner).is_in(changed.implode())).unique(owner), owner, plan.artists)
            _copy(session, model, rows, _same(owner, "position", "artist_id", "role", "credited_as"))


def _tell(session: Session, actor: Actor, plan: Plan, batch_id: UUID | None) -> None:
    fresh = plan.releases.filter("release_is_new").select("release_id", "title", "artist_line").rows()
    origin = {"batch": str(batch_id)} if batch_id else {}
    created = [(key, None, {"title": title, "artist": artist, **origin}) for key, title, artist in fresh]
    activity.record_many(session, actor, "release.created", subject_type="release", told=created)
    tell_changes(session, actor, attaching.told(session, plan.changes), **origin)


def _of(fields: Mapping[str, str]) -> dict[str, str]:
    """Model column to frame column."""
    return {column: name for name, column in fields.items()} | {"folded": "folded"}


def _same(*columns: str) -> dict[str, str]:
    return {name: name for name in columns}


def _copy(
    session: Session, model: type[DeclarativeBase], frame: pl.DataFrame, columns: Mapping[str, str], *more: pl.Expr
) -> None:
    """Write a frame into a model's table; what is null there takes the column's default where it has one."""
    if frame.is_empty():
        return
    table = table_of(model)
    chosen = [_cell(frame, name).alias(column) for column, name in columns.items() if name in frame.columns]
    for piece in frame.iter_slices(ROWS_AT_ONCE):
        rows = piece.select(*chosen, *more)
        rows = rows.with_columns(
            pl.col(name).fill_null(pl.lit(_default(table.c[name])))
            for name in rows.columns
            if rows[name].null_count() and not table.c[name].nullable
        )
        copy_rows(session, table, rows.columns, rows.write_csv(include_header=False).encode())


def _default(column: Any) -> str:
    """What a column that must hold something holds where nothing was said."""
    return str(column.server_default.arg).strip("'")


def _cell(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A value as COPY reads it; a list as PostgreSQL's array text."""
    value = pl.col(name)
    if not isinstance(frame.schema[name], pl.List):
        return value
    quoted = value.list.eval(pl.lit('"') + pl.element().str.replace_all(r'([\\"])', r"\$1") + pl.lit('"'))
    return pl.lit("{") + quoted.list.join(",") + pl.lit("}")
