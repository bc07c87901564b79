"""Which release a picture is the cover of: by what a row names, by its own name, else by the company it keeps."""

from __future__ import annotations

from typing import Final

import polars as pl

_UPC: Final = r"^\D*(\d{8}|\d{12,14})(?:[_-]?(?:cover|front|artwork))?$"
_FOLDER, _NAME = r"^(.*)/[^/]*$", r"([^/]*)$"
_MATCH: Final = {"file": pl.String, "release": pl.UInt32, "how": pl.String}


def match_covers(
    pictures: pl.DataFrame, wanted: pl.DataFrame, audio: pl.DataFrame, named: pl.DataFrame | None
) -> pl.DataFrame:
    """The releases of `pictures` (with `file`), each by the surest way that finds one release and no other.

    `wanted` has `release` and `upc`, `audio` the `file` and `release` of sound that was matched for sure.
    """
    if pictures.is_empty():
        return _as_matches(pl.DataFrame(schema=_MATCH))
    keyed = _with_keys(pictures)
    named = pl.DataFrame(schema={"release": pl.UInt32, "file": pl.String}) if named is None else named
    said = _with_keys(named).select("release", "path", "name").unique()
    ways = [
        _joined(keyed, said, "path", "named"),
        _joined(keyed, said, "name", "named"),
        _joined(keyed, wanted.select("release", "upc").unique(), "upc", "cover"),
        _joined(keyed, _with_keys(audio).select("release", "folder").unique(), "folder", "folder"),
    ]
    return _as_matches(pl.concat(ways).unique("file", keep="first", maintain_order=True))


def _with_keys(files: pl.DataFrame) -> pl.DataFrame:
    path = pl.col("file").str.replace_all("\\", "/", literal=True).str.to_lowercase()
    stem = path.str.extract(_NAME).str.replace(r"\.[a-z0-9]{1,5}$", "")
    upc = stem.str.extract(_UPC).str.strip_chars_start("0").replace("", None)
    folder = path.str.extract(_FOLDER).fill_null("")
    return files.with_columns(path=path, name=path.str.extract(_NAME), upc=upc, folder=folder)


def _joined(files: pl.DataFrame, releases: pl.DataFrame, key: str, how: str) -> pl.DataFrame:
    singular = releases.drop_nulls(key).unique(key, keep="none")
    found = files.drop_nulls(key).join(singular, on=key, how="inner", maintain_order="left")
    return found.select("file", "release", how=pl.lit(how))


def _as_matches(found: pl.DataFrame) -> pl.DataFrame:
    row, sure, open_ = pl.lit(None, pl.UInt32), pl.lit(1.0), pl.lit(value=False)
    return found.with_columns(row=row, score=sure, needs_confirmation=open_)
