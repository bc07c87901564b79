"""What must hold before a draft is shown to everybody; none of it needs a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.brand.rules.raster import READABLE, Tones
from app.brand.rules.words import places
from themes.engine import Inputs, build, failing

Named = Mapping[str, Tones]
_MARKUP = re.compile(r"[<>]")

SENTENCES = {
    "pairs": "Every text and line can be read on every background, light and dark.",
    "pairs.failed": "“%(what)s” cannot be read.",
    "assets": "Every logo and font this draft names is here.",
    "assets.failed": "“%(what)s” names a file that is not here.",
    "logo": "The logo can be seen on light and dark pages.",
    "logo.light": "The logo cannot be seen on light pages. Add a darker one.",
    "logo.dark": "The logo cannot be seen on dark pages. Add one for dark pages.",
    "logo.missing": "There is no logo yet: the name is written in the display face.",
    "words": "Every text of your own keeps the places of the original.",
    "words.failed": "Your text for “%(what)s” has other places than the original, or holds markup.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: a sentence, what fills it, and whether it stands in the way."""

    check: str
    sentence: str
    blocks: bool
    values: Mapping[str, str] = field(default_factory=dict)


def findings(inputs: Inputs, known: Named, fonts: frozenset[str], *, languages: frozenset[str]) -> list[Finding]:
    """Everything that was looked at, what stands in the way first.

    `known` are the tones of the label's logos by id, `fonts` the ids of its own fonts, `languages` those it speaks.
    """
    found = [
        *_pairs(inputs),
        *_assets(inputs, known, fonts),
        *_logo(inputs, known),
        *_words(inputs, languages),
    ]
    return sorted(found, key=lambda finding: not finding.blocks)


def _ok(check: str) -> Finding:
    return Finding(check, SENTENCES[check], blocks=False)


def _failed(check: str, what: str) -> Finding:
    return Finding(check, SENTENCES[f"{check}.failed"], blocks=True, values={"what": what})


def _pairs(inputs: Inputs) -> list[Finding]:
    level = inputs.color.contrast
    missed = [
        _failed("pairs", f"{failed.pair.foreground} / {failed.pair.background}")
        for shade in ("light", "dark")
        for failed in failing(build(inputs.color, shade), level)
    ]
    return missed or [_ok("pairs")]


def named_assets(inputs: Inputs) -> dict[str, str]:
    """The files that a theme names: input by input, the id."""
    logos = {f"logo.{kind}": getattr(inputs.logo, kind) for kind in ("wordmark", "mark", "on_dark", "mono")}
    faces = {"type.text": inputs.type.text, "type.display": inputs.type.display}
    faces |= {f"type.scripts.{script}": key for script, key in inputs.type.scripts.items()}
    own = {name: key.removeprefix("own:") for name, key in faces.items() if key.startswith("own:")}
    return {name: asset for name, asset in logos.items() if asset} | own


def _assets(inputs: Inputs, known: Named, fonts: frozenset[str]) -> list[Finding]:
    missing = [
        _failed("assets", name)
        for name, asset in named_assets(inputs).items()
        if asset not in (fonts if name.startswith("type.") else known)
    ]
    return missing or [_ok("assets")]


def _logo(inputs: Inputs, known: Named) -> list[Finding]:
    logo = inputs.logo
    on_light = logo.wordmark or logo.mark
    if on_light is None:
        return [Finding("logo", SENTENCES["logo.missing"], blocks=False)]
    on_dark = logo.on_dark or logo.mono or on_light
    found = []
    if not _is_seen(known.get(on_light), "on_light"):
        found.append(Finding("logo", SENTENCES["logo.light"], blocks=True))
    if not _is_seen(known.get(on_dark), "on_dark"):
        found.append(Finding("logo", SENTENCES["logo.dark"], blocks=True))
    return found or [_ok("logo")]


def _is_seen(tones: Tones | None, where: str) -> bool:
    """A logo that is not here is another finding's business."""
    reached = getattr(tones, where) if tones else None
    return reached is None or reached >= READABLE


def _words(inputs: Inputs, languages: frozenset[str]) -> list[Finding]:
    wrong = [
        _failed("words", original[:80])
        for language, texts in inputs.copy.strings.items()
        for original, text in texts.items()
        if language not in languages or places(original) != places(text)
    ]
    wrong += [_failed("words", term) for term, text in inputs.copy.terms.items() if _MARKUP.search(text)]
    return wrong or [_ok("words")]
