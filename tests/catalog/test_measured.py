"""What was measured of a real file is what the rules of audio understand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import polars as pl
import pytest

from app.catalog.rules.frames import Known
from app.catalog.rules.measured import of_audio
from app.catalog.rules.validation import validate
from app.kernel.media import audio
from tests.media import a_noise, alac, flac, low_passed, wav

MAKERS = {"wav": lambda path, sound: wav(sound), "flac": flac, "m4a": alac}


def found(path: Path) -> list[str]:
    """The rules of audio that a track with this file breaks."""
    facts = audio.measure(path)
    sound = of_audio([msgspec.to_builtins(facts)])
    track = sound.with_columns(
        release=pl.lit(0, pl.UInt32), row=pl.lit(1, pl.UInt32), duration_ms=pl.lit(facts.duration_ms, pl.UInt32)
    )
    release = pl.DataFrame({"release": [0], "kind": ["album"]}, schema={"release": pl.UInt32, "kind": pl.String})
    codes = validate(release, track, Known(today=date(2026, 11, 24)))["rule"]
    return [code for code in codes if code.startswith("AU") and code != "AU05.album"]


@pytest.mark.parametrize("form", MAKERS)
def test_a_clean_master_of_any_format_breaks_no_rule_of_audio(tmp_path, form):
    path = tmp_path / f"master.{form}"
    path.write_bytes(MAKERS[form](path, a_noise(4.0)))
    assert found(path) == []


def test_a_master_made_from_a_lossy_file_is_warned_of_and_not_refused(tmp_path):
    path = tmp_path / "master.wav"
    path.write_bytes(wav(low_passed(a_noise(4.0), rate=44_100, hertz=16_000)))
    assert found(path) == ["AU01.source"]
