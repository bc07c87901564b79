"""Every foreground that the kit puts on a background, with the contrast it must have.

A pair that is used and not declared is a defect: only what stands here is proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from themes.engine.colour import Colour, contrast
from themes.engine.inputs import Contrast

STATUSES: Final = ("success", "warning", "danger", "info")
SURFACES: Final = (
    "bg", "surface", "raised", "sunken", "hover", "selected", "accent-soft",
    *(f"{status}-soft" for status in STATUSES),
)  # fmt: skip
"""Whatever a text or a line may lie on; all foregrounds below hold on all of them."""
TEXTS: Final = ("text", "text-muted", "text-subtle", "accent-text", *(f"{status}-text" for status in STATUSES))
LINES: Final = ("line-strong", "accent-line", "accent-edge", "focus", *(f"{status}-line" for status in STATUSES))
FILLS: Final = ("accent", "accent-hover", "accent-active")

TEXT_RATIO: Final[dict[Contrast, float]] = {"AA": 4.5, "AAA": 7.0}
"""WCAG 2.2 §1.4.3 and §1.4.6."""
LINE_RATIO: Final = 3.0
"""WCAG 2.2 §1.4.11."""


class Pair(NamedTuple):
    """What lies on what, and the least contrast between them."""

    foreground: str
    background: str
    ratio: float


class Failing(NamedTuple):
    """A pair that does not reach its ratio, and what it reaches."""

    pair: Pair
    reached: float


def _declared(ratio: float) -> tuple[Pair, ...]:
    found = [Pair(text, surface, ratio) for surface in SURFACES for text in TEXTS]
    found += [Pair(line, surface, LINE_RATIO) for surface in SURFACES for line in LINES]
    found += [Pair("on-accent", fill, ratio) for fill in FILLS]
    found += [Pair(f"on-{status}", f"{status}-solid", ratio) for status in STATUSES]
    found += [Pair("on-inverse", "inverse", 7.0), Pair("on-inverse-muted", "inverse", ratio)]
    charts = ("bg", "surface", "raised")
    found += [Pair(f"data-{number}", surface, LINE_RATIO) for number in range(1, 9) for surface in charts]
    return tuple(found)


PAIRS: Final = {level: _declared(ratio) for level, ratio in TEXT_RATIO.items()}
"""Every declared pair at each level."""


def failing(palette: Mapping[str, Colour], level: Contrast) -> list[Failing]:
    """The declared pairs that do not hold."""
    measured = ((pair, contrast(palette[pair.foreground], palette[pair.background])) for pair in PAIRS[level])
    return [Failing(pair, reached) for pair, reached in measured if reached < pair.ratio]
