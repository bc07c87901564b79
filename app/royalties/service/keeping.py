"""Assets and circumstances of sales: each kept once, found again by what it says."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.db import copy_rows, table_of
from app.royalties.models import SalesAsset, SalesContext

PIECE: Final = 20_000
_KNOWN: Final = {"key": pl.String, "id": pl.Int64, "print": pl.UInt64}


class Kept:
    """What one import has met so far of one kind: by key as sent, the row's id and a part of its fingerprint."""

    def __init__(self, session: Session, model: type[SalesAsset | SalesContext], columns: Sequence[str]) -> None:
        self._session, self._model, self._columns = session, model, tuple(columns)
        self.known = pl.DataFrame(schema=_KNOWN)

    def forget(self) -> None:
        """Another table is read, in which the same key may mean something else."""
        self.known = pl.DataFrame(schema=_KNOWN)

    def ids(self, rows: pl.DataFrame, key: str, meaning: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
        """`id` and `print` of each row's key; what is met for the first time is kept."""
        found = self.look(rows[key])
        if found["id"].null_count():
            fresh = rows.filter(found["id"].is_null()).unique(key, keep="first", maintain_order=True)
            self._learn(meaning(fresh), key)
            found = self.look(rows[key])
        return found

    def look(self, keys: pl.Series) -> pl.DataFrame:
        """`id` and `print` of keys, null of those that were not met yet."""
        wanted = keys.alias("key").to_frame()
        return wanted.join(self.known, on="key", how="left", maintain_order="left").select("id", "print")

    def _learn(self, told: pl.DataFrame, key: str) -> None:
        for piece in told.iter_slices(PIECE):
            distinct = piece.unique("fingerprint", keep="first", maintain_order=True)
            ids = self._stored(distinct["fingerprint"].to_list())
            new = distinct.filter(~pl.col("fingerprint").is_in(list(ids)))
            if new.height:
                rows = new.select("fingerprint", *self._columns).write_csv(include_header=False).encode()
                copy_rows(self._session, table_of(self._model), ("fingerprint", *self._columns), rows)
                ids |= self._stored(new["fingerprint"].to_list())
            self.known = pl.concat([self.known, _numbered(piece, key, ids)])

    def _stored(self, prints: list[str]) -> dict[str, int]:
        query = select(self._model.fingerprint, self._model.id).where(
            self._model.fingerprint == func.any([uuid.UUID(each) for each in prints])
        )
        return {str(row[0]): row[1] for row in self._session.execute(query)}


def _numbered(piece: pl.DataFrame, key: str, ids: dict[str, Any]) -> pl.DataFrame:
    prints = piece["fingerprint"].to_list()
    return pl.DataFrame(
        {
            "key": piece[key],
            "id": [ids[each] for each in prints],
            "print": np.array([uuid.UUID(each).int >> 64 for each in prints], np.uint64),
        },
        schema=_KNOWN,
    )
