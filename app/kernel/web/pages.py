"""HTML from templates: escaped, in the reader's language, in the frame of its surface, with the response's nonce."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date as calendar_day
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton, format_time, format_timedelta
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError

from app.kernel import clock, observe
from app.kernel.db import NotConnected
from app.kernel.errors import Refusal
from app.kernel.money import format_money
from app.kernel.web import assets, flash
from app.kernel.web.agents import device
from app.kernel.web.languages import direction, said_values
from app.kernel.web.own_words import OwnWords, as_json, say_own, say_own_many
from app.kernel.web.realm import Realm

Frame = Callable[[Realm], dict[str, Any]]
"""Gives what is laid around every page of a request: brand, navigation, news."""

Speaker = Callable[[Realm], OwnWords]
"""Gives what is said in place of our sentences to the reader of a request."""

KEPT_PIECES = 1_000
"""So many pieces of frames are remembered, some kilobytes each: a few of each label that has people at work."""

_frames: list[Frame] = []
_speakers: list[Speaker] = []
T = TypeVar("T")
log = observe.log("pages")


def frame(provide: Frame) -> Frame:
    """Register what is laid around pages; later ones may overrule earlier ones, and a page's own values rule."""
    if provide not in _frames:
        _frames.append(provide)
    return provide


def speaker(provide: Speaker) -> Speaker:
    """Register whose words come before ours."""
    _speakers[:] = [provide]
    return provide


def no_block(_slot: str) -> str:
    """What stands in a slot of pages that no label restyles."""
    return ""


def told(realm: Realm, msgid: str, **places: object) -> str:
    """A sentence as the reader of this request is told it: in the label's words where it has some."""
    return say_own(_own_words(realm), msgid, realm.language, **places)


def told_refusal(realm: Realm, refusal: Refusal) -> str:
    """Why something was declined, as the reader of this request is told it."""
    return told(realm, refusal.msgid, **said_values(refusal, realm.language))


def _own_words(realm: Realm) -> OwnWords:
    """What the label says its own way in the reader's language, asked for once in a request."""
    known: dict[str, OwnWords] = realm.facts.setdefault("own_words", {})
    if realm.language not in known:
        found = (_laid(provide, realm) or OwnWords() for provide in _speakers)
        known[realm.language] = next(found, OwnWords())
    return known[realm.language]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(assets.THEME / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {
        "icon": assets.icon,
        "entry": assets.entry,
        "sheet": assets.sheet,
        "font_sheet": assets.font_sheet,
        "device": device,
    }
    return environment


def _tools(realm: Realm, own_words: OwnWords) -> dict[str, Any]:
    """What every template can say and spell, bound to one reader; a label's own words come before ours."""
    language, locale = realm.language, realm.locale
    zone = ZoneInfo(realm.tenant.time_zone if realm.tenant else "UTC")

    def moment(when: datetime, form: str = "medium") -> str:
        return format_datetime(when, form, tzinfo=zone, locale=locale)

    def day(when: datetime, form: str = "medium") -> str:
        return _spelled_day(when.astimezone(zone).date(), form, locale)

    def money(micros: int, currency: str) -> str:
        return format_money(micros, currency, locale)

    def number(value: float) -> str:
        return _spelled_number(value, locale)

    def spelled(date: str) -> str:
        return _spelled_date(date, locale)

    def lasting(minutes: int) -> str:
        return format_timedelta(timedelta(minutes=minutes), locale=locale)

    spelling: dict[str, Any] = {"moment": moment, "day": day, "money": money, "number": number, "spelled": spelled}
    spelling["lasting"] = lasting
    spelling |= {"lately": partial(_lately, zone, locale), "in_percent": partial(format_percent, locale=locale)}
    return _voice(language, own_words) | spelling


def _voice(language: str, own_words: OwnWords) -> dict[str, Any]:
    """What says sentences to a template."""

    def translate(msgid: str, **places: object) -> str:
        return say_own(own_words, msgid, language, **places)

    def translate_many(one: str, many: str, count: int, **places: object) -> str:
        return say_own_many(own_words, one, many, count, language, **places)

    return {"_": translate, "_n": translate_many}


def _piece(language: str, own_words: OwnWords, template: str, *parts: Hashable) -> Markup:
    """A piece of a frame that says the same for the same `parts`: drawn once, and again when a word changes."""
    return _kept_piece(template, language, frozenset(own_words.sentences.items()), parts)


@lru_cache(maxsize=KEPT_PIECES)
def _kept_piece(template: str, language: str, said: frozenset[tuple[str, str]], parts: tuple[Hashable, ...]) -> Markup:
    voice = _voice(language, OwnWords(dict(said)))
    return Markup(_environment().get_template(template).render(parts=parts, **voice))  # noqa: S704  a template's own


def _lately(zone: ZoneInfo, locale: str, moment: datetime) -> str:
    """The time of what happened today, the day of what happened before."""
    here = moment.astimezone(zone)
    if here.date() == clock.now().astimezone(zone).date():
        return format_time(here, "short", tzinfo=zone, locale=locale)
    return _spelled_day(here.date(), "medium", locale)


@lru_cache(maxsize=10_000)
def _spelled_number(value: float, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=10_000)
def _spelled_day(when: calendar_day, form: str, locale: str) -> str:
    return format_date(when, form, locale=locale)


@lru_cache(maxsize=10_000)
def _spelled_date(date: str, locale: str) -> str:
    """A date of which only the year or the month may be known, as ISO text, in a reader's way."""
    parts = [int(part) for part in date.split("-")]
    if len(parts) == 1:
        return date
    first_day = calendar_day(*[*parts, 1][:3])
    if len(parts) == 2:
        return format_skeleton("yMMM", first_day, locale=locale)
    return format_date(first_day, "medium", locale=locale)


def render(template: str, realm: Realm, **values: Any) -> str:
    """A template's HTML for this request."""
    language = realm.language
    around: dict[str, Any] = {
        "realm": realm,
        "nonce": realm.nonce,
        "language": language,
        "direction": direction(language),
        "scheme": realm.facts.get("scheme", ""),
        "house": realm.tenant.name if realm.tenant else realm.facts.get("operator_name", ""),
        "theme": None,
        "block": no_block,
        "powered_by": "",
        "flash": partial(flash.take, realm),
        "acting": realm.facts.get("acting"),
        "incidents": [],
    }
    for provide in _frames:
        around |= _laid(provide, realm) or {}
    own_words = _own_words(realm)
    around["words"] = as_json(own_words, assets.script_words(), language)
    around["piece"] = partial(_piece, language, own_words)
    tools = _tools(realm, own_words)
    return _environment().get_template(template).render(**tools, **(around | values))


def _laid(provide: Callable[[Realm], T], realm: Realm) -> T | None:
    """A frame's part, or nothing of it: a page that tells of a trouble must not meet the trouble again."""
    try:
        return provide(realm)
    except (DBAPIError, OSError, NotConnected, Refusal) as trouble:
        log.warning("frame.missing", reason=type(trouble).__name__)
        return None


def page(template: str, realm: Realm, *, status: int = 200, **values: Any) -> Response[str]:
    """A template as a response."""
    content = render(template, realm, **values)
    return Response(content, media_type=MediaType.HTML, status_code=status, cookies=flash.spent(realm))
