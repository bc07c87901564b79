"""Encodings for players and for whoever keeps them: of every format that is taken, in pieces from a child."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from app.kernel.media import Fault, Limits, Unreadable, artwork, audio
from app.kernel.media.facts import Rendered, Tags, Wanted
from app.kernel.media.inside import boxes
from app.kernel.media.jobs import Render
from app.kernel.media.sandbox import Sandbox
from tests.media import CLEAN, a_cover, a_noise, a_tone, as_integers, wav
from tests.streaming.mastering import decode

LOSSLESS = (Wanted(codec="flac"),)
TAGS = Tags(title="T", artist="A")


def rendered(path: Path, *wanted: Wanted, limits: Limits | None = None) -> list[tuple[Rendered, bytes]]:
    into = [io.BytesIO() for _ in wanted]
    made = audio.render(path, wanted, into, limits)
    return [(one, file.getvalue()) for one, file in zip(made, into, strict=True)]


@pytest.mark.parametrize("name", CLEAN)
def test_every_format_that_is_taken_is_rendered_without_loss(tmp_path: Path, name: str) -> None:
    sound = a_noise(1.2, level=0.1)
    path = tmp_path / name
    path.write_bytes(CLEAN[name](path, sound))
    with av.open(str(path)) as source:
        master = decode(path.read_bytes()) if source.streams.audio[0].codec_context.name != "alac" else None
    ((made, content),) = rendered(path, *LOSSLESS)
    heard = decode(content)
    bits = 16 if "16" in name or "sowt" in name else 24
    assert made.bits == bits
    wanted = as_integers(sound, bits).T << (8 if bits == 24 else 0)
    exact = heard[:, : wanted.shape[1]].astype(np.int64) - wanted
    assert np.abs(exact).max() <= (256 if "32" in name or "float" in name else 0), "deeper ones are cut to 24 bits"
    assert made.frames == heard.shape[1] >= wanted.shape[1]
    assert master is None or master.shape[1] == made.frames


def test_an_excerpt_of_some_frames_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(a_noise(3)))
    excerpt = Wanted(codec="aac", bitrate=64, start_ms=1_000, length_ms=1_500)
    (whole, _), (part, _) = rendered(path, Wanted(codec="aac", bitrate=64), excerpt)
    assert (whole.frames, part.frames) == (3 * 44_100, 1.5 * 44_100)
    with pytest.raises(Unreadable) as refused:
        rendered(path, Wanted(codec="aac", bitrate=64, start_ms=4_000, length_ms=1_000))
    assert refused.value.fault == Fault.TOO_SHORT


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    for content, fault in ((b"no sound", Fault.NOT_AUDIO), (b"#EXTM3U\nhttp://x", Fault.PLAYLIST)):
        path.write_bytes(content)
        with pytest.raises(Unreadable) as refused:
            rendered(path, *LOSSLESS)
        assert refused.value.fault == fault
        with pytest.raises(Unreadable):
            audio.encode(path, "flac", TAGS, io.BytesIO())


def test_a_child_writes_no_more_and_nowhere_else_than_it_may(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(a_noise(2)))
    pool = Sandbox(1)
    try:
        job = Render(str(path), LOSSLESS, Limits(output_bytes=10_000))
        assert pool.run(job, list[Rendered], [into := io.BytesIO()]) == Fault.TOO_LARGE
        assert len(into.getvalue()) <= 10_000
        assert pool.pids() == [], "a child that asks for more is not asked again"
        job = Render(str(path), (*LOSSLESS, *LOSSLESS), Limits())
        assert pool.run(job, list[Rendered], [io.BytesIO()]) == Fault.CRASHED
        assert isinstance(pool.run(job, list[Rendered], [io.BytesIO(), io.BytesIO()]), list)
    finally:
        pool.close()


def test_more_channels_than_two_are_mixed_for_players_and_kept_without_loss(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(a_tone(channels=6), extensible=True))
    assert {one.channels for one, _ in rendered(path, *LOSSLESS, Wanted(codec="aac", bitrate=128))} == {2}
    for form, channels in (("flac", 6), ("wav_24", 6), ("aac_256", 2), ("mp3_320", 2)):
        audio.encode(path, form, TAGS, into := io.BytesIO())
        assert decode(into.getvalue()).shape[0] == channels


def test_a_high_rate_is_kept_without_loss_and_lowered_where_a_format_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(a_noise(rate=96_000), rate=96_000))
    for form, rate in (("flac", 96_000), ("wav_24", 96_000), ("aac_256", 48_000), ("mp3_320", 48_000)):
        audio.encode(path, form, TAGS, into := io.BytesIO())
        with av.open(io.BytesIO(into.getvalue())) as source:
            assert source.streams.audio[0].rate == rate


def test_a_file_by_itself_needs_no_tags_beyond_title_and_artist(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(a_tone()))
    for form in audio.FORMATS:
        audio.encode(path, form, TAGS, into := io.BytesIO())
        with av.open(io.BytesIO(into.getvalue())) as source:
            assert {"title": "T", "artist": "A"}.items() <= source.metadata.items()
            assert not source.metadata.keys() & {"album", "track", "disc", "ISRC"}


def test_a_cover_is_a_jpeg_of_some_size_in_three_colours(tmp_path: Path) -> None:
    from PIL import Image

    for mode, form, side in (("CMYK", "JPEG", 1_600), ("RGBA", "PNG", 900), ("L", "PNG", 1_400)):
        path = tmp_path / "cover"
        a_cover(side, mode=mode).save(path, form)
        with Image.open(io.BytesIO(artwork.cover(path))) as made:
            assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (min(side, 1_400),) * 2)
    path.write_bytes(b"no picture")
    with pytest.raises(Unreadable):
        artwork.cover(path)


def test_a_fragment_says_where_it_is_and_where_its_samples_are() -> None:
    made = boxes.fragment(3, 5_000, [b"one", b"three"], frame=1_024, last=24)
    assert made[4:8] == b"moof"
    moof = int.from_bytes(made[:4])
    run = made.index(b"trun")
    offset = int.from_bytes(made[run + 12 : run + 16])
    assert made[offset:] == b"onethree"
    assert made[moof + 4 : moof + 8] == b"mdat"
    assert offset == moof + 8
    entries = [int.from_bytes(made[at : at + 4]) for at in range(run + 16, run + 32, 4)]
    assert entries == [1_024, 3, 24, 5]


def test_an_init_section_has_one_length_whatever_is_known() -> None:
    early, late = (
        boxes.Track(
            codec="flac",
            rate=rate,
            channels=2,
            bits=24,
            setup=bytes(34),
            frame=4_096,
            bitrate=0,
            priming=0,
            frames=frames,
        )
        for rate, frames in ((44_100, 0), (192_000, 1 << 33))
    )
    assert len(boxes.init_section(early)) == len(boxes.init_section(late))
    assert boxes.sample_entry(late)[32:36] == (48_000).to_bytes(2) + bytes(2), "a division of it that 16 bits hold"
