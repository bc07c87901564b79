"""What players get, decoded again: not a sample more or less than the master, and cut at the same moments."""

from __future__ import annotations

import numpy as np
import pytest

from app.kernel import db
from app.streaming.models import PreviewChoice
from tests.media import as_integers
from tests.streaming.mastering import (
    Player,
    begins,
    decode,
    edits,
    granted,
    music,
    out,
    rendered,
    renditions,
    work,
)

NAMES = ("aac-64", "aac-128", "aac-256", "flac")
_made = {}


@pytest.fixture
def song(label):
    """A recording of 24 bits at 44.1 kHz with its renditions, made once."""
    return _once(label, "song", sounds=[music()])


def _once(label, name, **details):
    if name not in _made:
        _, (recording_id, *_) = out(label, **details)
        rendered(label, recording_id)
        _made[name] = recording_id
    return _made[name]


@pytest.fixture
def listener(client_of, label):
    return client_of(f"{label.slug}.localhost")


def test_lossless_is_the_master_to_the_last_bit(label, song, listener):
    heard = Player(listener, granted(label, song), "flac").decoded()
    assert renditions(label, song)["flac"].bits == 24
    assert np.array_equal(heard, as_integers(music(), 24).T << 8)


@pytest.mark.parametrize("name", ["aac-64", "aac-128", "aac-256"])
def test_lossy_lasts_as_long_as_the_master_and_lies_where_it_lies(label, song, listener, name):
    player, sound = Player(listener, granted(label, song), name), music().T
    length, priming = edits(player.init)
    assert (length, priming) == (sound.shape[1], 1_024)
    heard = player.decoded()
    assert 0 <= heard.shape[1] - sound.shape[1] < 1_024, "only what pads the last packet may follow"
    assert begins(player.segments[-1]) + _samples(player.segments[-1]) == priming + sound.shape[1]
    heard = heard[:, : sound.shape[1]]
    shifts = {shift: _error(heard, np.roll(sound, shift, axis=1)) for shift in (-1_024, -1, 0, 1, 1_024)}
    assert min(shifts, key=shifts.get) == 0, "no sample earlier or later than in the master"


def _samples(segment):
    """The sum of durations of the last fragment, each of which it names."""
    at = segment.index(b"trun") + 4
    assert int.from_bytes(segment[at : at + 4]) & 0x100
    count = int.from_bytes(segment[at + 4 : at + 8])
    return sum(int.from_bytes(segment[at + 12 + 8 * n : at + 16 + 8 * n]) for n in range(count))


def _error(heard, sound):
    return float(np.sqrt(np.mean((heard - sound) ** 2)))


@pytest.mark.parametrize("name", ["aac-128", "aac-256", "flac"])
def test_no_seam_is_heard(label, song, listener, name):
    """Around every seam the sound is as near to the master as anywhere else."""
    player, sound = Player(listener, granted(label, song), name), music().T
    heard = player.decoded()[:, : sound.shape[1]]
    heard = heard / 2**31 if name == "flac" else heard
    away = np.abs(heard - sound).max(axis=0)
    segment = renditions(label, song)[name].segment_frames
    seams = range(segment, sound.shape[1], segment)
    assert len(seams) == 2
    for seam in seams:
        assert away[seam - 64 : seam + 64].max() <= 1.2 * np.quantile(away, 0.9999) + 1e-6


def test_every_rendition_is_cut_at_the_same_moments(label, song, listener):
    token = granted(label, song)
    players = {name: Player(listener, token, name) for name in NAMES}
    assert len({tuple(player.durations) for player in players.values()}) == 1
    for player in players.values():
        _, priming = edits(player.init)
        heard_at = [max(0, begins(segment) - priming) / 44_100 for segment in player.segments]
        assert heard_at == pytest.approx([0, *np.cumsum(player.durations)[:-1]], abs=1e-6)


def test_each_segment_can_be_played_by_itself(label, song, listener):
    player = Player(listener, granted(label, song), "flac")
    whole = as_integers(music(), 24).T << 8
    segment = renditions(label, song)["flac"].segment_frames
    for place in range(len(player.segments)):
        part = player.decoded(place)
        assert np.array_equal(part, whole[:, place * segment : (place + 1) * segment])


def test_the_file_is_nothing_but_its_init_section_and_its_segments(label, song):
    from app.kernel.files import StoredFile

    for one in renditions(label, song).values():
        with db.tenant_read(label) as session:
            stored = session.get_one(StoredFile, one.file_id)
        assert stored.size == one.init_length + sum(one.lengths)
        assert stored.is_derived


def test_sixteen_bits_stay_sixteen_and_one_channel_one(label, listener):
    quiet = music(7.0, channels=1)
    recording_id = _once(label, "sixteen", sounds=[quiet], bits=16)
    made = renditions(label, recording_id)
    assert {one.channels for one in made.values()} == {1}
    assert made["flac"].bits == 16
    heard = Player(listener, granted(label, recording_id), "flac").decoded()
    assert np.array_equal(heard, as_integers(quiet, 16).T)


@pytest.mark.parametrize(("rate", "lossless", "lossy"), [(96_000, 96_000, 48_000), (50_000, 48_000, 48_000)])
def test_other_rates_are_cut_at_common_moments_too(label, listener, rate, lossless, lossy):
    recording_id = _once(label, f"at {rate}", sounds=[music(8.0, rate=rate)], rate=rate)
    made = renditions(label, recording_id)
    assert (made["flac"].rate, made["aac-128"].rate) == (lossless, lossy)
    assert made["flac"].segment_frames / lossless == made["aac-128"].segment_frames / lossy
    token = granted(label, recording_id)
    lasts = {name: sum(Player(listener, token, name).durations) for name in NAMES}
    assert max(abs(seconds - 8.0) for seconds in lasts.values()) < 0.001


def test_a_preview_is_an_excerpt_that_fades_in_and_out(label, song, listener):
    """Of fourteen seconds it is half, the loudest."""
    made = renditions(label, song, "preview")
    assert set(made) == {"aac-64", "aac-128", "aac-256"}, "what is given away is not lossless"
    player = Player(listener, granted(label, song, kind="preview"), "aac-128")
    assert sum(player.durations) == pytest.approx(7.15, abs=0.01)
    heard = player.decoded()
    loud = [float(np.sqrt(np.mean(part**2))) for part in np.array_split(heard[:, : 7 * 44_100], 70, axis=1)]
    assert loud[0] < loud[10] / 3
    assert loud[-1] < loud[-11] / 1.5


def test_a_chosen_preview_is_where_somebody_chose_it(label, client_of):
    _, (recording_id, *_) = out(label, sounds=[music(62.0, channels=1)], bits=16)
    with db.tenant_work(label) as session:
        from app.kernel import clock

        session.add(PreviewChoice(recording_id=recording_id, start_ms=31_000, length_ms=30_000, changed_at=clock.now()))
    rendered(label, recording_id)
    made = renditions(label, recording_id, "preview")["aac-256"]
    assert made.source.endswith(":31000:30000")
    player = Player(client_of(f"{label.slug}.localhost"), granted(label, recording_id, kind="preview"), "aac-256")
    heard, sound = player.decoded()[0], music(62.0, channels=1).T[0]
    inner = slice(44_100, 20 * 44_100)
    assert _error(heard[inner], sound[31 * 44_100 :][inner]) < 0.01
    assert work(label) == []


def test_a_player_without_playlists_gets_one_file(label, song, listener):
    answer = listener.get(f"/stream/{granted(label, song)}")
    assert answer.status_code == 303
    file = listener.get(answer.headers["location"])
    assert file.headers["content-type"] == "audio/mp4"
    assert decode(file.content).shape[1] - len(music()) in range(1_024)
