"""Whole pages that everybody sees alike, kept in this process until something happens at their label.

What is kept counts for one generation of a label. Every activity ends the generation: at once in the process that
committed it, and in all others as soon as the database's notification is heard; while nobody listens nothing is kept.
A page that was made while a change was committed belongs to the generation before it and is shown to nobody else.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import zlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.kernel.tenant import Tenant

MOST_BYTES: Final = 64 * 1024 * 1024
MOST_PAGES: Final = 20_000
SHARE: Final = 4
"""No label has more than this part of the room: who goes through all pages of one label pushes out no other's."""
LONGEST_SECONDS: Final = 300.0
"""Links in a page end, days begin and prices change by themselves; no page outlives any of that."""

NONCE: Final = b"0123456789abcdef012345"
"""Stands where an answer's own nonce comes, which is as long."""

_SQUEEZE = 6
_T = TypeVar("_T")


class Key(NamedTuple):
    """Whose page, of which address, as which choice of the visitor makes it."""

    cell: str
    tenant_id: str
    epoch: int
    origin: str
    path: str
    choice: tuple[str, ...]


@dataclass(slots=True)
class Kept:
    """A page as it was made: in pieces between which the nonce comes, plain and compressed."""

    tag: str
    pieces: list[bytes]
    headers: list[tuple[bytes, bytes]]
    generation: tuple[int, int]
    until: float
    size: int
    squeezed: list[bytes] = field(default_factory=list)

    def body(self, nonce: bytes) -> bytes:
        """The page with this answer's nonce."""
        return nonce.join(self.pieces)

    def zipped(self, nonce: bytes) -> bytes:
        """The same as gzip (RFC 1952): pieces that were compressed once, and between them the nonce as it is."""
        plain = self.body(nonce)
        length = len(nonce)
        stored = b"\x00" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + nonce
        end = zlib.crc32(plain).to_bytes(4, "little") + (len(plain) & 0xFFFFFFFF).to_bytes(4, "little")
        return _HEAD + stored.join(self.squeezed) + _END + end


_HEAD: Final = gzip.compress(b"", mtime=0)[:10]
_END: Final = b"\x03\x00"
"""An empty last block."""


class PageCache:
    """What one process keeps of all labels' pages, the longest unused of them forgotten first."""

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pages: OrderedDict[Key, Kept] = OrderedDict()
        self._by_label: defaultdict[str, OrderedDict[Key, None]] = defaultdict(OrderedDict)
        self._bytes_by_label: Counter[str] = Counter()
        self._values: OrderedDict[tuple[str, str, int], tuple[tuple[int, int], float, Any]] = OrderedDict()
        self._generations: dict[str, int] = {}
        self._deafness, self._bytes = 0, 0
        self._ears: Counter[str] = Counter()
        self._lock = threading.Lock()

    def hear(self, cell: str) -> None:
        """From now on somebody tells of every activity in a cell."""
        with self._lock:
            self._ears[cell] += 1
            self._deafness += 1

    def go_deaf(self, cell: str) -> None:
        """Nobody tells any more: whatever is kept may be of yesterday."""
        with self._lock:
            self._ears[cell] -= 1
            self._deafness += 1

    def happened(self, tenant_id: str) -> None:
        """Let nothing count any more that was kept of this label."""
        with self._lock:
            self._generations[tenant_id] = self._generations.get(tenant_id, 0) + 1

    def generation(self, tenant_id: str) -> tuple[int, int]:
        """What a page has to be of to be shown now."""
        return self._deafness, self._generations.get(tenant_id, 0)

    def is_listening(self, cell: str) -> bool:
        """Whether activity of other processes is heard of."""
        return self._ears[cell] > 0

    def find(self, key: Key) -> Kept | None:
        """A page as it would be made now."""
        kept = self._pages.get(key)
        if kept is None:
            return None
        if kept.generation != self.generation(key.tenant_id) or kept.until < monotonic():
            self._forget(key)
            return None
        return kept

    def keep(
        self,
        key: Key,
        body: bytes,
        headers: list[tuple[bytes, bytes]],
        *,
        nonce: str,
        generation: tuple[int, int],
        seconds: float = LONGEST_SECONDS,
    ) -> str:
        """Keep a page that was begun at a generation; give its tag. One that is old already is not kept."""
        pieces = body.split(nonce.encode())
        tag = '"' + hashlib.blake2b(NONCE.join(pieces), digest_size=16).hexdigest() + '"'
        if not self.is_listening(key.cell) or generation != self.generation(key.tenant_id):
            return tag
        squeezed = _squeezed(pieces)
        size = len(body) + sum(map(len, squeezed)) + 1_000
        until = monotonic() + min(seconds, LONGEST_SECONDS)
        kept = Kept(tag, pieces, headers, generation, until, size, squeezed)
        with self._lock:
            self._drop(key)
            self._pages[key] = kept
            self._by_label[key.tenant_id][key] = None
            self._bytes += size
            self._bytes_by_label[key.tenant_id] += size
            self._make_room(key.tenant_id)
        return tag

    def _make_room(self, tenant_id: str) -> None:
        """Let the longest unused go: this label's while it has more than its share, then anybody's."""
        own = self._by_label[tenant_id]
        while self._bytes_by_label[tenant_id] > self._most_bytes // SHARE or len(own) > MOST_PAGES // SHARE:
            self._drop(next(iter(own)))
        while self._bytes > self._most_bytes or len(self._pages) > MOST_PAGES:
            self._drop(next(iter(self._pages)))

    def _drop(self, key: Key) -> None:
        if (kept := self._pages.pop(key, None)) is None:
            return
        self._bytes -= kept.size
        self._bytes_by_label[key.tenant_id] -= kept.size
        del self._by_label[key.tenant_id][key]

    def used(self, key: Key) -> None:
        """Note that a page was wanted, so that it stays longer than others."""
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
                self._by_label[key.tenant_id].move_to_end(key)

    def known(self, tenant: Tenant, name: str, make: Callable[[], _T]) -> _T:
        """A value that every page of a label needs, made once in a generation."""
        place, generation = (tenant.id, name, tenant.epoch), self.generation(tenant.id)
        found = self._values.get(place)
        if found is not None and found[0] == generation and found[1] > monotonic():
            value: _T = found[2]
            return value
        made = make()
        if self.is_listening(tenant.cell):
            with self._lock:
                self._values[place] = (generation, monotonic() + LONGEST_SECONDS, made)
                while len(self._values) > MOST_PAGES:
                    self._values.popitem(last=False)
        return made

    def _forget(self, key: Key) -> None:
        with self._lock:
            self._drop(key)


def _squeezed(pieces: list[bytes]) -> list[bytes]:
    """Pieces as raw blocks (RFC 1951) that need nothing of one another."""
    found = []
    for piece in pieces:
        squeezer = zlib.compressobj(_SQUEEZE, zlib.DEFLATED, -15)
        found.append(squeezer.compress(piece) + squeezer.flush(zlib.Z_FULL_FLUSH))
    return found


pages: Final = PageCache()
"""Of this process."""


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    """A process need not be told what it did itself."""
    tenant = session.info.get("tenant")
    if tenant is not None and session.info.pop("has_news", False):
        pages.happened(tenant.id)
