"""A label's own words: they stand in the newest draft, and travel with it to everybody and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.brand import queries
from app.brand.errors import LanguageNotSpoken, SentenceUnknown
from app.brand.models import ThemeVersion
from app.brand.rules import words as rules
from app.brand.service.themes import change_draft, working_draft
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.kernel.web import own_words
from app.kernel.web.languages import SOURCE, direction, plural_examples, say, say_many
from themes.engine.inputs import EVERY, Copy

SHOWN = 30
LONGEST_LINE = 360


@dataclass(frozen=True, slots=True)
class Form:
    """One of a language's forms: the first numbers that take it, what is said for them, what the label says."""

    numbers: tuple[int, ...]
    said: str
    own: str


@dataclass(frozen=True, slots=True)
class Word:
    """A sentence of ours, as it is said in a language, and what the label says in its place."""

    original: str
    said: str
    own: str
    forms: tuple[Form, ...] = ()
    """The forms of a sentence about a number; where there are any, `own` is empty."""

    @property
    def most(self) -> int:
        """How many characters the label's text may have."""
        return rules.most(self.original)

    @property
    def places(self) -> list[str]:
        """What the label's text must keep."""
        return rules.places(self.original)

    @property
    def is_own(self) -> bool:
        """Tell whether the label says this its own way."""
        return bool(self.own) or any(form.own for form in self.forms)

    @property
    def is_long(self) -> bool:
        """Tell whether it needs more than a line to be written in."""
        return "\n" in self.original or self.most > LONGEST_LINE


@dataclass(frozen=True, slots=True)
class Words:
    """What a label says its own way in one language; `version` holds it, a draft or what is live."""

    version: ThemeVersion | None
    languages: tuple[str, ...]
    trade: list[Word]
    own: list[Word]
    found: list[Word]
    is_cut: bool
    asked: Word | None = None


def say_as(session: Session, actor: Actor, tenant: Tenant, language: str, original: str, text: str) -> ThemeVersion:
    """Say a sentence in the label's own words, in the newest draft; one is begun where there is none."""
    if language not in (*tenant.languages, EVERY):
        raise LanguageNotSpoken
    if original not in own_words.sayable():
        raise SentenceUnknown
    text = rules.tidied(text)
    rules.check(original, text)
    return _change(session, actor, language, original, text)


def say_forms_as(
    session: Session, actor: Actor, tenant: Tenant, language: str, one: str, forms: Sequence[str]
) -> ThemeVersion:
    """Say a sentence about a number in own words, with a text for each form that the language has."""
    if language not in tenant.languages:
        raise LanguageNotSpoken
    if (many := own_words.plural_of(one)) is None:
        raise SentenceUnknown
    texts = [rules.tidied(text) for text in forms]
    rules.check_forms(one, many, texts, count=len(plural_examples(language)))
    return _change(session, actor, language, one, texts)


def say_as_before(session: Session, actor: Actor, language: str, original: str) -> ThemeVersion:
    """Say a sentence as everybody else does again; it may be one that no page says any more."""
    return _change(session, actor, language, original, None)


def _change(session: Session, actor: Actor, language: str, original: str, text: str | list[str] | None) -> ThemeVersion:
    draft = working_draft(session, actor)
    said = draft.said.copy
    is_counted = isinstance(text, list) or (text is None and original in said.plurals.get(language, {}))
    kept: Mapping[str, Mapping[str, Any]] = said.plurals if is_counted else said.strings
    changed = {name: dict(texts) for name, texts in kept.items()}
    texts = changed.setdefault(language, {})
    if text is not None:
        texts[original] = text
    elif texts.pop(original, None) is None:
        raise SentenceUnknown
    group = "plurals" if is_counted else "strings"
    return change_draft(session, actor, draft.id, {"copy": {group: {k: v for k, v in changed.items() if v}}})


def words(session: Session, tenant: Tenant, language: str, wanted: str, original: str = "") -> Words:
    """What can be said differently in this language; `found` holds what was `wanted`, `asked` is this one sentence."""
    version = session.scalar(queries.latest_draft()) or session.scalar(queries.live())
    copy = version.said.copy if version else Copy()
    known = dict.fromkeys((*tenant.languages, EVERY, *copy.strings, *copy.plurals))
    if language not in known:
        raise LanguageNotSpoken
    own, counted = copy.strings.get(language, {}), copy.plurals.get(language, {})
    offered, spoken = own_words.sayable(), SOURCE if language == EVERY else language

    def word(original: str) -> Word:
        many = None if language == EVERY else own_words.plural_of(original)
        if many is not None:
            return Word(original, *_of_forms(original, many, language, counted.get(original, [])))
        return Word(original, _shown(say(original, spoken), spoken), own.get(original, ""))

    found = own_words.search(wanted, language, most=SHOWN + 1) if wanted.strip() else []
    return Words(
        version=version,
        languages=tuple(known),
        trade=[word(term) for term in rules.TRADE if term in offered],
        own=[word(original) for original in sorted((*own, *counted))],
        found=[word(entry.original) for entry in found[:SHOWN]],
        is_cut=len(found) > SHOWN,
        asked=word(original) if original else None,
    )


def _of_forms(one: str, many: str, language: str, own: Sequence[str]) -> tuple[str, str, tuple[Form, ...]]:
    """How a sentence about a number is said, its empty own text, and its forms."""
    forms = tuple(
        Form(
            numbers,
            _shown(say_many(one, many, numbers[0], language, n=rules.NUMBER), language),
            own[place] if place < len(own) else "",
        )
        for place, numbers in enumerate(plural_examples(language))
    )
    return forms[-1].said, "", forms


def _shown(text: str, language: str) -> str:
    return rules.isolated(text) if direction(language) == "rtl" else text
