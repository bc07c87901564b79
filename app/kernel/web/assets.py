"""The built front end: scripts, sheets and fonts under the hash of their content, icons and sentences for templates."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import msgspec
from markupsafe import Markup

THEME = Path(__file__).parents[3] / "themes" / "base"
DIST = THEME / "dist"

_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class AssetsNotBuilt(RuntimeError):
    """The front end was not built; `make run` and `make assets` do it."""


class _Chunk(msgspec.Struct):
    file: str
    css: list[str] = []
    imports: list[str] = []


@dataclass(frozen=True, slots=True)
class Entry:
    """What a page loads of one entry: addresses of sheets, in order, and of its script."""

    sheets: tuple[str, ...]
    script: str


@cache
def _manifest() -> dict[str, _Chunk]:
    file = DIST / ".vite" / "manifest.json"
    if not file.exists():
        raise AssetsNotBuilt("The front end is not built: run `make assets`.")
    return msgspec.json.decode(file.read_bytes(), type=dict[str, _Chunk])


@cache
def _shared_by(sheet: str) -> int:
    """How many parts of the front end load a sheet: what more of them share lays the ground for what fewer do."""
    return sum(sheet in chunk.css for chunk in _manifest().values())


@cache
def entry(name: str) -> Entry:
    """The sheets and the script of an entry such as "portal"; shared sheets come before its own."""
    sheets: dict[str, None] = {}

    def walk(key: str) -> None:
        chunk = _manifest()[key]
        for imported in chunk.imports:
            walk(imported)
        sheets.update(dict.fromkeys(sorted(chunk.css, key=_shared_by, reverse=True)))

    walk(f"src/{name}.ts")
    return Entry(tuple(f"/assets/{sheet}" for sheet in sheets), f"/assets/{_manifest()[f'src/{name}.ts'].file}")


@cache
def sheet(name: str) -> str:
    """The address of a sheet that one kind of page loads beside those of its entry."""
    return f"/assets/{_manifest()[f'src/css/{name}.css'].file}"


@cache
def font_sheet(key: str) -> str | None:
    """The address of the sheet that loads a font family; None for a family that is not among ours."""
    chunk = _manifest().get(f"cut/{key}.css")
    return f"/assets/{chunk.file}" if chunk else None


@cache
def _files() -> frozenset[str]:
    chunks = _manifest().values()
    return frozenset(chunk.file for chunk in chunks) | {sheet for chunk in chunks for sheet in chunk.css}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    content: bytes
    media_type: str
    encoding: str | None


def find(name: str, accept_encoding: str) -> Asset | None:
    """A built file in the best encoding the asker takes; None for anything the build did not name."""
    if name not in _files():
        return None
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    for encoding, ending in _ENCODINGS:
        if encoding in accept_encoding and (content := _read(name + ending)) is not None:
            return Asset(content, media_type, encoding)
    content = _read(name)
    return Asset(content, media_type, None) if content is not None else None  # a build was replaced meanwhile


@cache
def _read(name: str) -> bytes | None:
    path = DIST / name
    return path.read_bytes() if path.exists() else None


@cache
def _icons() -> dict[str, str]:
    return msgspec.json.decode((DIST / "icons.json").read_bytes(), type=dict[str, str])


@lru_cache(maxsize=1_000)
def icon(name: str, kind: str = "") -> Markup:
    """An icon as inline SVG, hidden from readers: the words beside it say the same."""
    drawing = Markup(_icons()[name])  # noqa: S704 drawn by our own build
    return Markup('<svg class="icon {}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>').format(kind, drawing)


@cache
def script_sentences() -> tuple[str, ...]:
    """The English sentences that scripts say."""
    return msgspec.json.decode((DIST / "words.json").read_bytes(), type=tuple[str, ...])


@cache
def script_words() -> tuple[tuple[str, str], ...]:
    """The same sentences, each under itself, as scripts look them up."""
    return tuple((text, text) for text in script_sentences())
