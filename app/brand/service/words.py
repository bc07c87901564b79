"""A label's own words: they stand in the newest draft, and travel with it to everybody and back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.brand import queries
from app.brand.errors import LanguageNotSpoken, SentenceUnknown
from app.brand.models import ThemeVersion
from app.brand.rules import words as rules
from app.brand.service.themes import change_draft, working_draft
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.kernel.web import own_words
from app.kernel.web.languages import direction, say

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Word:
    """A sentence of ours, as it is said in a language, and what the label says in its place."""

    original: str
    said: str
    own: str

    @property
    def most(self) -> int:
        """How many characters the label's text may have."""
        return rules.most(self.original)

    @property
    def places(self) -> list[str]:
        """What the label's text must keep."""
        return rules.places(self.original)


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
    if language not in tenant.languages:
        raise LanguageNotSpoken
    if original not in own_words.sayable():
        raise SentenceUnknown
    text = rules.tidied(text)
    rules.check(original, text)
    return _change(session, actor, language, original, text)


def say_as_before(session: Session, actor: Actor, language: str, original: str) -> ThemeVersion:
    """Say a sentence as everybody else does again; it may be one that no page says any more."""
    return _change(session, actor, language, original, None)


def _change(session: Session, actor: Actor, language: str, original: str, text: str | None) -> ThemeVersion:
    draft = working_draft(session, actor)
    strings = {name: dict(texts) for name, texts in draft.said.copy.strings.items()}
    texts = strings.setdefault(language, {})
    if text is not None:
        texts[original] = text
    elif texts.pop(original, None) is None:
        raise SentenceUnknown
    return change_draft(session, actor, draft.id, {"copy": {"strings": {k: v for k, v in strings.items() if v}}})


def words(session: Session, tenant: Tenant, language: str, wanted: str, original: str = "") -> Words:
    """What can be said differently in this language; `found` holds what was `wanted`, `asked` is this one sentence."""
    version = session.scalar(queries.latest_draft()) or session.scalar(queries.live())
    strings = version.said.copy.strings if version else {}
    languages = (*tenant.languages, *(name for name in strings if name not in tenant.languages))
    if language not in languages:
        raise LanguageNotSpoken
    own, offered, is_rtl = strings.get(language, {}), own_words.sayable(), direction(language) == "rtl"

    def word(original: str) -> Word:
        said = say(original, language)
        return Word(original, rules.isolated(said) if is_rtl else said, own.get(original, ""))

    found = own_words.search(wanted, language, most=SHOWN + 1) if wanted.strip() else []
    return Words(
        version=version,
        languages=languages,
        trade=[word(term) for term in rules.TRADE if term in offered],
        own=[word(original) for original in sorted(own)],
        found=[word(entry.original) for entry in found[:SHOWN]],
        is_cut=len(found) > SHOWN,
        asked=word(original) if original else None,
    )
