"""One brand colour and a mood, turned into every colour that the kit uses, for one scheme.

White and black together always reach 4.58:1 on any colour (contrast with white × contrast with black = 21), so the
brand colour itself never has to change to carry a label. What is solved is the brand as text, as line and as edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from themes.engine.colour import BLACK, WHITE, Colour, Toward, contrast, solve
from themes.engine.inputs import Color, Contrast, Mood
from themes.engine.pairs import LINE_RATIO, STATUSES, SURFACES, TEXT_RATIO

Palette = dict[str, Colour]
Shade = Literal["light", "dark"]

DATA_COLOURS = 8
_GREY = 0.04
"""Below this chroma a brand has no hue to speak of."""
_BLUE = 255.0
_GOLDEN_ANGLE = 137.508
_STATUS_HUE = {"success": 152.0, "warning": 72.0, "danger": 25.0, "info": 250.0}


@dataclass(frozen=True, slots=True)
class _MoodTable:
    """Lightness of page, surface, raised and sunken; chroma of what is neutral; its hue if it is not the brand's."""

    light: tuple[float, float, float, float]
    dark: tuple[float, float, float, float]
    chroma_light: float
    chroma_dark: float
    hue: float | None = None


_MOODS: dict[Mood, _MoodTable] = {
    "neutral": _MoodTable((0.985, 1.0, 1.0, 0.968), (0.178, 0.206, 0.238, 0.152), 0.003, 0.008),
    "tinted": _MoodTable((0.980, 0.995, 1.0, 0.960), (0.175, 0.205, 0.240, 0.148), 0.010, 0.018),
    "paper": _MoodTable((0.972, 0.990, 0.998, 0.950), (0.182, 0.212, 0.246, 0.155), 0.011, 0.010, 82.0),
    "ink": _MoodTable((0.982, 1.0, 1.0, 0.965), (0.135, 0.165, 0.200, 0.110), 0.002, 0.004),
}


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every step of a palette needs to know."""

    brand: Colour
    tint: Colour
    is_dark: bool
    ratio: float
    hue: float
    chroma: float

    @property
    def away(self) -> Toward:
        """The direction that leads away from the surfaces."""
        return "light" if self.is_dark else "dark"

    def pick(self, light: float, dark: float) -> float:
        """The value for this scheme."""
        return dark if self.is_dark else light

    def neutral(self, lightness: float, strength: float = 1.0) -> Colour:
        """A grey of the mood."""
        return Colour.of(lightness, self.chroma * strength, self.hue)


def build(color: Color, shade: Shade, *, contrast_level: Contrast | None = None) -> Palette:
    """Every semantic colour of these inputs in one scheme; `contrast_level` stands in for the author's own."""
    ground = _ground(color, shade, contrast_level or color.contrast)
    palette = _surfaces(ground, color.mood)
    backs = [palette[name] for name in SURFACES]
    palette |= _neutrals(ground, backs)
    palette |= _brand(ground, backs, color.label_on_brand)
    palette |= _inverse(ground)
    for status in STATUSES:
        palette |= _status(ground, status, backs)
    return palette | _data(ground, palette)


def _ground(color: Color, shade: Shade, level: Contrast) -> _Ground:
    brand, is_dark, mood = Colour.of_hex(color.brand), shade == "dark", _MOODS[color.mood]
    chroma = mood.chroma_dark if is_dark else mood.chroma_light
    return _Ground(
        brand=brand,
        tint=Colour.of_hex(color.accent) if color.accent else brand,
        is_dark=is_dark,
        ratio=TEXT_RATIO[level],
        hue=brand.hue if mood.hue is None else mood.hue,
        chroma=min(chroma, 0.004) if brand.chroma < 0.02 and mood.hue is None else chroma,
    )


def _surfaces(ground: _Ground, mood: Mood) -> Palette:
    page, surface, raised, sunken = _MOODS[mood].dark if ground.is_dark else _MOODS[mood].light
    tint, strong = ground.tint, min(ground.tint.chroma, 0.16)
    palette = {
        "bg": ground.neutral(page),
        "surface": ground.neutral(surface, ground.pick(0.5, 1)),
        "raised": ground.neutral(raised, ground.pick(0.35, 1)),
        "sunken": ground.neutral(sunken),
        "hover": ground.neutral(surface + ground.pick(-0.022, 0.026)),
        "selected": Colour.of(
            surface + ground.pick(-0.030, 0.030), max(ground.chroma, strong * ground.pick(0.13, 0.22)), tint.hue
        ),
        "accent-soft": Colour.of(ground.pick(0.945, 0.285), strong * ground.pick(0.26, 0.42), tint.hue),
    }
    for status in STATUSES:
        light, chroma = (0.955, 0.055) if status == "warning" else (0.950, 0.040)
        dark = 0.300 if status == "warning" else 0.285
        palette[f"{status}-soft"] = Colour.of(
            ground.pick(light, dark), ground.pick(chroma, 0.061), _status_hue(ground, status)
        )
    return palette


def _neutrals(ground: _Ground, backs: Sequence[Colour]) -> Palette:
    surface, away = backs[1].lightness, ground.away
    # Only what is read at length goes this far; the ratios leave room between the three voices.
    return {
        "text": solve(ground.neutral(ground.pick(0.22, 0.95), 1.4), backs, ground.pick(13.0, 11.0), away),
        "text-muted": solve(ground.neutral(0.60, 1.6), backs, max(5.6, ground.ratio), away),
        "text-subtle": solve(ground.neutral(ground.pick(0.70, 0.50), 1.6), backs, ground.ratio, away),
        "line": ground.neutral(surface + ground.pick(-0.075, 0.075), 1.2),
        "line-soft": ground.neutral(surface + ground.pick(-0.042, 0.045), 1.2),
        "line-strong": solve(ground.neutral(ground.pick(0.85, 0.35), 1.6), backs, LINE_RATIO, away),
    }


def _brand(ground: _Ground, backs: Sequence[Colour], wish: str) -> Palette:
    tint, ratio, away = ground.tint, ground.ratio, ground.away
    fill = _fill(ground.brand, ratio)
    label = label_on(fill, ratio, wish)
    focus = tint if tint.chroma > _GREY else Colour.of(0.6, 0.17, _BLUE)
    return {
        "accent": fill,
        "on-accent": label,
        "accent-hover": _pressed(fill, label, 0.035, ratio),
        "accent-active": _pressed(fill, label, 0.065, ratio),
        # Lime on white or navy on black keeps its colour and gets an outline; the border vanishes where none is needed.
        "accent-edge": solve(fill, backs, LINE_RATIO, away),
        "accent-line": solve(tint, backs, LINE_RATIO, away),
        "accent-text": solve(tint, backs, ratio, away),
        "focus": solve(focus, backs, 3.2, away),
    }


def _fill(brand: Colour, ratio: float) -> Colour:
    """The brand colour itself; only AAA can ask for more than white or black reach on it."""
    on_white, on_black = contrast(WHITE, brand), contrast(BLACK, brand)
    if max(on_white, on_black) >= ratio:
        return brand
    return solve(brand, [WHITE], ratio, "dark") if on_white >= on_black else solve(brand, [BLACK], ratio, "light")


def label_on(fill: Colour, ratio: float, wish: str = "auto") -> Colour:
    """What is written on a filled area: white or a near black, as wished where that can be read."""
    ink = Colour.of(0.16, min(fill.chroma, 0.03), fill.hue)
    light, dark = contrast(WHITE, fill), contrast(ink, fill)
    likes_white = wish == "light" or (wish == "auto" and (light >= dark or fill.lightness < 0.72))
    for colour, reached in ((WHITE, light), (ink, dark)) if likes_white else ((ink, dark), (WHITE, light)):
        if reached >= ratio:
            return colour
    return max((WHITE, BLACK), key=lambda colour: contrast(colour, fill))


def _pressed(fill: Colour, label: Colour, step: float, ratio: float) -> Colour:
    """The fill under a pointer, moved away from its label, or as it is where the label could not be read any more."""
    step = step if label.lightness < 0.5 else -step
    there = fill.lightness + step
    moved = fill.at(there if 0.06 < there < 0.985 else fill.lightness - step * 0.6)
    return moved if contrast(moved, label) >= ratio else fill


def _inverse(ground: _Ground) -> Palette:
    inverse = ground.neutral(ground.pick(0.24, 0.93), 1.4)
    toward: Toward = "dark" if ground.is_dark else "light"
    return {
        "inverse": inverse,
        "on-inverse": solve(ground.neutral(ground.pick(0.97, 0.25)), [inverse], 7.0, toward),
        "on-inverse-muted": solve(ground.neutral(ground.pick(0.7, 0.5)), [inverse], ground.ratio, toward),
    }


def _status_hue(ground: _Ground, status: str) -> float:
    """Green, amber, red and blue, each leaning up to ten degrees towards the brand so that they look native."""
    hue = _STATUS_HUE[status]
    if ground.brand.chroma <= _GREY:
        return hue
    apart = (ground.brand.hue - hue + 180) % 360 - 180
    return hue + max(-10.0, min(10.0, apart * 0.12))


def _status(ground: _Ground, status: str, backs: Iterable[Colour]) -> Palette:
    hue, ratio, backs = _status_hue(ground, status), ground.ratio, list(backs)
    is_warning = status == "warning"
    base = Colour.of(0.78, 0.155, hue) if is_warning else Colour.of(0.60, 0.165, hue)
    solid = base if is_warning else solve(base, [WHITE], ratio, "dark")
    return {
        f"{status}-text": solve(base, backs, ratio, ground.away),
        f"{status}-solid": solid,
        f"on-{status}": label_on(solid, ratio),
        f"{status}-line": solve(base, backs, LINE_RATIO, ground.away),
    }


def _data(ground: _Ground, palette: Palette) -> Palette:
    """Colours for charts: the brand's first, then hues spread by the golden angle, each 3:1 on what charts lie on."""
    backs = [palette[name] for name in ("bg", "surface", "raised")]
    start = ground.tint.hue if ground.tint.chroma > _GREY else _BLUE
    found = {"data-1": palette["accent-line"]}
    for i in range(1, DATA_COLOURS):
        lightness = ground.pick(0.60, 0.72) + (0.05 if i % 2 else -0.03)
        base = Colour.of(lightness, 0.13, start + _GOLDEN_ANGLE * i)
        found[f"data-{i + 1}"] = solve(base, backs, LINE_RATIO, ground.away)
    return found
