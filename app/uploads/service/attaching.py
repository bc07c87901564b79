"""The files of a batch on their way to its rows: found, looked at beside them, and taken into the plan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import polars as pl
from sqlalchemy import Text, cast, select, text
from sqlalchemy.orm import Session

from app.catalog import queries as catalog
from app.catalog.service.attaching import with_files
from app.catalog.service.planning import Plan
from app.uploads.models import Batch, BatchFile
from app.uploads.rules import measured, verdicts
from app.uploads.rules.findings import ordered
from app.uploads.rules.matching import match_files
from app.uploads.rules.rows import Catalogue

FILES = {
    "id": pl.String,
    "path": pl.String,
    "kind": pl.String,
    "state": pl.String,
    "verdict": pl.String,
    "md5": pl.String,
    "file_id": pl.String,
    "preview_id": pl.String,
}
_WRITE_MATCHES = text(
    "UPDATE batch_files SET item = m.item, row = m.row, match = m.how, is_doubtful = m.doubtful "
    "FROM unnest(:ids ::uuid[], :items ::int[], :rows ::int[], :hows ::text[], :doubts ::boolean[]) "
    "m(id, item, row, how, doubtful) WHERE batch_files.id = m.id AND batch_id = :batch"
)


@dataclass(frozen=True)
class Attached:
    """Files as `FILES`, with the `release` and `row` that each was found to be of, and their facts beside them.

    Of a batch without files nothing changes anything.
    """

    files: pl.DataFrame
    facts: list[dict[str, Any] | None]
    findings: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        """Whether the batch has no files at all."""
        return self.files.is_empty()

    def onto(self, releases: pl.DataFrame, tracks: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Releases and tracks with what was measured, as rules look at them."""
        if self.is_empty:
            return releases, tracks
        heard = self.audio.select("release", "row", *measured.AUDIO, path="path")
        tracks = tracks.drop(*measured.AUDIO).join(heard, on=["release", "row"], how="left", maintain_order="left")
        tracks = tracks.with_columns(file=pl.coalesce("path", "file")).drop("path")
        seen = self.covers.select("release", *measured.ARTWORK)
        return releases.drop(*measured.ARTWORK).join(seen, on="release", how="left", maintain_order="left"), tracks

    def told(self, findings: pl.DataFrame) -> pl.DataFrame:
        """Findings with those about files among them."""
        return findings if self.is_empty else ordered(pl.concat([findings, self.findings]))

    def planned(self, session: Session, plan: Plan) -> Plan:
        """The plan with the audio and artwork that it brings."""
        if self.is_empty:
            return plan
        sounds = self.audio.select(
            "release", "row", "preview_id", "audio", audio_id="file_id", audio_md5="md5", duration_ms="audio_ms"
        )
        pictures = self.covers.select("release", "sha256", artwork_id="file_id", artwork="facts")
        return with_files(session, plan, sounds, pictures)

    def known(self, session: Session, plan: Plan, findings: pl.DataFrame) -> pl.DataFrame:
        """Findings with what the catalogue holds of the same audio already."""
        if self.is_empty:
            return findings
        alike = catalog.recordings_of_audio(session, self.audio["md5"])
        placed = plan.tracks.select("release", "row", "recording_id")
        # One ISRC was told of before; here are rows that only the catalogue knows to be one recording.
        apart = verdicts.of_one_recording(self.files, placed.rename({"recording_id": "key"}), refuses=False)
        told = pl.concat([verdicts.of_known(self.files, placed, alike), apart])
        return ordered(pl.concat([findings, told])) if told.height else findings

    @cached_property
    def audio(self) -> pl.DataFrame:
        """The sound of each row that has one for sure, with its facts as columns and as JSON."""
        told = pl.Series("audio", [msgspec.json.encode(fact).decode() for fact in self.facts], pl.String)
        whole = pl.concat([self.files.with_columns(told), measured.of_audio(self.facts)], how="horizontal")
        return whole.filter(_is_sure() & pl.col("row").is_not_null()).unique(
            ["release", "row"], keep="first", maintain_order=True
        )

    @cached_property
    def covers(self) -> pl.DataFrame:
        """The picture of each release that has one, likewise."""
        told = pl.Series("facts", [msgspec.json.encode(fact).decode() for fact in self.facts], pl.String)
        hashes = pl.Series("sha256", [(fact or {}).get("sha256") for fact in self.facts], pl.String)
        whole = pl.concat([self.files.with_columns(told, hashes), measured.of_artwork(self.facts)], how="horizontal")
        return whole.filter(_is_sure() & (pl.col("kind") == "artwork")).unique(
            "release", keep="first", maintain_order=True
        )


def _is_sure() -> pl.Expr:
    return verdicts.usable() & pl.col("release").is_not_null() & ~pl.col("doubtful").fill_null(value=False)


def look(session: Session, batch: Batch, read: Catalogue) -> Attached:
    """Find what each file of a batch that was looked at is of; what is still on its way is left out."""
    columns = (cast(BatchFile.id, Text), BatchFile.path, BatchFile.kind, BatchFile.state, BatchFile.verdict,
               BatchFile.md5, cast(BatchFile.file_id, Text), cast(BatchFile.preview_id, Text))  # fmt: skip
    query = (
        select(*columns, BatchFile.facts)
        .where(
            BatchFile.batch_id == batch.id,
            BatchFile.kind.in_(("audio", "artwork")),
            BatchFile.state.in_(("measured", "refused")),
        )
        .order_by(BatchFile.path, BatchFile.id)
    )
    found = session.execute(query).all()
    files = pl.DataFrame([tuple(row)[:-1] for row in found], schema=FILES, orient="row")
    if files.is_empty():
        return Attached(files, [], pl.DataFrame())
    return _matched(files, [row.facts for row in found], read)


def _matched(files: pl.DataFrame, facts: list[dict[str, Any] | None], read: Catalogue) -> Attached:
    tagged = pl.concat([files.select("kind", file="path"), measured.of_tags(facts)], how="horizontal")
    matches, problems = match_files(tagged, read.tracks, read.releases, read.covers)
    chosen = matches.select("release", "row", "how", path="file", doubtful="needs_confirmation")
    files = files.join(chosen, on="path", how="left", maintain_order="left")
    dual = pl.Series([(fact or {}).get("dual_mono", False) for fact in facts], dtype=pl.Boolean)
    findings = [
        verdicts.of_matching(problems, matches, read.sources),
        verdicts.of_refused(files),
        verdicts.of_twins(files, read.tracks),
        verdicts.of_one_recording(files, read.tracks.select("release", "row", key="isrc"), refuses=True),
        verdicts.of_dual_mono(files, dual),
    ]
    return Attached(files, facts, pl.concat(findings))


def write_matches(session: Session, batch: Batch, attached: Attached) -> None:
    """Keep what each file was found to be of."""
    if attached.is_empty:
        return
    files = attached.files
    session.execute(
        _WRITE_MATCHES,
        {
            "batch": batch.id,
            "ids": files["id"].to_list(),
            "items": files["release"].to_list(),
            "rows": files["row"].to_list(),
            "hows": files["how"].to_list(),
            "doubts": files["doubtful"].fill_null(value=False).to_list(),
        },
    )
