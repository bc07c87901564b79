"""From some thirty inputs to everything that carries a label's face: solved, never merely checked."""

from __future__ import annotations

from themes.engine.difference import Change, changes
from themes.engine.fonts import FONTS, Font
from themes.engine.inputs import InputRefused, Inputs, modern, parse
from themes.engine.outputs import VERSION, Resolved, resolve
from themes.engine.pairs import PAIRS, Pair, failing
from themes.engine.palette import Palette, build
from themes.engine.presets import Preset, presets

__all__ = [
    "FONTS",
    "PAIRS",
    "VERSION",
    "Change",
    "Font",
    "InputRefused",
    "Inputs",
    "Pair",
    "Palette",
    "Preset",
    "Resolved",
    "build",
    "changes",
    "failing",
    "modern",
    "parse",
    "presets",
    "resolve",
]
