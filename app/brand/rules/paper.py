"""What is drawn from a theme: statements, contracts, the card that other sites show, icons. Typst does it, offline.

Each drawing gets its templates and data as files in memory; texts are JSON strings that no template evaluates, and a
logo was cleaned when it came in. Sizes are fixed here, so that what somebody else sends cannot make a drawing large.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, cast

import typst

from app.brand.errors import FontRefused, LogoRefused
from app.brand.rules.faces import east_asian_families, east_asian_folder, folder_for, own_files
from app.brand.rules.vector import Drawing

TEMPLATES: Final = Path(__file__).parents[3] / "themes" / "paper"
ICONS: Final[dict[str, tuple[int, float]]] = {"192": (192, 0.0), "512": (512, 0.0), "apple-touch": (180, 0.0)}
"""Name, side in pixels, corner as a part of it: launchers and phones cut corners themselves."""
_FAVICON_CORNER: Final = 0.22
_LONGEST_MEASURED: Final = 240.0

SAMPLE_ROWS: Final = (
    ("I", "4,118,220", "16,472.88", "11,531.02"),
    ("II", "3,902,144", "15,608.58", "10,926.01"),
    ("III", "2,771,006", "11,084.02", "7,758.81"),
    ("IV", "1,996,310", "7,985.24", "5,589.67"),
)


@dataclass(frozen=True, slots=True)
class Brand:
    """What a drawing needs to know: flat tokens, the label's names, its cleaned logo, its own fonts by family."""

    flat: Mapping[str, Any]
    house: str
    legal_name: str = ""
    logo: bytes | None = None
    logo_kind: Literal["svg", "png"] = "svg"
    language: str = "en"
    is_rtl: bool = False
    faces: Mapping[str, bytes] = field(default_factory=dict)


def statement_pdf(brand: Brand, *, words: Mapping[str, Any]) -> bytes:
    """A statement of one page as PDF, with sample numbers; `words` are its texts in the reader's language."""
    data = _data(brand, "light") | {"rows": SAMPLE_ROWS} | dict(words)
    return _drawn("statement.typ", data, brand, form="pdf")


def sheet_pdf(brand: Brand, template: str, texts: Mapping[str, Any]) -> bytes:
    """A document of any number of pages as PDF, by one of the templates; `texts` is all that stands on it."""
    return _drawn(template, _data(brand, "light") | dict(texts), brand, form="pdf")


def card_png(brand: Brand, *, host: str, line: str) -> bytes:
    """The card of 1200 × 630 pixels."""
    size = 128 if len(brand.house) <= 14 else 84 if len(brand.house) <= 28 else 60
    shade = brand.flat["scheme"]
    data = _data(brand, shade) | {"host": host[:60], "line": line[:90], "title_size": size, "house": brand.house[:60]}
    return _drawn("card.typ", data, brand, form="png")


def release_png(brand: Brand, *, title: str, by: str, cover: bytes | None) -> bytes:
    """The card of a release, 1200 × 630 pixels, with its cover (WebP) where it has one."""
    size = 76 if len(title) <= 14 else 54 if len(title) <= 34 else 38
    shade = brand.flat["scheme"]
    files = {"cover.webp": cover} if cover else {}
    data = _data(brand, shade) | {
        "title": title[:90],
        "by": by[:90],
        "title_size": size,
        "cover": next(iter(files), None),
    }
    return _drawn("release.typ", data, brand, form="png", more=files)


def icon_png(brand: Brand, name: str) -> bytes:
    """One of `ICONS`."""
    size, corner = ICONS[name]
    return _drawn("icon.typ", _icon(brand, size, corner), brand, form="png")


def favicon_svg(brand: Brand) -> bytes:
    """The small icon as a drawing."""
    return _drawn("icon.typ", _icon(brand, 64, _FAVICON_CORNER), brand, form="svg")


def picture_png(drawing: Drawing) -> bytes:
    """A drawing as pixels, so that its ink can be measured; `LogoRefused` where it cannot be drawn."""
    scale = _LONGEST_MEASURED / max(drawing.width, drawing.height)
    data = {"width": max(1.0, drawing.width * scale), "height": max(1.0, drawing.height * scale), "logo": "logo.svg"}
    files = {"main.typ": _template("picture.typ"), "data.json": json.dumps(data).encode(), "logo.svg": drawing.svg}
    return _compiled(files, form="png", fonts=(_nowhere(),))


def check_face(woff2: bytes) -> None:
    """Refuse a font that nothing can be drawn with: a label's papers must not fail for it later."""
    try:
        with _folder_of(own_files({"Specimen": woff2}, {"display_weight": 400, "display_width": 100})) as own:
            _compiled({"main.typ": _template("specimen.typ")}, form="pdf", fonts=(own,))
    except Exception:  # noqa: BLE001 a hostile file breaks a parser in ways that nobody can list
        raise FontRefused from None


def _icon(brand: Brand, size: int, corner: float) -> dict[str, Any]:
    initial = next((char for char in brand.house if char.isalnum()), "·").upper()[:1]
    return _data(brand, "light") | {"size": size, "corner": corner, "initial": initial}


def _data(brand: Brand, shade: str) -> dict[str, Any]:
    return {
        "colors": brand.flat[shade],
        "font": brand.flat["font"],
        "radius": brand.flat["px"]["radius"],
        "house": brand.house,
        "legal_name": brand.legal_name or brand.house,
        "logo": f"logo.{brand.logo_kind}" if brand.logo else None,
        "language": (language := brand.language.partition("-")[0]),
        "rtl": brand.is_rtl,
        "own-faces": list(brand.faces),
        "east-asian-faces": east_asian_families(language),
    }


def _drawn(
    template: str,
    data: Mapping[str, Any],
    brand: Brand,
    *,
    form: Literal["pdf", "png", "svg"],
    more: Mapping[str, bytes] = MappingProxyType({}),
) -> bytes:
    files = {"main.typ": _template(template), "common.typ": _template("common.typ"), **more}
    content = json.dumps(data, ensure_ascii=False)
    files["data.json"] = content.encode()
    if brand.logo:
        files[f"logo.{brand.logo_kind}"] = brand.logo
    with _folder_of(own_files(brand.faces, brand.flat["font"])) as own:
        folders = (folder_for(brand.flat["font"], content), own, east_asian_folder(content))
        return _compiled(files, form=form, fonts=filter(None, folders))


@contextmanager
def _folder_of(faces: Iterable[bytes]) -> Iterator[Path]:
    """A folder that holds these fonts while a drawing is made: labels bring more of them than could be kept open."""
    with tempfile.TemporaryDirectory(prefix="own-faces-") as folder:
        for number, face in enumerate(faces):
            (Path(folder) / f"{number}.ttf").write_bytes(face)
        yield Path(folder)


def _compiled(files: dict[str, bytes], *, form: Literal["pdf", "png", "svg"], fonts: Iterable[Path]) -> bytes:
    try:
        made: Any = typst.compile(
            cast(Any, files),  # names and bytes, which its types do not mention
            root=str(_nowhere()),
            font_paths=[str(folder) for folder in fonts],
            ignore_system_fonts=True,
            format=form,
            ppi=72.0,
        )
    except typst.TypstError as problem:
        raise LogoRefused from problem
    except BaseException as problem:
        # A panic in the renderer is no Exception. It says that this drawing cannot be drawn, not that we must stop.
        if type(problem).__name__ == "PanicException":
            raise LogoRefused from None
        raise
    whole: bytes = b"".join(made) if isinstance(made, list) else made
    return whole


@cache
def _template(name: str) -> bytes:
    return (TEMPLATES / name).read_bytes()


@cache
def _nowhere() -> Path:
    """An empty folder: a template can read nothing but what it was given."""
    return Path(tempfile.mkdtemp(prefix="paper-"))
