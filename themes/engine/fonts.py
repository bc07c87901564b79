"""The families a label may choose by name: open licences, files of our own, no other host is ever asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SANS: Final = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
SERIF_KIN: Final = '"Iowan Old Style", "Palatino Linotype", Palatino, Georgia'
OWN = re.compile(r"own:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
"""How a font that the label brought itself is named: by the id of its file."""


@dataclass(frozen=True, slots=True)
class Font:
    """A family: `key` is its package's name at @fontsource, `width` the mean advance in em, `axes` what varies."""

    key: str
    family: str
    scripts: tuple[str, ...]
    weights: tuple[int, int]
    width: float
    is_serif: bool = False
    axes: tuple[str, ...] = ("wght",)
    licence: str = "OFL-1.1"

    @property
    def is_variable(self) -> bool:
        """Tell whether it comes from @fontsource-variable, whose families carry that word."""
        return bool(self.axes)

    @property
    def package(self) -> str:
        """The package that brings the files."""
        return f"@fontsource{'-variable' if self.is_variable else ''}/{self.key}"

    @property
    def families(self) -> str:
        """Names for a CSS font-family that goes on with the script's own fallback."""
        variable = f'"{self.family} Variable", ' if self.is_variable else ""
        kin = f", {SERIF_KIN}" if self.is_serif else ""
        return f'{variable}"{self.family}"{kin}'

    @property
    def stack(self) -> str:
        """A whole CSS font-family, for mail and whatever else stands alone."""
        return f"{self.families}, {'serif' if self.is_serif else SANS}"


_LATIN = ("Latn",)
_ARABIC = ("Latn", "Arab")
_TABLE = (
    Font("inter", "Inter", ("Latn", "Cyrl", "Grek"), (100, 900), 0.55),
    Font("hanken-grotesk", "Hanken Grotesk", _LATIN, (100, 900), 0.53),
    Font("space-grotesk", "Space Grotesk", _LATIN, (300, 700), 0.56),
    Font("archivo", "Archivo", _LATIN, (100, 900), 0.54, axes=("wght", "wdth")),
    Font("instrument-serif", "Instrument Serif", _LATIN, (400, 400), 0.42, is_serif=True, axes=()),
    Font("ibm-plex-sans-arabic", "IBM Plex Sans Arabic", _ARABIC, (100, 700), 0.54, axes=()),
    Font("noto-kufi-arabic", "Noto Kufi Arabic", ("Arab",), (100, 900), 0.58),
)
FONTS: Final[dict[str, Font]] = {font.key: font for font in _TABLE}


def is_known(key: str) -> bool:
    """Tell whether a font may be named so: one of ours, or one that a label brought."""
    return key in FONTS or OWN.fullmatch(key) is not None


def font_of(key: str) -> Font:
    """The family behind a name; a label's own file is a family that is called by its id."""
    own = OWN.fullmatch(key)
    if own is None:
        return FONTS[key]
    return Font(key, f"Own {own[1]}", (), (100, 900), 0.55, axes=(), licence="the label's own")
