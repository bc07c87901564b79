"""What a page says of itself to those who do not read it: search engines, other sites, feeds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

LONGEST_DESCRIPTION = 200


@dataclass(frozen=True, slots=True)
class Meta:
    """The head of a page."""

    title: str = ""
    description: str = ""
    kind: str = "website"
    image: str = ""
    noindex: bool = False
    oembed: bool = False
    facts: tuple[Markup, ...] = ()
    """Linked data, spelled so that nothing in it ends the element around it."""


def spelled(document: dict[str, Any]) -> Markup:
    """Linked data as a script element may hold it: no text in it can end the element, or begin another."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 nothing is left in it that HTML reads


def shortened(text: str, longest: int = LONGEST_DESCRIPTION) -> str:
    """A text as one line, cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[:longest].rsplit(" ", 1)[0].rstrip(",;:") + "…"
