"""Covers of the demo releases, drawn by code: the same title has the same cover everywhere."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 1_200
QUALITY = 88

Field = NDArray[Any]
Palette = tuple[str, ...]

PALETTES: dict[str, tuple[Palette, ...]] = {
    "bluehour": (
        ("#e7dcc6", "#23483f", "#2f5c50", "#3f7263", "#588b79", "#7aa694", "#a5c3b3", "#d9e2d2"),
        ("#efe3cc", "#e9b98c", "#d9532c", "#23483f", "#0f2722"),
        ("#f3d9b5", "#e9a06a", "#d0683f", "#a34431", "#6d3330", "#3b2a2f"),
        ("#f3ead8", "#d9532c", "#2c6a5b", "#e3a83f"),
        ("#e4e6e1", "#8fa3ad", "#4d6674", "#22323c", "#c98a4b"),
    ),
    "kite": (
        ("#05060a", "#3b2bff", "#c6f432", "#0c0f2a", "#7a2cff", "#00d0ff"),
        ("#0b0b12", "#0f1030", "#191a52", "#2a2a86", "#4741c4", "#6f62ff", "#a79bff", "#dcd7ff"),
        ("#0c0c12", "#c6f432", "#5b3bff", "#eeeef4", "#22222e"),
        ("#120312", "#ff2e63", "#ff8a00", "#2b0a3d", "#ff2e9a"),
    ),
    "noor": (
        ("#f4e9d8", "#1f6f8b", "#b4532a", "#e8c07a", "#0f3b4a"),
        ("#0f2b3a", "#e8c07a", "#b4532a", "#1f6f8b", "#f4e9d8"),
        ("#f6e3c5", "#e3b27a", "#c97f4a", "#9c4f33", "#5a2e2c", "#241a22"),
    ),
}


def cover(slug: str, title: str, number: int) -> bytes:
    """The cover of a label's release, as JPEG; its neighbours look otherwise."""
    seed = int.from_bytes(hashlib.sha256(f"{slug}:{title}".encode()).digest()[:8], "big")
    chance = np.random.default_rng(seed)
    palettes = PALETTES[slug]
    drawn = DRAWINGS[number % len(DRAWINGS)](chance, [_rgb(each) for each in palettes[number % len(palettes)]])
    grain = chance.normal(0, 5, (SIDE, SIDE, 1)).astype(np.float32)
    pixels = np.clip(drawn + grain, 0, 255).astype(np.uint8)
    kept = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(kept, "JPEG", quality=QUALITY, optimize=True)
    return kept.getvalue()


def _rgb(text: str) -> Field:
    return np.array([int(text[at : at + 2], 16) for at in (1, 3, 5)], np.float32)


def _grid() -> tuple[Field, Field]:
    line = np.linspace(-1, 1, SIDE, dtype=np.float32)
    across, down = np.meshgrid(line, line)
    return across, down


def _noise(chance: np.random.Generator, across: Field, down: Field, size: float, parts: int = 7) -> Field:
    """A smooth field between about -1 and 1."""
    found = np.zeros_like(across)
    for _ in range(parts):
        angle, turn = chance.uniform(0, 2 * np.pi, 2)
        pace = chance.uniform(0.5, 1.6) * size
        found += np.cos((across * np.cos(angle) + down * np.sin(angle)) * pace + turn)
    whole: Field = found / np.float32(np.sqrt(parts))
    return whole


def _banded(levels: Field, colours: list[Field]) -> Field:
    """Each band of a field in the next colour, with edges as wide as a pixel."""
    table = np.stack(colours)
    floor = np.floor(levels).astype(np.int32)
    edge = np.clip((levels - floor) * 60, 0, 1)[..., None]
    banded: Field = table[(floor - 1) % len(table)] * (1 - edge) + table[floor % len(table)] * edge
    return banded


def _laid(under: Field, colour: Field, distance: Field, *, soft: float = 0.004) -> Field:
    """A shape over what is there; `distance` is below zero inside of it."""
    cover = np.clip(0.5 - distance / soft, 0, 1)[..., None]
    laid: Field = under * (1 - cover) + colour * cover
    return laid


def _contours(chance: np.random.Generator, colours: list[Field]) -> Field:
    across, down = _grid()
    x, y = across - chance.uniform(-0.25, 0.25), down - chance.uniform(-0.2, 0.2)
    radius = np.sqrt(x * x + y * y) * (1 + 0.2 * _noise(chance, across, down, 3.2))
    return _banded(radius * 8 + 20, colours)


def _horizon(chance: np.random.Generator, colours: list[Field]) -> Field:
    across, down = _grid()
    line = np.float32(chance.uniform(0.2, 0.36))
    sky = (np.clip(down + 1, 0, 1.4) / 1.4)[..., None]
    picture = colours[0] * (1 - sky) + colours[1] * sky
    picture = _laid(picture, colours[2], np.sqrt(across**2 + (down - line + 0.28) ** 2) - 0.46)
    deep = np.clip((down - line) * 1.4, 0, 1)[..., None]
    sea = colours[3] * (1 - deep) + colours[-1] * deep
    picture = np.where((down > line)[..., None], sea, picture)
    for step in range(9):
        at, wide = line + 0.03 + step * step * 0.0095 + step * 0.018, 0.56 - step * 0.052 + chance.uniform(-0.06, 0.06)
        thick = np.float32(0.004 + step * 0.0012)
        bar = np.maximum(np.abs(across) - np.float32(wide), np.abs(down - np.float32(at)) - thick).astype(np.float32)
        picture = _laid(picture, colours[2], bar)
    return picture


def _hills(chance: np.random.Generator, colours: list[Field]) -> Field:
    across, down = _grid()
    picture = np.broadcast_to(colours[0], (SIDE, SIDE, 3)).astype(np.float32)
    for step in range(6):
        edge = -0.5 + step * 0.26 + 0.16 * _noise(chance, across, np.zeros_like(down), 3.4, 4)
        picture = _laid(picture, colours[1 + step % (len(colours) - 1)], edge - down)
    return picture


def _discs(chance: np.random.Generator, colours: list[Field]) -> Field:
    across, down = _grid()
    picture = np.broadcast_to(colours[0], (SIDE, SIDE, 3)).astype(np.float32)
    turn = chance.uniform(0, 2 * np.pi)
    for step in range(3):
        angle = turn + step * 2 * np.pi / 3
        x, y = across - 0.3 * np.cos(angle), down - 0.3 * np.sin(angle)
        inside = np.clip(0.5 - (np.sqrt(x * x + y * y) - 0.5) / 0.004, 0, 1)[..., None]
        mixed = picture * colours[1 + step % (len(colours) - 1)] / 255
        picture = picture * (1 - inside) + (0.75 * mixed + 0.25 * colours[1 + step % (len(colours) - 1)]) * inside
    return picture


def _glow(chance: np.random.Generator, colours: list[Field]) -> Field:
    across, down = _grid()
    picture = np.broadcast_to(colours[0], (SIDE, SIDE, 3)).astype(np.float32)
    for step in range(7):
        x, y = across - chance.uniform(-0.9, 0.9), down - chance.uniform(-0.9, 0.9)
        light = np.exp(-(x * x * chance.uniform(1.2, 4) + y * y * chance.uniform(1.2, 4)))[..., None]
        picture = picture * (1 - light) + colours[1 + step % (len(colours) - 1)] * light
    return picture


def _tiles(chance: np.random.Generator, colours: list[Field]) -> Field:
    across, down = _grid()
    picture = np.broadcast_to(colours[0], (SIDE, SIDE, 3)).astype(np.float32).copy()
    count = 5
    side = SIDE // count
    x, y = (part[:side, :side] * count + count - 1 for part in (across, down))
    for place in range(count * count):
        row, column = divmod(place, count)
        field = (slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side))
        first, second = (colours[each] for each in chance.integers(0, len(colours), 2))
        corner = chance.choice([-1, 1], 2)
        shape = (
            np.sqrt((x - corner[0]) ** 2 + (y - corner[1]) ** 2) - 2
            if chance.random() < 0.75
            else np.sqrt(x**2 + y**2) - 0.6
        )
        picture[field] = _laid(np.broadcast_to(first, (side, side, 3)).astype(np.float32), second, shape, soft=0.02)
    return picture


DRAWINGS: tuple[Callable[[np.random.Generator, list[Field]], Field], ...] = (
    _contours, _horizon, _hills, _discs, _glow, _tiles,
)  # fmt: skip
