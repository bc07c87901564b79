"""Changing fields of many rows at once."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.catalog.models import Recording, Release
from app.catalog.rules.merging import BETWEEN, LISTS
from app.catalog.service.unchecked import ask_for_check, mark_changed
from app.kernel import activity
from app.kernel.actor import Actor
from app.kernel.db import table_of
from app.roster.rules import folds

SEARCHED = ("title", "version_title", "artist_line", "catalog_number", "isrc")
TABLES = {"release": table_of(Release), "recording": table_of(Recording)}

POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


def change_fields(session: Session, changes: pl.DataFrame, *, value: str) -> None:
    """Give every field of `changes` what its column `value` says; the version of each row grows by one."""
    for kind, table in TABLES.items():
        mine = changes.filter(pl.col("kind") == kind)
        for (field,), rows in mine.partition_by("field", as_dict=True).items():
            _change(session, table, str(field), rows["id"].to_list(), rows[value].to_list())
        if mine.height:
            session.execute(
                text(
                    f"UPDATE {table.name} SET version = version + 1, updated_at = now() WHERE id = any(:ids ::uuid[])"
                ),
                {"ids": mine["id"].unique().to_list()},
            )
            _bring_search_along(session, table, mine.filter(pl.col("field").is_in(SEARCHED))["id"])


def touched(changes: pl.DataFrame) -> dict[str, list[str]]:
    """The ids of what is changed, by kind."""
    return {kind: changes.filter(pl.col("kind") == kind)["id"].unique().to_list() for kind in TABLES}


def tell_changes(session: Session, actor: Actor, changes: pl.DataFrame, **origin: str) -> None:
    """Keep what stood in each changed field before and what stands there now, an entry a row."""
    for kind in TABLES:
        mine = changes.filter(pl.col("kind") == kind)
        told = [
            (key, dict(zip(fields, before, strict=True)), dict(zip(fields, after, strict=True)) | origin)
            for key, fields, before, after in mine.group_by("id", maintain_order=True)
            .agg("field", "before", "after")
            .iter_rows()
        ]
        activity.record_many(session, actor, f"{kind}.changed", subject_type=kind, told=told)


def mark_loaded(session: Session, changes: pl.DataFrame, release_ids: pl.Series) -> None:
    """Whatever a load changed or added tracks to is unchecked; what it made new is so from the beginning."""
    of = touched(changes)
    releases = {*of["release"], *release_ids.unique().to_list()}
    if of["recording"] or releases:
        mark_changed(session, releases=releases, recordings=of["recording"])
    else:
        ask_for_check(session)


def as_text(column: Any) -> str:
    """An expression for a column's value as changes tell it."""
    return f"array_to_string(t.{column.name}, '{BETWEEN}')" if column.name in LISTS else f"t.{column.name}::text"


def _bring_search_along(session: Session, table: Table, row_ids: pl.Series) -> None:
    """A row is found by what it is called now."""
    if row_ids.is_empty():
        return
    number = "catalog_number" if table.name == "releases" else "isrc"
    found = session.execute(
        text(
            f"SELECT id::text, concat_ws(' ', title, version_title, artist_line, {number}) "
            f"FROM {table.name} WHERE id = any(:ids ::uuid[])"
        ),
        {"ids": row_ids.unique().to_list()},
    ).all()
    said = pl.DataFrame([tuple(row) for row in found], schema=["id", "said"], orient="row")
    session.execute(
        text(
            f"UPDATE {table.name} SET folded = v.folded FROM unnest(:ids ::uuid[], :folded ::text[]) v(id, folded) "
            f"WHERE {table.name}.id = v.id"
        ),
        {"ids": said["id"].to_list(), "folded": said.select(folds(pl.col("said"))).to_series().to_list()},
    )


def _change(session: Session, table: Table, field: str, row_ids: list[str], values: list[str | None]) -> None:
    column = table.c[field]
    told = f"string_to_array(v.value, '{BETWEEN}')" if field in LISTS else f"v.value::{column.type.compile(POSTGRESQL)}"
    session.execute(
        text(
            f"UPDATE {table.name} SET {column.name} = {told} "
            f"FROM unnest(:ids ::uuid[], :values ::text[]) v(id, value) WHERE {table.name}.id = v.id"
        ),
        {"ids": row_ids, "values": values},
    )
