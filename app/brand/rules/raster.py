"""A picture from outside, decoded within limits and written anew; and how well its ink can be seen."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from app.brand.errors import LogoAnimated, LogoEmpty, LogoRefused, LogoTooLarge
from themes.engine.colour import Colour, contrast

LARGEST = 2_000_000
MOST_PIXELS = 16_000_000
LONGEST_SIDE = 2_048
DECODERS = ("PNG", "JPEG", "WEBP")
READABLE = 3.0
"""WCAG 2.2 §1.4.11 for graphics that carry meaning."""

_SAMPLE = 96
_INK = 96
"""Alpha (of 255) from which a pixel counts as ink."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG of ours: its bytes and its size in pixels."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Tones:
    """The contrast that half of a logo's ink reaches on a background, light and dark; None where it brings its own."""

    on_light: float | None
    on_dark: float | None


def clean(raw: bytes) -> Picture:
    """The picture in `raw`, turned upright, trimmed and written anew without a word of what came with it."""
    if len(raw) > LARGEST:
        raise LogoTooLarge
    image = _decoded(raw)
    box = image.getbbox()
    if box is None:
        raise LogoEmpty
    image = image.crop(box)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return Picture(_as_png(image), image.width, image.height)


def tones(png: bytes, *, light: str, dark: str) -> Tones:
    """How well a logo can be seen on these two backgrounds ("#rrggbb")."""
    image = Image.open(io.BytesIO(png), formats=("PNG",)).convert("RGBA")
    image.thumbnail((_SAMPLE, _SAMPLE))
    pixels = list(image.get_flattened_data())
    if all(pixel[3] > 250 for pixel in pixels):  # type: ignore[index]  # RGBA gives four numbers
        return Tones(None, None)
    ink = sorted({pixel[:3] for pixel in pixels if pixel[3] >= _INK})  # type: ignore[index]
    if not ink:
        raise LogoEmpty
    weights = dict.fromkeys(ink, 0)
    for pixel in pixels:
        if pixel[3] >= _INK:  # type: ignore[index]
            weights[pixel[:3]] += 1  # type: ignore[index]
    return Tones(_median(weights, light), _median(weights, dark))


def _median(weights: dict[tuple[int, int, int], int], background: str) -> float:
    """The contrast that at least half of the ink reaches."""
    back = Colour.of_hex(background)
    reached = sorted(
        ((contrast(Colour.of_hex("#{:02x}{:02x}{:02x}".format(*rgb)), back), count) for rgb, count in weights.items()),
        reverse=True,
    )
    half, seen = sum(weights.values()) / 2, 0
    for value, count in reached:
        seen += count
        if seen >= half:
            return value
    return reached[-1][0]


def in_one_colour(picture: Picture, colour: str) -> Picture:
    """The picture's shape in one colour."""
    image = Image.open(io.BytesIO(picture.png), formats=("PNG",)).convert("RGBA")
    painted = Image.new("RGBA", image.size, colour)
    painted.putalpha(image.getchannel("A"))
    return Picture(_as_png(painted), picture.width, picture.height)


def _decoded(raw: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(raw), formats=DECODERS) as image:
            # The header is read, the pixels are not: this is the moment to look at what they would take.
            if image.width * image.height > MOST_PIXELS:
                raise LogoTooLarge
            if getattr(image, "n_frames", 1) > 1 or getattr(image, "is_animated", False):
                raise LogoAnimated
            image.load()
            return ImageOps.exif_transpose(image).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise LogoTooLarge from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, OverflowError, EOFError):
        raise LogoRefused from None


def _as_png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    fresh = Image.frombytes("RGBA", image.size, image.tobytes())  # a new image has no text, profile or place
    fresh.save(out, "PNG", optimize=True)
    return out.getvalue()


def lighter(png: bytes, most_bytes: int) -> bytes:
    """A picture of ours in at most so many bytes: with fewer colours where it has to be."""
    if len(png) < most_bytes:
        return png
    kept = io.BytesIO()
    image = Image.open(io.BytesIO(png), formats=("PNG",)).convert("RGB")
    image.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(kept, "PNG", optimize=True)
    return kept.getvalue()
