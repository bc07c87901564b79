"""What people are told: the name of every field, and the sentence of every rule."""

from __future__ import annotations

from functools import cache

from app.catalog.rules import RULES
from app.catalog.rules.merging import RECORDING_FIELDS, RELEASE_FIELDS
from app.kernel.sentences import sentence
from app.uploads.rules.problems import SENTENCES
from app.uploads.rules.reasons import REASON_SENTENCES

FIELD_NAMES = {
    "release.id": sentence("Your own number of the release"),
    "release.title": sentence("Title of the release"),
    "release.version": sentence("Version of the release"),
    "release.kind": sentence("Kind of release"),
    "release.artists": sentence("Artists of the release"),
    "release.featuring": sentence("Guests of the release"),
    "release.label": sentence("Label"),
    "release.catalog_number": sentence("Catalogue number"),
    "release.upc": sentence("UPC or EAN"),
    "release.grid": sentence("GRid"),
    "release.language": sentence("Language of the titles"),
    "release.genre": sentence("Genre"),
    "release.subgenre": sentence("Subgenre"),
    "release.styles": sentence("Styles"),
    "release.p_line": sentence("℗ line"),
    "release.p_year": sentence("℗ year"),
    "release.p_owner": sentence("℗ owner"),
    "release.c_line": sentence("© line"),
    "release.c_year": sentence("© year"),
    "release.c_owner": sentence("© owner"),
    "release.original_release_date": sentence("First release date"),
    "release.release_date": sentence("Release date"),
    "release.preorder_date": sentence("Pre-order date"),
    "release.explicit": sentence("Parental warning of the release"),
    "release.territories": sentence("Territories"),
    "release.excluded_territories": sentence("Excluded territories"),
    "release.format": sentence("Format"),
    "release.country": sentence("Country"),
    "release.ai_use": sentence("AI use in the release"),
    "release.artwork": sentence("Cover"),
    "track.position": sentence("Position"),
    "track.number": sentence("Track number"),
    "track.sequence": sentence("Order of tracks"),
    "track.disc": sentence("Disc number"),
    "track.title": sentence("Title of the track"),
    "track.version": sentence("Version of the track"),
    "track.artists": sentence("Artists of the track"),
    "track.featuring": sentence("Guests of the track"),
    "track.isrc": sentence("ISRC"),
    "track.iswc": sentence("ISWC"),
    "track.duration": sentence("Duration"),
    "track.duration_ms": sentence("Duration in milliseconds"),
    "track.language": sentence("Language of the title"),
    "track.lyrics_language": sentence("Language of the lyrics"),
    "track.lyrics": sentence("Lyrics"),
    "track.explicit": sentence("Parental warning of the track"),
    "track.instrumental": sentence("Instrumental"),
    "track.preorder_only": sentence("Only with a pre-order"),
    "track.instant_grat": sentence("At once with a pre-order"),
    "track.contributors": sentence("Contributors"),
    "track.composers": sentence("Composers"),
    "track.lyricists": sentence("Lyricists"),
    "track.producers": sentence("Producers"),
    "track.remixers": sentence("Remixers"),
    "track.genre": sentence("Genre of the track"),
    "track.ai_use": sentence("AI use in the track"),
    "track.file": sentence("Audio file"),
}


CHANGED = {
    **{("release", column): f"release.{name}" for name, column in RELEASE_FIELDS.items()},
    **{("recording", column): f"track.{name}" for name, column in RECORDING_FIELDS.items()},
    ("release", "artist_line"): "release.artists",
    ("recording", "artist_line"): "track.artists",
    ("release", "artwork_id"): "release.artwork",
    ("recording", "audio_id"): "track.file",
}
"""The field of a manifest that changes a column of the catalogue; what follows from another change has none."""

FINE = "ok"
"""The verdict of a file that can be used."""


@cache
def told() -> dict[str, str]:
    """The sentence of each rule, of reading, of files and of the catalogue, by its code."""
    of_files = {file_rule(verdict): said for verdict, said in REASON_SENTENCES.items()}
    return {**SENTENCES, **of_files, **{code: rule.sentence for code, rule in RULES.items()}}


def file_rule(verdict: str) -> str:
    """The rule that a file broke which was not taken."""
    return f"file_{verdict}"
