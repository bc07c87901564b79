"""Which of our sentences a label may say its own way, and how its words come before ours.

Only what pages say by themselves is offered: whoever changes a sentence finds it changed wherever it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import islice
from typing import NamedTuple

from jinja2 import Environment
from jinja2.ext import extract_from_ast

from app.kernel.activity.meanings import meanings
from app.kernel.errors import Refusal
from app.kernel.web import assets, shell
from app.kernel.web.languages import LANGUAGES, say

LONGEST_ORIGINAL = 500

_NOT_A_LABELS = re.compile(r"console|identity/operator_|portal/kit\.html")
_PLACE = re.compile(r"%\((\w+)\)s")

_offered: set[str] = set()


class Said(NamedTuple):
    """A sentence of ours in English, as it is said in a language, and both for searching."""

    original: str
    said: str
    folded: str


def offer(*sentences: str) -> None:
    """Tell of sentences that pages say and no template spells out."""
    _offered.update(sentences)


def say_own(own: Mapping[str, str], msgid: str, language: str, **places: object) -> str:
    """A sentence in a label's own words, or else in ours; a place that nobody fills stays as it is."""
    text = own.get(msgid)
    if text is None:
        return say(msgid, language, **places)
    return _PLACE.sub(lambda place: str(places.get(place[1], place[0])), text) if places else text


def sayable() -> frozenset[str]:
    """Every sentence that a label may say its own way."""
    told = {meaning.sentence for meaning in meanings().values()}
    called = {*shell.sentences("portal"), *assets.script_sentences()}
    every = _of_templates() | _refusals() | called | told | _offered
    return frozenset(text for text in every if 0 < len(text) <= LONGEST_ORIGINAL)


def search(wanted: str, language: str, *, most: int) -> list[Said]:
    """The first sentences that hold this text, in English or as they are said in this language, the shortest first."""
    folded = wanted.strip().casefold()
    return list(islice((said for said in _index(language, sayable()) if folded in said.folded), most))


@lru_cache(maxsize=2 * len(LANGUAGES))
def _index(language: str, sentences: frozenset[str]) -> tuple[Said, ...]:
    spoken = ((text, say(text, language)) for text in sorted(sentences, key=lambda text: (len(text), text)))
    return tuple(Said(text, said, f"{text}\n{said}".casefold()) for text, said in spoken)


@cache
def _of_templates() -> frozenset[str]:
    """What stands in the templates that a label's people see."""
    root, reader = assets.THEME / "templates", Environment(autoescape=True)
    files = [file for file in root.rglob("*.html") if not _NOT_A_LABELS.match(file.relative_to(root).as_posix())]
    trees = [reader.parse(file.read_text()) for file in files]
    return frozenset(
        words[0] or ""
        for tree in trees
        for _, _, words in extract_from_ast(tree, ("_",), babel_style=False)
        if isinstance(words, tuple)
    )


def _refusals(kind: type[Refusal] = Refusal) -> set[str]:
    """Why something is declined, as far as a label's people are told it."""
    own = set() if kind.__module__.startswith(("admin", "tenants.cells", "tenants.archive")) else {kind.message}
    return own.union(*map(_refusals, kind.__subclasses__()))
