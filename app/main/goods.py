"""Pictures of the demo labels' things: a shirt, a bag, a card, a bundle, drawn by code with a cover on them."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

from app.main.covers import PALETTES, cover

SIDE: Final = 1_200
QUALITY: Final = 88
Point = tuple[int, int]

SHIRT: Final[tuple[Point, ...]] = (
    (420, 210), (510, 250), (600, 262), (690, 250), (780, 210), (900, 262), (1090, 470), (960, 590), (880, 520),
    (880, 1040), (320, 1040), (320, 520), (240, 590), (110, 470), (300, 262),
)  # fmt: skip
COLLAR: Final = (480, 140, 720, 300)
BAG: Final = (300, 430, 900, 1080)
HANDLES: Final = ((400, 150, 560, 720), (640, 150, 800, 720))
CARD: Final = (180, 360, 1020, 840)
"""Places in a square of `SIDE` pixels."""


def drawn(slug: str, kind: str, name: str) -> bytes:
    """The picture of a label's thing of a kind ("shirt", "tote", "friends", "bundle"), as JPEG."""
    palette = PALETTES[slug][0]
    print_ = Image.open(io.BytesIO(cover(slug, name, len(kind))))
    picture = Image.new("RGB", (SIDE, SIDE), _mixed(palette[0], 0.55))
    {"shirt": _shirt, "tote": _tote, "friends": _card, "bundle": _bundle}[kind](picture, print_, palette)
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=QUALITY, optimize=True)
    return kept.getvalue()


def _mixed(colour: str, white: float) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return tuple(round(each * (1 - white) + 250 * white) for each in (red, green, blue))  # type: ignore[return-value]


def _shadowed(picture: Image.Image, shape: Image.Image, colour: str | tuple[int, int, int]) -> None:
    """Lay a shape onto the picture, with the shadow that it throws."""
    shade = shape.filter(ImageFilter.GaussianBlur(22)).point(lambda value: value * 0.28)
    picture.paste((20, 18, 16), (0, 18), shade)
    picture.paste(colour, (0, 0), shape)


def _mask() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    mask = Image.new("L", (SIDE, SIDE), 0)
    return mask, ImageDraw.Draw(mask)


def _printed(picture: Image.Image, print_: Image.Image, place: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = place
    picture.paste(print_.resize((right - left, bottom - top), Image.Resampling.LANCZOS), (left, top))


def _shirt(picture: Image.Image, print_: Image.Image, palette: tuple[str, ...]) -> None:
    mask, draw = _mask()
    draw.polygon(SHIRT, fill=255)
    draw.ellipse(COLLAR, fill=0)
    _shadowed(picture, mask.filter(ImageFilter.GaussianBlur(1.5)), _mixed(palette[1], 0.06))
    _printed(picture, print_, (430, 430, 770, 770))


def _tote(picture: Image.Image, print_: Image.Image, palette: tuple[str, ...]) -> None:
    mask, draw = _mask()
    for handle in HANDLES:
        draw.arc(handle, 180, 360, fill=255, width=26)
    draw.rounded_rectangle(BAG, radius=14, fill=255)
    _shadowed(picture, mask.filter(ImageFilter.GaussianBlur(1.2)), _mixed(palette[0], 0.82))
    _printed(picture, print_, (420, 560, 780, 920))


def _card(picture: Image.Image, print_: Image.Image, palette: tuple[str, ...]) -> None:
    mask, draw = _mask()
    draw.rounded_rectangle(CARD, radius=36, fill=255)
    _shadowed(picture, mask, _mixed(palette[1], 0.0))
    _printed(picture, print_, (230, 410, 610, 790))
    draw_on = ImageDraw.Draw(picture)
    for line, width in ((470, 300), (530, 220), (700, 260)):
        draw_on.rounded_rectangle((660, line, 660 + width, line + 18), radius=9, fill=_mixed(palette[0], 0.2))


def _bundle(picture: Image.Image, print_: Image.Image, palette: tuple[str, ...]) -> None:
    mask, draw = _mask()
    draw.ellipse((520, 300, 1060, 840), fill=255)
    _shadowed(picture, mask, (24, 22, 22))
    ImageDraw.Draw(picture).ellipse((720, 500, 860, 640), fill=_mixed(palette[2], 0.1))
    mask, draw = _mask()
    draw.rectangle((200, 280, 800, 880), fill=255)
    _shadowed(picture, mask, _mixed(palette[1], 0.0))
    _printed(picture, print_, (200, 280, 800, 880))
