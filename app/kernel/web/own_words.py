"""Which of our sentences a label may say its own way, and how its words come before ours.

Only what pages say by themselves is offered: whoever changes a sentence finds it changed wherever it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from jinja2 import Environment
from jinja2.ext import extract_from_ast
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError

from app.kernel import observe
from app.kernel.activity.meanings import meanings
from app.kernel.db import NotConnected
from app.kernel.errors import Refusal
from app.kernel.tenant import Tenant
from app.kernel.web import assets, shell
from app.kernel.web.languages import LANGUAGES, SOURCE, plural_form, say, say_many, shown_number

LONGEST_ORIGINAL = 500
MOST_KEPT = 256

_NOT_A_LABELS = re.compile(r"console|identity/operator_|portal/kit\.html")
_PLACE = re.compile(r"%\((\w+)\)s")

_offered: set[str] = set()
log = observe.log("words")


class OwnWords(NamedTuple):
    """What a label says in place of our sentences in one language; a sentence about a number in each of its forms."""

    sentences: Mapping[str, str] = MappingProxyType({})
    plurals: Mapping[str, Sequence[str]] = MappingProxyType({})


Known = Callable[[Tenant, str], OwnWords]
"""Gives a label's own words in a language, wherever they are said."""

_known: list[Known] = []


def known(provide: Known) -> Known:
    """Register who knows the own words of labels, for mails, which no page surrounds."""
    _known[:] = [provide]
    return provide


def words_of(tenant: Tenant, language: str) -> OwnWords:
    """A label's own words, or none while they cannot be read: a mail that has to leave leaves in ours."""
    try:
        return _known[0](tenant, language) if _known else OwnWords()
    except (DBAPIError, NotConnected, Refusal) as trouble:
        log.warning("words.missing", reason=type(trouble).__name__)
        return OwnWords()


class Said(NamedTuple):
    """A sentence of ours in English, as it is said in a language, and both for searching."""

    original: str
    said: str
    folded: str


def offer(*sentences: str) -> None:
    """Tell of sentences that pages say and no template spells out."""
    _offered.update(sentences)


def say_own(own: OwnWords, msgid: str, language: str, **places: object) -> str:
    """A sentence in a label's own words, or else in ours; a place that nobody fills stays as it is."""
    text = own.sentences.get(msgid)
    return say(msgid, language, **places) if text is None else _filled(text, places)


def say_own_many(own: OwnWords, one: str, many: str, count: int, language: str, **places: object) -> str:
    """A sentence about `count` things (place `n`) in a label's own words, or else in ours."""
    forms, form = own.plurals.get(one, ()), plural_form(count, language)
    if form >= len(forms):
        return say_many(one, many, count, language, **places)
    return _filled(forms[form], {"n": shown_number(count, language), **places})


def as_json(own: OwnWords, texts: tuple[tuple[str, str], ...], language: str) -> Markup:
    """Sentences under their keys as a label says them, as JSON that may stand in a page."""
    return _json(texts, language, frozenset((text, own.sentences[text]) for _, text in texts if text in own.sentences))


@lru_cache(maxsize=MOST_KEPT)
def _json(texts: tuple[tuple[str, str], ...], language: str, own: frozenset[tuple[str, str]]) -> Markup:
    mine = OwnWords(dict(own))
    return htmlsafe_json_dumps({key: say_own(mine, text, language) for key, text in texts})


def _filled(text: str, places: Mapping[str, object]) -> str:
    return _PLACE.sub(lambda place: str(places.get(place[1], place[0])), text)


def sayable() -> frozenset[str]:
    """Every sentence that a label may say its own way."""
    told = {meaning.sentence for meaning in meanings().values()}
    called = {*shell.sentences("portal"), *assets.script_sentences()}
    every = _of_templates()[0] | _refusals() | called | told | _offered
    return frozenset(text for text in every if 0 < len(text) <= LONGEST_ORIGINAL)


def plural_of(one: str) -> str | None:
    """The plural of a sentence about a number, if pages say it with one."""
    return dict(_of_templates()[1]).get(one)


def search(wanted: str, language: str, *, most: int) -> list[Said]:
    """The first sentences that hold this text, in English or as they are said in this language, the shortest first."""
    folded, spoken = wanted.strip().casefold(), language if language in LANGUAGES else SOURCE
    return list(islice((said for said in _index(spoken, sayable()) if folded in said.folded), most))


@lru_cache(maxsize=2 * len(LANGUAGES))
def _index(language: str, sentences: frozenset[str]) -> tuple[Said, ...]:
    spoken = [(text, say(text, language)) for text in sentences]
    counted = [(one, say_many(one, many, 2, language, **_places(one, many)), many) for one, many in _of_templates()[1]]
    found = [Said(text, said, f"{text}\n{said}".casefold()) for text, said in spoken]
    found += [Said(one, said, f"{one}\n{said}\n{many}".casefold()) for one, said, many in counted]
    return tuple(sorted(found, key=lambda said: (len(said.original), said.original)))


def _places(*texts: str) -> dict[str, str]:
    """The places of sentences, each filled with itself."""
    return {name: f"%({name})s" for text in texts for name in _PLACE.findall(text)}


@cache
def _of_templates() -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """What stands in the templates that a label's people see: sentences, and pairs of one and many."""
    root, reader = assets.THEME / "templates", Environment(autoescape=True)
    files = [file for file in root.rglob("*.html") if not _NOT_A_LABELS.match(file.relative_to(root).as_posix())]
    found = [
        (function, words)
        for tree in (reader.parse(file.read_text()) for file in files)
        for _, function, words in extract_from_ast(tree, ("_", "_n"), babel_style=False)
        if isinstance(words, tuple)
    ]
    single = frozenset(words[0] or "" for function, words in found if function == "_")
    return single, frozenset((words[0] or "", words[1] or "") for function, words in found if function == "_n")


def _refusals(kind: type[Refusal] = Refusal) -> set[str]:
    """Why something is declined, as far as a label's people are told it."""
    own = set() if kind.__module__.startswith(("admin", "tenants.cells", "tenants.archive")) else {kind.message}
    return own.union(*map(_refusals, kind.__subclasses__()))
