"""The built fonts as Typst reads them: unpacked, one weight a file, Latin and Arabic told apart by their names.

Pages load fonts in subsets and weights as axes. Typst takes one file per family and weight, so each face is cut to
what a theme asks for, under the family's name for Latin and that name with "Arab" for Arabic.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Final

from themes.engine.fonts import FONTS, Font

BUILT: Final = Path(__file__).parents[3] / "themes" / "base" / "dist"
SUBSETS: Final = {"latin": "", "arabic": " Arab"}
ARABIC: Final = "noto-kufi-arabic"
TEXT_WEIGHTS: Final = (400, 600)
_WEIGHT_STEP, _WIDTHS = 100, (75, 100, 125)
_FAMILY_NAMES = (1, 16)
_STATIC = re.compile(r"-(\d{3})-normal-")

_lock = Lock()


def folder_for(font: Mapping[str, Any], built: Path = BUILT) -> Path:
    """A folder with the faces that these flat tokens name; without a build it is empty, and Typst's own stands in."""
    weight = round(font["display_weight"] / _WEIGHT_STEP) * _WEIGHT_STEP
    width = min(_WIDTHS, key=lambda known: abs(known - font["display_width"]))
    # The steps above bound how many folders there can be, whatever labels choose.
    return _folder(built, font["text"], font["display"], max(100, weight), width)


def _folder(built: Path, text: str, display: str, weight: int, width: int) -> Path:
    name = re.sub(r"[^a-z0-9]+", "-", f"{text} {display} {weight} {width}".lower())
    with _lock:
        folder = _root(built) / name
        if not folder.exists():
            made = Path(tempfile.mkdtemp(dir=_root(built)))
            wanted = {(text, one, 100) for one in TEXT_WEIGHTS} | {(display, weight, width)}
            wanted |= {(FONTS[ARABIC].family, one, 100) for one in (400, 700)}
            for number, (family, one, wide) in enumerate(sorted(wanted)):
                for subset in SUBSETS:
                    if (body := _face(built, family, subset, one, wide)) is not None:
                        (made / f"{number}-{subset}.ttf").write_bytes(body)
            made.rename(folder)
        return folder


@cache
def _root(_built: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix="faces-"))


@cache
def _face(built: Path, family: str, subset: str, weight: int, width: int) -> bytes | None:
    """One face, or None where the family has no such subset or is a label's own."""
    font = next((font for font in FONTS.values() if font.family == family), None)
    file = _file(built, font, subset, weight) if font else None
    if font is None or file is None:
        return None
    # Read late: one drawing in a thousand requests needs it, and every start would wait for it.
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
    from fontTools.varLib.instancer import instantiateVariableFont  # type: ignore[import-untyped]

    face = TTFont(BytesIO(file.read_bytes()))
    if "fvar" in face:
        low, high = font.weights
        asked = {"wght": min(high, max(low, weight)), "wdth": width}
        known = {axis.axisTag for axis in face["fvar"].axes}
        face = instantiateVariableFont(face, {tag: value for tag, value in asked.items() if tag in known})
        face["OS/2"].usWeightClass, face["OS/2"].usWidthClass = asked["wght"], 5
    for name_id in _FAMILY_NAMES:
        face["name"].setName(family + SUBSETS[subset], name_id, 3, 1, 0x409)
    face.flavor = None
    out = BytesIO()
    face.save(out)
    return out.getvalue()


def _file(built: Path, font: Font, subset: str, weight: int) -> Path | None:
    if font.is_variable:
        axis = "wdth" if "wdth" in font.axes else "wght"
        return next(iter(sorted(built.rglob(f"{font.key}-{subset}-{axis}-normal-*.woff2"))), None)
    files = {
        int(found[1]): file
        for file in sorted(built.rglob(f"{font.key}-{subset}-[0-9]*-normal-*.woff2"))
        if (found := _STATIC.search(file.name)) is not None
    }
    return files[min(files, key=lambda known: abs(known - weight))] if files else None
