"""Before the bundler: the families of `src/fonts` cut to what pages say, so that a first visit loads little of them.

Faces for papers in Japanese, Korean and Chinese are made here as well, and no page loads them: they are whole, since
nobody knows what a title will say, and unpacked, since who draws papers reads of them only what a paper needs.

Nothing that shapes text is lost: what a page seldom needs lies in files of its own, which a browser asks for by
`unicode-range`. Hints for screens of old go, and so do features that no sheet turns on. A width axis becomes steps.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fontTools.varLib.instancer import instantiateVariableFont  # type: ignore[import-untyped]

HERE = Path(__file__).parent
SOURCES, PACKAGES, MADE = HERE / "src" / "fonts", HERE / "node_modules", HERE / "cut"

WIDTHS = (62, 75, 87.5, 100, 112.5, 125)
"""A variable width costs 50 kB; a browser takes the nearest of these steps, in percent."""
FEATURES = {*subset.Options().layout_features, "tnum", "lnum"} - {"frac", "numr", "dnom"}
ARABIC = {0x60C, 0x61B, 0x61F, *range(0x621, 0x63B), *range(0x640, 0x653), *range(0x660, 0x66D), 0x670, 0x671,
          0x200C, 0x200D, 0x200E, 0x200F}  # fmt: skip
"""What Arabic is written with; letters of Persian, Urdu and others follow in a file of their own."""
BASIC_LATIN = {*range(0x20, 0x7F), *map(ord, "\u00a0©«·»–—‘’“”•…€−\u200e\u200f")}
KEPT_NAMES = [0, 13, 14]
"""Copyright and licence. A changed file must not carry a reserved name (OFL 1.1, 3); browsers go by the sheet's."""
WEIGHT_BY_WEIGHT = {"ibm-plex-sans-arabic"}
"""Families with a file for each weight, read beside another script: of their Latin, a page seldom needs the rest."""
PAPER = {"Noto Sans JP": "japanese", "Noto Sans KR": "korean", "Noto Sans SC": "chinese-simplified"}
"""Families for papers alone, and the subset of each that has its script."""
PAPER_WEIGHTS = (400, 700)
PAPER_FEATURES = ["ccmp", "locl", "ljmo", "vjmo", "tjmo"]
"""What puts letters together; nothing on a paper runs from top to bottom."""

_IMPORT = re.compile(r'@import "([^"]+)"')
_FACE = re.compile(r"@font-face \{(.*?)\}", re.DOTALL)
_FILE = re.compile(r"url\(\./files/([\w-]+)\.woff2\)")
_RANGE = re.compile(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?")


class Face(NamedTuple):
    """A face as its package declares it: the file's name, the lines of CSS that stay, what it may be asked for."""

    file: Path
    lines: tuple[str, ...]
    asked: frozenset[int] | None


class Part(NamedTuple):
    """A file to be made of a face: what its name adds, its characters, a width where there is an axis."""

    subset: str
    characters: frozenset[int]
    width: float | None


def main() -> None:
    """Cut every family, unless what is there was cut from the same."""
    sources = sorted(SOURCES.glob("*.css"))
    read = [Path(__file__), HERE / "package-lock.json", *sources]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in read)).hexdigest()
    stamp = MADE / ".digest"
    if stamp.exists() and stamp.read_text() == digest:
        return
    shutil.rmtree(MADE, ignore_errors=True)
    MADE.mkdir()
    with ProcessPoolExecutor() as pool:
        for source in sources:
            rules, files = zip(*(made for face in _faces(source) for made in _cut(face, source.stem)), strict=True)
            (MADE / source.name).write_text("\n".join(rules) + "\n")
            list(pool.map(_write, files))
        (MADE / "paper").mkdir()
        list(
            pool.map(_write_for_paper, *zip(*((one, weight) for one in PAPER for weight in PAPER_WEIGHTS), strict=True))
        )
    stamp.write_text(digest)


def _faces(source: Path) -> Iterator[Face]:
    for sheet in _IMPORT.findall(source.read_text()):
        for body in _FACE.findall((PACKAGES / sheet).read_text()):
            name, lines = _FILE.search(body), [line.strip() for line in body.split(";")]
            kept = tuple(line for line in lines if line.startswith(("font-family", "font-style", "font-weight")))
            asked = {
                code
                for low, high in _RANGE.findall(next((line for line in lines if line.startswith("unicode")), ""))
                for code in range(int(low, 16), int(high or low, 16) + 1)
            }
            if name is None:
                raise ValueError(f"a face of {sheet} names no file")
            yield Face((PACKAGES / sheet).parent / "files" / f"{name[1]}.woff2", kept, frozenset(asked) or None)


def _cut(face: Face, family: str) -> Iterator[tuple[str, tuple[Path, Path, Part]]]:
    """What one face becomes: the rule for each file, and what the file is made of."""
    font = TTFont(face.file)
    known = frozenset(font.getBestCmap()) - {0xFEFF}
    has_width = "fvar" in font and any(axis.axisTag == "wdth" for axis in font["fvar"].axes)
    for part in _parts(family, face, known & face.asked if face.asked else known, has_width=has_width):
        name = face.file.stem.removeprefix(f"{family}-").replace(_subset_of(face, family), part.subset, 1)
        if part.width is not None:
            name = name.replace("wdth", f"wdth{part.width:g}".replace(".", "_"))
        stretch = () if part.width is None else (f"font-stretch: {part.width:g}%",)
        source = f"src: url(./{family}-{name}.woff2) format('woff2')"
        rule = "; ".join((*face.lines, *stretch, "font-display: swap", source, f"unicode-range: {_spelled(part)}"))
        yield f"@font-face {{ {rule} }}", (MADE / f"{family}-{name}.woff2", face.file, part)


def _parts(family: str, face: Face, known: frozenset[int], *, has_width: bool) -> Iterator[Part]:
    named = _subset_of(face, family)
    first = {"arabic": ARABIC, "latin": BASIC_LATIN if family in WEIGHT_BY_WEIGHT else known}.get(named, known)
    for subset_name, characters in ((named, known & first), (f"{named}-more", known - first)):
        for width in (WIDTHS if has_width else (None,)) if characters else ():
            yield Part(subset_name, frozenset(characters), width)


def _subset_of(face: Face, family: str) -> str:
    """The subset in a file's name: "latin" in "inter-latin-wght-normal"."""
    return re.split(r"-(?:wght|wdth|\d{3})-", face.file.stem.removeprefix(f"{family}-"))[0]


def _write(made: tuple[Path, Path, Part]) -> None:
    target, file, part = made
    target.write_bytes(_made(file, part))


def _made(file: Path, part: Part) -> bytes:
    options = subset.Options(hinting=False, layout_features=sorted(FEATURES), notdef_outline=True)
    options.drop_tables += ["STAT"]
    options.name_IDs = KEPT_NAMES
    font: Any = TTFont(file)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=part.characters)
    cutter.subset(font)
    if part.width is not None:
        # The instancer counts glyphs by the file it reads: what was cut must have been written once.
        between = io.BytesIO()
        font.save(between)
        font = instantiateVariableFont(TTFont(between), {"wdth": part.width})
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def _write_for_paper(family: str, weight: int) -> None:
    key = family.lower().replace(" ", "-")
    font: Any = TTFont(PACKAGES / "@fontsource" / key / "files" / f"{key}-{PAPER[family]}-{weight}-normal.woff2")
    options = subset.Options(hinting=False, layout_features=PAPER_FEATURES, notdef_outline=True)
    options.drop_tables += ["STAT", "BASE", "vhea", "vmtx"]
    options.name_IDs = KEPT_NAMES
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=font.getBestCmap())
    cutter.subset(font)
    for name_id, name in {1: family, 2: "Regular", 6: family.replace(" ", ""), 16: family}.items():
        font["name"].setName(name, name_id, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font.flavor = None
    font.save(MADE / "paper" / f"{key}-{weight}.ttf")


def _spelled(part: Part) -> str:
    """The characters as a unicode-range."""
    runs: list[list[int]] = []
    for code in sorted(part.characters):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return ",".join(f"U+{low:X}" if low == high else f"U+{low:X}-{high:X}" for low, high in runs)


if __name__ == "__main__":
    main()
