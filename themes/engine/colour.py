"""Colours in OKLCH, measured as the screen shows them: rounded to eight bits, compared by WCAG luminance.

OKLab by Björn Ottosson (2020-12-16, public domain); contrast by WCAG 2.2, "relative luminance" and "contrast ratio".
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Toward = Literal["dark", "light"]

_STEPS = 14
_HEADROOM = 0.02
"""Solved contrast lies this much above what was asked, so that no later rounding can fall below it."""
_GAMUT_TOLERANCE = 1e-4


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


_LINEAR = [_linear(i / 255) for i in range(256)]
_EDGES = [_linear((i + 0.5) / 255) for i in range(255)]
"""Linear light at which an eight-bit channel turns to the next value: looking it up rounds and clips at once."""


def _linear_rgb(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3  # noqa: E741 the papers' names
    m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    )


def _is_shown(lightness: float, a: float, b: float) -> bool:
    low, high = -_GAMUT_TOLERANCE, 1 + _GAMUT_TOLERANCE
    red, green, blue = _linear_rgb(lightness, a, b)
    return low <= red <= high and low <= green <= high and low <= blue <= high


@lru_cache(maxsize=4096)  # a palette is solved by trying, and its two schemes and levels try much the same
def fit(lightness: float, chroma: float, hue: float) -> float:
    """The largest chroma up to `chroma` that sRGB can show; lightness and hue (degrees) stay."""
    x, y = math.cos(math.radians(hue)), math.sin(math.radians(hue))
    if _is_shown(lightness, chroma * x, chroma * y):
        return chroma
    low, high = 0.0, chroma
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _is_shown(lightness, middle * x, middle * y):
            low = middle
        else:
            high = middle
    return low


@lru_cache(maxsize=4096)
def _measured(lightness: float, chroma: float, hue: float) -> tuple[tuple[int, int, int], float]:
    """Eight bits a channel, and the WCAG relative luminance of just these."""
    angle = math.radians(hue)
    light = _linear_rgb(lightness, chroma * math.cos(angle), chroma * math.sin(angle))
    red, green, blue = (bisect(_EDGES, channel) for channel in light)
    return (red, green, blue), 0.2126 * _LINEAR[red] + 0.7152 * _LINEAR[green] + 0.0722 * _LINEAR[blue]


@dataclass(frozen=True)
class Colour:
    """A colour that sRGB can show: lightness 0 to 1, chroma, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    @staticmethod
    def of(lightness: float, chroma: float, hue: float) -> Colour:
        """The nearest colour that can be shown: chroma gives way, never lightness or hue."""
        lightness = min(1.0, max(0.0, lightness))
        return Colour(lightness, fit(lightness, chroma, hue), hue % 360)

    @staticmethod
    def of_hex(text: str) -> Colour:
        """The colour of "#rrggbb"; `hex` gives the same text back."""
        red, green, blue = (_LINEAR[int(text[i : i + 2], 16)] for i in (1, 3, 5))
        l = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)  # noqa: E741
        m = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
        s = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
        lightness = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s
        a = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s
        b = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s
        return Colour(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)

    def at(self, lightness: float) -> Colour:
        """The same hue at another lightness, with as much of the chroma as can be shown there."""
        return Colour.of(lightness, self.chroma, self.hue)

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Eight bits a channel."""
        return _measured(self.lightness, self.chroma, self.hue)[0]

    @property
    def luminance(self) -> float:
        """WCAG relative luminance of the rounded colour, 0 to 1."""
        return _measured(self.lightness, self.chroma, self.hue)[1]

    @property
    def hex(self) -> str:
        """The colour as "#rrggbb"."""
        return "#{:02x}{:02x}{:02x}".format(*self.rgb)


WHITE = Colour(1.0, 0.0, 0.0)
BLACK = Colour(0.0, 0.0, 0.0)


def contrast(one: Colour, other: Colour) -> float:
    """WCAG contrast ratio, 1 to 21."""
    low, high = sorted((one.luminance, other.luminance))
    return (high + 0.05) / (low + 0.05)


def solve(base: Colour, backs: Iterable[Colour], ratio: float, toward: Toward) -> Colour:
    """The colour nearest to `base` in lightness that keeps `ratio` on every one of `backs`.

    Hue stays, chroma gives way to the gamut alone. Going toward dark the darkest back decides, toward light the
    lightest; black and white end the way.
    """
    luminances = [back.luminance for back in backs]
    most = (min(luminances) + 0.05) / (ratio + _HEADROOM) - 0.05
    least = (max(luminances) + 0.05) * (ratio + _HEADROOM) - 0.05

    def holds(lightness: float, chroma: float) -> bool:
        _, luminance = _measured(lightness, chroma, base.hue)
        return luminance <= most if toward == "dark" else luminance >= least

    if holds(base.lightness, base.chroma):
        return base
    near, far = base.lightness, 0.0 if toward == "dark" else 1.0
    for _ in range(_STEPS):
        middle = (near + far) / 2
        if holds(middle, fit(middle, base.chroma, base.hue)):
            far = middle
        else:
            near = middle
    return base.at(far)
