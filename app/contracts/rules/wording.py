"""A contract's text, written from its terms: the person's face of the deal. The same terms always give the same text.

Which sentences stand where is said by the templates in `texts`, one for each kind of contract, and a further one where
a country's law asks for other words. The text is lines of a small markup: `# ` title, `## ` heading, `- ` item, `  - `
item below it, anything else a paragraph.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from app.contracts.rules.phrases import Phrases
from app.contracts.rules.terms import Kind, Level, Terms
from app.kernel.web.languages import say

TEXTS: Final = Path(__file__).parents[1] / "texts"
_HEADING = re.compile(r"^## ", re.MULTILINE)
_MARKUP = re.compile(r"(##?|-)(\s|$)")
_JOINER: Final = "\u2060"
"""Is no space, and nothing is seen of it."""

_BLANKS = re.compile(r"\n{3,}")


class Subject(NamedTuple):
    """One thing that a contract is about, by name."""

    level: Level
    name: str = ""
    code: str = ""
    territory: str = ""


class Advance(NamedTuple):
    """What is paid ahead, in the contract's currency, and which part of it is recouped."""

    name: str
    amount: Decimal
    part: Decimal


class Deal(NamedTuple):
    """All that a contract's text is written from."""

    number: str
    title: str
    kind: Kind
    label: str
    party: str
    country: str
    starts_on: date
    ends_on: date | None
    subjects: tuple[Subject, ...]
    advances: tuple[Advance, ...]
    pays_back: tuple[str, ...]
    """Titles of contracts under which its earnings are recouped, too."""

    payees: Mapping[UUID, str]
    titles: Mapping[UUID, str]
    """Of the contracts that the terms name."""

    terms: Terms
    terms_hash: str


class Speller:
    """How one language writes numbers, days and places; and its sentences."""

    def __init__(self, language: str, currency: str) -> None:
        self.language, self.locale, self.currency = language, language.replace("-", "_"), currency

    def say(self, msgid: str, **places: object) -> str:
        """A sentence, its places filled with text that breaks no line."""
        return say(msgid, self.language, **{name: one_line(str(value)) for name, value in places.items()})

    def percent(self, part: Decimal) -> str:
        """A part of one as a percentage, every digit of it."""
        return str(format_percent(part.normalize(), locale=self.locale, decimal_quantization=False))

    def number(self, value: Decimal | int) -> str:
        """A plain number."""
        return str(format_decimal(value, locale=self.locale, decimal_quantization=False))

    def money(self, amount: Decimal) -> str:
        """An amount in the contract's currency."""
        return str(format_currency(amount, self.currency, locale=self.locale, decimal_quantization=False))

    def day(self, on: date) -> str:
        """A day, its month by name."""
        return str(format_date(on, "long", locale=self.locale))

    def listed(self, words: Iterable[str]) -> str:
        """Several words in one sentence."""
        return format_list(list(words), locale=self.locale)


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


def one_line(text: str) -> str:
    """Text of somebody's that cannot be taken for markup: an artist may be called # or -."""
    line = " ".join(text.split())
    return f"{_JOINER}{line}" if _MARKUP.match(line) else line


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
