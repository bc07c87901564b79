"""What a shop's front page can be made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from app.kernel.sentences import sentence

SENTENCES: Final = {
    "hero": sentence("The newest release, large"),
    "releases": sentence("New releases"),
    "merch": sentence("Merch"),
    "artists": sentence("Artists"),
    "journal": sentence("From the journal"),
    "text": sentence("A text of your own"),
}
COUNTS: Final = {"releases": 8, "merch": 4, "artists": 4, "journal": 3}
"""How many of each are shown where nobody says another number."""
USUAL: Final = ("hero", "releases", "merch", "artists", "journal")
MOST: Final = 12
MOST_TEXTS: Final = 6
TEXT_BLOCK: Final = "text"


class Row(NamedTuple):
    """A section as it was typed in one language; `key` says which it was before, as `keyed` calls it."""

    key: str
    most: int | None = None
    title: str = ""
    body: str = ""

    @property
    def kind(self) -> str:
        """What it shows."""
        return self.key.partition("-")[0]


def usual() -> list[dict[str, Any]]:
    """The sections of a shop whose label has not chosen any."""
    return [{"kind": kind, **({"count": COUNTS[kind]} if kind in COUNTS else {})} for kind in USUAL]


def keyed(sections: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Sections by what they are called among the others: their kind, and texts by their number, too."""
    found: dict[str, dict[str, Any]] = {}
    for section in sections:
        texts = sum(key.startswith(TEXT_BLOCK) for key in found)
        found[f"{TEXT_BLOCK}-{texts}" if section["kind"] == TEXT_BLOCK else section["kind"]] = section
    return found


def arranged(rows: Sequence[Row], held: Sequence[dict[str, Any]], language: str) -> list[dict[str, Any]] | None:
    """Sections as they are kept, with the texts that they have in other languages; None where one is no section."""
    before, found, seen = keyed(held), [], set[str]()
    for row in rows:
        is_usable = row.kind in SENTENCES and row.key not in seen and row.kind in (TEXT_BLOCK, row.key)
        if not is_usable or (row.kind in COUNTS and not 1 <= (row.most or COUNTS[row.kind]) <= MOST):
            return None
        seen.add(row.key)
        old = before.get(row.key, {})
        section: dict[str, Any] = {"kind": row.kind, "titles": _with(old.get("titles", {}), language, row.title)}
        if row.kind in COUNTS:
            section["count"] = row.most or COUNTS[row.kind]
        if row.kind == TEXT_BLOCK:
            section["bodies"] = _with(old.get("bodies", {}), language, row.body)
        found.append(section)
    return found if sum(section["kind"] == TEXT_BLOCK for section in found) <= MOST_TEXTS else None


def _with(texts: dict[str, str], language: str, text: str) -> dict[str, str]:
    others = {key: said for key, said in texts.items() if key != language}
    return {**others, language: text} if text else others
