"""Sound files of every format pass, every fault has its name, and the figures are right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app.kernel.media import AudioFacts, Fault, Limits, Unreadable, audio
from tests.faulty_media import FAULTY, stream_info
from tests.media import CLEAN, Sound, a_noise, a_tone, alac, encoded, flac, low_passed, md5_of, wav

DEPTHS = {"16": 16, "sowt": 16, "32": 32, "float": 32}


def measured(folder: Path, name: str, whole: bytes, limits: Limits | None = None) -> AudioFacts:
    path = folder / name
    path.write_bytes(whole)
    return audio.measure(path, limits)


def of_wav(folder: Path, sound: Sound, **details: Any) -> AudioFacts:
    return measured(folder, "sound.wav", wav(sound, **details))


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_file_of_each_format_has_no_fault(tmp_path: Path, name: str) -> None:
    sound = a_tone(1.5)
    facts = measured(tmp_path, name, CLEAN[name](tmp_path / name, sound))
    assert facts.fault is None
    assert (facts.rate, facts.channels, facts.lossless, facts.intact) == (44_100, 2, True, True)
    assert (facts.frames, facts.duration_ms, facts.promised_frames) == (len(sound), 1_500, len(sound))
    assert facts.bits == DEPTHS.get(name.partition(".")[0], 24)
    assert [facts.dual_mono, facts.upsampled, facts.lossy_source, facts.clipped, facts.silent_channels] == [
        False, False, False, 0, ()
    ]  # fmt: skip
    assert facts.extensible == ("extensible" in name)


@pytest.mark.parametrize("name", FAULTY)
def test_each_fault_has_its_name(tmp_path: Path, name: str) -> None:
    fault, maker = FAULTY[name]
    facts = measured(tmp_path, name, maker(tmp_path / name))
    assert facts.fault == fault
    assert facts.fault.sentence


def test_every_fault_of_a_file_is_made_by_the_tests() -> None:
    of_pictures = {Fault.NOT_A_PICTURE, Fault.ANIMATED}
    of_limits = {Fault.TOO_LARGE, Fault.TOO_SLOW, Fault.TOO_HEAVY, Fault.CRASHED}
    assert {fault for fault, _ in FAULTY.values()} == set(Fault) - of_pictures - of_limits


@pytest.mark.parametrize("bits", [16, 24])
def test_one_sound_has_one_checksum_in_any_container(tmp_path: Path, bits: int) -> None:
    sound = a_noise(1.5)
    names = [name for name in CLEAN if str(bits) in name]
    found = {name: measured(tmp_path, name, CLEAN[name](tmp_path / name, sound)).md5 for name in names}
    assert found == dict.fromkeys(names, md5_of(sound, bits))
    assert len(names) >= 4


def test_a_flac_is_held_against_its_own_checksum(tmp_path: Path) -> None:
    facts = measured(tmp_path, "a.flac", flac(tmp_path / "a.flac", a_noise(), bits=24))
    assert (facts.checksummed, facts.intact, facts.bits) == (True, True, 24)


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 1), (48_000, 6), (96_000, 2), (192_000, 2)])
def test_rates_and_channels_are_told(tmp_path: Path, rate: int, channels: int) -> None:
    facts = of_wav(tmp_path, a_noise(1.1, rate=rate, channels=channels), rate=rate)
    assert (facts.fault, facts.rate, facts.channels, facts.duration_ms) == (None, rate, channels, 1_100)


@pytest.mark.parametrize("frames", [49_153, 52_920, 53_247])
@pytest.mark.parametrize("name", ["16.m4a", "alac.caf", "24.flac"])
def test_a_last_packet_that_is_not_full_loses_nothing(tmp_path: Path, name: str, frames: int) -> None:
    facts = measured(tmp_path, name, CLEAN[name](tmp_path / name, a_noise(frames / 44_100)))
    assert (facts.fault, facts.frames) == (None, frames)


def test_tags_are_read(tmp_path: Path) -> None:
    tags = {"ISRC": "DEA123456789", "title": "Nachtfahrt", "artist": "مريم"}
    facts = measured(tmp_path, "a.flac", flac(tmp_path / "a.flac", a_tone(), tags=tags))
    assert (facts.isrc, facts.title, facts.artist) == ("DEA123456789", "Nachtfahrt", "مريم")


def test_silence_before_after_and_between_is_measured(tmp_path: Path) -> None:
    quiet = [np.zeros((int(44_100 * seconds), 2)) for seconds in (0.5, 2.0, 0.75)]
    facts = of_wav(tmp_path, np.concatenate([quiet[0], a_tone(1), quiet[1], a_tone(1), quiet[2]]))
    assert (facts.lead_ms, facts.gap_ms, facts.tail_ms) == (
        pytest.approx(500, abs=3),
        pytest.approx(2_000, abs=4),
        pytest.approx(750, abs=3),
    )


def test_runs_at_full_scale_are_counted_also_across_blocks(tmp_path: Path) -> None:
    sound = a_tone(4)
    for start, length in ((1_000, 3), (5_000, 4), (9_000, 50), (43_688, 8), (65_534, 4), (87_378, 9)):
        sound[start : start + length, 0] = 1.0
    sound[20_000:20_004, 1] = -1.0
    assert of_wav(tmp_path, sound).clipped == 6
    assert measured(tmp_path, "a.flac", flac(tmp_path / "a.flac", sound)).clipped == 6


def test_an_offset_is_measured(tmp_path: Path) -> None:
    assert of_wav(tmp_path, a_tone(1) + np.array([0.05, -0.02])).dc_offset == pytest.approx(0.05, abs=1e-3)
    assert of_wav(tmp_path, a_tone(1)).dc_offset < 1e-3


def test_one_sound_on_both_channels_is_dual_mono(tmp_path: Path) -> None:
    mono = a_noise(channels=1)
    assert of_wav(tmp_path, np.hstack([mono, mono])).dual_mono
    assert not of_wav(tmp_path, np.hstack([mono, mono * 0.99])).dual_mono
    assert not of_wav(tmp_path, mono).dual_mono


def test_a_channel_without_sound_is_named(tmp_path: Path) -> None:
    sound = a_noise(channels=2)
    sound[:, 1] = 0
    facts = of_wav(tmp_path, sound)
    assert (facts.fault, facts.silent_channels) == (None, (1,))


def test_sixteen_bits_in_twenty_four_are_upsampled(tmp_path: Path) -> None:
    padded = np.rint(a_noise() * 2**15) / 2**15
    facts = of_wav(tmp_path, padded, bits=24)
    assert (facts.true_bits, facts.upsampled) == (16, True)
    assert not of_wav(tmp_path, a_noise(), bits=24).upsampled
    assert measured(tmp_path, "a.m4a", alac(tmp_path / "a.m4a", padded, bits=24)).upsampled


def test_a_high_rate_with_nothing_on_top_is_upsampled(tmp_path: Path) -> None:
    sound = a_noise(2, rate=96_000)
    assert not of_wav(tmp_path, sound, rate=96_000).upsampled
    facts = of_wav(tmp_path, low_passed(sound, rate=96_000, hertz=22_000), rate=96_000)
    assert facts.upsampled
    assert facts.bandwidth_hz == pytest.approx(22_000, abs=300)


@pytest.mark.parametrize("hertz", [16_000, 19_000])
def test_the_shelf_of_a_lossy_encoder_is_seen(tmp_path: Path, hertz: int) -> None:
    assert of_wav(tmp_path, low_passed(a_noise(2), rate=44_100, hertz=hertz)).lossy_source


@pytest.mark.parametrize("hertz", [8_000, 20_500, 22_050])
def test_other_ends_of_a_spectrum_are_not_blamed_on_an_encoder(tmp_path: Path, hertz: int) -> None:
    assert not of_wav(tmp_path, low_passed(a_noise(2), rate=44_100, hertz=hertz)).lossy_source


def test_a_real_mp3_made_a_wav_again_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    encoded(path, a_noise(3), codec="libmp3lame", form="mp3")
    with av.open(str(path)) as source:
        frames = [frame.to_ndarray() for frame in source.decode(audio=0)]
    assert of_wav(tmp_path, np.concatenate(frames, axis=1).T.astype(float)).lossy_source


def test_the_waveform_follows_the_sound(tmp_path: Path) -> None:
    sound = np.concatenate([a_tone(20, level_dbfs=-6), a_tone(20, level_dbfs=-20)])
    pairs = np.frombuffer(of_wav(tmp_path, sound).waveform, np.int8).reshape(-1, 2)
    assert len(pairs) == 1_800
    first, second = pairs[10:890].mean(axis=0), pairs[910:1_790].mean(axis=0)
    assert first == pytest.approx([-64, 64], abs=2)
    assert second == pytest.approx([-13, 13], abs=2)


def test_limits_are_the_callers(tmp_path: Path) -> None:
    whole = wav(a_tone(2))
    assert measured(tmp_path, "a.wav", whole, Limits(longest_ms=1_900)).fault == Fault.TOO_LONG
    assert measured(tmp_path, "a.wav", whole, Limits(file_bytes=1_000)).fault == Fault.TOO_LARGE
    assert measured(tmp_path, "a.wav", whole, Limits(channels=1)).fault == Fault.BAD_CHANNELS


def test_a_length_that_nobody_declares_is_still_limited(tmp_path: Path) -> None:
    whole = stream_info(flac(tmp_path / "a.flac", a_tone(3)), frames=0)
    assert measured(tmp_path, "a.flac", whole).fault is None
    assert measured(tmp_path, "a.flac", whole, Limits(longest_ms=2_000)).fault == Fault.TOO_LONG


@pytest.mark.parametrize(("rate", "heard_rate"), [(44_100, 44_100), (88_200, 44_100), (96_000, 48_000)])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_preview_plays_as_aac_and_starts_at_once(tmp_path: Path, rate: int, heard_rate: int, channels: int) -> None:
    path, copy = tmp_path / "a.wav", tmp_path / "a.m4a"
    path.write_bytes(wav(a_tone(3, rate=rate, channels=channels), rate=rate))
    copy.write_bytes(audio.preview(path))
    assert 0 < copy.read_bytes().index(b"moov") < copy.read_bytes().index(b"mdat")
    with av.open(str(copy)) as source:
        stream = source.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.sample_rate) == ("aac", heard_rate)
        heard = np.concatenate([frame.to_ndarray()[0] for frame in source.decode(stream)])
    assert len(heard) / heard_rate == pytest.approx(3, abs=0.1)
    assert np.abs(heard[heard_rate : 2 * heard_rate]).max() == pytest.approx(10 ** (-12 / 20), rel=0.05)


@pytest.mark.parametrize("name", ["playlist.mp3", "text.wav", "aac.m4a", "cut_in_header.wav"])
def test_no_preview_is_made_of_what_is_no_master(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FAULTY[name][1](path))
    with pytest.raises(Unreadable):
        audio.preview(path)
