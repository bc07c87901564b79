"""Recordings with real masters, and players that look closely at what they are given."""

from __future__ import annotations

import io
import re
import tempfile
from datetime import timedelta
from pathlib import Path

import av
import msgspec
import numpy as np
from sqlalchemy import select

from app.catalog.models import Recording, Release, Track
from app.kernel import clock, files
from app.kernel.actor import Actor
from app.kernel.db import platform_work, tenant_read, tenant_work
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.jobs.registry import tasks
from app.kernel.media import audio
from app.streaming import service
from app.streaming.errors import NothingToHear
from app.streaming.models import Rendition
from app.streaming.policies import recording_to_hear
from tests.factories.catalog import a_release
from tests.media import a_noise, wav

SECONDS = 14.3
"""Two whole segments and a part."""


def music(seconds=SECONDS, *, rate=44_100, channels=2, seed=7):
    """Noise under tones that swell: no moment of it is like another, so that a shift of one sample shows."""
    at = np.arange(round(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * 220 * at) * (0.2 + 0.2 * np.sin(2 * np.pi * 0.37 * at))
    noise = a_noise(seconds, rate=rate, channels=channels, seed=seed, level=0.02)
    return np.clip(tone[:, None] + noise, -0.9, 0.9)


def mastered(tenant, recording_id, content, *, name="master.wav"):
    """Give a recording this master, as an upload would."""
    stored = files.store_stream(Actor.system(tenant), [content], name=name, media_type="audio/wav")
    with tempfile.NamedTemporaryFile(suffix=name) as file:
        Path(file.name).write_bytes(content)
        facts = audio.measure(Path(file.name))
    assert facts.fault is None, facts.fault
    with tenant_work(tenant) as session:
        recording = session.get_one(Recording, recording_id)
        said = {"audio_id": stored.id, "audio": msgspec.to_builtins(facts), "audio_md5": facts.md5}
        recording.change(said | {"duration_ms": facts.duration_ms}, clock.now())


def recordings_of(tenant, release_id):
    """The recordings of a release in their order."""
    with tenant_read(tenant) as session:
        query = select(Track.recording_id).where(Track.release_id == release_id).order_by(Track.disc, Track.number)
        return list(session.scalars(query))


def out(tenant, *, sounds=(), title=None, bits=24, rate=44_100, **details):
    """A release that came out last year, whose tracks have these masters; gives its id and those of its recordings."""
    release_id = a_release(tenant, title, tracks=max(1, len(sounds)))
    changed(tenant, release_id, **({"release_date": "2020-05-01"} | details))
    found = recordings_of(tenant, release_id)
    for recording_id, sound in zip(found, sounds, strict=False):
        mastered(tenant, recording_id, wav(sound, bits=bits, rate=rate))
    return release_id, found


def changed(tenant, release_id, **details):
    """Change a release behind everybody's back."""
    with tenant_work(tenant) as session:
        release = session.get_one(Release, release_id)
        for name, value in details.items():
            setattr(release, name, value)


def work(tenant):
    """Do what waits for this label in streaming, once each, as the worker would; gives what it was."""
    with platform_work() as session:
        is_ours = (OutboxRow.label == tenant.id) & OutboxRow.task.like("streaming.%") & OutboxRow.done_at.is_(None)
        asked = [(row.task, row.args) for row in session.scalars(select(OutboxRow).where(is_ours))]
        for row in session.scalars(select(OutboxRow).where(is_ours)):
            row.done_at = clock.now()
    for name, args in asked:
        tasks[name].function(tenant, **args)
    return asked


def rendered(tenant, *recording_ids):
    """Have the renditions of these recordings made."""
    with tenant_work(tenant) as session:
        service.ask_renditions(session, recording_ids)
    work(tenant)


def renditions(tenant, recording_id, kind="full"):
    """The current renditions by their names."""
    with tenant_read(tenant) as session:
        query = select(Rendition).where(
            Rendition.recording_id == recording_id, Rendition.kind == kind, Rendition.retired_at.is_(None)
        )
        return {one.name: one for one in session.scalars(query)}


def granted(tenant, recording_id, *, kind="full", country="DE", hours=1):
    """A grant for an hour, as the shop makes them for a page of recordings."""
    until = clock.now() + timedelta(hours=hours)
    with tenant_read(tenant) as session:
        recording_to_hear(session, tenant, recording_id, kind=kind, country=country)  # it says why not
        found = service.grants(session, tenant, [recording_id], kind=kind, country=country, until=until)
    if not found:
        raise NothingToHear
    return found[recording_id]


class Player:
    """Fetches what a playlist names by ranges, as a browser's player does."""

    def __init__(self, client, token, name):
        self.client = client
        self.text = client.get(f"/stream/{token}/{name}.m3u8").text
        place = re.search(r'#EXT-X-MAP:URI="([^"]+)",BYTERANGE="(\d+)@(\d+)"', self.text)
        self.init = self._range(place[1], int(place[2]), int(place[3]))
        found = re.findall(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)", self.text)
        self.durations = [float(duration) for duration, *_ in found]
        self.segments = [self._range(address, int(length), int(begin)) for _, length, begin, address in found]

    def _range(self, address, length, begin):
        answer = self.client.get(address, headers={"range": f"bytes={begin}-{begin + length - 1}"})
        assert answer.status_code == 206
        assert len(answer.content) == length
        return answer.content

    def decoded(self, *places):
        """The sound of some segments, all by default, channels by frames, the edit list applied as players apply it."""
        chosen = [self.segments[place] for place in places] if places else self.segments
        return decode(self.init + b"".join(chosen))


def decode(content):
    """What is heard of a file: from where its edit list begins to where that ends."""
    with av.open(io.BytesIO(content)) as source:
        stream = source.streams.audio[0]
        frames = list(source.decode(stream))
    planar = frames[0].format.is_planar
    channels = frames[0].layout.nb_channels
    parts = [frame.to_ndarray() if planar else frame.to_ndarray().reshape(-1, channels).T for frame in frames]
    return np.concatenate(parts, axis=1)


def edits(init):
    """How long the edit list says the sound is, and what it cuts off before it."""
    at = init.index(b"elst") + 12
    return int.from_bytes(init[at : at + 8]), int.from_bytes(init[at + 8 : at + 16])


def begins(segment):
    """Where a segment says it begins, in samples, priming included."""
    at = segment.index(b"tfdt") + 8
    return int.from_bytes(segment[at : at + 8])
