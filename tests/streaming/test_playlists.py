"""Playlists keep to RFC 8216, as far as it concerns sound in one file; the rules are written down here."""

from __future__ import annotations

import re

import pytest

from app.streaming.rules import playlists
from app.streaming.rules.playlists import Sound

LENGTHS = [48_000, 52_000, 47_000, 9_000]


def a_sound(name="aac-64", codec="aac", **details):
    usual = {
        "rate": 48_000, "frames": 3 * 286_720 + 96_000, "segment_frames": 286_720, "init_length": 700,
        "lengths": LENGTHS,
    }  # fmt: skip
    return Sound(name=name, codec=codec, **(usual | details))


def broken_rules(text):
    """What RFC 8216 has against a media playlist."""
    lines = text.removesuffix("\n").split("\n")
    tags = [line for line in lines if line.startswith("#")]
    durations = [float(line[8:-1]) for line in tags if line.startswith("#EXTINF:")]
    target = int(re.search(r"#EXT-X-TARGETDURATION:(\d+)\n", text)[1])
    version = int(re.search(r"#EXT-X-VERSION:(\d+)\n", text)[1])
    ranges = [tuple(map(int, line[17:].split("@"))) for line in tags if line.startswith("#EXT-X-BYTERANGE:")]
    addresses = [line for line in lines if not line.startswith("#")]
    init = re.search(r'#EXT-X-MAP:URI="([^"]+)",BYTERANGE="(\d+)@(\d+)"', text)
    rules = {
        "4.1: UTF-8 without a mark and without control characters": re.search(r"[\x00-\x09\x0b-\x1f\x7f\ufeff]", text),
        "4.1: blank lines are only ignored, so none is written": "" in lines,
        "4.3.1.1: the first line is EXTM3U": lines[0] != "#EXTM3U",
        "4.3.1.2: one version": text.count("#EXT-X-VERSION:") != 1,
        "4.3.2.1: every segment has an EXTINF": len(durations) != len(addresses),
        "4.3.2.2: every segment has its range": len(ranges) != len(addresses),
        "4.3.2.2: ranges follow one another without gap or overlap": _gaps(init, ranges),
        "4.3.2.5: the init section comes before the first segment": text.index("#EXT-X-MAP") > text.index("#EXTINF"),
        "4.3.3.1: no rounded duration exceeds the target": max(map(round, durations)) > target,
        "4.3.3.1: one target duration": text.count("#EXT-X-TARGETDURATION:") != 1,
        "4.3.3.4: the end is marked, once and last": lines[-1] != "#EXT-X-ENDLIST",
        "4.3.3.5: what never changes is marked VOD": "#EXT-X-PLAYLIST-TYPE:VOD" not in tags,
        "4.3.4: no tag of a master playlist": "#EXT-X-STREAM-INF" in text,
        "7: fractions of seconds 3, ranges 4, MAP beside sound 6": version < 6,
        "4.1: tags are known ones": [line for line in tags if not _KNOWN.match(line)],
    }
    return [rule for rule, is_broken in rules.items() if is_broken]


_KNOWN = re.compile(
    r"#(EXTM3U$|EXT-X-(VERSION|TARGETDURATION|MEDIA-SEQUENCE):\d+$|EXT-X-PLAYLIST-TYPE:VOD$|EXT-X-ENDLIST$"
    r'|EXT-X-MAP:URI="[^"\n]+",BYTERANGE="\d+@\d+"$|EXTINF:\d+\.\d+,$|EXT-X-BYTERANGE:\d+@\d+$)'
)


def _gaps(init, ranges):
    at = int(init[2]) + int(init[3])
    for length, begin in ranges:
        if begin != at or length <= 0:
            return True
        at += length
    return int(init[3]) != 0


@pytest.mark.parametrize(
    "sound",
    [
        a_sound(),
        a_sound(frames=100, lengths=[90]),
        a_sound(frames=286_720, lengths=[90]),
        a_sound(rate=44_100, segment_frames=262_144, frames=2 * 262_144 + 1, lengths=[9, 9, 9]),
    ],
    ids=["four", "tiny", "exactly one", "a last one of one sample"],
)
def test_a_media_playlist_breaks_no_rule(sound):
    text = playlists.media(sound, "/files/abc")
    assert broken_rules(text) == []
    assert sum(float(found) for found in re.findall(r"#EXTINF:([\d.]+),", text)) == pytest.approx(
        sound.seconds, abs=1e-5
    )


def test_a_broken_playlist_would_be_noticed():
    text = playlists.media(a_sound(), "/files/abc")
    assert broken_rules(text.replace("#EXT-X-TARGETDURATION:6", "#EXT-X-TARGETDURATION:5"))
    assert broken_rules(text.replace("52000@48700", "52000@48701"))
    assert broken_rules(text.replace("#EXT-X-ENDLIST\n", ""))


def test_a_master_playlist_says_what_each_line_must_carry():
    """§4.3.4.2: BANDWIDTH is the peak of any segment, and a short last one is none."""
    lossless = a_sound("flac", "flac", lengths=[length * 20 for length in LENGTHS])
    text = playlists.master([lossless, a_sound()])
    assert text.split("\n") == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-STREAM-INF:BANDWIDTH=69643,AVERAGE-BANDWIDTH=62651,CODECS="mp4a.40.2"',
        "aac-64.m3u8",
        '#EXT-X-STREAM-INF:BANDWIDTH=1392858,AVERAGE-BANDWIDTH=1253013,CODECS="fLaC"',
        "flac.m3u8",
        "",
    ]
    short = a_sound(frames=286_720 + 4_800, lengths=[48_000, 9_000])
    assert playlists.peak_rate(short) == 64_286
