"""Home: the one number, the one action, what changed, what there is to do, what comes out."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_percent
from litestar import Response, get

from app.artist import service
from app.artist.pages.frame import app_page
from app.artist.pages.releases import shown_releases
from app.artist.policies import own_keys
from app.artist.queries import music
from app.artist.rules.earnings import Change, isolated, parted, short_name, span_name, unmarked
from app.artist.rules.tasks import APP, ICONS, NOTE_SENTENCES, TASK_SENTENCES
from app.artist.service import Earnings
from app.identity.pages import AnyRequest, visitor_of
from app.kernel import clock
from app.kernel.db import tenant_read
from app.kernel.money import format_money
from app.kernel.sentences import sentence
from app.kernel.web.pages import told
from app.kernel.web.realm import Realm, realm_of, tenant_of

LATEST = 8
MOST_NAMES = 20
MORE = sentence("%(amount)s more than in the period before.")
MORE_BY = sentence("%(amount)s more than in the period before (%(percent)s).")
LESS = sentence("%(amount)s less than in the period before.")
LESS_BY = sentence("%(amount)s less than in the period before (%(percent)s).")
SAME = sentence("As much as in the period before.")
FROM_STORE = sentence("Most of the difference comes from %(store)s.")
FIRST = sentence("Your first statement. From the next one on you read here what changed.")


@get(APP, sync_to_thread=True)
def home(request: AnyRequest) -> Response[str]:
    """Show how the visitor's artists stand."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    with tenant_read(tenant) as session:
        standing = service.standing(session, visitor)
        earned = service.earnings(session, visitor, request.query_params.get("currency", ""))
        shown: dict[str, Any] = {
            "standing": standing,
            "tasks": service.tasks(session, tenant, visitor),
            "artists": list(session.scalars(music.artists(visitor).limit(MOST_NAMES))),
            **shown_releases(session, tenant, visitor, limit=LATEST),
        }
    locale = realm.locale
    shown |= {
        "earned": earned,
        "said_change": _change_said(realm, earned) if earned else "",
        "span_name": lambda span: span_name(span.starts_on, span.ends_on, locale),
        "short_name": lambda span: short_name(span.starts_on, span.ends_on, locale),
        "amount_said": lambda micros, currency: isolated(format_money(micros, currency, locale)),
        "parted": lambda micros, currency: parted(format_money(micros, currency, locale), locale),
        "task_sentences": TASK_SENTENCES,
        "task_notes": NOTE_SENTENCES,
        "percent_said": lambda ppm: isolated(
            unmarked(format_percent(ppm / 1_000_000, format="#,##0.####%", locale=locale))
        ),
        "task_icons": ICONS,
        "now": clock.now(),
        "acts_for_anybody": bool(own_keys(visitor)),
    }
    return app_page(request, "artist/home.html", visitor, keep=not request.url.query, **shown)


def _change_said(realm: Realm, earned: Earnings) -> str:
    """What changed, in a sentence or two."""
    if earned.change is None:
        return told(realm, FIRST)
    parts = [_difference(realm, earned.change, earned.currency)]
    if earned.change.store:
        parts.append(told(realm, FROM_STORE, store=f"\u2068{earned.change.store}\u2069"))
    return " ".join(parts)


def _difference(realm: Realm, change: Change, currency: str) -> str:
    locale = realm.locale
    if not change.micros:
        return told(realm, SAME)
    places = {"amount": isolated(format_money(abs(change.micros), currency, locale))}
    if change.percent:
        places["percent"] = isolated(unmarked(_percent(change.percent, locale)))
        return told(realm, MORE_BY if change.micros > 0 else LESS_BY, **places)
    return told(realm, MORE if change.micros > 0 else LESS, **places)


def _percent(whole: int, locale: str) -> str:
    """A change in percent, with its sign."""
    spelled = format_percent(abs(whole) / 100, locale=locale)
    return f"+{spelled}" if whole > 0 else f"−{spelled}"


handlers = [home]
