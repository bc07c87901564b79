"""What must hold before a draft is shown to everybody; none of it needs a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.brand.errors import BlockRefused, BlockTooMuch, WordsRefused
from app.brand.rules.raster import READABLE, Tones
from app.brand.rules.words import check_forms, places
from app.kernel.web.languages import plural_examples
from app.kernel.web.own_words import plural_of
from themes.engine import Inputs, build, failing
from themes.engine.inputs import EVERY

Named = Mapping[str, Tones]

SENTENCES = {
    "pairs": "Every text and line can be read on every background, light and dark.",
    "pairs.failed": "“%(what)s” cannot be read.",
    "assets": "Every logo and font this draft names is here.",
    "assets.failed": "“%(what)s” names a file that is not here.",
    "logo": "The logo can be seen on light and dark pages.",
    "logo.light": "The logo cannot be seen on light pages. Add a darker one.",
    "logo.dark": "The logo cannot be seen on dark pages. Add one for dark pages.",
    "logo.missing": "There is no logo yet: the name is written in the display face.",
    "blocks": "Every block of your own can be shown.",
    "blocks.failed": "Your block “%(what)s” cannot be understood. It may use Liquid's plain tags and filters.",
    "blocks.too_much": "Your block “%(what)s” asks for too much work.",
    "sender": "Mails are sent in your label's name.",
    "sender.failed": "Mails cannot name “%(what)s”: it is not at one of your label's own domains.",
    "words": "Every text of your own keeps the places of the original.",
    "words.failed": "Your text for “%(what)s” has other places than the original.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: a sentence, what fills it, and whether it stands in the way."""

    check: str
    sentence: str
    blocks: bool
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a label has and is: tones of its logos by id, ids of its fonts, languages, domains, blocks that fail."""

    logos: Named
    fonts: frozenset[str]
    languages: frozenset[str]
    domains: frozenset[str]
    blocks: Mapping[str, type[BlockRefused]]


def findings(inputs: Inputs, ground: Ground) -> list[Finding]:
    """Everything that was looked at, what stands in the way first."""
    found = [
        *_pairs(inputs),
        *_assets(inputs, ground.logos, ground.fonts),
        *_logo(inputs, ground.logos),
        *_words(inputs, ground.languages | {EVERY}),
        *_blocks(ground.blocks),
        *_sender(inputs, ground.domains),
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
    wrong += [
        _failed("words", original[:80])
        for language in inputs.copy.plurals
        for original in inputs.copy.plurals[language]
        if language not in languages or not _holds(original, language, inputs.copy.plurals[language][original])
    ]
    return wrong or [_ok("words")]


def _holds(one: str, language: str, forms: list[str]) -> bool:
    many = plural_of(one)
    if many is None:  # no page says it any more, and what nobody reads stands in nobody's way
        return True
    try:
        check_forms(one, many, forms, count=len(plural_examples(language)))
    except WordsRefused:
        return False
    return True


def _blocks(failing: Mapping[str, type[BlockRefused]]) -> list[Finding]:
    def said(why: type[BlockRefused]) -> str:
        return SENTENCES["blocks.too_much" if why is BlockTooMuch else "blocks.failed"]

    wrong = [Finding("blocks", said(why), blocks=True, values={"what": slot}) for slot, why in failing.items()]
    return wrong or [_ok("blocks")]


def _sender(inputs: Inputs, domains: frozenset[str]) -> list[Finding]:
    address = inputs.identity.email_from
    if address and address.rpartition("@")[2].lower() not in domains:
        return [_failed("sender", address)]
    return [_ok("sender")]
