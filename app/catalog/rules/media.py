"""Rules about audio and artwork as they were measured (AU01 to AU10, AW01 to AW04)."""

from __future__ import annotations

from typing import Any

import polars as pl

from app.catalog.rules.columns import bare
from app.catalog.rules.registry import RELEASE, TRACK, Rule, Sheets, column, enter, relation
from app.kernel.sentences import sentence

LOSSLESS = ("pcm", "float", "flac", "alac")
"""Codecs as `kernel.media` names them."""
RATES = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
LEAST_PIXELS = 3_000
MOST_ARTWORK_BYTES = 10_000_000
LEAST_SHARPNESS = 30.0
"""Variance of the Laplacian of the grey picture; below it a cover looks blurred or enlarged."""

_ON_COVER: dict[str, Any] = {"scopes": RELEASE, "stage": "delivery"}
_ON_AUDIO: dict[str, Any] = {"scopes": TRACK, "stage": "delivery"}
_WIDTH, _HEIGHT, _MODE = (pl.col(f"artwork_{name}") for name in ("width", "height", "mode"))
_CODEC, _MD5 = pl.col("audio_codec"), pl.col("audio_md5")
_MS, _PEAK, _LUFS = pl.col("ms"), pl.col("audio_peak_dbtp"), pl.col("audio_lufs")


@column(
    "AW01",
    **_ON_COVER,
    field="artwork_width",
    severity="block",
    sentence=sentence("Artwork is square, with at least 3,000 pixels on each side."),
)
def artwork_is_small() -> pl.Expr:
    return (_WIDTH != _HEIGHT) | (pl.min_horizontal(_WIDTH, _HEIGHT) < LEAST_PIXELS)


@column(
    "AW01.missing", **_ON_COVER, field="artwork_width", severity="block", sentence=sentence("There is no artwork yet.")
)
def artwork_is_missing() -> pl.Expr:
    return _WIDTH.is_null()


@column(
    "AW02",
    **_ON_COVER,
    field="artwork_format",
    severity="block",
    sentence=sentence("Artwork is a JPEG or PNG in RGB, without transparency."),
)
def artwork_has_another_form() -> pl.Expr:
    picture = pl.col("artwork_format").str.to_uppercase()
    return ~picture.is_in(["JPEG", "JPG", "PNG", "TIFF"]) | (_MODE.str.to_uppercase() != "RGB")


@column(
    "AW02.size",
    **_ON_COVER,
    field="artwork_bytes",
    severity="warn",
    sentence=sentence("Artwork of more than 10 MB is refused by some stores."),
)
def artwork_is_heavy() -> pl.Expr:
    return pl.col("artwork_bytes") > MOST_ARTWORK_BYTES


NOBODY_READS = sentence("Not checked: nothing here reads what is written on artwork.")
enter(
    Rule(
        code="AW03",
        **_ON_COVER,
        field="artwork_hash",
        severity="warn",
        sentence=sentence("Artwork shows no addresses, codes, prices and logos of stores."),
        unseen=NOBODY_READS,
    )
)
enter(
    Rule(
        code="EX04",
        **_ON_COVER,
        field="artwork_hash",
        severity="warn",
        sentence=sentence("A Parental Advisory mark needs an explicit track."),
        unseen=NOBODY_READS,
    )
)


@column(
    "AW04",
    **_ON_COVER,
    field="artwork_sharpness",
    severity="info",
    sentence=sentence("The artwork looks blurred or enlarged."),
)
def artwork_is_blurred() -> pl.Expr:
    return pl.col("artwork_sharpness") < LEAST_SHARPNESS


@relation(
    "AW04.twice",
    **_ON_COVER,
    field="artwork_hash",
    severity="info",
    sentence=sentence("Another release has the same artwork."),
)
def artwork_is_used_twice(sheets: Sheets) -> pl.DataFrame:
    covers = sheets.releases.filter(pl.col("artwork_hash").is_not_null())
    known = pl.col("artwork_hash").is_in(sheets.known.releases["artwork_hash"].drop_nulls().implode())
    return covers.filter(pl.col("artwork_hash").is_duplicated() | known)


# A WAV header of the kind 0xFFFE is seen where files are read, and told as `audio_fault` (AU10).
@column(
    "AU01",
    **_ON_AUDIO,
    field="audio_codec",
    severity="block",
    sentence=sentence("Masters are WAV, FLAC or ALAC: nothing that was compressed with loss."),
)
def audio_is_lossy() -> pl.Expr:
    return ~_CODEC.is_in(LOSSLESS)


@column(
    "AU01.source",
    **_ON_AUDIO,
    field="audio_codec",
    severity="warn",
    sentence=sentence("The sound ends where a lossy encoder cuts it: it may come from a compressed file."),
)
def audio_was_lossy() -> pl.Expr:
    return pl.col("audio_lossy")


@column(
    "AU02",
    **_ON_AUDIO,
    field="audio_rate",
    severity="block",
    sentence=sentence("Audio has 16 or 24 bits, and 44.1 to 192 kHz."),
)
def audio_rate_is_odd() -> pl.Expr:
    return ~pl.col("audio_rate").is_in(RATES) | ~pl.col("audio_bits").is_in([16, 24])


@column(
    "AU02.upsampled",
    **_ON_AUDIO,
    field="audio_rate",
    severity="warn",
    sentence=sentence("This audio was brought to a higher rate than it was made at."),
)
def audio_is_upsampled() -> pl.Expr:
    return pl.col("audio_upsampled")


@column(
    "AU03",
    **_ON_AUDIO,
    field="audio_channels",
    severity="block",
    sentence=sentence("Audio is stereo; mono is two channels alike."),
)
def audio_is_not_stereo() -> pl.Expr:
    return pl.col("audio_channels") != 2


@column(
    "AU04",
    **_ON_AUDIO,
    field="audio_lead_ms",
    severity="warn",
    sentence=sentence("There are more than ten seconds of silence before or after the music."),
)
def audio_has_silence() -> pl.Expr:
    return (pl.col("audio_lead_ms") > 10_000) | (pl.col("audio_tail_ms") > 10_000)


@column(
    "AU04.gap",
    **_ON_AUDIO,
    field="audio_gap_ms",
    severity="warn",
    sentence=sentence("A silence inside may hide a second track."),
)
def audio_has_a_gap() -> pl.Expr:
    return pl.col("audio_gap_ms") > 2_000


@column(
    "AU05",
    **_ON_AUDIO,
    field="duration_ms",
    severity="block",
    sentence=sentence("A single of less than 30 seconds is refused."),
)
def single_is_short() -> pl.Expr:
    return (pl.col("of_kind") == "single") & (_MS < 30_000)


@column(
    "AU05.album",
    **_ON_COVER,
    field="kind",
    severity="warn",
    sentence=sentence("At least half of an album’s tracks are longer than 45 seconds."),
)
def album_is_short() -> pl.Expr:
    return (
        (pl.col("kind") == "album")
        & (pl.col("timed_tracks") > 0)
        & (pl.col("long_tracks") * 2 < pl.col("timed_tracks"))
    )


@relation(
    "AU06",
    **_ON_AUDIO,
    field="audio_md5",
    severity="block",
    sentence=sentence("The same audio has another ISRC elsewhere."),
)
def audio_has_two_codes(sheets: Sheets) -> pl.DataFrame:
    pairs = pl.concat([sheets.tracks.select("audio_md5", "isrc"), sheets.known.recordings.select("audio_md5", "isrc")])
    coded = pairs.drop_nulls().with_columns(bare(pl.col("isrc")))
    several = coded.group_by("audio_md5").agg(pl.col("isrc").n_unique()).filter(pl.col("isrc") > 1)
    return sheets.tracks.join(several, on="audio_md5", how="semi", maintain_order="left")


@column(
    "AU07",
    **_ON_COVER,
    field="format",
    severity="warn",
    sentence=sentence("The tracks of a release have one rate, depth and number of channels."),
)
def formats_are_mixed() -> pl.Expr:
    return pl.col("formats") > 1


@column(
    "AU08",
    **_ON_AUDIO,
    field="duration_ms",
    severity="warn",
    fix=pl.col("audio_ms"),
    safe=True,
    sentence=sentence("The file has another length than the sheet."),
)
def length_differs() -> pl.Expr:
    return (pl.col("audio_ms").cast(pl.Int64) - pl.col("duration_ms")).abs() > 1_000


@column(
    "AU09",
    **_ON_AUDIO,
    field="audio_peak_dbtp",
    severity="info",
    sentence=sentence("The audio clips: samples are cut off, or the true peak is above -0.1 dBTP."),
)
def audio_clips() -> pl.Expr:
    return (_PEAK > -0.1) | (pl.col("audio_clipped") > 0)


@column(
    "AU09.loudness",
    **_ON_AUDIO,
    field="audio_lufs",
    severity="warn",
    sentence=sentence("The loudness lies outside of -30 to -5 LUFS: the audio may be silent or broken."),
)
def loudness_is_odd() -> pl.Expr:
    return ~_LUFS.is_between(-30, -5)


@column(
    "AU09.offset", **_ON_AUDIO, field="audio_dc", severity="info", sentence=sentence("The wave does not rest at zero.")
)
def wave_has_an_offset() -> pl.Expr:
    return pl.col("audio_dc").abs() > 0.005


@column("AU10", **_ON_AUDIO, field="audio_fault", severity="block", sentence=sentence("The audio file is damaged."))
def audio_is_damaged() -> pl.Expr:
    return ~pl.col("audio_intact") | pl.col("audio_fault").is_not_null()
