"""Everything measured of one master, against the bare loudness meter of FFmpeg on the same file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import av
import numpy as np

from app.kernel.media import Limits
from app.kernel.media import audio as sound
from app.settings import Settings
from benchmarks.harness import Figure, Figures, absolute, against, in_turns

RATE = 96_000
SECONDS = 240
ROUNDS = 7
BAR = 1.5


def run(_settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Measure four minutes of stereo in 24 bits at 96 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "master.wav"
        write(path, rate=RATE, seconds=SECONDS)
        meter = _command if shutil.which("ffmpeg") else _library
        works = [lambda: sound.measure(path), lambda: meter(path)]
        in_turns(works, 1)  # starts the child and fills the page cache
        ours, reference = in_turns(works, ROUNDS)
        facts = sound.measure(path, Limits())
        if facts.fault is not None or facts.loudness_lufs is None:
            raise RuntimeError(f"the master was not measured: {facts.fault}")
        copies = in_turns([lambda: sound.preview(path)], 3)[0]
    by = "the ffmpeg command" if meter is _command else "FFmpeg's library in this process (no ffmpeg command here)"
    note = f"{SECONDS} s, 24 bits, {RATE} Hz, stereo: all facts, against ebur128 alone by {by}"
    figures: dict[str, Figure] = {
        "audio.measure": against(ours, reference, bar=BAR, unit="s", note=note),
        "audio.preview": absolute(copies, unit="s", note="a copy to listen to, AAC"),
    }
    tell(f"measured in {figures['audio.measure'].ratio} of the time of ebur128")
    return figures


def write(path: Path, *, rate: int, seconds: int) -> None:
    """Loud music for whatever measures it: tones that come and go over noise, some of it near full scale."""
    at, rng = np.arange(rate * seconds) / rate, np.random.default_rng(1)
    tone = np.sin(2 * np.pi * 110 * at) + np.sin(2 * np.pi * 1_760 * at) * np.sin(2 * np.pi * 0.2 * at)
    left = np.tanh(tone + 0.3 * rng.standard_normal(len(at)))
    stereo = np.stack([left, 0.8 * left + 0.05 * rng.standard_normal(len(at))], axis=1)
    whole = np.clip(stereo * 0.9 * 2**31, -(2**31), 2**31 - 1).astype("<i4")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(3)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(whole.view(np.uint8).reshape(-1, 4)[:, 1:]).tobytes())


def _command(path: Path) -> None:
    command = ["ffmpeg", "-nostdin", "-nostats", "-i", str(path), "-af", "ebur128", "-f", "null", "-"]
    subprocess.run(command, check=True, capture_output=True)


def _library(path: Path) -> None:
    """The same demuxer, decoder and filter, in one thread."""
    with av.open(str(path)) as source:
        stream = source.streams.audio[0]
        graph = av.filter.Graph()
        graph.link_nodes(
            graph.add_abuffer(template=stream), graph.add("ebur128", "framelog=quiet"), graph.add("abuffersink")
        ).configure()
        for frame in chain(source.decode(stream), [None]):
            graph.push(frame)
            try:
                while True:
                    graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                continue
