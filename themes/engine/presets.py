"""Ready looks to begin with: nothing but inputs, so that what one label starts from another can have too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from themes.engine.inputs import Inputs, parse

FOLDER = Path(__file__).parents[1] / "presets"
USUAL = "plain"


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of inputs; a new `version` makes new drafts and touches no theme that was made from an older one."""

    key: str
    name: str
    version: int
    inputs: Inputs


@cache
def presets() -> dict[str, Preset]:
    """Every preset by key."""
    found = {}
    for file in sorted(FOLDER.glob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        found[file.stem] = Preset(file.stem, content["name"], content["version"], parse(content["inputs"]))
    return found
