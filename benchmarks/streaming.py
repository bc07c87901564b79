"""What players get of one master, against the ffmpeg command making the same four encodings of the same file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

import av
from av.audio.stream import AudioStream

from app.kernel.media import audio as sound
from app.kernel.media.facts import Tags, Wanted
from app.settings import Settings
from app.streaming.rules.encodings import ENCODINGS
from benchmarks import audio as master
from benchmarks.harness import Figure, Figures, absolute, against, in_turns

RATE = 44_100
SECONDS = 240
ROUNDS = 3
BAR = 1.3
FULL = tuple(Wanted(codec=one.codec, bitrate=one.bitrate) for one in ENCODINGS["full"])
PREVIEWS = tuple(
    Wanted(codec=one.codec, bitrate=one.bitrate, start_ms=80_000, length_ms=30_000) for one in ENCODINGS["preview"]
)


def run(_settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Encode four minutes of stereo in 24 bits at 44.1 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "master.wav"
        master.write(path, rate=RATE, seconds=SECONDS)
        alone = _command if shutil.which("ffmpeg") else _library
        works = [lambda: _ours(path, FULL), lambda: alone(path, Path(folder))]
        in_turns(works, 1)  # starts the child and fills the page cache
        ours, reference = in_turns(works, ROUNDS)
        all_of_it = in_turns([lambda: _ours(path, FULL + PREVIEWS)], 3)[0]
        kept = {form: in_turns([lambda form=form: _kept(path, form)], 1)[0] for form in sound.FORMATS}  # type: ignore[misc]
    by = "the ffmpeg command" if alone is _command else "FFmpeg's library in this process (no ffmpeg command here)"
    note = f"{SECONDS} s, 24 bits, {RATE} Hz, stereo: AAC at 64, 128 and 256 kb/s and FLAC, by {by}"
    figures: dict[str, Figure] = {
        "streaming.render": against(ours, reference, bar=BAR, unit="s", note=note),
        "streaming.with_previews": absolute(all_of_it, unit="s", note="the same with three previews of half a minute"),
    }
    for form, seconds in kept.items():
        figures[f"streaming.keep_{form}"] = absolute(seconds, unit="s", note="one file for whoever keeps it")
    tell(f"rendered in {figures['streaming.render'].ratio} of the time of ffmpeg alone")
    return figures


def _ours(path: Path, wanted: tuple[Wanted, ...]) -> None:
    with ExitStack() as stack:
        into: list[BinaryIO] = [stack.enter_context(tempfile.TemporaryFile()) for _ in wanted]
        sound.render(path, wanted, into, sound.limits_for(SECONDS * 1_000))


def _kept(path: Path, form: str) -> None:
    with tempfile.TemporaryFile() as into:
        sound.encode(path, form, Tags(title="T", artist="A"), into, sound.limits_for(SECONDS * 1_000))


def _command(path: Path, folder: Path) -> None:
    command = ["ffmpeg", "-nostdin", "-nostats", "-v", "error", "-y", "-i", str(path)]
    for place, one in enumerate(FULL):
        rate = ["-b:a", f"{one.bitrate}k"] if one.bitrate else ["-strict", "experimental"]
        command += ["-c:a", one.codec, *rate, str(folder / f"{place}.mp4")]
    subprocess.run(command, check=True, capture_output=True)


def _library(path: Path, folder: Path) -> None:
    """The same encoders and the same muxer, in one thread, the sound decoded once."""
    with ExitStack() as stack:
        source = stack.enter_context(av.open(str(path)))
        tracks = []
        for place, one in enumerate(FULL):
            target = stack.enter_context(av.open(str(folder / f"{place}.mp4"), "w", options={"strict": "experimental"}))
            track = cast("AudioStream", target.add_stream(one.codec, rate=RATE, layout="stereo"))
            if one.bitrate:
                track.bit_rate = one.bitrate * 1_000
            else:
                track.format = "s32"
            tracks.append((target, track))
        for frame in source.decode(audio=0):
            for target, track in tracks:
                target.mux(track.encode(frame))
        for target, track in tracks:
            target.mux(track.encode(None))
