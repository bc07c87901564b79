"""What the kit's stylesheets put on each other is declared, and therefore proven; every token they ask for exists.

What templates ask of htmx, a page lets it do.
"""

from __future__ import annotations

import re
from pathlib import Path

from themes.engine import PAIRS, parse, resolve

TEMPLATES = Path(__file__).parents[2] / "themes" / "base" / "templates"
SHEETS = sorted((Path(__file__).parents[2] / "themes" / "base" / "src" / "css").glob("*.css"))
MIXED_BY_KIT = {"line", "line-soft"}
RULE = re.compile(r"\{([^{}]*)\}")
PAINT = re.compile(r"(?:^|;)\s*(background|background-color|color):\s*var\(--c-([a-z0-9-]+)\)\s*(?=;|$)")


def rules() -> list[tuple[str, str]]:
    return [(sheet.name, body) for sheet in SHEETS for body in RULE.findall(sheet.read_text())]


def test_every_pair_that_one_rule_makes_is_declared():
    declared = {(pair.foreground, pair.background) for pair in PAIRS["AA"]}
    made = set()
    for name, body in rules():
        paints = {kind.replace("-color", ""): token for kind, token in PAINT.findall(body)}
        if {"background", "color"} <= paints.keys():
            made.add((name, paints["color"], paints["background"]))
    assert made
    assert {pair for pair in made if pair[1:] not in declared} == set()


def test_every_colour_the_kit_asks_for_is_one_of_the_themes():
    css = resolve(parse({"color": {"brand": "#14553f"}})).css
    given = set(re.findall(r"--c-([a-z0-9-]+):", css)) | MIXED_BY_KIT
    asked = {token for sheet in SHEETS for token in re.findall(r"var\(--c-([a-z0-9-]+)", sheet.read_text())}
    assert asked - given == set()


def test_what_htmx_is_to_do_carries_the_pages_nonce():
    """Without it the browser leaves the attribute out, and a page that was to show the result by itself stands still."""
    found = []
    for template in sorted(TEMPLATES.rglob("*.html")):
        body = template.read_text()
        asked = len(re.findall(r"\bhx-(?:get|post|put|patch|delete)=", body))
        given = len(re.findall(r"hx-nonce=|\{\{ into\(\) \}\}", body))
        if asked > given:
            found.append(f"{template.relative_to(TEMPLATES)}: {asked} ask, {given} may")
    assert found == []
