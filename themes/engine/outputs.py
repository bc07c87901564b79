"""What leaves the engine: a stylesheet of tokens, design tokens (DTCG 2025.10), flat values for mail and paper."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from themes.engine.fonts import OWN, font_of
from themes.engine.inputs import SYSTEM, Inputs, canonical
from themes.engine.palette import Palette, build

VERSION: Final = "1.0.0"
"""Part of every name: a change of the engine never changes what an old name stands for."""
OWN_FONT_ADDRESS: Final = "/theme/fonts/{id}.woff2"
FORMAT: Final = "https://www.designtokens.org/schemas/2025.10/format.json"

_MIXED_BY_KIT: Final = frozenset({"line", "line-soft"})
"""On a screen hairlines are ink at low alpha, which the kit mixes; as solid colours they vanish on raised surfaces."""
_SHADOWS: Final = {
    "none": ("none", "none", "0 0 0 1px var(--c-line)"),
    "soft": (
        "0 1px 2px light-dark(rgb(20 16 8 / .06), rgb(0 0 0 / .4))",
        "0 6px 16px -4px light-dark(rgb(20 16 8 / .10), rgb(0 0 0 / .55))",
        "0 0 0 1px var(--c-line-soft), 0 18px 44px -8px light-dark(rgb(20 16 8 / .20), rgb(0 0 0 / .7))",
    ),
    "deep": (
        "0 1px 3px light-dark(rgb(0 0 0 / .12), rgb(0 0 0 / .6))",
        "0 10px 24px -6px light-dark(rgb(0 0 0 / .18), rgb(0 0 0 / .7))",
        "0 0 0 1px var(--c-line-soft), 0 40px 90px -30px light-dark(rgb(0 0 0 / .45), rgb(0 0 0 / .9))",
    ),
}
_MOTION: Final = {"none": (0, 0), "calm": (120, 220), "lively": (160, 320)}
_EASE: Final = {
    "none": (0.0, 0.0, 1.0, 1.0),
    "calm": (0.2, 0.7, 0.2, 1.0),
    "lively": (0.3, 1.4, 0.4, 1.0),
}
_LANGUAGES: Final = {"Arab": "ar", "Hans": "zh", "Jpan": "ja", "Kore": "ko"}
_NO_CAPITALS: Final = ":lang(ar), :lang(ja), :lang(ko), :lang(zh)"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A theme, whole: the same inputs give the same bytes and the same `sha256`."""

    css: str
    tokens: dict[str, Any]
    flat: dict[str, Any]
    sha256: str


def resolve(inputs: Inputs) -> Resolved:
    """Everything that follows from these inputs."""
    palettes = {"light": build(inputs.color, "light"), "dark": build(inputs.color, "dark")}
    css, tokens, flat = _css(inputs, palettes), _tokens(inputs, palettes), _flat(inputs, palettes)
    whole = [VERSION, canonical(inputs).decode(), css, tokens, flat]
    digest = hashlib.sha256(msgspec.json.encode(whole, order="deterministic")).hexdigest()
    return Resolved(css, tokens, flat, digest)


def _css(inputs: Inputs, palettes: dict[str, Palette]) -> str:
    """The stylesheet. Unlayered, so it wins over the kit's defaults whatever is loaded first."""
    color = inputs.color
    rules = [*_font_faces(inputs), _rule(":root", _colours(palettes)), _rule(":root", _other_tokens(inputs))]
    if color.scheme != "auto":
        # A reader who chose a scheme has said so on the root element, and is not overruled.
        rules.append(_rule(":root:not([data-scheme])", [("color-scheme", color.scheme)]))
    rules.append(_rule('[data-surface="store"]', [("--density", _number(inputs.density.store))]))
    rules.append(_rule(_NO_CAPITALS, [("--tt-display", "none"), ("--ls-display", "0"), ("--ls-hero", "0")]))
    for script, key in sorted(inputs.type.scripts.items()):
        if key != SYSTEM:
            rules.append(_rule(f":lang({_LANGUAGES[script]})", _script_tokens(inputs, key)))
    if color.contrast == "AA":
        more = {
            "light": build(color, "light", contrast_level="AAA"),
            "dark": build(color, "dark", contrast_level="AAA"),
        }
        usual = dict(_colours(palettes))
        differing = [(name, value) for name, value in _colours(more) if usual[name] != value]
        rules.append(f"@media (prefers-contrast:more){{{_rule(':root', differing)}}}")
    still = _rule(":root", [("--fast", "0ms"), ("--med", "0ms")])
    rules.append(f"@media (prefers-reduced-motion:reduce){{{still}}}")
    return "\n".join(rules) + "\n"


def _script_tokens(inputs: Inputs, key: str) -> list[tuple[str, str]]:
    """The brand's own face stays first: it keeps names and numbers, and lacks the script that the second brings."""
    script = font_of(key).families
    return [
        ("--font-text", f"{font_of(inputs.type.text).families}, {script}"),
        ("--font-display", f"{font_of(inputs.type.display).families}, {script}"),
    ]


def _rule(selector: str, pairs: list[tuple[str, str]]) -> str:
    return f"{selector}{{{''.join(f'{name}:{value};' for name, value in pairs)}}}"


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"


def _colours(palettes: dict[str, Palette]) -> list[tuple[str, str]]:
    found = []
    for name, light in palettes["light"].items():
        dark = palettes["dark"][name].hex
        if name not in _MIXED_BY_KIT:
            found.append((f"--c-{name}", dark if dark == light.hex else f"light-dark({light.hex},{dark})"))
    return found


def _other_tokens(inputs: Inputs) -> list[tuple[str, str]]:
    shape, motion = inputs.shape, _MOTION[inputs.motion.level]
    shadows = _SHADOWS[shape.shadow]
    controls = {"square": "0", "rounded": "var(--radius)", "pill": "99px"}
    avatars = {"circle": "50%", "rounded": "var(--radius)", "square": "0"}
    return [
        *_type_tokens(inputs),
        ("--radius", f"{_number(shape.radius)}px"),
        ("--radius-control", controls[shape.control]),
        ("--cover-radius", f"{_number(shape.cover_radius)}px"),
        ("--avatar-radius", avatars[shape.avatar]),
        ("--border", f"{_number(shape.border)}px"),
        *((f"--shadow-{step}", shadow) for step, shadow in enumerate(shadows, start=1)),
        ("--cover-shadow", shadows[1]),
        ("--density", _number(inputs.density.portal)),
        ("--fast", f"{motion[0]}ms"),
        ("--med", f"{motion[1]}ms"),
        ("--ease", f"cubic-bezier({','.join(_number(part) for part in _EASE[inputs.motion.level])})"),
        ("--logo-clearspace", f"{_number(inputs.logo.clearspace)}em"),
    ]


def _type_tokens(inputs: Inputs) -> list[tuple[str, str]]:
    kind, display = inputs.type, font_of(inputs.type.display)
    low, high = display.weights
    scale, tracking = kind.scale, kind.display_tracking
    is_wide = "wdth" in display.axes
    advance = display.width * (kind.display_width / 100 if is_wide else 1)
    hero = min(6.5, max(3.0, scale**8))
    return [
        ("--font-text", font_of(kind.text).families),
        ("--font-display", display.families),
        ("--w-display", str(min(high, max(low, kind.display_weight)))),
        ("--wdth-display", f"{kind.display_width}%" if is_wide else "100%"),
        ("--tt-display", kind.display_case),
        ("--ls-display", f"{_number(tracking)}em" if tracking else "0"),
        ("--ls-hero", f"{_number(max(-0.06, tracking * 2))}em" if tracking else "0"),
        *((f"--fs-{name}", f"{_number(size)}rem") for name, size in sizes(scale).items()),
        ("--h2", f"{_number(scale**2.5)}rem"),
        ("--portal-title", f"{_number(scale**3)}rem"),
        ("--hero-title", f"{_number(hero)}rem"),
        ("--hero-vw", f"{_number(7 / advance)}vw"),
    ]


def sizes(scale: float) -> dict[str, float]:
    """Type sizes in rem: what is read keeps its size, headings grow by the scale."""
    small = {"2xs": 0.6875, "xs": 0.75, "sm": 0.8125, "md": 0.875, "lg": 1.0}
    return small | {"xl": scale, "2xl": scale**2, "3xl": scale**3}


def _font_faces(inputs: Inputs) -> Iterator[str]:
    kind = inputs.type
    for key in sorted({kind.text, kind.display, *kind.scripts.values()}):
        if (own := OWN.fullmatch(key)) is not None:
            source = OWN_FONT_ADDRESS.format(id=own[1])
            yield (
                f'@font-face{{font-family:"{font_of(key).family}";src:url({source}) format("woff2");'
                "font-weight:100 900;font-display:swap;}"
            )


def _tokens(inputs: Inputs, palettes: dict[str, Palette]) -> dict[str, Any]:
    """Design tokens as the W3C community group's format of 2025.10 writes them."""

    def colours(palette: Palette) -> dict[str, Any]:
        found: dict[str, Any] = {"$type": "color"}
        for name, colour in palette.items():
            parts = [round(colour.lightness, 4), round(colour.chroma, 4), round(colour.hue, 2)]
            value = {"colorSpace": "oklch", "components": parts, "alpha": 1, "hex": colour.hex}
            found[name] = {"$value": value}
        return found

    def pixels(value: float) -> dict[str, Any]:
        return {"$value": {"value": value, "unit": "px"}}

    fast, medium = _MOTION[inputs.motion.level]
    shape, kind = inputs.shape, inputs.type
    return {
        "$schema": FORMAT,
        "color": {shade: colours(palette) for shade, palette in palettes.items()},
        "font": {
            "$type": "fontFamily",
            "text": {"$value": [font_of(kind.text).family, "sans-serif"]},
            "display": {"$value": [font_of(kind.display).family, "sans-serif"]},
        },
        "size": {
            "$type": "dimension",
            **{n: {"$value": {"value": round(s, 4), "unit": "rem"}} for n, s in sizes(kind.scale).items()},
        },
        "radius": {"$type": "dimension", "base": pixels(shape.radius), "cover": pixels(shape.cover_radius)},
        "border": {"$type": "dimension", "width": pixels(shape.border)},
        "density": {
            "$type": "number",
            "portal": {"$value": inputs.density.portal},
            "store": {"$value": inputs.density.store},
        },
        "motion": {
            "fast": {"$type": "duration", "$value": {"value": fast, "unit": "ms"}},
            "medium": {"$type": "duration", "$value": {"value": medium, "unit": "ms"}},
            "ease": {"$type": "cubicBezier", "$value": list(_EASE[inputs.motion.level])},
        },
    }


def _flat(inputs: Inputs, palettes: dict[str, Palette]) -> dict[str, Any]:
    """Plain values: mail clients know no variables and paper no schemes."""
    text, display = font_of(inputs.type.text), font_of(inputs.type.display)
    return {
        **{shade: {name: colour.hex for name, colour in palette.items()} for shade, palette in palettes.items()},
        "font": {
            "text": text.family,
            "display": display.family,
            "text_stack": text.stack,
            "display_stack": display.stack,
            "display_weight": min(display.weights[1], max(display.weights[0], inputs.type.display_weight)),
            "display_width": inputs.type.display_width if "wdth" in display.axes else 100,
            "display_case": inputs.type.display_case,
        },
        "px": {"radius": inputs.shape.radius, "cover_radius": inputs.shape.cover_radius, "border": inputs.shape.border},
        "scheme": "dark" if inputs.color.scheme == "dark" else "light",
    }
