"""An SVG from outside, rebuilt from shapes, paints and gradients: nothing that runs, loads or repeats is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from app.brand.errors import LogoEmpty, LogoTooLarge, LogoUnsafe

LARGEST = 512_000
MOST_ELEMENTS = 3_000
DEEPEST = 24
LONGEST_VALUE = 200_000
MOST_CLIPS = 64

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
_GRADIENTS = frozenset({"linearGradient", "radialGradient"})
_ELEMENTS = _SHAPES | _GRADIENTS | {"svg", "g", "defs", "stop", "clipPath"}
_PAINTS = frozenset({"fill", "stroke", "stop-color", "color"})
_PRESENTATION = _PAINTS | {
    "fill-rule", "fill-opacity", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
    "stroke-opacity", "opacity", "clip-path", "clip-rule", "stop-opacity", "display",
}  # fmt: skip
_GEOMETRY = frozenset({
    "id", "transform", "d", "x", "y", "width", "height", "rx", "ry", "cx", "cy", "r", "x1", "x2", "y1", "y2", "fx",
    "fy", "points", "viewBox", "gradientUnits", "gradientTransform", "spreadMethod", "offset", "preserveAspectRatio",
    "clipPathUnits",
})  # fmt: skip
_FORBIDDEN = re.compile(r"<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)|<!\[(?!CDATA\[)", re.IGNORECASE)
_VALUE = re.compile(r"[\w\s.,+%()#-]*")
_PAINT = re.compile(r"#[0-9a-fA-F]{3,8}|[a-zA-Z]+|(?:rgb|rgba|hsl|hsla)\([\d\s.,%/-]+\)|url\(#[\w.-]+\)(?: none)?")
_LOCAL = re.compile(r"url\(#[\w.-]+\)")
_CLASS_RULE = re.compile(r"((?:\.[\w-]+\s*,?\s*)+)\{([^{}]*)\}")
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px|pt|mm|cm)?\s*")
_TOO_WIDE = 100_000.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing that is safe to show and to draw: its bytes, and its size in units of its own."""

    svg: bytes
    width: float
    height: float


class _Counted(ET.TreeBuilder):
    """A tree that stops growing before it can hurt."""

    def __init__(self) -> None:
        super().__init__()
        self._depth, self._count = 0, 0

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._depth, self._count = self._depth + 1, self._count + 1
        if self._depth > DEEPEST or self._count > MOST_ELEMENTS:
            raise LogoUnsafe
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def sanitise(raw: bytes) -> Drawing:
    """The drawing in `raw` without anything that is not one; `LogoRefused` where none is left."""
    root = _parsed(raw)
    if root.tag != f"{_SVG}svg":
        raise LogoUnsafe
    rules = _class_rules(root)
    clean = _Cleaner(rules).cleaned(root)
    if clean is None or not any(element.tag in _SHAPES for element in clean.iter()):
        raise LogoEmpty
    width, height = _frame(clean)
    clean.set("xmlns", "http://www.w3.org/2000/svg")
    return Drawing(ET.tostring(clean, encoding="utf-8", xml_declaration=False), width, height)


def in_one_colour(drawing: Drawing, colour: str) -> Drawing:
    """The drawing with every paint replaced by "#rrggbb", transparency kept."""
    root = ET.fromstring(drawing.svg)  # noqa: S314 our own bytes
    for element in root.iter():
        for name in _PAINTS & element.attrib.keys():
            if element.attrib[name] not in ("none", "transparent"):
                element.set(name, colour)
    root.set("fill", colour)
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    return Drawing(ET.tostring(root, encoding="utf-8", xml_declaration=False), drawing.width, drawing.height)


def _parsed(raw: bytes) -> ET.Element:
    if len(raw) > LARGEST:
        raise LogoTooLarge
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LogoUnsafe from None
    # In text that is not UTF-8 a declaration could be spelled unseen; what is no UTF-8 was refused above.
    if "\x00" in text or _FORBIDDEN.search(text):
        raise LogoUnsafe
    parser = ET.XMLParser(target=_Counted())  # noqa: S314 nothing is declared in it
    try:
        parser.feed(re.sub(r"\A\s*<\?xml[^>]*\?>", "", text))
        root: ET.Element = parser.close()
    except (ET.ParseError, ValueError, LookupError):
        raise LogoUnsafe from None
    return root


def _class_rules(root: ET.Element) -> dict[str, dict[str, str]]:
    """What the drawing's own stylesheet says about classes: drawing programs put paints there."""
    found: dict[str, dict[str, str]] = {}
    for style in root.iter(f"{_SVG}style"):
        for names, body in _CLASS_RULE.findall((style.text or "")[:50_000]):
            for name in re.findall(r"\.([\w-]+)", names):
                found.setdefault(name, {}).update(_declarations(body))
    return found


def _declarations(body: str) -> Iterator[tuple[str, str]]:
    for part in body.split(";"):
        name, _, value = part.partition(":")
        if name.strip() in _PRESENTATION:
            yield name.strip(), value.strip()


class _Cleaner:
    """Builds a new tree of what is allowed; nothing of the old one is kept by accident."""

    def __init__(self, rules: dict[str, dict[str, str]]) -> None:
        self._rules = rules
        self._clips = 0

    def cleaned(self, element: ET.Element, *, in_clip: bool = False) -> ET.Element | None:
        """A copy of one element and what is allowed inside it."""
        tag = str(element.tag).removeprefix(_SVG)
        if tag not in _ELEMENTS:
            return None
        copy = ET.Element(tag, self._attributes(element, tag, in_clip=in_clip))
        for child in element:
            inner = self.cleaned(child, in_clip=in_clip or tag == "clipPath")
            if inner is not None:
                copy.append(inner)
        return copy

    def _attributes(self, element: ET.Element, tag: str, *, in_clip: bool) -> dict[str, str]:
        wanted = {name: value for name, value in element.attrib.items() if name in _GEOMETRY | _PRESENTATION}
        for name in element.get("class", "").split():
            wanted |= self._rules.get(name, {})
        wanted |= dict(_declarations(element.get("style", "")))
        kept = {name: value for name, value in wanted.items() if _is_harmless(name, value)}
        reference = element.get("href", element.get(_XLINK_HREF, ""))
        if tag in _GRADIENTS and re.fullmatch(r"#[\w.-]+", reference):
            kept["href"] = reference
        if "clip-path" in kept:
            self._clips += 1
            # A clip within a clip is drawn again for each use: a few lines could keep a renderer busy for years.
            if in_clip or tag == "clipPath" or self._clips > MOST_CLIPS:
                raise LogoUnsafe
        return kept


def _is_harmless(name: str, value: str) -> bool:
    if len(value) > LONGEST_VALUE:
        raise LogoUnsafe
    if name in _PAINTS:
        return _PAINT.fullmatch(value.strip()) is not None
    if name == "clip-path":
        return _LOCAL.fullmatch(value.strip()) is not None
    return _VALUE.fullmatch(value) is not None


def _frame(root: ET.Element) -> tuple[float, float]:
    """The drawing's width and height; it is given a view box where it has only a size."""
    box = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", root.get("viewBox", ""))]
    if len(box) != 4:
        sizes = [_NUMBER.fullmatch(root.get(name, "")) for name in ("width", "height")]
        if not all(sizes):
            raise LogoUnsafe
        box = [0.0, 0.0, *(float(found[1]) for found in sizes if found)]
    width, height = box[2], box[3]
    if not (0 < width <= _TOO_WIDE and 0 < height <= _TOO_WIDE and 1 / 40 <= width / height <= 40):
        raise LogoUnsafe
    root.set("viewBox", " ".join(f"{part:g}" for part in box))
    root.set("width", f"{width:g}")
    root.set("height", f"{height:g}")
    return width, height
