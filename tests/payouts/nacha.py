"""A bank's own reading of an ACH file, by the positions of the Nacha rules: it believes nothing and adds up everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Entry:
    code: str
    routing: str
    number: str
    cents: int
    known_as: str
    name: str
    trace: str
    addenda: list[str] = field(default_factory=list)


@dataclass
class Batch:
    company: str
    company_id: str
    kind: str
    effective: str
    number: str
    entries: list[Entry] = field(default_factory=list)


@dataclass
class File:
    destination: str
    origin: str
    made: str
    modifier: str
    batches: list[Batch] = field(default_factory=list)

    @property
    def entries(self) -> list[Entry]:
        return [entry for batch in self.batches for entry in batch.entries]


def read(raw: bytes) -> File:
    """Read a file as a bank would; an assertion for whatever it would send back."""
    text = raw.decode("ascii")
    assert text.endswith("\r\n")
    lines = text.split("\r\n")[:-1]
    assert all(len(line) == 94 for line in lines)
    assert all(re.fullmatch(r"[A-Z0-9 /\-?:().,'+]{94}", line) for line in lines)
    assert len(lines) % 10 == 0
    return _file(iter(lines), blocks=len(lines) // 10)


def _file(lines: Iterator[str], *, blocks: int) -> File:
    head = next(lines)
    assert (head[0], head[1:3], head[34:37], head[37:39], head[39]) == ("1", "01", "094", "10", "1")
    assert head[3] == " "
    found = File(destination=head[4:13], origin=head[13:23], made=head[23:33], modifier=head[33])
    count = total = hashed = 0
    line = next(lines)
    while line[0] == "5":
        batch, of_batch, of_hash, of_cents = _batch(line, lines)
        assert int(batch.number) == len(found.batches) + 1
        found.batches.append(batch)
        count, hashed, total = count + of_batch, hashed + of_hash, total + of_cents
        line = next(lines)
    assert line[0] == "9"
    assert (int(line[1:7]), int(line[7:13]), int(line[13:21])) == (len(found.batches), blocks, count)
    assert (int(line[21:31]), int(line[31:43]), int(line[43:55])) == (hashed % 10**10, 0, total)
    assert line[55:] == " " * 39
    assert all(filling == "9" * 94 for filling in lines)
    traces = [entry.trace for entry in found.entries]
    assert traces == sorted(set(traces))
    return found


def _batch(head: str, lines: Iterator[str]) -> tuple[Batch, int, int, int]:
    assert head[1:4] == "220"
    assert head[78] == "1"
    found = Batch(head[4:20].strip(), head[40:50], head[50:53], head[69:75], head[87:94])
    count = 0
    line = next(lines)
    while line[0] in "67":
        count += 1
        if line[0] == "6":
            assert line[79:87] == head[79:87]
            found.entries.append(_entry(line))
            expects = line[78]
        else:
            last = found.entries[-1]
            assert expects == "1"
            assert (line[1:3], int(line[83:87]), line[87:94]) == ("05", len(last.addenda) + 1, last.trace[-7:])
            last.addenda.append(line[3:83].strip())
        line = next(lines)
    hashed = sum(int(entry.routing[:8]) for entry in found.entries)
    cents = sum(entry.cents for entry in found.entries)
    assert (line[0], line[1:4], int(line[4:10])) == ("8", "220", count)
    assert (int(line[10:20]), int(line[20:32]), int(line[32:44])) == (hashed % 10**10, 0, cents)
    assert (line[44:54], line[79:87], line[87:94]) == (head[40:50], head[79:87], head[87:94])
    return found, count, hashed, cents


def _entry(line: str) -> Entry:
    routing = line[3:12]
    assert sum(int(digit) * weight for digit, weight in zip(routing, (3, 7, 1) * 3, strict=True)) % 10 == 0
    name = line[54:76].strip()
    assert name
    return Entry(line[1:3], routing, line[12:29].strip(), int(line[29:39]), line[39:54], name, line[79:94])
