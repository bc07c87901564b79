"""Pictures, opened by content and only as large as allowed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from app.kernel.media.facts import ArtworkFacts, Fault, Limits, Thumbnail
from app.kernel.media.inside.arrays import Doubles
from app.kernel.media.refusal import Unreadable

DECODERS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
_MODES = {
    "1": "grey", "L": "grey", "LA": "grey", "I": "grey", "I;16": "grey", "I;16B": "grey", "F": "grey",
    "P": "palette", "PA": "palette", "RGB": "rgb", "RGBA": "rgb", "RGBX": "rgb",
    "CMYK": "cmyk", "YCbCr": "ycbcr", "LAB": "lab",
}  # fmt: skip
_LOOK = 1_000
"""The longest side at which sharpness is judged, so that it does not depend on the size."""
_HASH = 8
_FORMATS = (
    ("AVIF", "image/avif", {"quality": 60, "speed": 7}),
    ("WEBP", "image/webp", {"quality": 80, "method": 4}),
)
_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, OverflowError, EOFError)


def inspect(path: Path, limits: Limits) -> ArtworkFacts:
    """What a picture is."""
    size = path.stat().st_size
    if size > limits.picture_bytes:
        return ArtworkFacts(fault=Fault.TOO_LARGE, size=size)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        return _inspected(path, limits, size, sha256)
    except Unreadable as refusal:
        return ArtworkFacts(fault=refusal.fault, size=size, sha256=sha256)


def _inspected(path: Path, limits: Limits, size: int, sha256: str) -> ArtworkFacts:
    with _opened(path, limits) as image:
        width, height = _upright(image)
        known = ArtworkFacts(
            format=(image.format or "").lower(),
            width=width,
            height=height,
            mode=_MODES.get(image.mode, image.mode.lower()),
            alpha=image.has_transparency_data,
            profile=_profile_name(image),
            bits=16 if image.mode.startswith("I") else 8,
            size=size,
            sha256=sha256,
        )
        looked = _luminance(image, _LOOK)
    return _with_looks(known, looked)


def _with_looks(known: ArtworkFacts, looked: Image.Image) -> ArtworkFacts:
    light = np.asarray(looked, np.float64)
    return msgspec.structs.replace(
        known,
        sharpness=round(_sharpness(light), 2),
        entropy=round(looked.entropy(), 3),
        perceptual_hash=_perceptual_hash(looked),
    )


def thumbnails(path: Path, sizes: tuple[int, ...], limits: Limits) -> list[Thumbnail]:
    """Small copies, largest first made and each smaller one from the one before."""
    made: list[Thumbnail] = []
    with _opened(path, limits) as image:
        small = _for_screens(image, max(sizes))
    fitting = [size for size in sizes if size <= max(small.size)] or [min(sizes)]
    for size in sorted(fitting, reverse=True):
        small.thumbnail((size, size), Image.Resampling.LANCZOS)
        for form, media_type, options in _FORMATS:
            out = io.BytesIO()
            small.save(out, form, **options)
            made.append(Thumbnail(size=max(small.size), media_type=media_type, data=out.getvalue()))
    return made


def cover(path: Path, size: int, limits: Limits) -> bytes:
    """The picture as a JPEG in sRGB whose longest side is at most `size`, on white where it lets through."""
    with _opened(path, limits) as image:
        small = _for_screens(image, size)
    if small.mode == "RGBA":
        on_white = Image.new("RGB", small.size, "white")
        on_white.paste(small, mask=small.getchannel("A"))
        small = on_white
    out = io.BytesIO()
    small.save(out, "JPEG", quality=90, optimize=True)
    return out.getvalue()


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[Image.Image]:
    Image.MAX_IMAGE_PIXELS = None  # what is allowed is asked below, before a pixel is decoded
    try:
        with Image.open(path, formats=DECODERS) as image:
            if image.width * image.height > limits.picture_pixels:
                raise Unreadable(Fault.TOO_LARGE)
            if image.format != "TIFF" and getattr(image, "n_frames", 1) > 1:
                raise Unreadable(Fault.ANIMATED)
            yield image
    except UnidentifiedImageError:
        raise Unreadable(Fault.NOT_A_PICTURE) from None
    except Unreadable:
        raise
    except _BROKEN:
        raise Unreadable(Fault.CORRUPT) from None


def _upright(image: Image.Image) -> tuple[int, int]:
    is_turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if is_turned else (image.width, image.height)


def _profile_name(image: Image.Image) -> str:
    raw = image.info.get("icc_profile")
    if not raw:
        return ""
    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(raw))).strip()[:200]
    except (ImageCms.PyCMSError, OSError):
        return "?"


def _luminance(image: Image.Image, longest: int) -> Image.Image:
    """The picture's light in grey; JPEG is decoded no larger than needed."""
    image.draft("L", (longest, longest))
    image.load()
    grey = image.point(lambda value: value / 256).convert("L") if image.mode.startswith("I") else image.convert("L")
    grey.thumbnail((longest, longest))
    return grey


def _for_screens(image: Image.Image, longest: int) -> Image.Image:
    """Upright, in sRGB, without a word of what came with it."""
    image.draft("RGB", (longest, longest))
    image.load()
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=3.0)
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    turned = _in_srgb(upright, mode)
    return Image.frombytes(mode, turned.size, turned.tobytes())


def _in_srgb(image: Image.Image, mode: str) -> Image.Image:
    raw = image.info.get("icc_profile")
    if raw and image.mode in ("RGB", "CMYK", "L"):
        try:
            turned = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(raw)), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if turned is not None:
                return turned.convert(mode)
        except (ImageCms.PyCMSError, OSError):
            pass  # a profile that cannot be read is as none
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    return image.convert(mode)


def _sharpness(light: Doubles) -> float:
    """The variance of the Laplacian: what is in focus has many and strong edges."""
    if min(light.shape) < 3:
        return 0.0
    edges = light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:] - 4 * light[1:-1, 1:-1]
    return float(edges.var())


def _perceptual_hash(grey: Image.Image) -> str:
    """pHash: the signs of the lowest frequencies against their median."""
    side = _HASH * 4
    light = np.asarray(grey.resize((side, side), Image.Resampling.LANCZOS), np.float64)
    places = np.arange(side)
    waves = np.cos(np.pi * (2 * places[None] + 1) * places[:_HASH, None] / (2 * side))
    low = waves @ light @ waves.T
    bits = (low > np.median(low.ravel()[1:])).ravel()
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"
