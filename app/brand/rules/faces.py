"""The built fonts as Typst reads them: unpacked, one weight a file, Latin and Arabic told apart by their names.

Pages load fonts in subsets and weights as axes. Typst takes one file per family and weight, so each face is cut to
what a theme asks for: the commonest Latin under the family's name, each other subset under that name and a word more.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from stat import S_ISDIR
from threading import Lock
from typing import Any, Final

from themes.engine.fonts import FONTS, Font

BUILT: Final = Path(__file__).parents[3] / "themes" / "base" / "dist"
SUBSETS: Final = {
    "latin": "", "latin-more": " More", "latin-ext": " Ext", "arabic": " Arab", "arabic-more": " Arab More",
}  # fmt: skip
ARABIC: Final = "noto-kufi-arabic"
BESIDE_OWN: Final = "inter"
"""What stands in for letters that a label's own font lacks."""
TEXT_WEIGHTS: Final = (400, 600)
_WEIGHT_STEP, _WIDTHS = 100, (62, 75, 87.5, 100, 112.5, 125)
_FAMILY_NAMES = (1, 16)
_STYLE_NAME, _FACE_NAME = 2, 6
_ARABIC_LETTERS: Final = "[\u0600-\u08ff\ufb50-\ufefc]"
_LETTERS: Final = {
    "latin": re.compile(""),
    "latin-more": re.compile("[\u0080-\u00ff\u2000-\u2fff]"),
    "latin-ext": re.compile("[\u0100-\u02ff\u1d00-\u1eff\u20a0-\u20c0\u2113\ua720-\ua7ff]"),
    "arabic": re.compile(_ARABIC_LETTERS),
    "arabic-more": re.compile(_ARABIC_LETTERS),
}
EAST_ASIAN: Final = {"ja": "Noto Sans JP", "ko": "Noto Sans KR", "zh": "Noto Sans SC"}
"""The same sign is drawn in another way where another language is read: the reader's own comes first."""
_EAST_ASIAN_LETTERS: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]|[\U00020000-\U0003ffff]"
)
_STATIC = re.compile(r"-(\d{3})-normal-")

_lock = Lock()


def folder_for(font: Mapping[str, Any], text: str, built: Path = BUILT) -> Path:
    """A folder with the faces that these flat tokens name, as far as `text` needs them.

    Without a build it is empty, and Typst's own stands in.
    """
    weight = round(font["display_weight"] / _WEIGHT_STEP) * _WEIGHT_STEP
    width = min(_WIDTHS, key=lambda known: abs(known - font["display_width"]))
    # The steps above, and one family for all that labels bring, bound how many folders there can be.
    names = [name if _ours(name) else FONTS[BESIDE_OWN].family for name in (font["text"], font["display"])]
    return _folder(built, names[0], names[1], max(100, weight), width, _subsets(text))


def east_asian_folder(text: str, built: Path = BUILT) -> Path | None:
    """The folder with faces for Japanese, Korean and Chinese, where a text has a letter of theirs.

    They are large: what is drawn of anything else does not look at them.
    """
    folder = built / "paper"
    return folder if _EAST_ASIAN_LETTERS.search(text) and folder.is_dir() else None


def east_asian_families(language: str) -> list[str]:
    """Their families in the order in which a reader of this language (a code of two letters) is to see them."""
    return sorted(EAST_ASIAN.values(), key=lambda family: family != EAST_ASIAN.get(language))


def own_files(own: Mapping[str, bytes], font: Mapping[str, Any]) -> Iterator[bytes]:
    """A label's own fonts (WOFF2 by family) in the weights that these flat tokens ask for."""
    asked = sorted({*TEXT_WEIGHTS, round(font["display_weight"] / _WEIGHT_STEP) * _WEIGHT_STEP})
    for family, woff2 in own.items():
        for weight in asked if _varies(woff2) else asked[:1]:
            yield _cut(woff2, family, weight, font["display_width"])


def _ours(family: str) -> Font | None:
    return next((font for font in FONTS.values() if font.family == family), None)


def _subsets(text: str) -> tuple[str, ...]:
    """What a text is written with: to cut a face takes a fifth of a second, and most drawings are Latin alone."""
    return tuple(subset for subset, letters in _LETTERS.items() if letters.search(text))


def _folder(built: Path, text: str, display: str, weight: int, width: float, subsets: tuple[str, ...]) -> Path:
    name = re.sub(r"[^a-z0-9]+", "-", " ".join((text, display, str(weight), str(width), *subsets)).lower())
    with _lock:
        folder = _root(built) / name
        if not folder.exists():
            made = Path(tempfile.mkdtemp(dir=_root(built)))
            wanted = {(text, one, 100) for one in TEXT_WEIGHTS} | {(display, weight, width)}
            if "arabic" in subsets:
                wanted |= {(FONTS[ARABIC].family, one, 100) for one in (400, 700)}
            for number, (family, one, wide) in enumerate(sorted(wanted)):
                for subset in subsets:
                    if (body := _face(built, family, subset, one, wide)) is not None:
                        (made / f"{number}-{subset}.ttf").write_bytes(body)
            try:
                made.rename(folder)
            except OSError:  # another process was quicker
                shutil.rmtree(made, ignore_errors=True)
        return folder


@cache
def _root(built: Path) -> Path:
    """Where the processes of one user find what one of them has cut from this build."""
    cut_by = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(built.rglob("*.woff2")):
        cut_by.update(f"{file.name} {file.stat().st_size}\n".encode())
    root = Path(tempfile.gettempdir()) / f"boptone-faces-{os.geteuid()}-{cut_by.hexdigest()[:16]}"
    with suppress(FileExistsError):
        root.mkdir(mode=0o700)
    found = root.lstat()
    is_ours = S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and found.st_mode & 0o077 == 0
    return root if is_ours else Path(tempfile.mkdtemp(prefix="faces-"))


@cache
def _face(built: Path, family: str, subset: str, weight: int, width: float) -> bytes | None:
    """One face, or None where the family has no such subset."""
    font = _ours(family)
    file = _file(built, font, subset, weight, width) if font else None
    if font is None or file is None:
        return None
    low, high = font.weights
    return _cut(file.read_bytes(), family + SUBSETS[subset], min(high, max(low, weight)), width)


def _varies(woff2: bytes) -> bool:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    return "fvar" in TTFont(BytesIO(woff2))


def _cut(woff2: bytes, family: str, weight: int, width: float) -> bytes:
    """A font unpacked, under this family's name; where axes vary, at the nearest point to what is asked."""
    # Read late: one drawing in a thousand requests needs it, and every start would wait for it.
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont  # type: ignore[import-untyped]

    face = TTFont(BytesIO(woff2))
    if "fvar" in face:
        asked = {"wght": weight, "wdth": width}
        at = {
            axis.axisTag: min(axis.maxValue, max(axis.minValue, asked.get(axis.axisTag, axis.defaultValue)))
            for axis in face["fvar"].axes
        }
        face = instantiateVariableFont(face, at)
        face["OS/2"].usWeightClass, face["OS/2"].usWidthClass = weight, 5
    face["name"].names = []  # whatever else a font is called, in other languages too, would be found first
    names = dict.fromkeys(_FAMILY_NAMES, family) | {_STYLE_NAME: "Regular", _FACE_NAME: family.replace(" ", "")}
    for name_id, name in names.items():
        face["name"].setName(name, name_id, 3, 1, 0x409)
    face.flavor = None
    out = BytesIO()
    face.save(out)
    return out.getvalue()


def _file(built: Path, font: Font, subset: str, weight: int, width: float) -> Path | None:
    if font.is_variable:
        axis = f"wdth{width:g}".replace(".", "_") if "wdth" in font.axes else "wght"
        return next(iter(sorted(built.rglob(f"{font.key}-{subset}-{axis}-normal-*.woff2"))), None)
    files = {
        int(found[1]): file
        for file in sorted(built.rglob(f"{font.key}-{subset}-[0-9]*-normal-*.woff2"))
        if (found := _STATIC.search(file.name)) is not None
    }
    return files[min(files, key=lambda known: abs(known - weight))] if files else None
