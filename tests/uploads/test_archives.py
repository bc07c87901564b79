"""An archive gives out what is safe, and says of every other file why it is not taken."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.uploads.rules.archives import ARCHIVE_SENTENCES, Entry, Refused, walk
from app.uploads.rules.limits import ArchiveLimits
from app.uploads.rules.refusals import ArchiveRefused, ArchiveTooLarge
from tests.uploads.books import a_zip


def verdicts(source, limits=None):
    return {
        entry.name: entry.rule if isinstance(entry, Refused) else entry.open().read() for entry in walk(source, limits)
    }


def test_files_are_given_out_in_order_with_their_content():
    entries = list(walk(a_zip({"b/1.wav": b"RIFF", "a.jpg": b"x" * 70_000, "empty.wav": b""})))
    assert [(entry.name, entry.size) for entry in entries] == [("b/1.wav", 4), ("a.jpg", 70_000), ("empty.wav", 0)]
    assert [entry.open().read() for entry in entries] == [b"RIFF", b"x" * 70_000, b""]


def test_folders_and_what_file_managers_leave_are_skipped():
    names = ["a/", "__MACOSX/._1.wav", "a/.DS_Store", "a/._2.wav", "Thumbs.db", "a/1.wav"]
    assert list(verdicts(a_zip(dict.fromkeys(names, b"")))) == ["a/1.wav"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("../x.wav", "leaves_folder"), ("a/../../x.wav", "leaves_folder"), ("/etc/passwd", "leaves_folder"),
        ("C:\\x.wav", "leaves_folder"), ("..\\x.wav", "leaves_folder"), ("inner.zip", "nested"), ("b.TAR.gz", "nested"),
        ("evil\u202egpj.wav", "name_unusable"), ("a\nb.wav", "name_unusable"), ("n" * 2_000, "name_unusable"),
    ],
)  # fmt: skip
def test_a_bad_name_costs_only_its_file(name, rule):
    found = verdicts(a_zip({"good.wav": b"1", name: b"2", "also.wav": b"3"}))
    assert rule in found.values()
    assert (found["good.wav"], found["also.wav"], len(found)) == (b"1", b"3", 3)
    assert rule in ARCHIVE_SENTENCES


def test_names_that_differ_only_in_case_or_form_are_told_of():
    found = list(walk(a_zip({"É.wav": b"1", "E\u0301.wav": b"2", "é.WAV": b"3"})))
    assert [getattr(entry, "rule", None) for entry in found] == [None, "name_twice", "name_twice"]


def test_a_link_is_not_followed():
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w") as archive:
        link = zipfile.ZipInfo("link.wav")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert verdicts(source) == {"link.wav": "link"}


def flagged(source, at_local, at_central, value):
    raw = bytearray(source.getvalue())
    local, central = raw.index(b"PK\x03\x04"), raw.index(b"PK\x01\x02")
    struct.pack_into("<H", raw, local + at_local, value)
    struct.pack_into("<H", raw, central + at_central, value)
    return io.BytesIO(bytes(raw))


def test_a_locked_file_and_an_unknown_method_are_told_of():
    source = a_zip({"a.wav": b"1", "b.wav": b"2"})
    assert verdicts(flagged(source, 6, 8, 1)) == {"a.wav": "encrypted", "b.wav": b"2"}
    assert verdicts(flagged(source, 8, 10, 99)) == {"a.wav": "method_unknown", "b.wav": b"2"}


def test_a_bomb_costs_only_its_file():
    limits = ArchiveLimits(ratio_counts_from=100_000)
    found = verdicts(a_zip({"bomb.wav": bytes(5_000_000), "good.wav": b"x"}), limits)
    assert found == {"bomb.wav": "swells", "good.wav": b"x"}
    assert verdicts(a_zip({"long.wav": b"x" * 200}), ArchiveLimits(entry_bytes=100)) == {"long.wav": "too_large"}


def test_an_archive_of_too_much_is_refused_as_a_whole():
    with pytest.raises(ArchiveTooLarge):
        walk(a_zip({"a": b"1", "b": b"2"}), ArchiveLimits(entries=1))
    with pytest.raises(ArchiveTooLarge):
        walk(a_zip({"a": b"11", "b": b"22"}), ArchiveLimits(total_bytes=3))
    with pytest.raises(ArchiveTooLarge):
        walk(a_zip({f"{n:0100}": b"" for n in range(1_000)}), ArchiveLimits(entries=10))


def test_entries_that_share_their_bytes_are_refused():
    raw = bytearray(a_zip({"a.wav": b"1" * 500, "b.wav": b"2" * 500}).getvalue())
    second = raw.index(b"PK\x01\x02", raw.index(b"PK\x01\x02") + 4)
    struct.pack_into("<I", raw, second + 42, 0)
    with pytest.raises(ArchiveRefused):
        walk(io.BytesIO(bytes(raw)))


def test_a_file_that_is_more_or_less_than_it_claims_is_refused_when_it_is_read():
    raw = a_zip({"a.wav": b"0123456789" * 50}).getvalue()
    for size in (100, 900):
        lying = io.BytesIO(raw.replace(struct.pack("<I", 500), struct.pack("<I", size)))
        (entry,) = walk(lying)
        assert isinstance(entry, Entry)
        with pytest.raises(ArchiveRefused):
            entry.open().read()


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("東京の夜.wav", "cp932"), ("Größe.wav", "cp437"), ("北京之夜晚.wav", "gb18030"), ("Łódź.wav", "utf-8")],
)
def test_names_in_any_script_are_read_without_a_mark(name, encoding):
    raw = name.encode(encoding)
    placeholder = "x" * len(raw)
    source = io.BytesIO(a_zip({placeholder: b"1"}).getvalue().replace(placeholder.encode(), raw))
    assert list(verdicts(source)) == [name]


def test_a_name_in_a_field_of_its_own_counts():
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w") as archive:
        info = zipfile.ZipInfo("a.wav")
        field = struct.pack("<BI", 1, zlib.crc32(b"a.wav")) + "夜.wav".encode()
        info.extra = struct.pack("<HH", 0x7075, len(field)) + field
        archive.writestr(info, b"1")
    assert list(verdicts(source)) == ["夜.wav"]


def test_names_in_every_script_marked_as_such():
    names = ["Ночь.wav", "夜/ليل.flac", "밤.wav", "Ñandú 🎵.aiff"]
    assert list(verdicts(a_zip(dict.fromkeys(names, b"")))) == names


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_bring_anything_but_entries_or_a_refusal(noise, at):
    whole = a_zip({"a.wav": b"0123456789" * 5, "b.wav": b"x"}).getvalue()
    for raw in (noise, whole[:at] + noise + whole[at + len(noise) :]):
        try:
            for entry in walk(io.BytesIO(raw)):
                if isinstance(entry, Entry):
                    entry.open().read()
        except ArchiveRefused:
            continue
