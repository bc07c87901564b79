"""Circles among contracts: who pays back whom, who follows whose rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID


def circle(links: Mapping[UUID, Iterable[UUID]], start: UUID) -> list[UUID]:
    """A way from a contract back to itself along links, in order; empty where there is none."""
    before: dict[UUID, UUID] = {}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for there in links.get(here, ()):
            if there == start:
                return _way(before, start, here)
            if there not in before:
                before[there] = here
                waiting.append(there)
    return []


def _way(before: Mapping[UUID, UUID], start: UUID, end: UUID) -> list[UUID]:
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]
