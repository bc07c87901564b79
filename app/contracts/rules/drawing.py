"""Where the contracts of a graph stand when it is drawn: each one column to the right of all that pay it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from uuid import UUID

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 190, 40, 70, 20, 2
Link = tuple[UUID, UUID]
LONGEST: Final = 22
"""Letters of a title that fit into its box."""


class Box(NamedTuple):
    """A contract: where its box begins, in units of the drawing."""

    contract: UUID
    x: int
    y: int


class Drawing(NamedTuple):
    """Boxes, lines between them, and how large the whole is."""

    boxes: list[Box]
    lines: list[tuple[int, int, int, int]]
    width: int
    height: int


def around(links: Iterable[Link], start: UUID) -> list[Link]:
    """The links that hang together with a contract, whichever way they lead."""
    links = sorted(links)
    known = {start}
    while more := {each for link in links if known & set(link) for each in link} - known:
        known |= more
    return [link for link in links if link[0] in known]


def draw(links: Iterable[Link], start: UUID) -> Drawing:
    """A drawing of links that form no circle."""
    links = list(links)
    columns: dict[int, list[UUID]] = defaultdict(list)
    for contract, column in sorted(_columns(links, start).items()):
        columns[column].append(contract)
    boxes = {
        contract: Box(contract, MARGIN + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y))
        for column, contracts in columns.items()
        for row, contract in enumerate(contracts)
    }
    lines = [_line(boxes, link) for link in links]
    most = max(len(contracts) for contracts in columns.values())
    width = (max(columns) + 1) * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN
    return Drawing(list(boxes.values()), lines, width, most * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN)


def _columns(links: list[Link], start: UUID) -> dict[UUID, int]:
    """How many payers stand before each contract at most."""
    columns = {start: 0} | {each: 0 for link in links for each in link}
    for _ in columns:  # the longest way passes each contract once
        for payer, debtor in links:
            columns[debtor] = max(columns[debtor], columns[payer] + 1)
    return columns


def _line(boxes: Mapping[UUID, Box], link: Link) -> tuple[int, int, int, int]:
    payer, debtor = boxes[link[0]], boxes[link[1]]
    return payer.x + WIDTH, payer.y + HEIGHT // 2, debtor.x, debtor.y + HEIGHT // 2
