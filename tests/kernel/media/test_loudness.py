"""Loudness and true peak against EBU Tech 3341 and against FFmpeg's own meter."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from app.kernel.media import Limits, audio
from tests.media import Sound, a_noise, a_tone, low_passed, wav


def measured(folder: Path, sound: Sound, rate: int = 48_000) -> tuple[float | None, float | None, float | None]:
    path = folder / "sound.wav"
    path.write_bytes(wav(sound, rate=rate))
    facts = audio.measure(path, Limits(shortest_ms=0))
    assert facts.intact
    return facts.loudness_lufs, facts.loudness_range_lu, facts.true_peak_dbtp


def ffmpeg_peak(path: Path) -> float:
    with av.open(str(path)) as source:
        stream = source.streams.audio[0]
        graph = av.filter.Graph()
        parts = (
            graph.add_abuffer(template=stream),
            graph.add("ebur128", "metadata=1:peak=true"),
            graph.add("abuffersink"),
        )
        graph.link_nodes(*parts).configure()
        peak = 0.0
        for frame in [*source.decode(stream), None]:
            graph.push(frame)
            try:
                while True:
                    peak = max(peak, float(graph.pull().metadata["lavfi.r128.true_peak"]))
            except (av.error.BlockingIOError, av.error.EOFError):
                pass
    return 20 * np.log10(peak)


def both(seconds: float, level: float) -> Sound:
    return np.repeat(a_tone(seconds, rate=48_000, channels=1, hertz=1_000, level_dbfs=level), 2, axis=1)


@pytest.mark.parametrize("level", [-23, -33])
def test_a_tone_is_as_loud_as_tech_3341_says_in_cases_1_and_2(tmp_path: Path, level: int) -> None:
    loudness, spread, _ = measured(tmp_path, both(20, level))
    assert loudness == pytest.approx(level, abs=0.1)
    assert spread == pytest.approx(0, abs=0.1)


def test_what_is_far_quieter_is_gated_as_tech_3341_says_in_case_3(tmp_path: Path) -> None:
    loudness, _, _ = measured(tmp_path, np.concatenate([both(10, -36), both(60, -23), both(10, -36)]))
    assert loudness == pytest.approx(-23, abs=0.1)


def test_the_range_is_as_tech_3342_says_in_case_1(tmp_path: Path) -> None:
    _, spread, _ = measured(tmp_path, np.concatenate([both(20, -20), both(20, -30)]))
    assert spread == pytest.approx(10, abs=1)


def test_what_nobody_hears_has_no_loudness(tmp_path: Path) -> None:
    assert measured(tmp_path, both(3, -80))[0] is None


@pytest.mark.parametrize(("phase", "parts"), [(0, 4), (45, 4), (60, 6), (67.5, 8)])
def test_a_peak_between_samples_is_found_as_tech_3341_says(tmp_path: Path, phase: float, parts: int) -> None:
    """Cases 15 to 18: whatever the phase, a tone of -6 dBFS peaks at -6 dBTP (+0.2, -0.4)."""
    wave = 0.5 * np.sin(2 * np.pi * np.arange(48_000) / parts + np.deg2rad(phase)) * np.hanning(48_000)
    _, _, peak = measured(tmp_path, np.stack([wave, wave], axis=1))
    assert -6.42 <= peak <= -5.82


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("kind", ["noise", "music", "tone"])
def test_the_true_peak_is_that_of_ffmpeg(tmp_path: Path, rate: int, kind: str) -> None:
    sound = low_passed(a_noise(3, rate=rate), rate=rate, hertz=0.2 * rate)
    if kind == "music":  # loud all the way
        sound = np.tanh(np.cumsum(sound - sound.mean(axis=0), axis=0) * 0.2) * 0.9
    if kind == "tone":
        sound = a_tone(3, rate=rate, hertz=11_025, level_dbfs=-1)
    sound *= np.hanning(len(sound))[:, None] ** 0.1  # what is cut off hard rings, in each filter another way
    _, _, peak = measured(tmp_path, sound, rate)
    assert peak == pytest.approx(ffmpeg_peak(tmp_path / "sound.wav"), abs=0.1)


def test_at_192_khz_it_is_looked_for_between_samples_too(tmp_path: Path) -> None:
    _, _, peak = measured(tmp_path, a_noise(2, rate=192_000), 192_000)
    plain = ffmpeg_peak(tmp_path / "sound.wav")  # which takes the samples as they are at this rate
    assert plain <= peak + 0.01 <= plain + 3
