"""A contract's text, written from its terms: the person's face of the deal. The same terms always give the same text.

Which sentences stand where is said by the templates in `texts`, one for each kind of contract, and a further one where
a country's law asks for other words. The text is lines of a small markup: `# ` title, `## ` heading, `- ` item, `  - `
item below it, anything else a paragraph.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from app.contracts.rules.deals import Deal
from app.contracts.rules.phrases import Phrases
from app.contracts.rules.spelling import Speller, one_line

TEXTS: Final = Path(__file__).parents[1] / "texts"
_HEADING = re.compile(r"^## ", re.MULTILINE)
_BLANKS = re.compile(r"\n{3,}")


def write(deal: Deal, language: str) -> str:
    """The text of a contract in a language."""
    speller = Speller(language, deal.terms.currency)
    names = [f"{deal.kind}.{deal.country}.jinja", f"{deal.kind}.jinja"]
    template = _environment().select_template(names)
    said = Phrases(speller, deal)
    return normal(template.render(_=speller.say, deal=deal, terms=deal.terms, said=said, **_spelling(speller)))


def _spelling(speller: Speller) -> dict[str, Any]:
    return {
        "percent": speller.percent,
        "money": speller.money,
        "day": speller.day,
        "number": speller.number,
        "one_line": one_line,
    }


def normal(text: str) -> str:
    """A text as it is kept and hashed: composed letters, no spaces at line ends, headings numbered."""
    lines = [line.rstrip() for line in unicodedata.normalize("NFC", text).splitlines()]
    whole = _BLANKS.sub("\n\n", "\n".join(lines)).strip() + "\n"
    numbers = iter(range(1, 1_000))
    return _HEADING.sub(lambda _: f"## {next(numbers)}. ", whole)


def digest(body: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(body.encode()).hexdigest()


class Block(NamedTuple):
    """One paragraph of a text: `kind` is title, heading, item, below or text."""

    kind: str
    text: str


_MARKS: Final = (("## ", "heading"), ("# ", "title"), ("  - ", "below"), ("- ", "item"))


def blocks(body: str) -> Iterator[Block]:
    """A text as what it is shown as."""
    for line in filter(None, body.splitlines()):
        mark, kind = next(((mark, kind) for mark, kind in _MARKS if line.startswith(mark)), ("", "text"))
        yield Block(kind, line.removeprefix(mark))


@cache
def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=FileSystemLoader(TEXTS),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=False,
        auto_reload=False,
    )
