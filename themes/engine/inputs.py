"""What an author may say, and its limits: everything else about a theme follows from it.

A value here reaches CSS only as a number, as one of a few words or as a key of a table, so that no text of a label's
can become a rule of its stylesheet.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from msgspec import Meta, field

from themes.engine.fonts import is_known

Mood = Literal["neutral", "tinted", "paper", "ink"]
Scheme = Literal["auto", "light", "dark"]
Contrast = Literal["AA", "AAA"]
BlockKind = Literal["hero", "releases", "merch", "artists", "journal", "text"]
Hex = Annotated[str, Meta(pattern=r"\A#[0-9a-fA-F]{6}\Z")]
FontKey = Annotated[str, Meta(max_length=60)]
Line = Annotated[str, Meta(max_length=120)]
Asset = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")] | None
Address = Annotated[str, Meta(max_length=254, pattern=r"\A([^\s@<>\",;:]+@[^\s@<>\",;:]+\.[a-z0-9-]{2,})?\Z")]
Density = Annotated[float, Meta(ge=0.85, le=1.3)]

SCRIPTS = ("Arab", "Hans", "Jpan", "Kore")
SYSTEM = "system"
EVERY = "*"
"""Stands for all languages: a word that a label says in each of them."""
MOST_STRINGS = 500
MOST_FORMS = 6
"""Arabic has six plural forms, and no language of ours has more."""
LONGEST_BLOCK = 20_000
Original = Annotated[str, Meta(max_length=500)]
Text = Annotated[str, Meta(min_length=1, max_length=2_000)]
Block = Annotated[str, Meta(max_length=LONGEST_BLOCK)]
LARGEST_INPUTS = 200_000
MOST_SECTIONS = 12
MOST_SHOWN = 12
"""Of what a section of the front page can show, so many at most."""
Tongue = Annotated[str, Meta(pattern=r"\A[a-z]{2,3}(-[A-Za-z]{2,4})?\Z")]

SENTENCES = {
    "color.brand": "Give the brand colour as a hash and six digits, such as #14553f.",
    "color.accent": "Give the second colour as a hash and six digits, or leave it out.",
    "color.mood": "Choose one of the moods: neutral, tinted, paper or ink.",
    "color.scheme": "Choose light, dark, or whatever the reader's device prefers.",
    "color.contrast": "Choose AA or AAA.",
    "color.label_on_brand": "Choose light, dark, or what reads best.",
    "type.text": "Choose a text face from the list or one of your own.",
    "type.display": "Choose a display face from the list or one of your own.",
    "type.scale": "Sizes may grow by a factor from 1.05 to 1.4.",
    "type.display_case": "Choose capitals or no change.",
    "type.display_tracking": "Letter spacing may lie between -0.06 and 0.06 em.",
    "type.display_weight": "A weight is a number from 100 to 900.",
    "type.display_width": "A width is a number from 62 to 125 percent.",
    "type.scripts": "Name a face for Arabic, Japanese, Korean or Chinese, or leave it to the reader's device.",
    "shape.radius": "Corners may be rounded by 0 to 24 pixels.",
    "shape.control": "Choose square, rounded or pill.",
    "shape.cover_radius": "Covers may be rounded by 0 to 32 pixels.",
    "shape.avatar": "Choose circle, rounded or square.",
    "shape.border": "Lines may be 1 or 2 pixels wide.",
    "shape.shadow": "Choose none, soft or deep.",
    "density.portal": "Density may lie between 0.85 and 1.3.",
    "density.store": "Density may lie between 0.85 and 1.3.",
    "motion.level": "Choose none, calm or lively.",
    "logo": "Name a logo that was added here.",
    "logo.clearspace": "Clear space may be up to the logo's own height.",
    "logo.favicon": "Choose the mark or the first letter.",
    "layout.hero": "Choose editorial, immersive or split.",
    "layout.header": "Choose left or centred.",
    "front.sections": "A front page has up to 12 blocks with titles up to 120 characters and texts up to 20,000.",
    "copy.voice": "Choose plain, warm or bold.",
    "copy.strings": "A text of your own needs a language, an original and up to 2,000 characters.",
    "identity.legal_name": "A legal name may have up to 120 characters.",
    "copy.plurals": "A text of your own about a number needs every form that its language has.",
    "blocks.announcement": "A block may have up to 20,000 characters.",
    "blocks.landing": "A block may have up to 20,000 characters.",
    "blocks.footer": "A block may have up to 20,000 characters.",
    "blocks.sign_in": "A block may have up to 20,000 characters.",
    "identity.email_name": "A sender's name may have up to 120 characters.",
    "identity.email_from": "Give a mail address, or leave it out.",
    "identity.powered_by": "Choose yes or no.",
    "": "This is not part of a theme.",
}


class _Part(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A group of inputs; what is not offered is refused."""


class Color(_Part, frozen=True):
    """One brand colour and a mood give both palettes; `accent` colours links and charts instead of the brand's."""

    brand: Hex
    accent: Hex | None = None
    mood: Mood = "neutral"
    scheme: Scheme = "auto"
    contrast: Contrast = "AA"
    label_on_brand: Literal["auto", "light", "dark"] = "auto"


class Type(_Part, frozen=True):
    """Faces and how they are set; `display_width` (percent) needs a face whose width varies."""

    text: FontKey = "inter"
    display: FontKey = "inter"
    scale: Annotated[float, Meta(ge=1.05, le=1.4)] = 1.2
    display_case: Literal["none", "uppercase"] = "none"
    display_tracking: Annotated[float, Meta(ge=-0.06, le=0.06)] = -0.01
    display_weight: Annotated[int, Meta(ge=100, le=900)] = 600
    display_width: Annotated[int, Meta(ge=62, le=125)] = 100
    scripts: dict[Literal["Arab", "Hans", "Jpan", "Kore"], FontKey] = {}


class Shape(_Part, frozen=True):
    """Corners, lines and shadows; radii and border in pixels."""

    radius: Annotated[float, Meta(ge=0, le=24)] = 8
    control: Literal["square", "rounded", "pill"] = "rounded"
    cover_radius: Annotated[float, Meta(ge=0, le=32)] = 4
    avatar: Literal["circle", "rounded", "square"] = "circle"
    border: Annotated[float, Meta(ge=1, le=2)] = 1
    shadow: Literal["none", "soft", "deep"] = "soft"


class Densities(_Part, frozen=True):
    """How much air there is; 1 is the kit's own."""

    portal: Density = 1.0
    store: Density = 1.0


class Motion(_Part, frozen=True):
    """How much moves; readers who want none get none."""

    level: Literal["none", "calm", "lively"] = "calm"


class Logo(_Part, frozen=True):
    """Files of the label by id; a version names its own, so that an old version keeps its old logo."""

    wordmark: Asset = None
    mark: Asset = None
    on_dark: Asset = None
    mono: Asset = None
    clearspace: Annotated[float, Meta(ge=0, le=1)] = 0.25
    favicon: Literal["mark", "initial"] = "mark"


class Layout(_Part, frozen=True):
    """Which of the variants of one and the same HTML are shown."""

    hero: Literal["editorial", "immersive", "split"] = "editorial"
    header: Literal["left", "centred"] = "left"


class Section(_Part, frozen=True):
    """One block of the shop's front page; `count` says how many things it shows at most, texts are by language."""

    kind: BlockKind
    count: Annotated[int, Meta(ge=1, le=MOST_SHOWN)] | None = None
    titles: dict[Tongue, Line] = {}
    bodies: dict[Tongue, Block] = {}


class Front(_Part, frozen=True):
    """What the shop's front page is made of, in its order; where nothing is said it is the usual."""

    sections: Annotated[list[Section], Meta(max_length=MOST_SECTIONS)] = []


class Copy(_Part, frozen=True):
    """The label's words by language and original sentence; a sentence about a number has a text for each form."""

    voice: Literal["plain", "warm", "bold"] = "plain"
    strings: dict[Annotated[str, Meta(pattern=r"\A(\*|[a-z]{2,3}(-[A-Za-z]{2,4})?)\Z")], dict[Original, Text]] = {}
    plurals: dict[
        Annotated[str, Meta(pattern=r"\A[a-z]{2,3}(-[A-Za-z]{2,4})?\Z")],
        dict[Original, Annotated[list[Text], Meta(min_length=1, max_length=MOST_FORMS)]],
    ] = {}


class Blocks(_Part, frozen=True):
    """A label's own Liquid, slot by slot, on the pages that everybody sees."""

    announcement: Block = ""
    landing: Block = ""
    footer: Block = ""
    sign_in: Block = ""


class Identity(_Part, frozen=True):
    """Who stands behind the pages, and in whose name mails go out."""

    legal_name: Line = ""
    email_name: Line = ""
    email_from: Address = ""
    powered_by: bool = False


class Inputs(_Part, frozen=True):
    """Everything an author says about a theme."""

    color: Color
    type: Type = field(default_factory=Type)
    shape: Shape = field(default_factory=Shape)
    density: Densities = field(default_factory=Densities)
    motion: Motion = field(default_factory=Motion)
    logo: Logo = field(default_factory=Logo)
    layout: Layout = field(default_factory=Layout)
    front: Front = field(default_factory=Front)
    copy: Copy = field(default_factory=Copy)
    blocks: Blocks = field(default_factory=Blocks)
    identity: Identity = field(default_factory=Identity)


PARTS: Final[Mapping[str, type[_Part]]] = {each.name: each.type for each in msgspec.structs.fields(Inputs)}
BLOCK_KINDS: Final = frozenset(get_args(BlockKind))


class InputRefused(ValueError):
    """An input that cannot be used: `field` names it ("shape.radius"), `sentence` says what is possible."""

    def __init__(self, name: str) -> None:
        self.field = name
        self.sentence = sentence_for(name)
        super().__init__(f"{name}: {self.sentence}")


def sentence_for(name: str) -> str:
    """What can be said about this input; the sentence of its group where it has none of its own."""
    while name and name not in SENTENCES:
        name = name.rpartition(".")[0]
    return SENTENCES[name]


_AT = re.compile(r" - at (?:`key` in )?`\$([^`]*)`\Z")
_FIELD = re.compile(r"(?:unknown|required) field `([^`]*)`")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def parse(raw: Mapping[str, Any]) -> Inputs:
    """The inputs in `raw`, exactly typed and within their limits; `InputRefused` names the first that is not."""
    _check_numbers(raw)
    try:
        inputs = msgspec.convert(dict(raw), type=Inputs, strict=True)
    except msgspec.ValidationError as problem:
        raise InputRefused(_where(str(problem))) from None
    except (TypeError, RecursionError):
        raise InputRefused("") from None
    _check_words(inputs)
    color = inputs.color
    accent = color.accent.lower() if color.accent else None
    return msgspec.structs.replace(
        inputs, color=msgspec.structs.replace(color, brand=color.brand.lower(), accent=accent)
    )


def modern(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs as another version of the product kept them, said as they are said today.

    What is no part of a theme any more falls away, and what is not yet one: while a new version is rolled out, old
    processes read what new ones wrote. Terms, which were one word for all languages, are words in each.
    """
    terms = stored.get("copy", {}).get("terms", {})
    inputs = {name: _known(stored[name], part) for name, part in PARTS.items() if name in stored}
    if "front" in inputs:
        blocks = [
            _known(each, Section) for each in inputs["front"].get("sections", []) if each.get("kind") in BLOCK_KINDS
        ]
        inputs["front"]["sections"] = blocks
    if terms:
        strings = inputs["copy"].get("strings", {})
        words = {term.capitalize(): text for term, text in terms.items()} | strings.get(EVERY, {})
        inputs["copy"]["strings"] = strings | {EVERY: words}
    return inputs


def _known(stored: Mapping[str, Any], part: type[_Part]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name in part.__struct_fields__}


def plain(inputs: Inputs) -> dict[str, Any]:
    """The inputs as JSON values, defaults included, so that a later default never changes an old theme."""
    whole: dict[str, Any] = msgspec.to_builtins(inputs)
    return whole


def canonical(inputs: Inputs) -> bytes:
    """The one spelling of these inputs."""
    return msgspec.json.encode(inputs, order="deterministic")


def _where(problem: str) -> str:
    at, inner = _AT.search(problem), _FIELD.search(problem)
    path = at[1].replace("[...]", "").strip(".") if at else ""
    return ".".join(part for part in (path, inner[1] if inner else "") if part)


def _check_numbers(raw: Mapping[str, Any]) -> None:
    # JSON has no infinity, but a dict from elsewhere may, and every comparison with NaN is false.
    for name, group in raw.items():
        values = group.items() if isinstance(group, Mapping) else ()
        for key, value in values:
            if isinstance(value, float) and not math.isfinite(value):
                raise InputRefused(f"{name}.{key}")


def _check_words(inputs: Inputs) -> None:
    fonts = [("type.text", inputs.type.text), ("type.display", inputs.type.display)]
    fonts += [("type.scripts", key) for key in inputs.type.scripts.values() if key != SYSTEM]
    for name, key in fonts:
        if not is_known(key):
            raise InputRefused(name)
    said: list[Mapping[str, object]] = [*inputs.copy.strings.values(), *inputs.copy.plurals.values()]
    if sum(map(len, said)) > MOST_STRINGS:
        raise InputRefused("copy.strings")
    for name, text in _texts(inputs):
        if _CONTROL.search(text):
            raise InputRefused(name)
    if len(canonical(inputs)) > LARGEST_INPUTS:
        raise InputRefused("copy.strings")


def _texts(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Every text of an author's own; what a reader sees must not turn direction or end a line by itself."""
    yield "identity.legal_name", inputs.identity.legal_name
    yield "identity.email_name", inputs.identity.email_name
    yield "identity.email_from", inputs.identity.email_from
    for slot, source in msgspec.structs.asdict(inputs.blocks).items():
        yield f"blocks.{slot}", source.replace("\n", " ").replace("\t", " ")
    for section in inputs.front.sections:
        for text in (*section.titles.values(), *section.bodies.values()):
            yield "front.sections", text.replace("\n", " ").replace("\t", " ")
    for texts in inputs.copy.strings.values():
        for original, text in texts.items():
            yield "copy.strings", original.replace("\n", " ")
            yield "copy.strings", text.replace("\n", " ")
    for many in inputs.copy.plurals.values():
        for original, forms in many.items():
            yield from (("copy.plurals", text.replace("\n", " ")) for text in (original, *forms))
