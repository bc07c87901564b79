"""Hash chains: every link covers a fact and everything before it, so that a past that was altered shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

GENESIS = bytes(32)


class Link(NamedTuple):
    """One link as it is stored, and the fact as it stands now; `facts` is None where that is gone."""

    position: int
    hash: bytes
    facts: bytes | None


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link: how many facts are sealed, and the hash over them all."""

    position: int
    hash: bytes

    def next(self, facts: bytes) -> Head:
        """The head with one more fact: SHA-256 over the last link and the fact."""
        return Head(self.position + 1, hashlib.sha256(self.hash + facts).digest())


START = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the chain found; `position` is the first link that is wrong."""

    ok: bool
    position: int
    problem: Literal["", "altered", "missing", "cut off", "differs from the kept head"] = ""


def walk(chain: Iterable[Link], kept: Head | None) -> Verdict:
    """Walk a chain from its beginning and compare its end with the head kept elsewhere."""
    head = START
    reached_kept = kept is None or kept.position == 0
    for position, digest, facts in chain:
        if position != head.position + 1 or facts is None:
            return Verdict(ok=False, position=head.position + 1, problem="missing")
        head = head.next(facts)
        if digest != head.hash:
            return Verdict(ok=False, position=position, problem="altered")
        if kept is not None and position == kept.position:
            if digest != kept.hash:
                return Verdict(ok=False, position=position, problem="differs from the kept head")
            reached_kept = True
    if not reached_kept:
        return Verdict(ok=False, position=head.position + 1, problem="cut off")
    return Verdict(ok=True, position=head.position)
