"""Which file belongs to which row of a manifest: by what its name says, by what it says of itself, else by likeness."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.uploads.rules import covers
from app.uploads.rules.problems import as_frame, problem

FILES: Final[dict[str, pl.DataType]] = {
    "file": pl.String(),
    "kind": pl.String(),
    "isrc": pl.String(),
    "title": pl.String(),
    "artist": pl.String(),
    "duration_ms": pl.UInt32(),
}
"""Files to be matched: path, `audio` or `artwork`, and what tags say where they say something."""

MATCHES: Final[dict[str, pl.DataType]] = {
    "file": pl.String(),
    "release": pl.UInt32(),
    "row": pl.UInt32(),
    "how": pl.String(),
    "score": pl.Float64(),
    "needs_confirmation": pl.Boolean(),
}
"""`how` is `named`, `isrc`, `place`, `cover`, `folder` or `likeness`; covers have no `row`; likenesses are below 1."""

_ISRC = r"(?i)(?:^|[^A-Za-z0-9])([A-Z]{2}[-_ ]?[A-Z0-9]{3}[-_ ]?\d{2}[-_ ]?\d{5})(?:[^A-Za-z0-9]|$)"
_PLACE = r"(?:^|\D)(\d{8}|\d{12,14})[_-](\d{1,2})[_-](\d{1,3})(?:\D|$)"
_NUMBER = r"^(?:\d{1,2}[-.])?(\d{1,3})(?:\D|$)"
_LIKELY: Final = 0.5
_SURE: Final = 0.999
_BUCKETS: Final = 4_096
_AT_ONCE: Final = 1_000
_LONGEST_NAME: Final = 200
_NEAR_MS, _FAR_MS = 2_000, 10_000


def match_files(
    files: pl.DataFrame, tracks: pl.DataFrame, releases: pl.DataFrame, named_covers: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the rows, or for covers the releases, that `files` (as `FILES`) belong to, as `MATCHES`, and problems.

    The surest way that finds something counts: the name that a row gives, an ISRC in the name or the tags,
    `{UPC}_{disc}_{track}`, and at last likeness, which asks for confirmation. A row gets one file; every further one,
    and every file without a row, is a problem. A cover is that of a release that names it (`named_covers`: `release`,
    `file`), of the UPC that it is called, or of the only release whose audio lies beside it.
    """
    audio, artwork = _with_keys(files.filter(kind="audio")), files.filter(kind="artwork")
    wanted = _wanted(tracks, releases)
    by_path = _joined(audio, wanted, ["path"], "named")
    found = pl.concat([
        by_path,
        _joined(audio, wanted.join(by_path, on=["release", "row"], how="anti"), ["name"], "named"),
        _joined(audio, wanted, ["isrc"], "isrc"),
        _joined(audio, wanted, ["upc", "disc", "number"], "place"),
    ]).unique("file", keep="first", maintain_order=True)  # fmt: skip
    open_files = audio.join(found, on="file", how="anti")
    open_rows = wanted.join(found, on=["release", "row"], how="anti")
    pictures = covers.match_covers(artwork, wanted, found, named_covers).select(list(MATCHES))
    matches = pl.concat([found, pictures, _alike(open_files, open_rows)])
    return matches, _problems(files, matches, tracks)


def _with_keys(files: pl.DataFrame) -> pl.DataFrame:
    path = pl.col("file").str.replace_all("\\", "/", literal=True)
    stem = path.str.extract(r"([^/]*?)(?:\.[A-Za-z0-9]{1,5})?$")
    place = stem.str.extract_groups(_PLACE)
    return files.select(
        "file",
        stem.alias("stem"),
        path.str.to_lowercase().alias("path"),
        path.str.extract(r"([^/]*)$").str.to_lowercase().alias("name"),
        pl.coalesce(_bare_isrc(stem.str.extract(_ISRC)), _bare_isrc(pl.col("isrc"))).alias("isrc"),
        _bare_upc(place.struct[0]).alias("upc"),
        place.struct[1].cast(pl.UInt16, strict=False).alias("disc"),
        place.struct[2].cast(pl.UInt16, strict=False).alias("number"),
        stem.str.extract(_NUMBER).cast(pl.UInt16, strict=False).alias("first_number"),
        pl.concat_str("artist", "title", separator=" ", ignore_nulls=True).replace("", None).alias("tags"),
        "duration_ms",
    )


def _wanted(tracks: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    joined = tracks.join(
        releases.select("release", "upc", of_release="title"), on="release", how="left", maintain_order="left"
    )  # fmt: skip
    said = pl.col("file").str.replace_all("\\", "/", literal=True).str.to_lowercase()
    return joined.select(
        "release",
        "row",
        "disc",
        "number",
        "duration_ms",
        _bare_isrc(pl.col("isrc")).alias("isrc"),
        _bare_upc(pl.col("upc")).alias("upc"),
        said.alias("path"),
        said.str.extract(r"([^/]*)$").alias("name"),
        pl.col("title").fill_null("").alias("title"),
        pl.concat_str(pl.col("artists").list.join(" "), "title", "version", separator=" ", ignore_nulls=True).alias(
            "line"
        ),
    )


def _bare_isrc(text: pl.Expr) -> pl.Expr:
    return text.str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "").replace("", None)


def _bare_upc(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\D", "").str.strip_chars_start("0").replace("", None)


def _joined(files: pl.DataFrame, wanted: pl.DataFrame, keys: list[str], how: str) -> pl.DataFrame:
    """Files whose keys are those of exactly one row."""
    singular = wanted.drop_nulls(keys).unique(keys, keep="none")
    return (
        files.drop_nulls(keys)
        .join(singular, on=keys, how="inner", maintain_order="left")
        .select("file", "release", "row", how=pl.lit(how), score=pl.lit(1.0), needs_confirmation=pl.lit(value=False))
    )


def _alike(files: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Pairs of files and rows that look alike, the likeliest first; each file and each row at most once."""
    if files.is_empty() or rows.is_empty():
        return pl.DataFrame(schema=MATCHES)
    of_rows = [_grams(rows["line"]), _grams(rows["title"])]
    pairs: list[tuple[float, int, int]] = []
    for start in range(0, files.height, _AT_ONCE):
        some = files.slice(start, _AT_ONCE)
        scores = _scores(some, rows, of_rows)
        for file, row in zip(*np.nonzero(scores >= _LIKELY), strict=True):
            pairs.append((float(scores[file, row]), start + int(file), int(row)))
    pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    taken_files, taken_rows, chosen = set(), set(), []
    for score, file, row in pairs:
        if file not in taken_files and row not in taken_rows:
            taken_files.add(file)
            taken_rows.add(row)
            chosen.append(
                (files["file"][file], rows["release"][row], rows["row"][row], "likeness", round(score, 3), True)
            )
    return pl.DataFrame(chosen, schema=MATCHES, orient="row")


def _scores(files: pl.DataFrame, rows: pl.DataFrame, of_rows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """How alike each file and each row are, from 0 to 0.999: words first, then track number and duration."""
    bare = files["stem"].str.replace(r"^[\d\s._-]+", "")
    said = [_grams(bare), _grams(files["tags"].fill_null(""))]
    words = np.max([one @ other.T for one in said for other in of_rows], axis=0)
    number = files["first_number"].fill_null(0).to_numpy()[:, None] == rows["number"].fill_null(0).to_numpy()[None, :]
    number &= files["first_number"].is_not_null().to_numpy()[:, None]
    longest = np.abs(
        files["duration_ms"].cast(pl.Float64).to_numpy()[:, None]
        - rows["duration_ms"].cast(pl.Float64).to_numpy()[None, :]
    )
    near = np.where(longest <= _NEAR_MS, 0.1, np.where(longest > _FAR_MS, -0.15, 0.0))  # unknown ones compare as false
    scores: NDArray[np.float32] = np.clip(words * 0.85 + number * 0.05 + near, 0, _SURE).astype(np.float32)
    return scores


def _grams(texts: pl.Series) -> NDArray[np.float32]:
    """Texts as counts of their letter triples in `_BUCKETS` columns, each of length one; case and accents left out."""
    letters = (
        texts.str.slice(0, _LONGEST_NAME).str.normalize("NFKD").str.to_lowercase()
        .str.replace_all(r"\p{M}", "").str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    )  # fmt: skip
    counts = np.zeros((len(letters), _BUCKETS), np.float32)
    for index, text in enumerate(letters):
        padded = f" {text} "
        codes = np.array([ord(letter) for letter in padded], np.int64)
        if text:
            np.add.at(counts[index], (codes[:-2] * 961 + codes[1:-1] * 31 + codes[2:]) % _BUCKETS, 1)
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    np.divide(counts, lengths, out=counts, where=lengths > 0)
    return counts


def _problems(files: pl.DataFrame, matches: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    audio = matches.filter(pl.col("row").is_not_null())
    again = audio.filter(pl.col("file") != pl.col("file").first().over("release", "row")).select("row", "file")
    doubtful = matches.filter("needs_confirmation")
    # A second cover of one release is as wrong as a second file of one row.
    second = matches.filter(pl.col("row").is_null()).filter(pl.col("file") != pl.col("file").first().over("release"))
    lost = files.join(matches, on="file", how="anti")
    silent = (
        tracks.join(audio, on=["release", "row"], how="anti") if files.filter(kind="audio").height else tracks.clear()
    )
    return as_frame([
        *(problem("file_twice", row, field="track.file", value=file) for row, file in again.iter_rows()),
        *(problem("file_twice", None, field="release.artwork", value=file) for file in second["file"]),
        *(problem("match_doubtful", row, field="track.file", value=file, suggestion=file)
          for row, file in doubtful.select("row", "file").iter_rows()),
        *(problem("file_without_row", None, field="track.file" if kind == "audio" else "release.artwork", value=file)
          for file, kind in lost.select("file", "kind").iter_rows()),
        *(problem("row_without_file", row, field="track.file") for row in silent["row"]),
    ])  # fmt: skip
