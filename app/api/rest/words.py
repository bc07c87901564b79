"""The label's own words: sentences that its pages say otherwise than everybody's."""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.numbered import SEARCH, Query, asked
from app.api.rest.conventions.schemas import Count, Id
from app.brand import policies, service
from app.brand.service.words import Word

SECTION = Section("Own words", "Sentences that the label says its own way. They travel with the look and its versions.")
Language = Annotated[str, Meta(min_length=1, max_length=20, description="`*` for all of them.", examples=["en"])]
Original = Annotated[str, Meta(min_length=1, max_length=500, examples=["Releases"])]
OwnText = Annotated[str, Meta(max_length=2_000, examples=["Records"])]


class WordFormView(View):
    """A form of a sentence about a number: the first numbers that take it, what is said, and what the label says."""

    numbers: list[int]
    said: str
    own: str


class OwnWordView(View):
    """A sentence in English, as it is said in the language, and what the label says instead; empty: nothing else.

    `most` is how long that may be, `places` what it must keep. One about a number has `forms` instead.
    """

    original: str
    said: str
    own: str
    most: Count
    places: list[str]
    forms: list[WordFormView]


class OwnWords(View):
    """What the label says its own way in a language, and what was found; in the newest draft, else in what is live."""

    language: str
    version_id: Id | None
    items: list[OwnWordView]
    found: list[OwnWordView]
    is_cut: bool


class OwnWordSaid(Body, frozen=True):
    """A sentence in the label's words: a `text`, or `forms` of one about a number, as many as the language has."""

    language: Language
    original: Original
    text: OwnText = ""
    forms: Annotated[list[OwnText], Meta(max_length=6)] | None = None


class OwnWordDropped(Body, frozen=True):
    """A sentence that is to be said as everybody says it."""

    language: Language
    original: Original


QUERY: Final[Query] = SEARCH | {
    "language": {"type": "string", "maxLength": 20, "description": "The label's first where none is said."}
}


@SECTION.get("/words", scope="brand:read", gives=OwnWords, query=QUERY)
def read_words(call: Call, session: Session) -> Answer:
    """Read the label's own words. In one language, with up to 30 sentences that hold what is looked for."""
    said = asked(call, QUERY)
    policies.check_may_view(call.visitor)
    return _words(call, session, said.get("language") or call.tenant.languages[0], said.get("q", ""))


def _words(call: Call, session: Session, language: str, wanted: str = "") -> Answer:
    told = service.words(session, call.tenant, language, wanted)
    rows = {"items": [_word(each) for each in told.own], "found": [_word(each) for each in told.found]}
    version_id = told.version.id if told.version else None
    return Answer({"language": language, "version_id": version_id, "is_cut": told.is_cut, **rows})


def _word(word: Word) -> dict[str, Any]:
    forms = [{"numbers": list(form.numbers), "said": form.said, "own": form.own} for form in word.forms]
    plain = {name: getattr(word, name) for name in ("original", "said", "own", "most", "places")}
    return plain | {"forms": forms}


@SECTION.put("/words", scope="brand:write", takes=OwnWordSaid, gives=OwnWords)
def say_in_own_words(call: Call, session: Session, body: OwnWordSaid) -> Answer:
    """Say a sentence in own words. In the newest draft; everybody reads it once that is published."""
    policies.check_may_edit(call.visitor)
    if body.forms is not None:
        service.say_forms_as(session, call.actor, call.tenant, body.language, body.original, body.forms)
    else:
        service.say_as(session, call.actor, call.tenant, body.language, body.original, body.text)
    return _words(call, session, body.language)


@SECTION.post("/words/removals", scope="brand:write", takes=OwnWordDropped, gives=None, status=204)
def drop_own_words(call: Call, session: Session, body: OwnWordDropped) -> Answer:
    """Say a sentence as everybody does. In the newest draft."""
    policies.check_may_edit(call.visitor)
    service.say_as_before(session, call.actor, body.language, body.original)
    return Answer(status=204)
