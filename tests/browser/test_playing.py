"""A real browser plays renditions without a gap, and goes from one to another in the middle."""

from __future__ import annotations

import base64
import io

import pytest

from app.kernel.media import audio
from app.kernel.media.facts import Wanted
from tests.media import wav
from tests.streaming.mastering import music

CODECS = {"aac": "mp4a.40.2", "flac": "fLaC"}

PLAYED = """async (parts) => {
  const source = new MediaSource(), sound = new Audio(URL.createObjectURL(source));
  await new Promise(done => source.addEventListener('sourceopen', done, {once: true}));
  let buffer = null;
  for (const [codec, content] of parts) {
    const type = `audio/mp4; codecs="${codec}"`;
    if (buffer === null) buffer = source.addSourceBuffer(type); else buffer.changeType(type);
    const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
    await new Promise((done, fail) => {
      buffer.addEventListener('updateend', done, {once: true});
      buffer.addEventListener('error', () => fail(sound.error), {once: true});
      buffer.appendBuffer(bytes);
    });
  }
  source.endOfStream();
  const held = buffer.buffered;
  return [...Array(held.length).keys()].map(place => [held.start(place), held.end(place)]);
}"""

DECODED = """async (content) => {
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  return (await new OfflineAudioContext(2, 44100, 44100).decodeAudioData(bytes.buffer)).length;
}"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The renditions of a song: of each its codec, its init section, its segments."""
    path = tmp_path_factory.mktemp("masters") / "master.wav"
    path.write_bytes(wav(music()))
    wanted = [Wanted(codec="aac", bitrate=64), Wanted(codec="aac", bitrate=256), Wanted(codec="flac")]
    into = [io.BytesIO() for _ in wanted]
    found = {}
    for one, what, file in zip(audio.render(path, wanted, into), wanted, into, strict=True):
        content, at, segments = file.getvalue(), one.init_length, []
        for length in one.lengths:
            segments.append(content[at : at + length])
            at += length
        name = f"{what.codec}-{what.bitrate}" if what.bitrate else what.codec
        found[name] = (CODECS[what.codec], content[: one.init_length], segments)
    return found


def spelled(content):
    return base64.b64encode(content).decode()


@pytest.fixture
def page(browser):
    opened = browser.new_page()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "names",
    [
        ("aac-64", "aac-64", "aac-64"),
        ("flac", "flac", "flac"),
        ("aac-64", "aac-256", "aac-64"),
        ("aac-64", "flac", "aac-256"),
        ("flac", "aac-256", "flac"),
    ],
    ids="→".join,
)
def test_the_browser_holds_the_sound_in_one_piece(page, made, names):
    """Media Source Extensions tell where sound is buffered: a gap at a seam would make two ranges."""
    parts = []
    for place, name in enumerate(names):
        codec, init, segments = made[name]
        parts.append((codec, spelled(init + segments[place])))
    held = page.evaluate(PLAYED, parts)
    assert len(held) == 1
    assert held[0] == pytest.approx([0, len(music()) / 44_100], abs=1e-4)


@pytest.mark.parametrize("name", ["aac-64", "aac-256", "flac"])
def test_the_browser_decodes_as_many_samples_as_the_master_has(page, made, name):
    _, init, segments = made[name]
    assert page.evaluate(DECODED, spelled(init + b"".join(segments))) == len(music())
