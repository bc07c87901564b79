"""A font from outside, taken apart and written anew with the tables that a page needs."""

from __future__ import annotations

import io
from dataclasses import dataclass

from app.brand.errors import FontRefused

LARGEST = 4_000_000
MOST_GLYPHS = 20_000
_SIGNATURES = (b"\x00\x01\x00\x00", b"OTTO", b"true")
"""Plain containers only: packed ones would have to be unpacked before their size is known."""
_TABLES = frozenset({
    "head", "hhea", "maxp", "OS/2", "hmtx", "cmap", "name", "post", "glyf", "loca", "CFF ", "GDEF", "GSUB", "GPOS",
    "kern", "fvar", "gvar", "avar", "STAT", "HVAR", "MVAR", "vhea", "vmtx", "gasp",
})  # fmt: skip
_NEEDED = frozenset({"head", "hhea", "maxp", "hmtx", "cmap"})
_EMBEDDING_FORBIDDEN = 0x0002
_FAMILY_NAMES = (16, 1)


@dataclass(frozen=True, slots=True)
class Face:
    """A font of ours: WOFF2 bytes, what its family is called, how many glyphs it has."""

    woff2: bytes
    family: str
    glyphs: int


def clean(raw: bytes) -> Face:
    """The font in `raw` with known tables only, without programs, packed for pages; `FontRefused` if it is none."""
    if len(raw) > LARGEST or raw[:4] not in _SIGNATURES:
        raise FontRefused
    try:
        return _rebuilt(raw)
    except FontRefused:
        raise
    except Exception:  # noqa: BLE001 a hostile file breaks a parser in ways that nobody can list
        raise FontRefused from None


def _rebuilt(raw: bytes) -> Face:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped] # read late: a start need not wait for it

    font = TTFont(io.BytesIO(raw), lazy=False, recalcTimestamp=False)
    tables = {tag for tag in font.keys() if tag != "GlyphOrder"}  # noqa: SIM118 iterating a font gives other things
    if not tables >= _NEEDED or font["maxp"].numGlyphs > MOST_GLYPHS:
        raise FontRefused
    if "OS/2" in font and font["OS/2"].fsType & 0x000F == _EMBEDDING_FORBIDDEN:
        raise FontRefused
    for tag in tables - _TABLES:
        del font[tag]
    if "glyf" in font:
        for name in font.getGlyphOrder():
            font["glyf"][name].removeHinting()
    font.ensureDecompiled()
    family = next((found for code in _FAMILY_NAMES if (found := font["name"].getDebugName(code))), "")
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    printable = "".join(char for char in family if char.isprintable())[:80]
    return Face(out.getvalue(), printable or "Font", font["maxp"].numGlyphs)
